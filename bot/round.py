"""A round: the fleet is swept, what was found is held against the open alerts, and what is to be told is sent.

The rooms that it joins do not know each other: what fleets and alerts have to do with each other stands here.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from threading import Event
from typing import NamedTuple

from bot.alerts.alert import Settled
from bot.alerts.outbox import ChannelState, Outbox
from bot.alerts.ports import AlertBook, Judgement
from bot.errors import UnavailableError
from bot.fleet.ports import SweepRun
from bot.fleet.sweep import Ending, Sweeper, Swept, Tell
from bot.fleet.watched import SourceState, WatchedHost


class Known(NamedTuple):
    """The fleet as a sweep leaves it, with what that sweep found, and the moment that it is judged for."""

    hosts: tuple[WatchedHost, ...]
    sources: tuple[SourceState, ...]
    swept: Swept
    at: datetime


class Sent(NamedTuple):
    """How many messages got into their channels, and why others could not even be tried."""

    messages: int = 0
    why_not: str | None = None


class Round(NamedTuple):
    """What came of a round. `channels` have messages that wait."""

    at: datetime
    swept: Swept
    settled: Settled = Settled()
    sent: Sent = Sent()
    channels: tuple[ChannelState, ...] = ()

    @property
    def pending(self) -> int:
        """Messages that wait, of all channels."""
        return sum(channel.pending for channel in self.channels)


class Rounds(NamedTuple):
    """What rounds are made with. `judge` and `send` are the alerts' and the delivery's part."""

    sweeper: Sweeper
    judge: Callable[[Known], Judgement]
    book: AlertBook
    outbox: Outbox
    send: Callable[[], Sent]

    def ask(self, day: date, tell: Tell, stop: Event) -> Round:
        """A round that somebody asked for, as of a day."""
        return self.go(self.sweeper.sweeps.begin(self.sweeper.by, self.sweeper.clock()), day, tell, stop)

    def go(self, run: SweepRun, day: date | None, tell: Tell, stop: Event) -> Round:
        """The round of a sweep that has begun, as of a day or of today. UnavailableError if it could not be made.

        Only a round whose alerts are kept is finished. A slot's that broke or died before is left to be taken again,
        by whoever comes; one that somebody asked for ends with its error.
        """
        try:
            at = _moment(day, self.sweeper.clock())
            swept = self.sweeper.sweep(run, at, tell, stop)
            settled = self._settle(swept, at) if swept.ending is Ending.DONE else Settled()
        except UnavailableError as error:
            if run.slot is None:
                with suppress(UnavailableError):
                    self._finish(run._replace(error=str(error)))
            raise
        if swept.ending is not Ending.DONE:
            return Round(at, swept)
        self._finish(run._replace(sources=swept.sources, failed=len(swept.failed)))
        self.outbox.resume()
        return Round(at, swept, settled, self.send(), self.outbox.states())

    def _settle(self, swept: Swept, at: datetime) -> Settled:
        store = self.sweeper.store
        return self.book.settle(lambda: self.judge(Known(store.hosts(), store.sources(), swept, at)), at)

    def _finish(self, run: SweepRun) -> None:
        self.sweeper.sweeps.finish(run, self.sweeper.clock())


def _moment(day: date | None, now: datetime) -> datetime:
    """The time of day of now, on the day that is asked about."""
    return datetime.combine(day, now.timetz()) if day else now
