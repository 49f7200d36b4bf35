"""The demo's channel as a platform of bot.chat: what is posted waits here until the terminal shows it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import count

from bot.alerts.alert import NotifyReason
from bot.alerts.delivery.outcome import Delivered, Gone, Lookup, Missing, NotSent, Outcome, Refused
from bot.chat.command import Choice
from bot.chat.platform import Actor, Opening, Origin
from bot.chat.reply import Reply

NAME = "#xo-admins"
ROOM = "CXOADMINS0"
"""The channel's id. It is as wide as the name, which takes its place in what is laid out already."""

_NO_WINDOWS = NotSent("no_windows", "a terminal has no windows")


class Place(Enum):
    """Where a post stands: what its header says, and how far it is set in."""

    CHANNEL = ("to the channel", "")
    EDITED = ("its message about {} (edited)", "")
    THREAD = ("in the thread about {}", "    ")
    SHARED = (f"shared in {NAME}, for everybody to see", "")
    PRIVATE = ("only visible to you", "")


@dataclass(frozen=True, slots=True)
class ChannelPost:
    """Something to show. `about` is the subject of the alert message that it belongs to; others have none."""

    place: Place
    reply: Reply
    about: str = ""


@dataclass(slots=True)
class _Message:
    """A message in the channel."""

    key: str | None
    thread: str | None
    about: str
    replies: list[Reply] = field(default_factory=list)
    """As it was posted, and as it was edited."""


class DemoPlatform:
    """bot.chat.platform.Platform, for any thread: one channel, whose only member is the person at the terminal.

    Nothing is shown before `flush`, so that what is said at once stands together, each message with its thread. `rang`
    is called after that, by the thread that flushes.
    """

    name: str = "The demo"
    private_uses: int | None = None
    why_groups_unknown: str = "the demo has no groups"

    def __init__(self) -> None:
        self.rang: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._messages: dict[str, _Message] = {}
        self._staged: list[tuple[str, ChannelPost]] = []
        self._to_show: list[ChannelPost] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be shown."""
        with self._lock:
            return not (self._staged or self._to_show)

    def take(self) -> list[ChannelPost]:
        """All that waits to be shown, oldest first."""
        with self._lock:
            taken, self._to_show = self._to_show, []
        return taken

    def flush(self) -> None:
        """Have what was posted shown, with each message what is in its thread."""
        together: dict[str, list[ChannelPost]] = {}
        with self._lock:
            for message, post in self._staged:
                together.setdefault(message, []).append(post)
            self._staged = []
            self._to_show += [post for group in together.values() for post in group]
        if together:
            self.rang()

    def delete(self, message: str) -> None:
        """Somebody removes a message, and its thread with it."""
        with self._lock:
            del self._messages[message]

    @property
    def texts(self) -> dict[str, str]:
        """What the messages that are there say now, in a line, by their ids."""
        with self._lock:
            return {number: message.replies[-1].summary for number, message in self._messages.items()}

    def thread_of(self, message: str) -> str | None:
        """The message below which another one stands."""
        with self._lock:
            return self._messages[message].thread

    def is_member(self, actor: Actor) -> bool | None:  # noqa: ARG002 # everybody is
        return True

    def in_group(self, group: str, user: str) -> bool | None:  # noqa: ARG002 # the port's
        return None

    def post(self, channel: str, reply: Reply, thread: str | None = None, key: str | None = None) -> Outcome:
        with self._lock:
            if channel != ROOM:
                return Refused("channel_not_found", f"{channel} is not there: the demo has {NAME} alone")
            if thread and thread not in self._messages:
                return Gone("thread_not_found")
            alerts = (reply.data or {}).get("alerts") or [{}]
            about = self._messages[thread].about if thread else str(alerts[0].get("name", ""))
            number = f"message-{next(self._numbers)}"
            self._messages[number] = _Message(key, thread, about, [reply])
            self._staged.append(
                (thread or number, ChannelPost(Place.THREAD if thread else Place.CHANNEL, reply, about))
            )
        return Delivered(number)

    def edit(self, channel: str, message: str, reply: Reply) -> Outcome:  # noqa: ARG002 # there is one channel
        with self._lock:
            found = self._messages.get(message)
            if found is None:
                return Gone("message_not_found")
            found.replies.append(reply)
            alerts = (reply.data or {}).get("alerts", ())
            if not alerts or any(alert["reason"] != NotifyReason.REMINDER for alert in alerts):  # its thread says those
                post = ChannelPost(Place.EDITED, reply, found.about)
                self._staged.append((found.thread or message, post))
        return Delivered(message)

    def find(self, key: str, channel: str, around: datetime, thread: str | None = None) -> Lookup:  # noqa: ARG002
        with self._lock:
            found = (number for number, each in self._messages.items() if (each.key, each.thread) == (key, thread))
            number = next(found, None)
        return Delivered(number) if number else Missing()

    def answer(
        self,
        origin: Origin,
        reply: Reply,
        opening: Opening | None = None,
        most: int | None = None,  # noqa: ARG002 # a terminal takes any length
    ) -> Outcome:
        channel, thread = origin.actor.channel or ROOM, origin.actor.thread
        if opening:
            found = Delivered(opening.id) if opening.id else self.find(opening.key, channel, opening.at, thread)
            if isinstance(found, Delivered) and found.id:
                edited = self.edit(channel, found.id, reply)
                if isinstance(edited, Delivered):
                    return edited
        return self.post(channel, reply, thread)

    def respond(
        self,
        origin: Origin,  # noqa: ARG002 # there is one person
        reply: Reply,
        replace: bool = False,  # noqa: ARG002 # a terminal takes nothing back
        most: int | None = None,  # noqa: ARG002
        once: bool = False,  # noqa: ARG002 # nothing goes wrong here
    ) -> Outcome:
        return self._show(ChannelPost(Place.PRIVATE, reply))

    def share(self, origin: Origin, reply: Reply) -> Outcome:  # noqa: ARG002 # there is one person, and one channel
        return self._show(ChannelPost(Place.SHARED, reply))

    def open_picker(self, origin: Origin, command: str, choices: Sequence[Choice]) -> Outcome:  # noqa: ARG002
        return _NO_WINDOWS

    def open_moment_picker(self, origin: Origin, words: str, first: datetime) -> Outcome:  # noqa: ARG002
        return _NO_WINDOWS

    def open_note(self, origin: Origin, words: str) -> Outcome:  # noqa: ARG002
        return _NO_WINDOWS

    def open_check(self, origin: Origin, watches: bool = False) -> Outcome:  # noqa: ARG002
        return _NO_WINDOWS

    def publish_home(self, user: str, parts: Sequence[Reply]) -> Outcome:  # noqa: ARG002
        return _NO_WINDOWS

    def _show(self, post: ChannelPost) -> Outcome:
        with self._lock:
            self._staged.append((f"message-{next(self._numbers)}", post))
        self.flush()
        return Delivered(None)
