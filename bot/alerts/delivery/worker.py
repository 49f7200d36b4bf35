"""Sends what waits in the outbox: claim a channel, look up what may have been sent, send, record what came of it.

Each message is recorded as `sending` before it is posted and as `sent` after. Where a try's end is not known the
message is looked up before it is sent again: it arrives at least once, and twice only if it can't be looked up, or if
the platform took it after that.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import Delivery, DeliveryKind, Outbox
from bot.alerts.delivery.outcome import (
    Delivered,
    EditClosed,
    Gone,
    Lookup,
    Missing,
    NotSent,
    Outcome,
    Refused,
    Unknown,
    Unverifiable,
    reason_of,
)
from bot.alerts.delivery.retry import ARRIVED, RETRY_POLICY, DeliveryCounters, DeliveryStatus, RetryPolicy
from bot.catalogue import say
from bot.errors import UnavailableError

GIVE_UP = 5
"""After so many tries a refusal that nobody knows stops the channel."""

CHANNELS = 4
"""So many channels are sent to at once."""

PATIENCE = 2.0
"""Seconds of pauses that a single pass waits for."""

_NEEDS_MESSAGE = (DeliveryKind.EDIT, DeliveryKind.THREAD_UPDATE)


class DeliveryTransport(Protocol):
    """Brings a delivery to its channel, once, whatever comes of it."""

    def send(self, delivery: Delivery) -> Outcome:
        """Post or edit the message, in the words that hold now."""

    def find(self, delivery: Delivery) -> Lookup:
        """Whether a try that began brought the message into its channel."""


@dataclass(frozen=True, slots=True)
class ChannelDrain:
    """Sends for a channel while it holds the lease. `by` names this process; `over` ends a drain early.

    `hold` is how many seconds a message is held back, as it depends on what is about to happen elsewhere.
    """

    log: FilteringBoundLogger
    outbox: Outbox
    transport: DeliveryTransport
    policy: RetryPolicy
    clock: Callable[[], datetime]
    by: str
    counters: DeliveryCounters
    over: Callable[[], bool]
    hold: Callable[[Delivery], float]
    _failures: Counter[str] = field(default_factory=Counter)
    """Of each channel, in a row."""

    def drain(self, channel: str) -> None:
        """Send what can be sent now. UnavailableError if the database could not be reached.

        What breaks leaves the channel a pause, before anybody else may take it. A database that fails is no fault of
        the platform's: no pause then.
        """
        if not self._lease(channel):
            return
        is_broken = True
        try:
            while not self.over() and self._send_next(channel):
                pass
            is_broken = False
        except UnavailableError:
            is_broken = False
            raise
        finally:
            if is_broken:
                with suppress(UnavailableError):
                    self.pause(channel)
            self.outbox.release(channel, self.by)

    def pause(self, channel: str) -> None:
        """Leave a channel alone for a while, longer after each failure in a row."""
        self._failures[channel] += 1
        self._wait(channel, self.policy.after(self._failures[channel]))

    def _send_next(self, channel: str) -> bool:
        """Claim, look up, send and record the next message; whether the drain goes on."""
        delivery = self.outbox.next(channel) if self._lease(channel) else None
        if delivery is None:
            return False
        if delivery.was_sending and delivery.kind is not DeliveryKind.EDIT:
            if not self._has_settled(delivery):
                return False
            goes_on = self._record_lookup(delivery, self.transport.find(delivery))
            if goes_on is not None:
                return goes_on
        if (held := self.hold(delivery)) > 0:
            self._wait(channel, held)
            return False
        begun = self.clock()
        if not (self._lease(channel) and self.outbox.sending(delivery, self.by, begun)):
            return False
        # Read anew: a change of the alerts before `sending` found this message waiting, and queued no other.
        current = self.outbox.next(channel)
        if current is None or current.id != delivery.id:
            return True
        if self.clock() - begun > timedelta(seconds=self.policy.lease / 2):
            self.pause(channel)  # held up for so long that another process may take over soon
            return False
        lost = current.kind in _NEEDS_MESSAGE and not current.message_id
        return self._record(current, Gone("no_message") if lost else self.transport.send(current))

    def _lease(self, channel: str) -> bool:
        return self.outbox.lease(channel, self.by, self.clock(), self.policy.lease)

    def _has_settled(self, delivery: Delivery) -> bool:
        """Whether what was sent is there by now, if it gets there at all. A process that died may have just sent it."""
        now = self.clock()
        settling = timedelta(seconds=self.policy.settling)
        left = (delivery.began_at or now - settling) + settling - now
        if left > timedelta():
            self._wait(delivery.channel, min(left, settling).total_seconds())
        return left <= timedelta()

    def _record_lookup(self, delivery: Delivery, found: Lookup) -> bool | None:
        """None if the message is to be sent again; else whether the drain goes on."""
        match found:
            case Delivered(message_id):
                self.outbox.sent(delivery, message_id, self.clock())
                self._failures.pop(delivery.channel, None)
                self._note(delivery, DeliveryStatus.FOUND)
                return True
            case Missing():
                return None
            case Unverifiable(why):
                self._note(delivery, DeliveryStatus.AMBIGUOUS, why)
                return None
            case NotSent(_, reason, retry_after):
                self._rest(delivery, reason, retry_after)
            case Refused(code, remedy):
                self._stop(delivery, code, remedy)
        return False

    def _record(self, delivery: Delivery, outcome: Outcome) -> bool:
        """Record what came of a try; whether the drain goes on."""
        match outcome:
            case Delivered(message_id):
                self.outbox.sent(delivery, message_id, self.clock())
                self._failures.pop(delivery.channel, None)
                self._note(delivery, DeliveryStatus.DELIVERED)
                if self.policy.between > 0:
                    self._wait(delivery.channel, self.policy.between)
                return self.policy.between <= 0
            case Unknown(reason):
                self._rest(delivery, reason, None)
            case Gone(code) | EditClosed(code, anew=True) if delivery.kind in _NEEDS_MESSAGE:
                self.outbox.not_sent(delivery, self.clock())
                self.outbox.repost(delivery, self.clock())
                self._note(delivery, DeliveryStatus.FAILED, code)
                return True
            case EditClosed(code) if delivery.kind is DeliveryKind.EDIT:
                self.outbox.drop(delivery, code, self.clock())
                self._note(delivery, DeliveryStatus.FAILED, code)
                return True
            case Refused(code, remedy):
                self._stop(delivery, code, remedy)
                self.outbox.not_sent(delivery, self.clock())
            case NotSent(code, reason, retry_after):
                self._retry(delivery, code, reason, retry_after)
            case Gone(code) | EditClosed(code):
                self._retry(delivery, code, reason_of(outcome), None)
        return False

    def _retry(self, delivery: Delivery, code: str, reason: str, retry_after: float | None) -> None:
        """It did not get there: try again after a pause, but not for ever what is refused for an unknown reason."""
        if code and retry_after is None and delivery.attempts >= GIVE_UP:
            remedy = say("{reason}: send to another channel, or ask whoever runs that one", reason=reason)
            self._stop(delivery, code, remedy)
            self.outbox.not_sent(delivery, self.clock())
            return
        # In this order: a crash between the two leaves a message to look up, not a channel without its pause.
        self._rest(delivery, reason, retry_after)
        self.outbox.not_sent(delivery, self.clock())

    def _rest(self, delivery: Delivery, reason: str, retry_after: float | None) -> None:
        """Pause the channel: as long as the platform says, else longer from failure to failure."""
        if retry_after is not None:
            self._note(delivery, DeliveryStatus.LIMITED, reason, retry_after)
            self._wait(delivery.channel, retry_after)
            return
        # What a process that died had tried counts, too.
        failures = self._failures[delivery.channel] = max(self._failures[delivery.channel], delivery.attempts - 1)
        self._note(delivery, DeliveryStatus.FAILED, reason, self.policy.after(failures + 1))
        self.pause(delivery.channel)

    def _stop(self, delivery: Delivery, code: str, remedy: str) -> None:
        self.outbox.stop(delivery.channel, code, remedy, self.clock())
        self._note(delivery, DeliveryStatus.STOPPED, remedy)

    def _wait(self, channel: str, seconds: float) -> None:
        self.outbox.wait(channel, self.clock() + timedelta(seconds=seconds))

    def _note(
        self, delivery: Delivery, status: DeliveryStatus, reason: str | None = None, pause: float | None = None
    ) -> None:
        """`pause`: seconds until the channel's next try."""
        self.counters.add(status, delivery.channel)
        log = self.log.warning if reason is not None else self.log.info
        if status is DeliveryStatus.STOPPED:
            log = self.log.error
        again = None if pause is None else self.clock() + timedelta(seconds=pause)
        until = {"until": again.isoformat(timespec="seconds")} if again else {}
        log(status.value, channel=delivery.channel, kind=delivery.kind.value, key=delivery.key, reason=reason, **until)


class Passed(NamedTuple):
    """What a pass brought into its channels, and what still waits."""

    delivered: int
    pending: int


class OutboxWorker:
    """Sends what waits, a few channels at once. `clock` is real time, whatever day is asked about.

    `by` is another name for each process. `why_not` says why nothing here can send to a channel, None where something
    can: such a channel's messages wait for a process that can, and stand in nobody's way. `hold` is ChannelDrain's.
    """

    def __init__(
        self,
        log: FilteringBoundLogger,
        outbox: Outbox,
        transport: DeliveryTransport,
        clock: Callable[[], datetime],
        by: str,
        policy: RetryPolicy = RETRY_POLICY,
        why_not: Callable[[str], str | None] = lambda _: None,
        hold: Callable[[Delivery], float] = lambda _: 0.0,
    ) -> None:
        self.counters = DeliveryCounters()
        self.by = by
        self._log = log
        self._outbox = outbox
        self._clock = clock
        self._policy = policy
        self._why_not = why_not
        self._left: set[str] = set()
        """Channels that wait for another process, as the log has said."""
        self._threads = ThreadPoolExecutor(CHANNELS, thread_name_prefix="sender")
        self._over = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._draining: dict[str, Future[None]] = {}
        self._database_fault: UnavailableError | None = None
        self._drain = ChannelDrain(log, outbox, transport, policy, clock, by, self.counters, self._over.is_set, hold)

    def wake(self) -> None:
        """Something was queued: don't wait for the next poll."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set (noticed within `poll`), and finish what is being posted."""
        while not stop.is_set():
            self._wake.clear()
            pause = self._policy.poll
            try:
                pause = min(pause, self._begin() or pause)
            except UnavailableError as error:
                self._database_failed(error)
            self._wake.wait(pause)
        self.close()

    def close(self, seconds: float = 8.0) -> bool:
        """Send nothing more; False if a post still hangs after so many seconds."""
        self._over.set()
        with self._lock:
            under_way = [*self._draining.values()]
        hanging = wait(under_way, seconds).not_done
        self._threads.shutdown(wait=False, cancel_futures=True)
        return not hanging

    def pass_once(self, patience: float = PATIENCE) -> Passed:
        """Send all that can be sent now, pauses of up to `patience` seconds included.

        UnavailableError if the database could not be reached.
        """
        before, self._database_fault = self.counters.of(*ARRIVED), None
        while True:
            self._wake.clear()
            pause = self._begin()
            with self._lock:
                busy = bool(self._draining)
            if busy:
                self._wake.wait(self._policy.poll)
            elif self._database_fault:
                raise self._database_fault
            elif pause is not None and pause <= patience:
                self._wake.wait(pause)
            elif not self._wake.is_set():  # a drain that ended meanwhile may have left others without a thread
                break
        pending = sum(state.pending for state in self._outbox.states())
        return Passed(self.counters.of(*ARRIVED) - before, pending)

    def _begin(self) -> float | None:
        """Begin to drain the channels that can be; each ends in `_end`, which wakes the waiting thread.

        Gives the seconds until the first pause of a channel ends; None if nothing waits for that.
        """
        now = self._clock()
        for channel in self._outbox.waiting(now):
            if why := self._why_not(channel):
                self._leave(channel, why)
                continue
            with self._lock:
                if channel in self._draining or len(self._draining) >= CHANNELS or self._over.is_set():
                    continue
                future = self._draining[channel] = self._threads.submit(self._drain.drain, channel)
            future.add_done_callback(partial(self._end, channel))
        waiting = [state for state in self._outbox.states() if state.pending and not state.stopped_code]
        left = [(state.not_before - now).total_seconds() for state in waiting if state.not_before]
        return min((seconds for seconds in left if seconds > 0), default=None)

    def _leave(self, channel: str, why: str) -> None:
        """Log once that a channel's messages wait for something that is not here."""
        if channel not in self._left:
            self._left.add(channel)
            self._log.warning("messages wait", channel=channel, reason=why)

    def _end(self, channel: str, drained: Future[None]) -> None:
        error = None if drained.cancelled() else drained.exception()
        try:
            if isinstance(error, UnavailableError):
                self._database_failed(error)
            elif error:
                self._log.error("incident", channel=channel, exc_info=error)
            else:
                self._database_fault = None
        finally:
            with self._lock:
                self._draining.pop(channel, None)
            if not isinstance(error, UnavailableError):
                self._wake.set()

    def _database_failed(self, error: UnavailableError) -> None:
        """The database could not be reached, which is logged once as long as it stays so."""
        if str(error) != str(self._database_fault):
            self._log.warning("the outbox could not be read", reason=str(error))
        self._database_fault = error
