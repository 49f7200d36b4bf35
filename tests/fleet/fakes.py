"""The ports of the fleet's room in memory, as simple as they can be right, and sources that answer what a test says."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from bot.errors import UnavailableError
from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind, SourceState, WatchedHost
from bot.fleet.ports import SweepRun
from bot.xapi.observation import Failure, Host, Observation, Pool, Transport
from bot.xapi.target import TlsMode


def host(name: str, version: str = "8.3.0", brand: str = "XCP-ng", coordinator: bool = True, **more: Any) -> Host:
    """A host; its uuid is its name with a sign."""
    said = Host(
        uuid=f"uuid-{name}",
        name=name,
        address="192.0.2.1",
        is_coordinator=coordinator,
        enabled=True,
        product_brand=brand,
        product_version=version,
        build=None,
        platform_version=None,
        edition=None,
        licence_expires=None,
        booted_at=None,
        reboot_required=None,
        pending_updates=None,
    )
    return said._replace(**more)


def told(source: Source, at: datetime, *hosts: Host, pool: str | None = None) -> PollResult:
    """A target's pool, as it answers."""
    name = pool or source.name
    seen = Pool(f"pool-{name}", name, hosts[0].uuid)
    answer = Observation(source.name, "192.0.2.1", at, Transport.JSON_RPC_2, TlsMode.PINNED, seen, hosts)
    return PollResult(source, (answer,))


def refused(source: Source, failure: Failure) -> PollResult:
    """A source that has no answer."""
    return PollResult(source, (failure,))


def target(name: str, *tags: str) -> Source:
    return Source(name, SourceKind.TARGET, tags)


class FakeAsks:
    """Sources whose answers a test gives."""

    def __init__(self, sources: Sequence[Source], tell: Callable[[Source], PollResult]) -> None:
        self.sources = tuple(sources)
        self.tell = tell


class FakeStore:
    """Keeps the fleet in dictionaries."""

    def __init__(self) -> None:
        self._hosts: dict[str, WatchedHost] = {}
        self._seen_by: dict[str, dict[str, datetime | None]] = {}  # host -> source -> missing since
        self._sources: dict[str, SourceState] = {}
        self._changes: list[Change] = []
        self.chunks: list[int] = []
        self.away = False

    def record(self, told: Sequence[PollResult], at: datetime) -> tuple[Change, ...]:
        self._check()
        self.chunks.append(len(told))
        found = [change for each in told for change in self._record(each, at)]
        self._changes += found
        return tuple(found)

    def _record(self, told: PollResult, at: datetime) -> list[Change]:
        source, failure = told.source, told.failure
        before = self._sources.get(source.name)
        if failure:
            since = (before.unreachable_since if before else None) or at
            failures = (before.failures if before else 0) + 1
            ok_at = before.ok_at if before else None
            error = (failure.code.value, failure.message)
            self._sources[source.name] = SourceState(source.name, source.kind, at, ok_at, failures, since, *error)
            for seen in self._seen_by.values():
                if source.name in seen:
                    seen[source.name] = seen[source.name] or at
            return [] if before and before.unreachable_since else [Change(at, ChangeKind.UNREACHABLE, source.name)]
        self._sources[source.name] = SourceState(source.name, source.kind, at, at, 0, None, None, None)
        back = [Change(at, ChangeKind.REACHABLE, source.name)] if before and before.unreachable_since else []
        answers = [answer for answer in told.answers if isinstance(answer, Observation)]
        return back + [change for answer in answers for change in self._pool(source, answer, at)]

    def _pool(self, source: Source, answer: Observation, at: datetime) -> list[Change]:
        found = []
        mixed_since = next((w.mixed_since for w in self._hosts.values() if w.pool.uuid == answer.pool.uuid), None)
        mixed_since = (mixed_since or at) if answer.mixed_versions else None
        for seen in answer.hosts:
            known = self._hosts.get(seen.uuid)
            facts = (source.name, seen.uuid, seen.name, answer.pool.name)
            if known is None:
                found.append(Change(at, ChangeKind.JOINED, *facts, after=seen.product_version))
            elif known.host.product_version != seen.product_version:
                versions = (known.host.product_version, seen.product_version)
                found.append(Change(at, ChangeKind.UPGRADED, *facts, *versions))
            self._hosts[seen.uuid] = WatchedHost(seen, answer.pool, (), answer.observed_at, None, mixed_since)
            self._seen_by.setdefault(seen.uuid, {})[source.name] = None
        if source.kind is SourceKind.TARGET:
            listed = {seen.uuid for seen in answer.hosts}
            for uuid in [u for u, w in self._hosts.items() if w.pool.uuid == answer.pool.uuid and u not in listed]:
                gone = self._forget(uuid)
                found.append(Change(at, ChangeKind.LEFT, source.name, uuid, gone.host.name, gone.pool.name))
        return found

    def _forget(self, uuid: str) -> WatchedHost:
        self._seen_by.pop(uuid, None)
        return self._hosts.pop(uuid)

    def keep_only(self, sources: Collection[Source], at: datetime) -> tuple[Change, ...]:
        self._check()
        kept = {source.name for source in sources}
        for name in set(self._sources) - kept:
            del self._sources[name]
        found = []
        for uuid, seen in list(self._seen_by.items()):
            removed = set(seen) - kept
            for name in removed:
                del seen[name]
            if removed and not seen:
                gone = self._forget(uuid)
                found.append(
                    Change(at, ChangeKind.REMOVED, min(removed), uuid, gone.host.name, gone.pool.name),
                )
        self._changes += found
        return tuple(found)

    def hosts(self) -> tuple[WatchedHost, ...]:
        self._check()
        shown = []
        for watched in self._hosts.values():
            seen = self._seen_by[watched.host.uuid]
            missing = list(seen.values())
            since = None if None in missing else max(filter(None, missing))
            shown.append(watched._replace(sources=tuple(seen), unreachable_since=since))
        return tuple(sorted(shown, key=lambda w: (w.pool.name, w.host.name)))

    def sources(self) -> tuple[SourceState, ...]:
        self._check()
        return tuple(self._sources[name] for name in sorted(self._sources))

    def changes(self, since: datetime) -> tuple[Change, ...]:
        self._check()
        return tuple(change for change in reversed(self._changes) if change.at >= since)

    def _check(self) -> None:
        if self.away:
            raise UnavailableError("The database is away: start it, then try again.")


class FakeSweepLog:
    """Keeps sweeps in a list, for as many threads as a test has."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.runs: dict[int, SweepRun] = {}
        self.alive: dict[int, tuple[str, datetime]] = {}
        self.beats = 0
        self.away = False

    def claim(self, slot: datetime, by: str, now: datetime, stale_after_seconds: float) -> SweepRun | None:
        with self._lock:
            self._check()
            old = next((run for run in self.runs.values() if run.slot == slot), None)
            if old is None:
                return self._new(slot, by, now)
            is_alive = now - self.alive[old.id][1] < timedelta(seconds=stale_after_seconds)
            if old.finished_at or is_alive:
                return None
            self.alive[old.id] = (by, now)
            self.runs[old.id] = old._replace(started_at=now)
            return self.runs[old.id]

    def begin(self, by: str, now: datetime) -> SweepRun:
        with self._lock:
            self._check()
            return self._new(None, by, now)

    def _new(self, slot: datetime | None, by: str, now: datetime) -> SweepRun:
        run = SweepRun(len(self.runs) + 1, slot, now)
        self.runs[run.id], self.alive[run.id] = run, (by, now)
        return run

    def beat(self, run: SweepRun, by: str, now: datetime) -> bool:
        with self._lock:
            self._check()
            self.beats += 1
            if self.alive[run.id][0] != by:
                return False
            self.alive[run.id] = (by, now)
            return True

    def finish(self, run: SweepRun, now: datetime) -> None:
        with self._lock:
            self._check()
            self.runs[run.id] = run._replace(finished_at=now)

    def last_finished(self) -> SweepRun | None:
        done = [run for run in self.runs.values() if run.finished_at and not run.error]
        return max(done, key=lambda run: run.id, default=None)

    def last_error(self) -> SweepRun | None:
        over = [run for run in self.runs.values() if run.finished_at]
        last = max(over, key=lambda run: run.id, default=None)
        return last if last and last.error else None

    def prune(self, before: datetime) -> None:
        self.runs = {key: run for key, run in self.runs.items() if run.started_at >= before}

    def _check(self) -> None:
        if self.away:
            raise UnavailableError("The database is away: start it, then try again.")
