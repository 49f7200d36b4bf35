"""What the sources of a fleet say, held together: each source's newest answer counts, whatever order answers come in.

All that is stored is what every source said last of every host (its sightings). Which hosts there are, in which pool,
and what they run, follows from those by `current_hosts`, so the same answers give the same fleet in any order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bot.fleet.hosts import Change, ChangeKind, PollResult, SourceKind, SourceState, WatchedHost
from bot.xapi.observation import Failure, Host, Observation, Pool, Power

AHEAD = timedelta(minutes=5)
"""How far clocks may differ. A moment that lies further ahead of now is of a wrong clock, and holds nothing back."""

NEVER = datetime.max.replace(tzinfo=UTC)


class Sighting(NamedTuple):
    """What a source said last of a host, and when that was; `missing_since` is since when it does not see the host.

    A source that does not answer sees none of its hosts. `is_lost` where it has answered since, without the host.
    `down_since` is since when it has said that the host is off, or that it cannot tell, `restart_since` since when that
    the host waits for a restart.
    """

    source: str
    kind: SourceKind
    host: Host
    pool: Pool
    seen_at: datetime
    missing_since: datetime | None = None
    is_lost: bool = False
    down_since: datetime | None = None
    restart_since: datetime | None = None


class FleetSnapshot(NamedTuple):
    """A part of the fleet: sources by name, sightings by (source, host), and since when pools are mixed, by uuid."""

    sources: Mapping[str, SourceState]
    sightings: Mapping[tuple[str, str], Sighting]
    mixed: Mapping[str, datetime]


class FleetUpdate(NamedTuple):
    """What to write: rows that are new or differ, keys of rows that go, and what a person wants to know of it."""

    sources: tuple[SourceState, ...]
    sightings: tuple[Sighting, ...]
    mixed: tuple[tuple[str, datetime], ...]
    sources_gone: tuple[str, ...]
    sightings_gone: tuple[tuple[str, str], ...]
    mixed_gone: tuple[str, ...]
    changes: tuple[Change, ...]


class CurrentHost(NamedTuple):
    """A host as all sightings together have it; `sightings` are those that count, the one in sight and newest first.

    `down_since` is since when it is said to be off, or that nobody can tell, `restart_since` since when it waits for a
    restart.
    """

    host: Host
    pool: Pool
    observed_at: datetime
    sightings: tuple[Sighting, ...]
    down_since: datetime | None = None
    restart_since: datetime | None = None

    def watched(self, mixed_since: datetime | None) -> WatchedHost:
        """The host as it is shown. What one that is off ran was observed when that was found, and no later."""
        missing = [sighting.missing_since for sighting in self.sightings]
        by_kind = sorted(self.sightings, key=lambda s: (not s.kind.speaks_for_pools, s.source))
        return WatchedHost(
            host=self.host,
            pool=self.pool,
            sources=tuple(sighting.source for sighting in by_kind),
            observed_at=self.down_since or self.observed_at,
            unreachable_since=None if None in missing else max(filter(None, missing)),
            mixed_since=mixed_since,
            down_since=self.down_since,
            restart_since=self.restart_since,
        )


_OF_A_VERSION = (
    *("build", "platform_version", "reboot_required", "pending_updates", "up_to_date", "is_preview", "software"),
    *("updated_at", "updates_synced_at"),
)
"""What says nothing any more once the host runs another version."""


def version(host: Host) -> tuple[str | None, str | None]:
    """What members of a pool must have alike."""
    return host.product_brand, host.product_version


def version_text(host: Host) -> str:
    """Brand and version, as far as they are known."""
    return " ".join(part for part in version(host) if part)


def was_upgraded(before: Host, after: Host) -> bool:
    """Whether it certainly runs another version: one that is not given is no other."""
    return None not in (*version(before), *version(after)) and version(before) != version(after)


def filled(host: Host, other: Host) -> Host:
    """A host with what another source says of it where the first says nothing, as far as its version allows."""
    same = not was_upgraded(other, host)
    values = {
        field: getattr(other, field)
        for field, value in zip(Host._fields, host, strict=True)
        if value is None and (same or field not in _OF_A_VERSION)
    }
    return host._replace(**values) if values else host


def current_hosts(sightings: Iterable[Sighting]) -> Iterator[CurrentHost]:
    """The hosts of whole pools, each with all its sightings given.

    A source that speaks for its pool decides who is a member, by its newest answer; others add hosts only where no such
    source answers, or none has since before they saw the host. Of a host that several have, the pool itself is believed
    first, by its newest answer; a version that somebody saw later than the pool was asked is the newer one, though.
    Whether it runs is what anybody said last who could tell.
    """
    by_host: dict[str, list[Sighting]] = defaultdict(list)
    newest: dict[str, datetime] = {}
    answering, failed_at = set[str](), dict[str, datetime]()
    for sighting in sightings:
        by_host[sighting.host.uuid].append(sighting)
        if sighting.kind.speaks_for_pools:
            pool, missing_since = sighting.pool.uuid, sighting.missing_since
            newest[pool] = max(newest.get(pool, sighting.seen_at), sighting.seen_at)
            if missing_since is None:
                answering.add(pool)
            else:
                failed_at[pool] = max(failed_at.get(pool, missing_since), missing_since)
    silent_since = {pool: moment for pool, moment in failed_at.items() if pool not in answering}

    def counts(sighting: Sighting, members_of: set[str]) -> bool:
        pool = sighting.pool.uuid
        if pool in members_of or sighting.kind.speaks_for_pools:
            return pool in members_of
        return pool not in newest or (pool in silent_since and sighting.seen_at >= silent_since[pool])

    for uuid in [*by_host]:
        seen = by_host.pop(uuid)  # those of a large fleet need not be there twice
        members_of = {s.pool.uuid for s in seen if s.kind.speaks_for_pools and s.seen_at == newest[s.pool.uuid]}
        if counting := [sighting for sighting in seen if counts(sighting, members_of)]:
            yield _merged(counting, silent_since)


def _merged(seen: list[Sighting], silent_since: Mapping[str, datetime]) -> CurrentHost:
    if len(seen) == 1:  # as nearly all of a fleet
        (only,) = seen
        return CurrentHost(only.host, only.pool, only.seen_at, (only,), only.down_since, only.restart_since)
    seen.sort(key=lambda s: (-s.seen_at.timestamp(), s.source))
    # Those that lost it say nothing of it any more, unless all have.
    speaking = [s for s in seen if not s.is_lost] or seen
    latest = speaking[0]
    placed = next((s for s in speaking if s.kind.speaks_for_pools), None)
    reported = next((s for s in speaking if not s.kind.speaks_for_pools), None)
    if placed is None or (reported and silent_since.get(placed.pool.uuid, NEVER) <= reported.seen_at):
        placed = reported or latest
    # What a host ran that is off now may be an old record.
    is_newer = latest.seen_at > placed.seen_at and latest.down_since is None
    base = latest if is_newer and was_upgraded(placed.host, latest.host) else placed
    host = base.host
    for other in speaking:
        # A pool's own word stands until another one comes; what others say, as long as they see the host.
        counts = other.kind.speaks_for_pools or other.missing_since is None or other.missing_since >= base.seen_at
        if other is not base and counts and not (other.kind.speaks_for_pools and base.kind.speaks_for_pools):
            host = filled(host, other.host)
    knows = next((s for s in speaking if s.host.power in (Power.RUNNING, Power.HALTED)), None)
    knows = knows or next((s for s in speaking if s.host.power), base)
    seen.sort(key=lambda s: s.missing_since is not None)  # those that see it first, each group the newest first
    host = host._replace(power=knows.host.power)
    waits = min((s.restart_since for s in speaking if s.restart_since), default=None) if host.reboot_required else None
    return CurrentHost(host, placed.pool, base.seen_at, tuple(seen), knows.down_since, waits)


def reconcile(stored: FleetSnapshot, results: Sequence[PollResult], now: datetime) -> FleetUpdate:
    """Hold answers against what is stored of the sources, hosts and pools in them.

    An answer that is older than one that its source gave already changes nothing, nor does a failure before it.
    """
    update = _Update(stored, _mended(stored, now), now)
    for result in sorted((_not_ahead(result, now) for result in results), key=lambda result: result.at):
        update.apply(result)
    return update.finish()


def forget(stored: FleetSnapshot, now: datetime) -> FleetUpdate:
    """Forget all sources that are in `stored`, and the hosts that no other source has."""
    update = _Update(stored, stored, now, gone=ChangeKind.REMOVED)
    update.forget(sorted(stored.sources))
    return update.finish()


def _not_ahead(result: PollResult, now: datetime) -> PollResult:
    """A result whose clock is ahead is of now."""
    if result.at <= now + AHEAD and all(
        answer.observed_at <= now + AHEAD for answer in result.answers if isinstance(answer, Observation)
    ):
        return result
    answers = tuple(
        answer._replace(observed_at=min(answer.observed_at, now)) if isinstance(answer, Observation) else answer
        for answer in result.answers
    )
    return PollResult(result.source, answers, min(result.at, now))


def _mended(stored: FleetSnapshot, now: datetime) -> FleetSnapshot:
    """Moments that were written by a clock that was ahead become so old that any answer of now is newer."""

    def mended(moment: datetime | None) -> Any:
        return now - AHEAD if moment and moment > now + AHEAD else moment

    def is_ahead(*moments: datetime | None) -> bool:
        return any(moment is not None and moment > now + AHEAD for moment in moments)

    sources = {
        state.name: state._replace(
            tried_at=mended(state.tried_at),
            ok_at=mended(state.ok_at),
            unreachable_since=mended(state.unreachable_since),
        )
        for state in stored.sources.values()
        if is_ahead(state.tried_at, state.ok_at, state.unreachable_since)
    }
    sightings = {
        key: sighting._replace(
            seen_at=mended(sighting.seen_at),
            missing_since=mended(sighting.missing_since),
            down_since=mended(sighting.down_since),
            restart_since=mended(sighting.restart_since),
        )
        for key, sighting in stored.sightings.items()
        if is_ahead(sighting.seen_at, sighting.missing_since, sighting.down_since, sighting.restart_since)
    }
    if not sources and not sightings:
        return stored
    return stored._replace(sources={**stored.sources, **sources}, sightings={**stored.sightings, **sightings})


class _Update:
    """A working copy, and what is new about it. Used once; results are applied in the order of their moments."""

    def __init__(
        self, stored: FleetSnapshot, begun: FleetSnapshot, now: datetime, gone: ChangeKind = ChangeKind.LEFT
    ) -> None:
        """Begins with `begun`, and writes what differs from `stored` in the end; hosts that go are `gone`."""
        self._stored, self._now, self._gone = stored, now, gone
        self._before = {current.host.uuid: current for current in current_hosts(begun.sightings.values())}
        self._sources, self._sightings = dict(begun.sources), dict(begun.sightings)
        self._of_source: dict[str, list[str]] = defaultdict(list)
        for source, uuid in begun.sightings:
            self._of_source[source].append(uuid)
        self._touched: dict[str, tuple[datetime, str]] = {}  # pools: when each was touched last, and by which source
        self._changes: list[Change] = []

    def apply(self, result: PollResult) -> None:
        """Take a result over, unless its source answered later than that already."""
        before = self._sources.get(result.source.name)
        if before and before.ok_at and result.at < before.ok_at:
            return
        failure = result.failure
        after = _failed(result, failure, before) if failure else _answered(result, before)
        self._sources[after.name] = after
        if failure:
            self._miss(result)
        else:
            self._see(result, after.unreachable_since)
        was_away = before is not None and before.unreachable_since is not None
        is_away = after.unreachable_since is not None
        if was_away != is_away:
            kind = ChangeKind.UNREACHABLE if is_away else ChangeKind.REACHABLE
            codes = before.error_code if before else None, after.error_code
            self._changes.append(Change(result.at, kind, after.name, before=codes[0], after=codes[1]))

    def forget(self, names: Iterable[str]) -> None:
        """The sources are not in the configuration any more."""
        for name in names:
            for uuid in self._of_source.pop(name, ()):
                self._touch(self._sightings.pop((name, uuid)).pool, name, self._now)
            del self._sources[name]

    def finish(self) -> FleetUpdate:
        """All that differs."""
        after = {current.host.uuid: current for current in current_hosts(self._sightings.values())}
        for uuid, current in after.items():
            self._compare(self._before.get(uuid), current)
        for uuid in sorted(self._before.keys() - after.keys()):
            self._leave(self._before[uuid])
        forgotten = [name for name in self._stored.sources if name not in self._sources]
        self._changes += (Change(self._now, ChangeKind.REMOVED, name) for name in sorted(forgotten))
        mixed = self._weigh(after)
        stored = self._stored
        return FleetUpdate(
            sources=tuple(state for name, state in self._sources.items() if stored.sources.get(name) != state),
            sightings=tuple(seen for key, seen in self._sightings.items() if stored.sightings.get(key) != seen),
            mixed=tuple((pool, since) for pool, since in mixed.items() if stored.mixed.get(pool) != since),
            sources_gone=tuple(forgotten),
            sightings_gone=tuple(key for key in stored.sightings if key not in self._sightings),
            mixed_gone=tuple(pool for pool in stored.mixed if pool not in mixed),
            changes=tuple(self._changes),
        )

    def _see(self, result: PollResult, missing_since: datetime | None) -> None:
        """Take over all pools that a source has; `missing_since` where it has failed since."""
        source, listed = result.source, set[str]()
        for answer in result.observations:
            self._touch(answer.pool, source.name, answer.observed_at)
            for host in answer.hosts:
                key, down_since = (source.name, host.uuid), None
                if before := self._sightings.get(key):
                    self._touch(before.pool, source.name, answer.observed_at)
                    host = before.host if before.host == host else host
                else:
                    self._of_source[source.name].append(host.uuid)
                if host.power in (Power.HALTED, Power.UNKNOWN):
                    lost_since = before.missing_since if before and before.is_lost else None
                    down_since = (before and before.down_since) or lost_since or answer.observed_at
                waits_since = (before and before.restart_since) or answer.observed_at
                self._sightings[key] = Sighting(
                    source.name,
                    source.kind,
                    host,
                    answer.pool,
                    answer.observed_at,
                    missing_since,
                    down_since=down_since,
                    restart_since=waits_since if host.reboot_required else None,
                )
                listed.add(host.uuid)
        if not source.kind.speaks_for_pools:
            self._miss(result, listed, lost=True)
        elif listed:  # who is not in it has nothing to do any more with this source
            for uuid in set(self._of_source[source.name]) - listed:
                self._touch(self._sightings.pop((source.name, uuid)).pool, source.name, result.at)
            self._of_source[source.name] = list(listed)

    def _miss(self, result: PollResult, listed: Collection[str] = (), lost: bool = False) -> None:
        """All others that the source has are not seen since the moment of this result, or earlier."""
        name = result.source.name
        for uuid in self._of_source[name]:
            if uuid not in listed:
                sighting = self._sightings[name, uuid]
                since = min(sighting.missing_since or result.at, result.at)
                is_lost = lost or sighting.is_lost
                self._sightings[name, uuid] = sighting._replace(missing_since=since, is_lost=is_lost)

    def _touch(self, pool: Pool, source: str, at: datetime) -> None:
        self._touched[pool.uuid] = max(self._touched.get(pool.uuid, (at, source)), (at, source))

    def _compare(self, before: CurrentHost | None, after: CurrentHost) -> None:
        """Note of a host that it is new, in another pool, or runs another version."""
        if before and before.pool.uuid == after.pool.uuid and version(before.host) == version(after.host):
            return
        by = next(s for s in after.sightings if s.seen_at == after.observed_at)
        for current in filter(None, (before, after)):
            self._touch(current.pool, by.source, by.seen_at)
        found: list[tuple[ChangeKind, str, str]] = []
        if before is None:
            found.append((ChangeKind.JOINED, "", version_text(after.host)))
        elif before.pool.uuid != after.pool.uuid:
            found.append((ChangeKind.JOINED, before.pool.name, after.pool.name))
        if before and was_upgraded(before.host, after.host) and after.observed_at >= before.observed_at:
            found.append((ChangeKind.UPGRADED, version_text(before.host), version_text(after.host)))
        about = after.host.uuid, after.host.name, after.pool.name or None
        for kind, old, new in found:
            self._changes.append(Change(by.seen_at, kind, by.source, *about, old or None, new or None))

    def _leave(self, before: CurrentHost) -> None:
        """Note of a host that no source has it any more."""
        if before.pool.uuid not in self._touched:
            self._touch(before.pool, before.sightings[0].source, self._now)
        at, source = self._touched[before.pool.uuid]
        host, pool = before.host, before.pool.name or None
        text = version_text(host) or None
        self._changes.append(Change(at, self._gone, source, host.uuid, host.name, pool, text))

    def _weigh(self, hosts: Mapping[str, CurrentHost]) -> dict[str, datetime]:
        """Since when pools are mixed, of those that are; with what changed about that."""
        members: dict[str, list[CurrentHost]] = defaultdict(list)
        for current in hosts.values():
            if current.pool.uuid in self._touched or current.pool.uuid in self._stored.mixed:
                members[current.pool.uuid].append(current)
        mixed = {}
        for uuid, those in members.items():
            since = self._stored.mixed.get(uuid)
            is_mixed = len({version(member.host) for member in those}) > 1
            at, source = self._touched.get(uuid, (self._now, ""))
            if is_mixed:
                mixed[uuid] = since or at
            if is_mixed != (since is not None):
                kind = ChangeKind.POOL_MIXED if is_mixed else ChangeKind.POOL_UNIFORM
                texts = ", ".join(sorted({version_text(member.host) for member in those}))
                self._changes.append(Change(at, kind, source, uuid=uuid, pool=those[0].pool.name or None, after=texts))
        return mixed


def _answered(result: PollResult, before: SourceState | None) -> SourceState:
    """A source after an answer, which failures may have followed that were recorded earlier."""
    source, at = result.source, result.at
    if before is None or before.unreachable_since is None or before.tried_at <= at:
        return SourceState(source.name, source.kind, at, at, 0, None, None, None)
    if before.unreachable_since > at:
        return before._replace(ok_at=at)
    return before._replace(ok_at=at, failures=1, unreachable_since=before.tried_at)  # of more than one we know no more


def _failed(result: PollResult, failure: Failure, before: SourceState | None) -> SourceState:
    source, at = result.source, result.at
    error = failure.code.value, failure.message
    if before is None:
        return SourceState(source.name, source.kind, at, None, 1, at, *error)
    since = min(before.unreachable_since or at, at)
    if at < before.tried_at:
        return before._replace(failures=before.failures + 1, unreachable_since=since)
    return SourceState(source.name, source.kind, at, before.ok_at, before.failures + 1, since, *error)
