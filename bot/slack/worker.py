"""One channel's turn: its messages, in their order, as long as nothing keeps it from going on.

Each is kept as `sending` before it is posted and as `sent` after. Where a try's end is not known the message is looked
up before it is sent again: at least once, and twice only if it can't be looked up, or if Slack took it after that.
"""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import Delivery, DeliveryKind, Outbox
from bot.errors import UnavailableError
from bot.slack.delivery import Blind, Missing, SlackCourier
from bot.slack.errors import SlackError
from bot.slack.executor import BoundedExecutor
from bot.slack.outcomes import (
    Delivered,
    DeliveryRefused,
    EditClosed,
    Gone,
    InvalidMessage,
    NotSent,
    Outcome,
    Unknown,
    refused,
)
from bot.slack.retry import RETRY_POLICY, DeliveryCounters, DeliveryStatus, RetryPolicy

GIVE_UP = 5
"""After so many tries a refusal that we do not know stops the channel."""


@dataclass(frozen=True, slots=True)
class ChannelDrain:
    """Sends for a channel while it has the lease. `by` names this sender among all; `over` ends a turn early."""

    log: FilteringBoundLogger
    outbox: Outbox
    courier: SlackCourier
    pace: RetryPolicy
    clock: Callable[[], datetime]
    by: str
    tally: DeliveryCounters
    over: Callable[[], bool]
    _failures: Counter[str] = field(default_factory=Counter)
    """Of each channel, in a row."""

    def take(self, channel: str) -> None:
        """Send what can be sent now. UnavailableError if the database can't be had."""
        if self._lease(channel):
            try:
                while not self.over() and self._one(channel):
                    pass
            finally:
                self.outbox.release(channel, self.by)

    def pause(self, channel: str) -> None:
        """Leave a channel alone for a while."""
        self._failures[channel] += 1
        self._wait(channel, self.pace.after(self._failures[channel]))

    def _one(self, channel: str) -> bool:
        """The next message; whether the turn goes on."""
        delivery = self.outbox.next(channel) if self._lease(channel) else None
        if delivery is None:
            return False
        if delivery.was_sending and delivery.kind is not DeliveryKind.EDIT:
            if not self._settled(delivery):
                return False
            found = self._found(delivery)
            if found is not None:
                return found
        begun = self.clock()
        if not (self._lease(channel) and self.outbox.sending(delivery, self.by, begun)):
            return False
        current = self.outbox.next(channel)
        if current is None or current.id != delivery.id:
            return True
        if self.clock() - begun > timedelta(seconds=self.pace.lease / 2):
            self.pause(channel)  # held up for so long that another process may take over soon
            return False
        needs = current.kind in (DeliveryKind.EDIT, DeliveryKind.NEWS)
        return self._conclude(current, Gone("no_ts") if needs and not current.ts else self.courier.send(current))

    def _lease(self, channel: str) -> bool:
        return self.outbox.lease(channel, self.by, self.clock(), self.pace.lease)

    def _settled(self, delivery: Delivery) -> bool:
        """Whether what was sent is there by now, if it gets there at all. A process that died may have just sent it."""
        now = self.clock()
        settling = timedelta(seconds=self.pace.settling)
        left = (delivery.began_at or now - settling) + settling - now
        if left <= timedelta():
            return True
        self._wait(delivery.channel, min(left, settling).total_seconds())
        return False

    def _found(self, delivery: Delivery) -> bool | None:
        """None if it is to be sent again; else whether the turn goes on."""
        match self.courier.find(delivery):
            case Delivered(ts):
                self.outbox.sent(delivery, ts, self.clock())
                self._failures.pop(delivery.channel, None)
                self._note(delivery, DeliveryStatus.FOUND)
                return True
            case Missing():
                return None
            case Blind(why):
                self._note(delivery, DeliveryStatus.AMBIGUOUS, why)
                return None
            case NotSent(fault, after):
                self._rest(delivery, fault, after)
            case DeliveryRefused(code, words):
                self._stop(delivery, code, words)
        return False

    def _conclude(self, delivery: Delivery, outcome: Outcome) -> bool:
        """Keep what came of a try; whether the turn goes on."""
        match outcome:
            case Delivered(ts):
                return self._sent(delivery, ts)
            case Unknown(fault):
                self._rest(delivery, fault, None)
            case NotSent(fault, after):
                self._unsent(delivery, fault, after)
            case Gone(code) | EditClosed(code) if self._replaced(delivery, outcome):
                self._note(delivery, DeliveryStatus.FAILED, code)
                return True
            case DeliveryRefused(code, words):
                self._refused(delivery, code, words)
            case Gone(code) | EditClosed(code) | InvalidMessage(code):
                self._unsent(delivery, SlackError(code, f"Slack answered {code}"), None)
        return False

    def _sent(self, delivery: Delivery, ts: str | None) -> bool:
        self.outbox.sent(delivery, ts, self.clock())
        self._failures.pop(delivery.channel, None)
        self._note(delivery, DeliveryStatus.DELIVERED)
        if self.pace.between > 0:
            self._wait(delivery.channel, self.pace.between)
        return self.pace.between <= 0

    def _replaced(self, delivery: Delivery, outcome: Gone | EditClosed) -> bool:
        """Whether there is another way: a new bulletin for one that is gone, none for an edit that comes too late."""
        now = self.clock()
        if isinstance(outcome, Gone) and delivery.kind in (DeliveryKind.EDIT, DeliveryKind.NEWS):
            self.outbox.not_sent(delivery, now)
            self.outbox.repost(delivery, now)
            return True
        if isinstance(outcome, EditClosed) and delivery.kind is DeliveryKind.EDIT:
            self.outbox.drop(delivery, outcome.code, now)
            return True
        return False

    def _unsent(self, delivery: Delivery, fault: SlackError, after: float | None) -> None:
        if fault.code and after is None and delivery.attempts >= GIVE_UP:
            self._refused(delivery, *refused(fault))
        else:
            # In this order: a crash between the two leaves a message to look up, not a channel without its pause.
            self._rest(delivery, fault, after)
            self.outbox.not_sent(delivery, self.clock())

    def _rest(self, delivery: Delivery, fault: SlackError, after: float | None) -> None:
        self._note(delivery, DeliveryStatus.FAILED if after is None else DeliveryStatus.LIMITED, fault.text)
        if after is None:
            # What a process that died had tried counts, too.
            self._failures[delivery.channel] = max(self._failures[delivery.channel], delivery.attempts - 1)
            self.pause(delivery.channel)
        else:
            self._wait(delivery.channel, after)

    def _refused(self, delivery: Delivery, code: str, words: str) -> None:
        self._stop(delivery, code, words)
        self.outbox.not_sent(delivery, self.clock())

    def _stop(self, delivery: Delivery, code: str, words: str) -> None:
        self.outbox.stop(delivery.channel, code, words, self.clock())
        self._note(delivery, DeliveryStatus.STOPPED, words)

    def _wait(self, channel: str, seconds: float) -> None:
        self.outbox.wait(channel, self.clock() + timedelta(seconds=seconds))

    def _note(self, delivery: Delivery, became: DeliveryStatus, reason: str | None = None) -> None:
        self.tally.add(became)
        tell = (
            self.log.info
            if reason is None
            else self.log.error
            if became is DeliveryStatus.STOPPED
            else self.log.warning
        )
        tell(became.value, channel=delivery.channel, kind=delivery.kind.value, key=delivery.key, reason=reason)


CHANNELS = 4
"""So many channels are sent to at once."""

PATIENCE = 2.0


class Passed(NamedTuple):
    """What a pass brought into its channels, and what still waits."""

    delivered: int
    pending: int


class OutboxWorker:
    """Sends what waits. `clock` is real time, whatever day is asked about; `by` is another one for each process."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        outbox: Outbox,
        courier: SlackCourier,
        clock: Callable[[], datetime],
        by: str,
        pace: RetryPolicy = RETRY_POLICY,
    ) -> None:
        self.tally = DeliveryCounters()
        self._log = log
        self._outbox = outbox
        self._clock = clock
        self._pace = pace
        self._work = BoundedExecutor(CHANNELS, CHANNELS, "sender")
        self._over = threading.Event()
        self._wake = threading.Event()
        self._taken: set[str] = set()
        self._away: UnavailableError | None = None
        self._lock = threading.Lock()
        self._turn = ChannelDrain(log, outbox, courier, pace, clock, by, self.tally, self._over.is_set)

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
