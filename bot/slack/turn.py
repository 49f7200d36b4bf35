"""One channel's turn: its messages, in their order, as long as nothing keeps it from going on.

Each is kept as `sending` before it is posted and as `sent` after. Where a try's end is not known the message is looked
up before it is sent again: at least once, and twice only if it can't be looked up, or if Slack took it after that.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from bot.alerts.outbox import Delivery, Kind, Outbox
from bot.slack.courier import Courier
from bot.slack.fault import Fault
from bot.slack.lookup import Blind, Missing
from bot.slack.outcome import Gone, Misfit, Outcome, Posted, Refused, Settled, Unsent, Unsure, refused
from bot.slack.pace import Became, Pace, Tally

GIVE_UP = 5
"""After so many tries a refusal that we do not know stops the channel."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Sends for a channel while it has the lease. `by` names this sender among all; `over` ends a turn early."""

    log: FilteringBoundLogger
    outbox: Outbox
    courier: Courier
    pace: Pace
    clock: Callable[[], datetime]
    by: str
    tally: Tally
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
        if delivery.was_sending and delivery.kind is not Kind.EDIT:
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
        needs = current.kind in (Kind.EDIT, Kind.NEWS)
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
            case Posted(ts):
                self.outbox.sent(delivery, ts, self.clock())
                self._failures.pop(delivery.channel, None)
                self._note(delivery, Became.FOUND)
                return True
            case Missing():
                return None
            case Blind(why):
                self._note(delivery, Became.AMBIGUOUS, why)
                return None
            case Unsent(fault, after):
                self._rest(delivery, fault, after)
            case Refused(code, words):
                self._stop(delivery, code, words)
        return False

    def _conclude(self, delivery: Delivery, outcome: Outcome) -> bool:
        """Keep what came of a try; whether the turn goes on."""
        match outcome:
            case Posted(ts):
                return self._sent(delivery, ts)
            case Unsure(fault):
                self._rest(delivery, fault, None)
            case Unsent(fault, after):
                self._unsent(delivery, fault, after)
            case Gone(code) | Settled(code) if self._replaced(delivery, outcome):
                self._note(delivery, Became.FAILED, code)
                return True
            case Refused(code, words):
                self._refused(delivery, code, words)
            case Gone(code) | Settled(code) | Misfit(code):
                self._unsent(delivery, Fault(code, f"Slack answered {code}"), None)
        return False

    def _sent(self, delivery: Delivery, ts: str | None) -> bool:
        self.outbox.sent(delivery, ts, self.clock())
        self._failures.pop(delivery.channel, None)
        self._note(delivery, Became.DELIVERED)
        if self.pace.between > 0:
            self._wait(delivery.channel, self.pace.between)
        return self.pace.between <= 0

    def _replaced(self, delivery: Delivery, outcome: Gone | Settled) -> bool:
        """Whether there is another way: a new bulletin for one that is gone, none for an edit that comes too late."""
        now = self.clock()
        if isinstance(outcome, Gone) and delivery.kind in (Kind.EDIT, Kind.NEWS):
            self.outbox.not_sent(delivery, now)
            self.outbox.repost(delivery, now)
            return True
        if isinstance(outcome, Settled) and delivery.kind is Kind.EDIT:
            self.outbox.drop(delivery, outcome.code, now)
            return True
        return False

    def _unsent(self, delivery: Delivery, fault: Fault, after: float | None) -> None:
        if fault.code and after is None and delivery.attempts >= GIVE_UP:
            self._refused(delivery, *refused(fault))
        else:
            # In this order: a crash between the two leaves a message to look up, not a channel without its pause.
            self._rest(delivery, fault, after)
            self.outbox.not_sent(delivery, self.clock())

    def _rest(self, delivery: Delivery, fault: Fault, after: float | None) -> None:
        self._note(delivery, Became.FAILED if after is None else Became.LIMITED, fault.text)
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
        self._note(delivery, Became.STOPPED, words)

    def _wait(self, channel: str, seconds: float) -> None:
        self.outbox.wait(channel, self.clock() + timedelta(seconds=seconds))

    def _note(self, delivery: Delivery, became: Became, reason: str | None = None) -> None:
        self.tally.add(became)
        tell = self.log.info if reason is None else self.log.error if became is Became.STOPPED else self.log.warning
        tell(became.value, channel=delivery.channel, kind=delivery.kind.value, key=delivery.key, reason=reason)
