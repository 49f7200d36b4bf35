"""The port to a chat platform: what a platform must do for the bot to live there. Each platform is a room of its own.

A platform takes a Reply, never blocks or markup, draws it in its own way (in several messages, if one is too small),
and says what became of it. Ids of channels, users, groups and messages are opaque strings: only the platform reads
them.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple, Protocol

from bot.alerts.delivery.outcome import Lookup, Outcome
from bot.chat.command import Choice
from bot.chat.handed_over import HandedOver
from bot.chat.reply import Reply


class Actor(NamedTuple):
    """A person in a place. `team` is the person's own workspace, None where the platform does not say it."""

    user: str
    team: str | None
    channel: str | None
    thread: str | None = None


class Original(Enum):
    """The message that a request came from: may the reply take its place?"""

    NONE = auto()
    OURS = auto()
    """Seen by the actor alone, so that nothing is taken away from anybody."""
    OTHERS = auto()


class Origin(NamedTuple):
    """Where a request came from, and so where its reply goes.

    `address` is where the platform takes private replies to this very request, `trigger` what opens a window for it;
    both may be missing, and end after a while. `on_home_page`: it came from the bot's own page, or from no channel at
    all, where a window is the only place for a reply. `acknowledged` is set once the first answer is on its way: what
    follows must not overtake it. `first` takes the reply that goes with the answer to the request itself, while that
    waits for one; None where there is nothing more to say.
    """

    actor: Actor
    address: str | None = None
    trigger: str | None = None
    original: Original = Original.NONE
    on_home_page: bool = False
    acknowledged: threading.Event | None = None
    first: HandedOver[Reply | None] | None = None


class Opening(NamedTuple):
    """What was said first, for an answer to take its place: posted around a moment, with a key to find it by.

    `id` is None where nobody knows whether it is there.
    """

    key: str
    at: datetime
    id: str | None = None


class Membership(Protocol):
    """Who belongs where. Answers come at once, or within the time that a command may take."""

    @property
    def name(self) -> str:
        """The platform's name, as people know it."""

    def is_member(self, actor: Actor) -> bool | None:
        """Whether somebody belongs to the workspace that runs the bot; None while the platform does not say."""

    def in_group(self, group: str, user: str) -> bool | None:
        """Whether a group has a user; None while the platform does not say."""

    @property
    def why_groups_unknown(self) -> str:
        """Why the last question about a group had no answer."""


class Platform(Membership, Protocol):
    """What the bot needs of a chat platform. Nothing here raises for what the platform answers: outcomes say it.

    `post`, `edit` and `find` try once. All others bring an answer to an asker: what a passing fault keeps from them is
    Queued, and tried again until it is there. An answer has `most` messages at most; without it as many as the platform
    thinks right.
    """

    @property
    def private_uses(self) -> int | None:
        """How often an origin's address takes a reply; None: as often as one likes."""

    def post(self, channel: str, reply: Reply, thread: str | None = None, key: str | None = None) -> Outcome:
        """Show a reply to everybody in a channel, or below one of its messages, as a single message.

        With a `key` it is one that `find` finds by that key.
        """

    def edit(self, channel: str, message: str, reply: Reply) -> Outcome:
        """Put a reply in the place of one of our messages, as a single one."""

    def find(self, key: str, channel: str, around: datetime, thread: str | None = None) -> Lookup:
        """Look a message up by its key, among those from around a moment, in a channel or in a thread there."""

    def answer(self, origin: Origin, reply: Reply, opening: Opening | None = None, most: int | None = None) -> Outcome:
        """Show a reply to everybody, in the actor's channel and thread; in place of the opening, if that is there."""

    def respond(
        self, origin: Origin, reply: Reply, replace: bool = False, most: int | None = None, once: bool = False
    ) -> Outcome:
        """Show a reply to the actor alone, where the request came from, or (`replace`) in that message's place.

        `once`: it is not worth another try, as something newer follows.
        """

    def share(self, origin: Origin, reply: Reply) -> Outcome:
        """Show a reply, in the actor's name, to everybody where the request came from.

        Once it is there, the actor's own copy has no button to share it any more, as far as that can be.
        """

    def open_picker(self, origin: Origin, command: str, choices: Sequence[Choice]) -> Outcome:
        """Let the actor choose what a command is about. What is chosen comes back as a request of its own."""

    def open_moment_picker(self, origin: Origin, words: str, first: datetime) -> Outcome:
        """Let the actor choose a moment, in their own zone, for the words; `first` is the one that is shown first."""

    def open_note(self, origin: Origin, words: str) -> Outcome:
        """Let the actor type a note for the words. As with a moment, what is given comes back as a request."""

    def open_check(self, origin: Origin, watches: bool = False) -> Outcome:
        """Let the actor choose a release to check, and a day. What is chosen is answered in the same window.

        `watches`: they may choose a channel that watches the release, too.
        """

    def publish_home(self, user: str, parts: Sequence[Reply]) -> Outcome:
        """Put these parts on somebody's page of the bot."""
