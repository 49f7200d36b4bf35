"""A sweep cycle: the fleet is swept, what was found is evaluated, and what is queued for channels is sent."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, datetime
from math import inf
from threading import Event
from typing import NamedTuple

from bot.alerts.alert import Alert, Reconciled
from bot.alerts.clock_check import ClockCheck
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.evaluate import AlertStore, FleetEvaluation
from bot.alerts.ports import AlertReader
from bot.catalogue import say
from bot.errors import UnavailableError, UsageError
from bot.fleet.hosts import Change, PollResult, Source, SourceState
from bot.fleet.ports import SweepRun, SweepStore
from bot.fleet.sweep import Report, SweepEnd, Sweeper, SweepResult

COUNTED = range(1900, 9900)
"""Years of the days that can be tried: rules count from them, back and forth."""

Rehearsing = Callable[[], AbstractContextManager[AlertStore]]


class SendResult(NamedTuple):
    """How many messages got into their channels, and why others could not even be tried: all of them, or those of a
    channel. `by` is who sends here.
    """

    messages: int = 0
    why_not: str | None = None
    by: str | None = None
    why_not_to: Callable[[str], str | None] = lambda _: None


class CycleResult(NamedTuple):
    """What came of a cycle. `channels` have messages that wait.

    `is_dry`: this is what the day of `at` would bring, with the messages that would be queued; nothing was stored or
    sent. `doubt` says why nothing was decided, where the clock cannot be believed.
    """

    at: datetime
    swept: SweepResult
    settled: Reconciled = Reconciled()
    sent: SendResult = SendResult()
    channels: tuple[ChannelState, ...] = ()
    is_dry: bool = False
    doubt: str | None = None

    @property
    def pending(self) -> int:
        """Messages that wait, of all channels."""
        return sum(channel.pending for channel in self.channels)


class SweepCycle(NamedTuple):
    """What cycles are made with.

    `rehearsing` is what is stored for what is only tried: what is written is read there alone, and undone at the end.
    `send` brings into channels what can be sent now. `ask_more` asks for what sweeps do not ask, before anything is
    decided; None where that is a job of its own.
    """

    sweeper: Sweeper
    evaluation: FleetEvaluation
    rehearsing: Rehearsing
    send: Callable[[], SendResult]
    clock_check: ClockCheck
    ask_more: Callable[[Event], object] | None = None

    def ask(self, report: Report, stop: Event) -> CycleResult:
        """A cycle that somebody asked for. UnavailableError if it could not be made."""
        return self.go(self.sweeper.sweeps.begin(self.sweeper.by, self.sweeper.clock()), report, stop)

    def go(self, run: SweepRun, report: Report, stop: Event) -> CycleResult:
        """The cycle of a sweep that has begun. UnavailableError if it could not be made.

        Only a cycle whose alerts are stored is finished. A slot's that broke or died before is left to be taken again,
        by any process; one that somebody asked for ends with its error. While the clock is in doubt, hosts are asked,
        as the servers that answer say what time it is, but nothing is stored of them and nothing is decided.
        """
        try:
            swept, at = self._sweep(run, report, stop)
            doubt = self.clock_check.doubt()
            is_done = swept.ending is SweepEnd.DONE
            if self.ask_more and is_done and not doubt:
                self.ask_more(stop)
            settled = self.evaluation.evaluate(at, swept_at=at) if is_done and not doubt else Reconciled()
        except UnavailableError as error:
            if run.slot is None:
                with suppress(UnavailableError):
                    self.sweeper.sweeps.finish(run._replace(error=str(error)), self.sweeper.clock())
            raise
        if is_done:
            ended = run._replace(sources=swept.sources, failed=len(swept.failed), error=doubt)
            self.sweeper.sweeps.finish(ended, self.sweeper.clock())
        if doubt or not is_done:
            return CycleResult(at, swept, doubt=doubt)
        self.evaluation.store.outbox.resume()
        return CycleResult(at, swept, settled, self.send(), self.evaluation.store.outbox.states())

    def rehearse(self, day: date, report: Report, stop: Event) -> CycleResult:
        """What a cycle would bring on a day, with the hosts as they answer now. Nothing is stored and nothing sent."""
        sweeper, answers = self.sweeper, _Answers([])
        at = _on(day, sweeper.clock())
        pace = sweeper.pace._replace(stale=inf)  # nobody takes it over
        alone = sweeper._replace(store=answers, pace=pace, asks_sites=False)
        swept = alone.sweep(SweepRun(0, None, sweeper.clock()), report, stop)
        if swept.ending is not SweepEnd.DONE:
            return CycleResult(at, swept, is_dry=True)
        with self.rehearsing() as store:
            waiting = {state.channel: state.pending for state in store.outbox.states()}
            swept = swept._replace(changes=answers.store_in(store.fleet, sweeper))
            settled = self.evaluation.on_one_day(store).evaluate(at, swept_at=at, begins=False)
            states = [s._replace(pending=s.pending - waiting.get(s.channel, 0)) for s in store.outbox.states()]
        queued = tuple(state for state in states if state.pending)
        return CycleResult(at, swept, settled, channels=queued, is_dry=True)

    def _sweep(self, run: SweepRun, report: Report, stop: Event) -> tuple[SweepResult, datetime]:
        """Ask every source; the moment that the answers count for. They are stored once the clock can be believed."""
        sweeper, at = self.sweeper, self.sweeper.clock()
        if self.clock_check.doubt() is None:
            return sweeper.sweep(run, report, stop), at
        answers = _Answers([])
        swept = sweeper._replace(store=answers, asks_sites=False).sweep(run, report, stop)
        at = sweeper.clock()
        if self.clock_check.doubt() is None:
            swept = swept._replace(changes=answers.store_in(sweeper.store, sweeper))
        return swept, at


@contextmanager
def alerts_on(rehearsing: Rehearsing, evaluation: FleetEvaluation, day: date, now: datetime) -> Iterator[AlertReader]:
    """The alerts as they would be on a day, with the fleet as it was swept last and sweeps that go on.

    It is as late on that day as it is now. Nothing of it is stored: those that would be new have the id 0.
    """
    with rehearsing() as tried:
        at, before = _on(day, now), {alert.id for alert in tried.alerts.open()}
        evaluation.on_one_day(tried).evaluate(at, swept_at=at, begins=False)
        yield _AlertsOnDay(tried.alerts, {alert.id for alert in tried.alerts.open()} - before)


def _on(day: date, now: datetime) -> datetime:
    """The moment of a day at which it is as late as now. UsageError for a day from which rules cannot count years."""
    if not COUNTED.start <= day.year < COUNTED.stop:
        years = {"first": COUNTED.start, "last": COUNTED.stop - 1}
        raise UsageError(say("I can tell what alerts there are on a day from {first} to {last}.", **years))
    return datetime.combine(day, now.timetz())


class _AlertsOnDay(NamedTuple):
    book: AlertReader
    new: set[int]

    def open(self) -> tuple[Alert, ...]:
        return tuple(alert._replace(id=0) if alert.id in self.new else alert for alert in self.book.open())

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        return self.book.resolved(since)

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        return self.book.find(number for number in ids if number not in self.new)


class _Answers(NamedTuple):
    """Remembers what sources answered, until it is known whether that is to be stored."""

    results: list[PollResult]

    def store_in(self, store: SweepStore, sweeper: Sweeper) -> tuple[Change, ...]:
        """Store what was answered as a sweep does; what is new about it."""
        changes = [*store.keep_only(sweeper.sources, sweeper.clock())]
        for begin in range(0, len(self.results), sweeper.pace.chunk):
            changes += store.record(self.results[begin : begin + sweeper.pace.chunk], sweeper.clock())
        return tuple(changes)

    def record(self, results: Sequence[PollResult], now: datetime) -> tuple[Change, ...]:  # noqa: ARG002
        self.results.extend(results)
        return ()

    def keep_only(self, sources: Collection[Source], now: datetime) -> tuple[Change, ...]:  # noqa: ARG002
        return ()

    def sources(self) -> tuple[SourceState, ...]:
        return ()
