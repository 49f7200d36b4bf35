"""What is kept of a part of the fleet, and what is to be written after a sweep told about it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind, SourceState
from bot.xapi.observation import Failure, Host, Observation, Pool


class HostRecord(NamedTuple):
    """A host as it was last seen. `pool` is its pool's uuid."""

    host: Host
    pool: str
    first_seen_at: datetime
    observed_at: datetime


class PoolRecord(NamedTuple):
    """A pool; `mixed_since` is since when its hosts differ in brand or version."""

    pool: Pool
    mixed_since: datetime | None = None


class Sighting(NamedTuple):
    """That a source has a host; `missing_since` is since when it does not see it, or does not answer."""

    source: str
    kind: SourceKind
    host: str
    seen_at: datetime
    missing_since: datetime | None = None


class FleetSnapshot(NamedTuple):
    """A part of the fleet: whole pools, each host with all its sightings. By name, uuid, and (source, host)."""

    sources: Mapping[str, SourceState]
    pools: Mapping[str, PoolRecord]
    hosts: Mapping[str, HostRecord]
    sightings: Mapping[tuple[str, str], Sighting]


class FleetUpdate(NamedTuple):
    """What to write: rows that are new or differ, keys of rows that go, and what a person wants to know of it."""

    sources: tuple[SourceState, ...]
    pools: tuple[PoolRecord, ...]
    hosts: tuple[HostRecord, ...]
    sightings: tuple[Sighting, ...]
    sources_gone: tuple[str, ...]
    pools_gone: tuple[str, ...]
    hosts_gone: tuple[str, ...]
    sightings_gone: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]


_OF_A_VERSION = ("build", "platform_version", "reboot_required", "pending_updates", "up_to_date")
"""What says nothing any more once the host runs another version."""


def version(host: Host) -> tuple[str | None, str | None]:
    """What members of a pool must have alike."""
    return host.product_brand, host.product_version


def version_text(host: Host) -> str:
    """Brand and version, as far as they are known."""
    return " ".join(part for part in version(host) if part)


def was_upgraded(before: Host, after: Host) -> bool:
    """Whether it certainly runs another version: one that is not told is no other."""
    return None not in (*version(before), *version(after)) and version(before) != version(after)


def filled(told: Host, kept: Host) -> Host:
    """What is told; where it says nothing, what is kept, as far as that is still true of its version."""
    same = not was_upgraded(kept, told)
    values = {
        field: getattr(kept, field)
        for field, value in zip(Host._fields, told, strict=True)
        if value is None and (same or field not in _OF_A_VERSION)
    }
    return told._replace(**values) if values else told


def reconcile(kept: FleetSnapshot, told: Sequence[PollResult], at: datetime) -> FleetUpdate:
    """Hold answers against what is kept of the sources, hosts and pools in them."""
    ledger = _Ledger(kept, at)
    for one in told:
        ledger.note(one.source, one.failure)
    answered = [one for one in told if not one.failure]
    ledger.hear_targets([one for one in answered if one.source.kind is SourceKind.TARGET])
    for one in answered:
        if one.source.kind is SourceKind.XEN_ORCHESTRA:
            ledger.hear_xen_orchestra(one)
    return ledger.close()


def forget(kept: FleetSnapshot, at: datetime) -> FleetUpdate:
    """Forget all sources that are in `kept`, and the hosts that no other source has."""
    ledger = _Ledger(kept, at)
    for name in sorted(kept.sources):
        ledger.forget(name)
    return ledger.close()


class _Ledger:
    """A working copy, and what is to be told of it. Used once."""

    def __init__(self, kept: FleetSnapshot, at: datetime) -> None:
        self._kept, self._at = kept, at
        self._sources, self._pools, self._hosts = dict(kept.sources), dict(kept.pools), dict(kept.hosts)
        self._seen = _grouped(kept.sightings.values(), "host")
        self._of_source = _grouped(kept.sightings.values(), "source")
        self._members: dict[str, set[str]] = defaultdict(set)
        for uuid, host in kept.hosts.items():
            self._members[host.pool].add(uuid)
        self._touched: dict[str, str] = {}  # pools, with the source that touched each last
        self._changes: list[Change] = []

    def note(self, source: Source, failure: Failure | None) -> None:
        """How asking went. If it failed, nothing that the source has is seen."""
        before = self._sources.get(source.name)
        after = _state(source, before, failure, self._at)
        self._sources[source.name] = after
        if failure:
            self._miss(source, ())
        was_away = before is not None and before.unreachable_since is not None
        if was_away != (failure is not None):
            kind = ChangeKind.UNREACHABLE if failure else ChangeKind.REACHABLE
            codes = before.error_code if before else None, after.error_code
            self._changes.append(Change(self._at, kind, source.name, before=codes[0], after=codes[1]))

    def hear_targets(self, told: Sequence[PollResult]) -> None:
        """All targets first, then who has left: a host may have gone from the pool of one to that of another."""
        listed: dict[str, set[str]] = defaultdict(set)
        for one in told:
            for answer in _observations(one):
                self._pools[answer.pool.uuid] = self._pool(answer.pool)
                for host in answer.hosts:
                    listed[answer.pool.uuid].add(host.uuid)
                    self._keep(one.source, answer, host)
                self._touched[answer.pool.uuid] = one.source.name
        for pool, uuids in listed.items():
            for uuid in self._members[pool] - uuids:
                self._leave(uuid, self._touched[pool], ChangeKind.LEFT)
        for one in told:
            if mine := {host.uuid for answer in _observations(one) for host in answer.hosts}:
                self._disown(one.source.name, mine, ChangeKind.LEFT)

    def hear_xen_orchestra(self, told: PollResult) -> None:
        """Its hosts, but for those that a target of their pool does not have."""
        for answer in _observations(told):
            uuid = answer.pool.uuid
            ruled = self._is_ruled(uuid)
            if not ruled:
                self._pools[uuid] = self._pool(answer.pool)
                self._touched[uuid] = told.source.name
            for host in answer.hosts:
                if host.uuid in self._hosts or not ruled:
                    self._keep(told.source, answer, host)
        self._miss(told.source, {host.uuid for answer in _observations(told) for host in answer.hosts})

    def forget(self, source: str) -> None:
        """It is not in the configuration any more."""
        self._disown(source, (), ChangeKind.REMOVED)
        self._changes.append(Change(self._at, ChangeKind.REMOVED, source))
        del self._sources[source]

    def close(self) -> FleetUpdate:
        """Look whether pools are mixed, and gather all that differs."""
        for pool, source in self._touched.items():
            self._weigh(pool, source)
        sightings = {(s.source, s.host): s for by_source in self._seen.values() for s in by_source.values()}
        kept = self._kept
        return FleetUpdate(
            sources=_new(kept.sources, self._sources),
            pools=_new(kept.pools, self._pools),
            hosts=_new(kept.hosts, self._hosts),
            sightings=_new(kept.sightings, sightings),
            sources_gone=tuple(kept.sources.keys() - self._sources.keys()),
            pools_gone=tuple(kept.pools.keys() - self._pools.keys()),
            hosts_gone=tuple(kept.hosts.keys() - self._hosts.keys()),
            sightings_gone=tuple(kept.sightings.keys() - sightings.keys()),
            changes=tuple(self._changes),
        )

    def _pool(self, pool: Pool) -> PoolRecord:
        before = self._pools.get(pool.uuid)
        return PoolRecord(pool, before.mixed_since if before else None)

    def _keep(self, source: Source, answer: Observation, host: Host) -> None:
        before = self._hosts.get(host.uuid)
        after = self._merged(source, answer, host, before)
        self._hosts[host.uuid] = after
        self._see(Sighting(source.name, source.kind, host.uuid, answer.observed_at))
        if before is None or before.pool != after.pool:
            self._join(source.name, before, after)
        changed = before is not None and before.host is not after.host
        if before and changed and version(before.host) != version(after.host):
            self._touched[after.pool] = source.name
        if before and changed and was_upgraded(before.host, after.host):
            texts = version_text(before.host), version_text(after.host)
            self._tell(ChangeKind.UPGRADED, source.name, after, *texts)

    def _merged(self, source: Source, answer: Observation, host: Host, before: HostRecord | None) -> HostRecord:
        if before is None:
            return HostRecord(host, answer.pool.uuid, self._at, answer.observed_at)
        if source.kind is SourceKind.TARGET:
            if host == before.host:  # as nearly all of a fleet
                return HostRecord(before.host, answer.pool.uuid, before.first_seen_at, answer.observed_at)
            # Another source's word stands where XAPI says nothing, but not one that XAPI itself said before.
            told = filled(host, before.host) if self._sees(host.uuid, SourceKind.XEN_ORCHESTRA) else host
            return HostRecord(told, answer.pool.uuid, before.first_seen_at, answer.observed_at)
        if self._sees(host.uuid, SourceKind.TARGET):
            same = version(before.host) == version(host)
            return before._replace(host=filled(before.host, host)) if same else before
        pool = before.pool if self._is_ruled(answer.pool.uuid) else answer.pool.uuid
        return HostRecord(filled(host, before.host), pool, before.first_seen_at, answer.observed_at)

    def _join(self, source: str, before: HostRecord | None, after: HostRecord) -> None:
        was_in = self._pools[before.pool].pool.name if before else None
        if before:
            self._members[before.pool].discard(before.host.uuid)
            self._touched[before.pool] = source
        self._members[after.pool].add(after.host.uuid)
        self._touched[after.pool] = source
        is_in = self._pools[after.pool].pool.name if before else version_text(after.host)
        self._tell(ChangeKind.JOINED, source, after, was_in, is_in)

    def _leave(self, uuid: str, source: str, kind: ChangeKind) -> None:
        gone = self._hosts.pop(uuid)
        self._members[gone.pool].discard(uuid)
        self._touched[gone.pool] = source
        for name in self._seen.pop(uuid, {}):
            self._of_source[name].pop(uuid, None)
        self._tell(kind, source, gone, version_text(gone.host), None)

    def _disown(self, source: str, but: Collection[str], kind: ChangeKind) -> None:
        """A source has nothing to do any more with hosts; those that no other has are gone."""
        for uuid in sorted(self._of_source[source].keys() - set(but)):
            del self._of_source[source][uuid]
            del self._seen[uuid][source]
            if not self._seen[uuid]:
                self._leave(uuid, source, kind)

    def _miss(self, source: Source, but: Collection[str]) -> None:
        for uuid, sighting in list(self._of_source[source.name].items()):
            if uuid not in but and sighting.missing_since is None:
                self._see(sighting._replace(missing_since=self._at))

    def _see(self, sighting: Sighting) -> None:
        self._seen[sighting.host][sighting.source] = sighting
        self._of_source[sighting.source][sighting.host] = sighting

    def _sees(self, uuid: str, kind: SourceKind) -> bool:
        return any(s.kind is kind and s.missing_since is None for s in self._seen[uuid].values())

    def _is_ruled(self, pool: str) -> bool:
        """Whether a target of the pool answers: then it says what the pool has."""
        return any(self._sees(uuid, SourceKind.TARGET) for uuid in self._members[pool])

    def _weigh(self, uuid: str, source: str) -> None:
        """Whether a pool has hosts at all, and whether they differ."""
        members = sorted(self._members[uuid])
        if not members:
            self._pools.pop(uuid, None)
            return
        kept = self._pools[uuid]
        is_mixed = len({version(self._hosts[member].host) for member in members}) > 1
        if is_mixed == (kept.mixed_since is not None):
            return
        self._pools[uuid] = kept._replace(mixed_since=self._at if is_mixed else None)
        kind = ChangeKind.POOL_MIXED if is_mixed else ChangeKind.POOL_UNIFORM
        texts = ", ".join(sorted({version_text(self._hosts[member].host) for member in members}))
        name = kept.pool.name or None
        self._changes.append(Change(self._at, kind, source, uuid=uuid, pool=name, after=texts))

    def _tell(
        self, kind: ChangeKind, source: str, about: HostRecord, before: str | None = None, after: str | None = None
    ) -> None:
        name = self._pools[about.pool].pool.name or None
        host = about.host
        self._changes.append(Change(self._at, kind, source, host.uuid, host.name, name, before or None, after or None))


def _state(source: Source, before: SourceState | None, failure: Failure | None, at: datetime) -> SourceState:
    if failure is None:
        return SourceState(source.name, source.kind, at, at, 0, None, None, None)
    ok_at, failures, since = (before.ok_at, before.failures, before.unreachable_since) if before else (None, 0, None)
    return SourceState(
        source.name, source.kind, at, ok_at, failures + 1, since or at, failure.code.value, failure.message
    )


def _observations(told: PollResult) -> list[Observation]:
    """Without those that list no host: such a pool does not exist, and a mistake must not empty one."""
    return [answer for answer in told.answers if isinstance(answer, Observation) and answer.hosts]


def _grouped(sightings: Collection[Sighting], by: str) -> dict[str, dict[str, Sighting]]:
    other = "source" if by == "host" else "host"
    groups: dict[str, dict[str, Sighting]] = defaultdict(dict)
    for sighting in sightings:
        groups[getattr(sighting, by)][getattr(sighting, other)] = sighting
    return groups


def _new(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(value for key, value in after.items() if before.get(key) != value)
