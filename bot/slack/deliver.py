"""The sender of a process: what waits in the outbox goes to Slack, each channel in order, several at a time."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.alerts.outbox import Outbox
from bot.errors import UnavailableError
from bot.slack.courier import Courier
from bot.slack.pace import PACE, Pace, Tally
from bot.slack.turn import Turn
from bot.slack.work import Work

CHANNELS = 4
"""So many channels are sent to at once."""

PATIENCE = 2.0


class Passed(NamedTuple):
    """What a pass brought into its channels, and what still waits."""

    delivered: int
    pending: int


class Sender:
    """Sends what waits. `clock` is real time, whatever day is asked about; `by` is another one for each process."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        outbox: Outbox,
        courier: Courier,
        clock: Callable[[], datetime],
        by: str,
        pace: Pace = PACE,
    ) -> None:
        self.tally = Tally()
        self._log = log
        self._outbox = outbox
        self._clock = clock
        self._pace = pace
        self._work = Work(CHANNELS, CHANNELS, "sender")
        self._over = threading.Event()
        self._wake = threading.Event()
        self._taken: set[str] = set()
        self._away: UnavailableError | None = None
        self._lock = threading.Lock()
        self._turn = Turn(log, outbox, courier, pace, clock, by, self.tally, self._over.is_set)

    def wake(self) -> None:
        """Something was queued: don't wait for the next look."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set (noticed within `poll`), and finish what is being posted."""
        while not stop.is_set():
            self._wake.clear()
            self._wake.wait(self._round())
        self.close()

    def close(self, seconds: float = 8.0) -> bool:
        """Send nothing more; False if a post still hangs after so many seconds."""
        self._over.set()
        return self._work.drain(seconds)

    def pass_once(self, patience: float = PATIENCE) -> Passed:
        """Send all that can be sent now, pauses of up to `patience` seconds included. UnavailableError: no database."""
        before, self._away = self.tally.arrived, None
        while True:
            self._wake.clear()
            pause = self._begin()
            if self._busy:
                self._wake.wait(self._pace.poll)
            elif self._away:
                raise self._away
            elif pause is not None and pause <= patience:
                self._wake.wait(pause)
            elif not self._wake.is_set():  # a turn that ended meanwhile may have left others without a hand
                break
        pending = sum(state.pending for state in self._outbox.states())
        return Passed(self.tally.arrived - before, pending)

    def _round(self) -> float:
        """Begin turns; seconds until the next look."""
        poll = self._pace.poll
        try:
            return min(poll, self._begin() or poll)
        except UnavailableError as error:
            self._miss(error)
            return poll

    @property
    def _busy(self) -> bool:
        with self._lock:
            return bool(self._taken)

    def _begin(self) -> float | None:
        """Begin the turns that can begin; each ends in `_end`, which wakes whoever waits.

        Gives the seconds until the first pause of a channel ends; None if nothing waits for that.
        """
        now = self._clock()
        for channel in self._outbox.waiting(now):
            with self._lock:
                if channel in self._taken or len(self._taken) >= CHANNELS:
                    continue
                self._taken.add(channel)
            if not self._work.take(partial(self._send, channel), partial(self._failed, channel)):
                self._end(channel)
        waiting = [state for state in self._outbox.states() if state.pending and not state.stopped_code]
        left = [(state.not_before - now).total_seconds() for state in waiting if state.not_before]
        return min((seconds for seconds in left if seconds > 0), default=None)

    def _send(self, channel: str) -> None:
        self._turn.take(channel)
        self._away = None
        self._end(channel)

    def _end(self, channel: str, wake: bool = True) -> None:
        with self._lock:
            self._taken.discard(channel)
        if wake:
            self._wake.set()

    def _failed(self, channel: str, error: BaseException) -> None:
        """What broke leaves its channel a pause. The database's trouble is none of Slack's: look again in a moment."""
        if isinstance(error, UnavailableError):
            self._miss(error)
            self._end(channel, wake=False)
            return
        self._log.error("incident", channel=channel, exc_info=error)
        try:
            with suppress(UnavailableError):
                self._turn.pause(channel)
        finally:
            self._end(channel)

    def _miss(self, error: UnavailableError) -> None:
        """The database can't be had, which is told once as long as it stays so."""
        if str(error) != str(self._away):
            self._log.warning("outbox not to be had", reason=str(error))
        self._away = error
