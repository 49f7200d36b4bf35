"""The ports of the fleet's room in memory, as simple as they can be right, and sources that answer what a test says."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from bot.errors import UnavailableError
from bot.fleet.hosts import Change, PollResult, Source, SourceKind, SourceState, WatchedHost
from bot.fleet.ports import SweepRun
from bot.xapi.observation import Failure, Host, Observation, Pool, Transport
from bot.xapi.target import TlsMode
from tests.fleet.book import Book


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


def answered(source: Source, at: datetime, *hosts: Host, pool: str | None = None) -> PollResult:
    """A target's pool, as it answers."""
    name = pool or source.name
    seen = Pool(f"pool-{name}", name, hosts[0].uuid)
    answer = Observation(source.name, "192.0.2.1", at, Transport.JSON_RPC_2, TlsMode.PINNED, seen, hosts)
    return PollResult(source, (answer,), at)


def refused(source: Source, failure: Failure, at: datetime) -> PollResult:
    """A source that has no answer."""
    return PollResult(source, (failure,), at)


def target(name: str, *tags: str) -> Source:
    return Source(name, SourceKind.TARGET, tags)


class FakeSources:
    """Sources whose answers a test gives."""

    def __init__(self, sources: Sequence[Source], poll: Callable[[Source], PollResult]) -> None:
        self.sources = tuple(sources)
        self.poll = poll


class FakeStore:
    """Keeps the fleet in memory, as it is reconciled."""

    def __init__(self) -> None:
        self._book = Book()
        self._changes: list[Change] = []
        self.chunks: list[int] = []
        self.away = False

    def record(self, results: Sequence[PollResult], now: datetime) -> tuple[Change, ...]:
        self._check()
        self.chunks.append(len(results))
        self._book.record_late(*results, now=now)
        self._changes += self._book.changes
        return self._book.changes

    def keep_only(self, sources: Collection[Source], now: datetime) -> tuple[Change, ...]:
        self._check()
        configured = {(source.name, source.kind) for source in sources}
        gone = {name for name, state in self._book.stored.sources.items() if (name, state.kind) not in configured}
        self._book.forget(gone, now)
        self._changes += self._book.changes
        return self._book.changes

    def hosts(self) -> tuple[WatchedHost, ...]:
        self._check()
        mixed = self._book.stored.mixed
        shown = [current.watched(mixed.get(current.pool.uuid)) for current in self._book.hosts.values()]
        return tuple(sorted(shown, key=lambda w: (w.pool.name, w.host.name)))

    def sources(self) -> tuple[SourceState, ...]:
        self._check()
        return tuple(state for _, state in sorted(self._book.stored.sources.items()))

    def failing(self) -> tuple[SourceState, ...]:
        return tuple(state for state in self.sources() if state.failures)

    def heard(self) -> frozenset[str]:
        return frozenset(state.name for state in self.sources() if state.ok_at)

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
        self.held: dict[int, tuple[str, datetime]] = {}
        self.beats = 0
        self.away = False

    def claim(self, slot: datetime, by: str, now: datetime, seconds: float) -> SweepRun | None:
        with self._lock:
            self._check()
            old = next((run for run in self.runs.values() if run.slot == slot), None)
            if old and (old.finished_at or (old.id in self.held and now < self.held[old.id][1])):
                return None
            run = old._replace(is_resumed=True) if old else self._new(slot, now)
            self.held[run.id] = (by, now + timedelta(seconds=seconds))
            return run

    def is_done(self, slot: datetime) -> bool:
        return any(run.slot == slot and run.finished_at for run in self.runs.values())

    def begin(self, by: str, now: datetime) -> SweepRun:
        with self._lock:
            self._check()
            run = self._new(None, now)
            self.held[run.id] = (by, now)
            return run

    def _new(self, slot: datetime | None, now: datetime) -> SweepRun:
        run = SweepRun(len(self.runs) + 1, slot, now)
        self.runs[run.id] = run
        return run

    def beat(self, run: SweepRun, by: str, now: datetime, seconds: float) -> bool:
        with self._lock:
            self._check()
            self.beats += 1
            if run.id not in self.held or self.held[run.id][0] != by:
                return False
            self.held[run.id] = (by, now + timedelta(seconds=seconds))
            return True

    def release(self, run: SweepRun, by: str) -> None:
        with self._lock:
            self._check()
            if run.id in self.held and self.held[run.id][0] == by:
                del self.held[run.id]

    def finish(self, run: SweepRun, now: datetime) -> None:
        with self._lock:
            self._check()
            self.runs[run.id] = run._replace(finished_at=now, is_resumed=False)

    def last_finished(self) -> SweepRun | None:
        done = [run for run in self.runs.values() if run.finished_at and not run.error]
        return max(done, key=lambda run: run.id, default=None)

    def last_error(self) -> SweepRun | None:
        over = [run for run in self.runs.values() if run.finished_at]
        last = max(over, key=lambda run: run.id, default=None)
        return last if last and last.error else None

    def _check(self) -> None:
        if self.away:
            raise UnavailableError("The database is away: start it, then try again.")
