"""Many sources asked at once, on threads of our own; no more of them wait in line than keep the threads busy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from queue import Empty, SimpleQueue
from threading import Event
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.catalogue import say
from bot.fleet.hosts import Change, PollResult, Source, SourceKind
from bot.fleet.ports import SweepLog, SweepRun, SweepStore
from bot.fleet.sites import RemoteSweeps, site_silent
from bot.fleet.sources import InventorySource
from bot.xapi.observation import Failure, FailureCode

WINDOW = 2
"""Questions that are handed out, for each that is asked at a time: threads stay busy while answers are recorded."""


class PollOutcome(NamedTuple):
    """What came of asking a source: its result, or the error that nobody foresaw."""

    source: Source
    result: PollResult | None
    error: BaseException | None = None


@contextmanager
def polling(
    poll: Callable[[Source], PollResult], sources: Iterable[Source], at_once: int, patience: float
) -> Iterator[Iterator[PollOutcome | None]]:
    """Answers as they come; None whenever none came for `patience` seconds.

    Leaving early asks nobody any more and does not wait for the questions that are under way.
    """
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="sweep")
    try:
        yield _outcomes(pool, poll, iter(sources), at_once * WINDOW, patience)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _outcomes(
    pool: ThreadPoolExecutor, poll: Callable[[Source], PollResult], left: Iterator[Source], window: int, patience: float
) -> Iterator[PollOutcome | None]:
    came: SimpleQueue[Future[PollResult]] = SimpleQueue()
    under_way: dict[Future[PollResult], Source] = {}

    def ask_more() -> None:
        for source in islice(left, window - len(under_way)):
            future = pool.submit(poll, source)
            under_way[future] = source
            future.add_done_callback(came.put)

    ask_more()
    while under_way:
        try:
            future = came.get(timeout=patience)
        except Empty:
            yield None
            continue
        source = under_way.pop(future)
        ask_more()
        error = future.exception()
        yield PollOutcome(source, None, error) if error else PollOutcome(source, future.result())


STALE = 20.0
"""Seconds that a process has a sweep for, from each sign of life on; then another one may take it over."""

BEATS = 4
"""Signs of life within that time."""

PATIENCE = 0.5
"""Seconds without an answer until it is checked whether the sweep should end."""

GATHERED = 2.0
"""Seconds after which answers are recorded, however few they are."""

Report = Callable[[int, int], None]
"""A progress report: takes how many sources of how many are done."""


class SweepPace(NamedTuple):
    """How many sources are asked at a time, and the answers of how many are recorded in one transaction.

    A sweep that gives no sign of life for `stale` seconds is given to another process.
    """

    concurrency: int = 64
    chunk: int = 200
    stale: float = STALE

    @property
    def beat(self) -> float:
        """Seconds between two signs of life."""
        return self.stale / BEATS


class SweepEnd(StrEnum):
    """How a sweep ended: only one that is done has asked everybody."""

    DONE = "done"
    STOPPED = "stopped"
    TAKEN_OVER = "taken_over"


class SweepResult(NamedTuple):
    """What a sweep found: of how many sources which ones failed, and what is different.

    Of a sweep that was taken over, `failed` has those that failed before, `changes` only what was found since.
    """

    sources: int
    failed: tuple[Failure, ...] = ()
    changes: tuple[Change, ...] = ()
    ending: SweepEnd = SweepEnd.DONE

    @property
    def is_in_vain(self) -> bool:
        """Whether nobody answered."""
        return len(self.failed) == self.sources


class Sweeper(NamedTuple):
    """What a sweep works with. `clock` is the time in UTC, `monotonic` seconds that never go back.

    `by` names this process in the log of sweeps; `log` is for people. `asks_sites` is False where nothing may be
    stored: what sites answer is stored by whoever gets it, so their targets count as they were last seen.
    """

    inventory: InventorySource
    store: SweepStore
    sweeps: SweepLog
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    by: str
    log: FilteringBoundLogger
    pace: SweepPace = SweepPace()
    remote: RemoteSweeps | None = None
    asks_sites: bool = True

    def sweep(self, run: SweepRun, report: Report, stop: Event) -> SweepResult:
        """Ask every source, and record what it answers. UnavailableError without the database.

        Of a run that was taken over only those are asked that nobody has asked since it began. Ends early once `stop`
        is set or another process has taken the run over; what was answered by then is recorded.
        """
        sources = self.sources
        changes = [*self.store.keep_only(sources, self.clock())]
        asked, failed = self._asked_before(run) if run.is_resumed else (set[str](), list[Failure]())
        left = [source for source in sources if source.name not in asked]
        here, there = ([s for s in left if s.site is None], [s for s in left if s.site and self.asks_sites])
        elsewhere = _RemoteAsking(self, run, there, stop) if there else None
        before = len(sources) - len(here) - len(there)
        report(before, len(sources))
        progress = _SweepProgress(self, run, stop)
        with polling(self.inventory.poll, here, self.pace.concurrency, PATIENCE) as outcomes:
            every = chain(outcomes, elsewhere.until_all_answered()) if elsewhere else outcomes
            done = (lambda: before + elsewhere.done) if elsewhere else lambda: before
            results = self._results(progress.until_it_ends(every), done, len(sources), report)
            for chunk in self._chunks(results):
                changes += self.store.record(chunk, self.clock())
                failed += (result.failure for result in chunk if result.failure)
        if elsewhere:
            failed += elsewhere.failures()
        if progress.ending is SweepEnd.STOPPED:
            self.sweeps.release(run, self.by)
        return SweepResult(len(sources), tuple(failed), tuple(changes), progress.ending)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that a sweep asks now, those of sites among them."""
        return (*self.inventory.sources, *(self.remote.known().sources if self.remote else ()))

    def _asked_before(self, run: SweepRun) -> tuple[set[str], list[Failure]]:
        """The sources of the inventory that were asked since a run began, and the failures among those."""
        configured = {(source.name, source.kind) for source in self.sources}
        states = [
            state
            for state in self.store.sources()
            if run.started_at <= state.tried_at <= self.clock() and (state.name, state.kind) in configured
        ]
        failed = [Failure(s.name, FailureCode(s.error_code), s.error or "") for s in states if s.error_code]
        return {state.name for state in states}, failed

    def _results(
        self, outcomes: Iterator[PollOutcome | None], done: Callable[[], int], total: int, report: Report
    ) -> Iterator[PollResult | None]:
        """What was answered. An error that nobody foresaw is a failure as another one, and a traceback in the log.

        `done` is how many of `total` are done besides those that are answered here.
        """
        answered = 0
        for outcome in outcomes:
            answered += outcome is not None
            report(answered + done(), total)
            if outcome is None:
                yield None
                continue
            if outcome.result is None:
                source, name = outcome.source, outcome.source.name
                self.log.error("asking failed", source=name, exc_info=outcome.error)
                what = say(
                    "{target} could not be asked: something is wrong in xocompat itself. Its log has the details.",
                    target=name,
                )
                yield PollResult(source, (Failure(name, FailureCode.BAD_REPLY, what),), self.clock())
            else:
                yield outcome.result

    def _chunks(self, results: Iterator[PollResult | None]) -> Iterator[list[PollResult]]:
        """What is recorded together. Answers don't wait long for others: with this process, they would be lost."""
        chunk: list[PollResult] = []
        begun = self.monotonic()
        for result in results:
            if result:
                chunk.append(result)
            if chunk and (result is None or len(chunk) >= self.pace.chunk or self.monotonic() - begun >= GATHERED):
                yield chunk
                chunk = []
            if not chunk:
                begun = self.monotonic()
        if chunk:
            yield chunk


REMOTE_PATIENCE = 60.0
"""Seconds that a sweep waits for a site of which nothing comes: a dead worker's questions are another's long before."""


class _RemoteAsking:
    """The part of a sweep that sites do: it is asked for at once, and its answers are recorded by whoever gets them.

    How far it has come is read from the store. A site of which nothing comes, or that falls silent, is not waited for.
    """

    def __init__(self, sweeper: Sweeper, run: SweepRun, sources: Sequence[Source], stop: Event) -> None:
        assert sweeper.remote
        self._sweeper, self._run, self._stop, self._remote = sweeper, run, stop, sweeper.remote
        self._left = {source.name: source for source in sources}
        self._begun = sweeper.clock()
        self._unasked = set(self._remote.ask(f"{run.id}.{int(self._begun.timestamp())}", tuple(self._left)))
        self._waits = {s.site: sweeper.monotonic() for s in sources if s.site not in self._unasked}
        self.done = 0

    def until_all_answered(self) -> Iterator[None]:
        """Waits, a moment at a time."""
        while self._still_waits():
            self._stop.wait(PATIENCE)
            yield None

    def _still_waits(self) -> bool:
        sweeper, known = self._sweeper, self._remote.known()
        silent, now = known.silent(sweeper.clock()), sweeper.monotonic()
        for name in self._remote.answered(self._begun):
            if source := self._left.pop(name, None):
                self.done += 1
                self._waits[source.site] = now
        left = {source.site for source in self._left.values()}
        return any(
            site in left and site not in silent and now - since < REMOTE_PATIENCE for site, since in self._waits.items()
        )

    def failures(self) -> Iterator[Failure]:
        """Of those that have failed, and of those whose site was not heard."""
        sweeper, known = self._sweeper, self._remote.known()
        for name, source in self._left.items():
            site = source.site or ""
            yield site_silent(site, name, known.named(site), sweeper.clock())
        for state in sweeper.store.sources():
            if state.kind is SourceKind.SITE and state.error_code and state.tried_at >= self._begun:
                yield Failure(state.name, FailureCode(state.error_code), state.error or "")


@dataclass
class _SweepProgress:
    """Whether a sweep goes on: it gives signs of life, and ends when it is stopped or another process has it."""

    sweeper: Sweeper
    run: SweepRun
    stop: Event
    ending: SweepEnd = SweepEnd.DONE

    def until_it_ends(self, outcomes: Iterator[PollOutcome | None]) -> Iterator[PollOutcome | None]:
        sweeper = self.sweeper
        beaten_at = sweeper.monotonic()
        for outcome in outcomes:
            yield outcome
            if self.stop.is_set():
                self.ending = SweepEnd.STOPPED
                return
            if sweeper.monotonic() - beaten_at >= sweeper.pace.beat:
                beaten_at = sweeper.monotonic()
                if not sweeper.sweeps.beat(self.run, sweeper.by, sweeper.clock(), sweeper.pace.stale):
                    self.ending = SweepEnd.TAKEN_OVER
                    return
