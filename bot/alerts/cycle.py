"""A round: the fleet is swept, what was found is held against the open alerts, and what is to be told is sent.

The rooms that it joins do not know each other: what fleets and alerts have to do with each other stands here.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from threading import Event
from typing import NamedTuple

from bot.alerts.alert import Reconciled
from bot.alerts.delivery.outbox import ChannelState, Outbox
from bot.alerts.ports import AlertBook, Evaluation
from bot.errors import UnavailableError
from bot.fleet.hosts import SourceState, WatchedHost
from bot.fleet.ports import SweepRun
from bot.fleet.sweep import SweepEnd, Sweeper, SweepResult, Tell


class FleetState(NamedTuple):
    """The fleet as a sweep leaves it, with what that sweep found, and the moment that it is judged for."""

    hosts: tuple[WatchedHost, ...]
    sources: tuple[SourceState, ...]
    swept: SweepResult
    at: datetime


class SendResult(NamedTuple):
    """How many messages got into their channels, and why others could not even be tried."""

    messages: int = 0
    why_not: str | None = None


class CycleResult(NamedTuple):
    """What came of a round. `channels` have messages that wait."""

    at: datetime
    swept: SweepResult
    settled: Reconciled = Reconciled()
    sent: SendResult = SendResult()
    channels: tuple[ChannelState, ...] = ()

    @property
    def pending(self) -> int:
        """Messages that wait, of all channels."""
        return sum(channel.pending for channel in self.channels)


class SweepCycle(NamedTuple):
    """What rounds are made with. `judge` and `send` are the alerts' and the delivery's part."""

    sweeper: Sweeper
    judge: Callable[[FleetState], Evaluation]
    book: AlertBook
    outbox: Outbox
    send: Callable[[], SendResult]

    def ask(self, day: date, tell: Tell, stop: Event) -> CycleResult:
        """A round that somebody asked for, as of a day."""
        return self.go(self.sweeper.sweeps.begin(self.sweeper.by, self.sweeper.clock()), day, tell, stop)

    def go(self, run: SweepRun, day: date | None, tell: Tell, stop: Event) -> CycleResult:
        """The round of a sweep that has begun, as of a day or of today. UnavailableError if it could not be made.

        Only a round whose alerts are kept is finished. A slot's that broke or died before is left to be taken again,
        by whoever comes; one that somebody asked for ends with its error.
        """
        try:
            at = _moment(day, self.sweeper.clock())
            swept = self.sweeper.sweep(run, tell, stop)
            settled = self._settle(swept, at) if swept.ending is SweepEnd.DONE else Reconciled()
        except UnavailableError as error:
            if run.slot is None:
                with suppress(UnavailableError):
                    self._finish(run._replace(error=str(error)))
            raise
        if swept.ending is not SweepEnd.DONE:
            return CycleResult(at, swept)
        self._finish(run._replace(sources=swept.sources, failed=len(swept.failed)))
        self.outbox.resume()
        return CycleResult(at, swept, settled, self.send(), self.outbox.states())

    def _settle(self, swept: SweepResult, at: datetime) -> Reconciled:
        store = self.sweeper.store
        return self.book.settle(lambda: self.judge(FleetState(store.hosts(), store.sources(), swept, at)), at)

    def _finish(self, run: SweepRun) -> None:
        self.sweeper.sweeps.finish(run, self.sweeper.clock())


def _moment(day: date | None, now: datetime) -> datetime:
    """The time of day of now, on the day that is asked about."""
    return datetime.combine(day, now.timetz()) if day else now
