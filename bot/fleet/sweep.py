"""A sweep: every source is asked, so many at a time, and what they tell is kept chunk by chunk."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice
from threading import Event
from typing import NamedTuple, Protocol

from structlog.typing import FilteringBoundLogger

from bot.fleet.ports import FleetStore, SweepLog, SweepRun
from bot.fleet.questions import Answer, asking
from bot.fleet.watched import Change, Source, Told
from bot.xapi.observation import Failure, FailureCode

STALE = 60.0
"""Seconds after which a sweep without a sign of life is given to another process."""

BEATS = 6
"""Signs of life within that time."""

PATIENCE = 0.5
"""Seconds without an answer until it is looked whether the sweep should end."""

Tell = Callable[[int, int], None]
"""Hears how many sources of how many are done."""


class Asks(Protocol):
    """Sources, and the asking of one of them, which blocks until there is an answer."""

    @property
    def sources(self) -> tuple[Source, ...]: ...

    def tell(self, source: Source, /) -> Told: ...


class Pace(NamedTuple):
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


class Ending(StrEnum):
    """How a sweep ended: only one that is done has asked everybody."""

    DONE = "done"
    STOPPED = "stopped"
    TAKEN_OVER = "taken_over"


class Swept(NamedTuple):
    """What a sweep found: of how many sources which ones failed, and what is different."""

    sources: int
    failed: tuple[Failure, ...] = ()
    changes: tuple[Change, ...] = ()
    ending: Ending = Ending.DONE

    @property
    def is_in_vain(self) -> bool:
        """Whether nobody answered."""
        return len(self.failed) == self.sources


class Sweeper(NamedTuple):
    """What a sweep works with. `clock` is the time in UTC, `monotonic` seconds that never go back.

    `by` names this process in the log of sweeps; `log` is for people.
    """

    asks: Asks
    store: FleetStore
    sweeps: SweepLog
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    by: str
    log: FilteringBoundLogger
    pace: Pace = Pace()

    def sweep(self, run: SweepRun, at: datetime, tell: Tell, stop: Event) -> Swept:
        """Ask every source, and keep what it tells as of a moment. UnavailableError without the database.

        Ends early once `stop` is set or another process has taken the run over; what was told by then is kept.
        """
        sources = self.asks.sources
        tell(0, len(sources))
        changes = [*self.store.keep_only(sources, at)]
        failed: list[Failure] = []
        course = _Course(self, run, stop)
        with asking(self.asks.tell, sources, self.pace.concurrency, PATIENCE) as answers:
            coming = self._counted(course.until_it_ends(answers), len(sources), tell)
            while chunk := [*islice(coming, self.pace.chunk)]:
                changes += self.store.record(chunk, at)
                failed += (told.failure for told in chunk if told.failure)
        return Swept(len(sources), tuple(failed), tuple(changes), course.ending)

    def _counted(self, answers: Iterator[Answer], total: int, tell: Tell) -> Iterator[Told]:
        for done, answer in enumerate(answers, 1):
            tell(done, total)
            yield answer.told or self._broken(answer)

    def _broken(self, answer: Answer) -> Told:
        """A source at which something failed that nobody foresaw: a failure as another one, and a traceback."""
        name = answer.source.name
        self.log.error("asking failed", source=name, exc_info=answer.error)
        said = f"{name} could not be asked: something is wrong in xocompat itself. Its log has the details."
        return Told(answer.source, (Failure(name, FailureCode.BAD_REPLY, said),))


class _Course:
    """Whether a sweep goes on: it says that it lives, and hears that it should end."""

    def __init__(self, sweeper: Sweeper, run: SweepRun, stop: Event) -> None:
        self._sweeper, self._run, self._stop = sweeper, run, stop
        self._beaten_at = sweeper.monotonic()
        self.ending = Ending.DONE

    def until_it_ends(self, answers: Iterator[Answer | None]) -> Iterator[Answer]:
        for answer in answers:
            if answer:
                yield answer
            if not self._goes_on():
                return

    def _goes_on(self) -> bool:
        if self._stop.is_set():
            self.ending = Ending.STOPPED
        elif self._sweeper.monotonic() - self._beaten_at >= self._sweeper.pace.beat:
            self._beaten_at = self._sweeper.monotonic()
            if not self._sweeper.sweeps.beat(self._run, self._sweeper.by, self._sweeper.clock()):
                self.ending = Ending.TAKEN_OVER
        return self.ending is Ending.DONE
