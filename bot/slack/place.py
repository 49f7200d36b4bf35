"""Where the reply to a slow command appears: first what is being done, then how far it is, then the reply itself."""

import threading
from enum import Enum, auto
from typing import Protocol

from bot.slack.answers import Answer
from bot.slack.asker import Asker
from bot.slack.message import Message
from bot.slack.post import Post, UndeliveredError

USES = 5
"""How often a response_url can be used."""

RESERVED = 3
"""Uses that are left for the reply, which has at most so many messages."""

ACKNOWLEDGED = 2.0
"""Seconds to wait at most until an acknowledgement is on its way: what follows must not come before it."""

_OVER = ("expired_url", "used_url")


class Place(Protocol):
    """UndeliveredError if Slack did not take something.

    `slower`: how many times longer each pause between updates is than the one before.
    """

    slower: float

    def open(self, message: Message) -> None:
        """Show what is being done."""

    def update(self, message: Message) -> None:
        """Show how far it has come, in place of what is there, if that is possible."""

    def finish(self, answer: Answer) -> None:
        """Show the reply in place of what is there."""

    def aside(self, answer: Answer) -> None:
        """Show an answer beside what is there: there was nothing to wait for."""


class Original(Enum):
    """The message that a response_url belongs to: may it be replaced?"""

    NONE = auto()
    OURS = auto()
    """Seen by the asker alone, so that nothing is taken away from anybody."""
    OTHERS = auto()


class Private:
    """For the asker alone, by a response_url.

    Slack replaces what a press belongs to. What a slash command brought about it is known to leave and to put the new
    message below (github.com/slackapi/bolt-python/issues/1268), so progress is told sparingly there.
    """

    slower = 4.0

    def __init__(
        self,
        post: Post,
        asker: Asker,
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

    def open(self, message: Message) -> None:
        self._say(message, self._original is Original.OURS)
        if self._original is Original.NONE:
            self._original = Original.OURS

    def update(self, message: Message) -> None:
        if self._original is Original.OURS and self._left > RESERVED:
            self._say(message, replace=True)

    def finish(self, answer: Answer) -> None:
        first, *others = answer.messages
        self._say(first, self._original is Original.OURS)
        for message in others:
            self._say(message)

    def aside(self, answer: Answer) -> None:
        for message in answer.messages:
            self._say(message)

    def _say(self, message: Message, replace: bool = False) -> None:
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
