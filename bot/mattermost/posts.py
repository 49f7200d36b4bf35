"""A Reply as posts, with buttons as attachment actions whose contexts are signed. Pure."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.catalogue import say
from bot.chat.button_value import MENU, ActionValue, carried, decode, encode, offered
from bot.chat.markdown_messages import Markdown, escape
from bot.chat.reply import NOTICE, Button, ChannelName, Menu, PersonName, Reply, RichText
from bot.chat.wording import called
from bot.mattermost.client import Json
from bot.mattermost.directory import POST_MAX, PREFIX
from bot.text import shown
from bot.web.seals import Seals

POSTS_MAX = 5
LABEL_MAX, SUMMARY_MAX = 75, 300
ACTION_PATH = "/mattermost/action"
_USERNAME = re.compile(rf"{PREFIX}([a-z0-9._-]{{1,64}})", re.ASCII)
_ROOM = re.compile(rf"{PREFIX}[a-z0-9-]+/([a-z0-9._-]{{1,64}})", re.ASCII)


class PostPlace(NamedTuple):
    """Where a post is to stand, which its buttons are signed for: in a channel, by its key there, or before one person.

    `address` is where more replies to the same request go, as long as it takes them. `thread`: what the post is below.
    `room`: the channel's name, where the bot may not be in it.
    """

    channel: str
    post: str = ""
    user: str = ""
    address: str = ""
    thread: str = ""
    room: str = ""

    @property
    def named(self) -> dict[str, str]:
        """What is signed of it: the parts that say something."""
        return {name: part for name, part in self._asdict().items() if part}


def place_of(signed: Mapping[str, Any]) -> PostPlace:
    """The place that was signed."""
    return PostPlace(*(str(signed.get(name) or "") for name in PostPlace._fields))


class Drawn(NamedTuple):
    """A post: its text, and the buttons below it, which are signed once it has its place."""

    text: str
    buttons: tuple[Button, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """How replies are drawn. `command` is what is typed before words; without a `callback` there are no buttons."""

    seals: Seals
    callback: str | None
    command: str

    @property
    def markdown(self) -> Markdown:
        """How its lines are drawn."""
        return Markdown(self.command, _named)

    def posts(self, reply: Reply, most: int = POSTS_MAX, shared_by: RichText = (), size: int = POST_MAX) -> list[Drawn]:
        """The posts of a reply, as Markdown.messages; the buttons are below the first. One that is shared has none to
        share it again.
        """
        first, *others = self.markdown.messages(reply, most, size, shared_by)
        buttons = offered(reply, bool(shared_by)) if self.callback and reply.kind != NOTICE else ()
        return [Drawn(first, tuple(buttons), reply.summary), *map(Drawn, others)]

    def attachments(self, drawn: Drawn, place: PostPlace) -> list[Json]:
        """The buttons of a post, good where it stands and nowhere else."""
        nonce = secrets.token_urlsafe(9)
        actions = [self._action(button, at, place, nonce) for at, button in enumerate(drawn.buttons, 1)]
        return [{"fallback": shown(drawn.summary, SUMMARY_MAX), "actions": actions}] if actions else []

    def _action(self, button: Button, at: int, place: PostPlace, nonce: str) -> Json:
        context: Json = {"nonce": f"{nonce}{at}", **place.named}
        action: Json = {"id": f"a{at}", "name": shown(button.label, LABEL_MAX) or say("Ask"), "type": "button"}
        if isinstance(button, Menu):
            # What is chosen comes from the presser's client, unsigned: it says which of the signed ones.
            context |= {"kind": MENU, "values": [encode(carried(entry)[1]) for entry in button.entries]}
            labels = enumerate(shown(entry.label, LABEL_MAX) for entry in button.entries)
            action |= {"type": "select", "options": [{"text": each, "value": str(at)} for at, each in labels]}
        else:
            kind, value = carried(button)
            context |= {"kind": kind, "values": [encode(value)]}
        return {
            **action,
            "integration": {"url": f"{self.callback}{ACTION_PATH}", "context": self.seals.signed(context)},
        }


class Pressed(NamedTuple):
    """What a press stands for, and where; `kind` is one of bot.chat.button_value."""

    kind: str
    value: ActionValue
    nonce: str
    place: PostPlace


def pressed(signed: Mapping[str, Any], selected: object) -> Pressed | None:
    """What a context says that was signed; None where a menu's choice is none of its entries."""
    values, kind = signed.get("values") or [], str(signed.get("kind"))
    known = {str(at): value for at, value in enumerate(map(decode, values))}
    value = known.get(selected if isinstance(selected, str) else "") if kind == MENU else known.get("0")
    return Pressed(kind, value, str(signed.get("nonce")), place_of(signed)) if value else None


def _named(span: PersonName | ChannelName) -> str:
    """Somebody, or a channel, of Mattermost's so that it is a link; of others in words."""
    sign, form = ("@", _USERNAME) if isinstance(span, PersonName) else ("~", _ROOM)
    found = form.fullmatch(span.text)
    return f"{sign}{found[1]}" if found else escape(called(span).text)
