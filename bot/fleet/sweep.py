"""Many sources asked at once, on threads of our own; no more of them wait in line than keep the threads busy."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Event
from typing import NamedTuple, Protocol

from structlog.typing import FilteringBoundLogger

from bot.fleet.hosts import Change, PollResult, Source
from bot.fleet.ports import SweepLog, SweepRun, SweepStore
from bot.xapi.observation import Failure, FailureCode

WINDOW = 2
"""Questions that are handed out, for each that is asked at a time: threads stay busy while answers are kept."""


class PollOutcome(NamedTuple):
    """What came of asking a source: what it told, or the error that nobody foresaw."""

    source: Source
    told: PollResult | None
    error: BaseException | None = None


@contextmanager
def asking(
    tell: Callable[[Source], PollResult], sources: Iterable[Source], at_once: int, patience: float
) -> Iterator[Iterator[PollOutcome | None]]:
    """Answers as they come; None whenever none came for `patience` seconds.

    Leaving early asks nobody any more and does not wait for the questions that are under way.
    """
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="sweep")
    try:
        yield _answers(pool, tell, iter(sources), at_once * WINDOW, patience)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _answers(
    pool: ThreadPoolExecutor, tell: Callable[[Source], PollResult], left: Iterator[Source], window: int, patience: float
) -> Iterator[PollOutcome | None]:
    came: SimpleQueue[Future[PollResult]] = SimpleQueue()
    under_way: dict[Future[PollResult], Source] = {}

    def ask_more() -> None:
        for source in islice(left, window - len(under_way)):
            future = pool.submit(tell, source)
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


STALE = 60.0
"""Seconds after which a sweep without a sign of life is given to another process."""

BEATS = 6
"""Signs of life within that time."""

PATIENCE = 0.5
"""Seconds without an answer until it is looked whether the sweep should end."""

Tell = Callable[[int, int], None]
"""Hears how many sources of how many are done."""


class PollsSources(Protocol):
    """Sources, and the asking of one of them, which blocks until there is an answer."""

    @property
    def sources(self) -> tuple[Source, ...]: ...

    def tell(self, source: Source, /) -> PollResult: ...


class SweepPace(NamedTuple):
    """How many sources are asked at a time, and the answers of how many are kept in one transaction.

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
    """What a sweep found: of how many sources which ones failed, and what is different."""

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

    `by` names this process in the log of sweeps; `log` is for people.
    """

    asks: PollsSources
    store: SweepStore
    sweeps: SweepLog
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    by: str
    log: FilteringBoundLogger
    pace: SweepPace = SweepPace()

    def sweep(self, run: SweepRun, at: datetime, tell: Tell, stop: Event) -> SweepResult:
        """Ask every source, and keep what it tells as of a moment. UnavailableError without the database.

        Ends early once `stop` is set or another process has taken the run over; what was told by then is kept.
        """
        sources = self.asks.sources
        tell(0, len(sources))
        changes = [*self.store.keep_only(sources, at)]
        failed: list[Failure] = []
        course = _SweepProgress(self, run, stop)
        with asking(self.asks.tell, sources, self.pace.concurrency, PATIENCE) as answers:
            coming = self._counted(course.until_it_ends(answers), len(sources), tell)
            while chunk := [*islice(coming, self.pace.chunk)]:
                changes += self.store.record(chunk, at)
                failed += (told.failure for told in chunk if told.failure)
        return SweepResult(len(sources), tuple(failed), tuple(changes), course.ending)

    def _counted(self, answers: Iterator[PollOutcome], total: int, tell: Tell) -> Iterator[PollResult]:
        for done, answer in enumerate(answers, 1):
            tell(done, total)
            yield answer.told or self._broken(answer)

    def _broken(self, answer: PollOutcome) -> PollResult:
        """A source at which something failed that nobody foresaw: a failure as another one, and a traceback."""
        name = answer.source.name
        self.log.error("asking failed", source=name, exc_info=answer.error)
        said = f"{name} could not be asked: something is wrong in xocompat itself. Its log has the details."
        return PollResult(answer.source, (Failure(name, FailureCode.BAD_REPLY, said),))


class _SweepProgress:
    """Whether a sweep goes on: it says that it lives, and hears that it should end."""

    def __init__(self, sweeper: Sweeper, run: SweepRun, stop: Event) -> None:
        self._sweeper, self._run, self._stop = sweeper, run, stop
        self._beaten_at = sweeper.monotonic()
        self.ending = SweepEnd.DONE

    def until_it_ends(self, answers: Iterator[PollOutcome | None]) -> Iterator[PollOutcome]:
        for answer in answers:
            if answer:
                yield answer
            if not self._goes_on():
                return

    def _goes_on(self) -> bool:
        if self._stop.is_set():
            self.ending = SweepEnd.STOPPED
        elif self._sweeper.monotonic() - self._beaten_at >= self._sweeper.pace.beat:
            self._beaten_at = self._sweeper.monotonic()
            if not self._sweeper.sweeps.beat(self._run, self._sweeper.by, self._sweeper.clock()):
                self.ending = SweepEnd.TAKEN_OVER
        return self.ending is SweepEnd.DONE
