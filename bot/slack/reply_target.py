"""Where the reply to a slow command appears: first what is being done, then how far it is, then the reply itself."""

import threading
from enum import Enum, auto
from typing import Protocol

from bot.slack.blocks import SlackMessage
from bot.slack.payload import Actor
from bot.slack.post import SlackClient, UndeliveredError
from bot.slack.responder import RenderedReply

USES = 5
"""How often a response_url can be used."""

RESERVED = 3
"""Uses that are left for the reply, which has at most so many messages."""

ACKNOWLEDGED = 2.0
"""Seconds to wait at most until an acknowledgement is on its way: what follows must not come before it."""

_OVER = ("expired_url", "used_url")


class ReplyTarget(Protocol):
    """UndeliveredError if Slack did not take something.

    `slower`: how many times longer each pause between updates is than the one before.
    """

    slower: float

    def open(self, message: SlackMessage) -> None:
        """Show what is being done."""

    def update(self, message: SlackMessage) -> None:
        """Show how far it has come, in place of what is there, if that is possible."""

    def finish(self, answer: RenderedReply) -> None:
        """Show the reply in place of what is there."""

    def aside(self, answer: RenderedReply) -> None:
        """Show an answer beside what is there: there was nothing to wait for."""


class Original(Enum):
    """The message that a response_url belongs to: may it be replaced?"""

    NONE = auto()
    OURS = auto()
    """Seen by the asker alone, so that nothing is taken away from anybody."""
    OTHERS = auto()


class EphemeralTarget:
    """For the asker alone, by a response_url.

    Slack replaces what a press belongs to. What a slash command brought about it is known to leave and to put the new
    message below (github.com/slackapi/bolt-python/issues/1268), so progress is told sparingly there.
    """

    slower = 4.0

    def __init__(
        self,
        post: SlackClient,
        asker: Actor,
        url: str | None,
        original: Original,
        acknowledged: threading.Event | None = None,
    ) -> None:
        self._post = post
        self._asker = asker
        self._url = url
        self._original = original
        self._acknowledged = acknowledged
        self._left = USES if url else 0

    def open(self, message: SlackMessage) -> None:
        self._say(message, self._original is Original.OURS)
        if self._original is Original.NONE:
            self._original = Original.OURS

    def update(self, message: SlackMessage) -> None:
        if self._original is Original.OURS and self._left > RESERVED:
            self._say(message, replace=True)

    def finish(self, answer: RenderedReply) -> None:
        first, *others = answer.messages
        self._say(first, self._original is Original.OURS)
        for message in others:
            self._say(message)

    def aside(self, answer: RenderedReply) -> None:
        for message in answer.messages:
            self._say(message)

    def _say(self, message: SlackMessage, replace: bool = False) -> None:
        if self._acknowledged:
            self._acknowledged.wait(ACKNOWLEDGED)
        if self._url and self._left:
            self._left -= 1
            try:
                return self._post.answer(self._url, message, thread=self._asker.thread, replace=replace)
            except UndeliveredError as error:
                if not any(code in error.fault.code for code in _OVER):
                    raise
        self._post.privately(self._asker, None, message)
        return None


class ThreadTarget:
    """For everybody, below a mention."""

    slower = 1.0

    def __init__(self, post: SlackClient, asker: Actor, channel: str, thread: str) -> None:
        self._post = post
        self._asker = asker
        self._channel = channel
        self._thread = thread
        self._ts = ""

    def open(self, message: SlackMessage) -> None:
        self._ts = self._post.in_channel(self._channel, message, self._thread)

    def update(self, message: SlackMessage) -> None:
        if self._ts:
            self._post.change(self._channel, self._ts, message)

    def finish(self, answer: RenderedReply) -> None:
        first, *others = answer.messages
        self._put(first)
        for message in others:
            self._post.in_channel(self._channel, message, self._thread)

    def aside(self, answer: RenderedReply) -> None:
        """Below the mention, save what concerns the asker alone."""
        for message in answer.messages:
            if answer.private:
                self._post.privately(self._asker, None, message)
            else:
                self._post.in_channel(self._channel, message, self._thread)

    def _put(self, message: SlackMessage) -> None:
        try:
            self.update(message) if self._ts else self.open(message)
        except UndeliveredError as error:
            if error.fault.code != "message_not_found":  # somebody has deleted it meanwhile
                raise
            self.open(message)


class ChannelTarget:
    """A reply that is shown to the whole channel. What concerns the presser alone is told to the presser alone."""

    slower = 1.0

    def __init__(self, post: SlackClient, asker: Actor, url: str | None, remark: str = "") -> None:
        self._post = post
        self._asker = asker
        self._url = url
        self._remark = remark

    def open(self, message: SlackMessage) -> None:
        self._post.privately(self._asker, self._url, message)

    def update(self, message: SlackMessage) -> None:
        """The presser was told already; the channel is told the result."""

    def finish(self, answer: RenderedReply) -> None:
        if answer.failed or not self._url:
            return self.aside(answer)
        first, *others = answer.shared_by(self._asker.user, self._remark)
        if answer.reply and answer.reply.rest and self._with_thread(first, others):
            return None
        for message in (first, *others):
            self._post.answer(self._url, message, in_channel=True, thread=self._asker.thread)
        return None

    def aside(self, answer: RenderedReply) -> None:
        for message in answer.messages:
            self._post.privately(self._asker, self._url, message)

    def _with_thread(self, first: SlackMessage, others: list[SlackMessage]) -> bool:
        """The rest into the thread of the first message; False where the bot is not in the channel to do that."""
        channel, thread = self._asker.channel, self._asker.thread
        try:
            if not channel or not (ts := self._post.in_channel(channel, first, thread)):
                return False
        except UndeliveredError as error:
            if error.fault.code in ("not_in_channel", "channel_not_found"):
                return False
            raise
        for message in others:
            self._post.in_channel(channel, message, thread or ts)
        return True
