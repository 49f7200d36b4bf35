"""Where the reply to a slow command appears: first what is being done, then how far it is, then the reply itself."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bot.alerts.delivery.outcome import Delivered, Outcome, Queued, Unknown, is_passing, reason_of
from bot.chat.platform import Opening, Origin, Original, Platform
from bot.chat.reply import Reply, line
from bot.chat.session.responder import Answer
from bot.errors import UnavailableError

SLOW_MAX = 3
"""Messages of a slow command's reply: a platform may take few of them, and what was said before counts."""

ACKNOWLEDGED = 2.0
"""Seconds to wait at most until an acknowledgement is on its way: what follows must not come before it."""


class UndeliveredError(UnavailableError):
    """A reply did not reach the platform, or the platform did not take it. The message says why."""


def delivered(outcome: Outcome) -> str | None:
    """The id of the message that was delivered, if it has one. UndeliveredError if it is not and stays so."""
    if isinstance(outcome, Queued):
        return None
    if not isinstance(outcome, Delivered):
        raise UndeliveredError(reason_of(outcome))
    return outcome.id


def _attempted(outcome: Outcome) -> None:
    """What was said before the answer may get lost by a passing fault: the answer follows, and is tried again."""
    if not is_passing(outcome):
        delivered(outcome)


class ReplyTarget(Protocol):
    """UndeliveredError if the platform did not take something.

    `slower`: how many times longer each pause between updates is than the one before.
    """

    slower: float

    def open(self, said: Reply) -> None:
        """Show what is being done."""

    def update(self, said: Reply) -> None:
        """Show how far it has come, in place of what is there, if that is possible."""

    def finish(self, answer: Answer, aside: bool = False) -> None:
        """Show the reply in place of what is there, or (`aside`) beside it: there was nothing to wait for."""


class EphemeralTarget:
    """For the actor alone, where the request came from.

    Slack replaces what a press belongs to. What a slash command brought about it is known to leave and to put the new
    message below (github.com/slackapi/bolt-python/issues/1268), so progress is shown sparingly there.
    """

    slower = 4.0

    def __init__(self, platform: Platform, origin: Origin) -> None:
        self._platform = platform
        self._origin = origin
        self._original = origin.original
        self._uses = platform.private_uses if origin.address else 0

    def open(self, said: Reply) -> None:
        _attempted(self._show(said, self._original is Original.OURS, once=True))
        if self._original is Original.NONE:
            self._original = Original.OURS

    def update(self, said: Reply) -> None:
        """As long as the reply itself still has the uses of the address that it may need."""
        if self._original is Original.OURS and (self._uses is None or self._uses > SLOW_MAX):
            delivered(self._show(said, replace=True, once=True))

    def finish(self, answer: Answer, aside: bool = False) -> None:
        delivered(self._show(answer.reply, self._original is Original.OURS and not aside))

    def _show(self, reply: Reply, replace: bool, once: bool = False) -> Outcome:
        if self._origin.acknowledged:
            self._origin.acknowledged.wait(ACKNOWLEDGED)
        if self._uses:
            self._uses -= 1
        return self._platform.respond(self._origin, reply, replace, SLOW_MAX, once)


class ThreadTarget:
    """For everybody, below a mention. What concerns the asker alone is for the asker alone."""

    slower = 1.0

    def __init__(self, platform: Platform, origin: Origin, channel: str, thread: str, most: int | None = None) -> None:
        self._platform = platform
        self._origin = origin
        self._channel = channel
        self._thread = thread
        self._most = most
        self._opening: Opening | None = None

    def open(self, said: Reply) -> None:
        opening = Opening(secrets.token_hex(16), datetime.now(UTC))
        posted = self._platform.post(self._channel, said, self._thread, opening.key)
        _attempted(posted)
        if isinstance(posted, Delivered):
            self._opening = opening._replace(id=posted.id)
        elif isinstance(posted, Unknown):
            self._opening = opening

    def update(self, said: Reply) -> None:
        if self._opening and self._opening.id:
            delivered(self._platform.edit(self._channel, self._opening.id, said))

    def finish(self, answer: Answer, aside: bool = False) -> None:
        if aside and answer.private:
            delivered(self._platform.respond(self._origin, answer.reply))
            return
        there = self._origin.actor._replace(channel=self._channel, thread=self._thread)
        opening = None if aside else self._opening
        delivered(self._platform.answer(self._origin._replace(actor=there), answer.reply, opening, self._most))


@dataclass(slots=True)
class ChannelTarget:
    """A reply that is shared with the whole channel. What concerns the presser alone is for the presser alone.

    `remark` is added to what the channel sees.
    """

    platform: Platform
    origin: Origin
    remark: str = ""
    slower: float = 1.0

    def open(self, said: Reply) -> None:
        _attempted(self.platform.respond(self.origin, said, once=True))

    def update(self, said: Reply) -> None:
        """The presser knows already; the channel gets the result."""

    def finish(self, answer: Answer, aside: bool = False) -> None:
        reply = answer.reply
        if aside or answer.failed:
            delivered(self.platform.respond(self.origin, reply))
            return
        if self.remark:
            reply = reply._replace(context=(*reply.context, line(self.remark)))
        delivered(self.platform.share(self.origin, reply))
