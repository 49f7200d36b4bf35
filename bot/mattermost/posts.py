"""A Reply as posts: Markdown with tables, and buttons as attachment actions whose contexts are signed. Pure."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.catalogue import say
from bot.chat.button_value import MENU, ActionValue, carried, decode, encode, offered
from bot.chat.reply import (
    NOTICE,
    Act,
    Block,
    Button,
    ColumnKind,
    Find,
    Menu,
    Reply,
    RichText,
    Table,
    line,
    lines_in,
)
from bot.chat.wording import page_notes
from bot.mattermost.markup import cell, code, markdown
from bot.mattermost.seals import Seals
from bot.text import shown

Json = dict[str, Any]

POST_MAX = 16_383
"""Characters of one post, unless the server says that it takes less: the oldest databases hold 4,000."""

POSTS_MAX = 5
LABEL_MAX, SUMMARY_MAX = 75, 300
NOTE_MAX = 200
"""Room for the lines that say what follows or is missing."""

ACTION_PATH = "/mattermost/action"


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

    def posts(
        self, reply: Reply, most: int = POSTS_MAX, shared_by: RichText = (), size: int = POST_MAX
    ) -> tuple[Drawn, ...]:
        """The posts of a reply, at most `most`, of `size` characters each. One that is shared names who shared it, and
        can't be shared again.
        """
        head = markdown(reply.headline, self.command).strip()[: size // 4] or say("Nothing to show.")
        if reply.kind == NOTICE:
            return (Drawn(head),)
        quiet = [text for each in reply.context if (text := markdown(each, self.command).strip())]
        quiet += [say("shared by {person}", person=markdown(shared_by, self.command))] if shared_by else []
        foot = "\n".join(quiet)[: size // 4]
        room = size - len(head) - NOTE_MAX
        pages = [*_pages(self._pieces(reply.blocks), room - len(foot), room)]
        if reply.rest:
            pages += _pages(self._pieces(reply.rest), room, room)
        buttons = offered(reply, bool(shared_by), (Find,)) if self.callback else []
        left = sum(page.count("\n") + 1 for page in pages[most:])
        drawn: list[Drawn] = []
        for page, note in zip(pages, page_notes(min(len(pages), most), left), strict=False):
            below = "\n".join(filter(None, ("" if drawn else foot, note)))
            text = "\n\n".join(filter(None, (head, page.strip("\n"), below)))
            drawn.append(Drawn(text) if drawn else Drawn(text, tuple(buttons), reply.summary))
        return tuple(drawn)

    def text(self, reply: Reply, size: int = POST_MAX) -> str:
        """All in one text without buttons, which says what to type in their place."""
        (drawn,) = self.posts(reply, 1, size=size - size // 4)
        buttons = offered(reply, True, (Find,))
        typed = [code(f"{self.command} {each.words}") for each in buttons if not (isinstance(each, Act) and each.asks)]
        go_on = say("To go on: {commands}", commands=" · ".join(typed))
        return f"{drawn.text}\n\n{go_on}"[:size] if typed else drawn.text

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
            labels = [shown(entry.label, LABEL_MAX) for entry in button.entries]
            action["type"] = "select"
            action["options"] = [{"text": each, "value": str(at)} for at, each in enumerate(labels)]
        elif not isinstance(button, Find):
            kind, value = carried(button)
            context |= {"kind": kind, "values": [encode(value)]}
        url = f"{self.callback}{ACTION_PATH}"
        return {**action, "integration": {"url": url, "context": self.seals.signed(context)}}

    def _pieces(self, blocks: Iterable[Block]) -> Iterator["_Piece"]:
        for block in blocks:
            yield _Piece("")
            if isinstance(block, Table) and not block.as_lines:
                right = (ColumnKind.NUMBER, ColumnKind.DAY)
                names = _row(cell(line(column.name), self.command) for column in block.columns)
                header = f"{names}\n{_row('--:' if column.kind in right else '---' for column in block.columns)}"
                for row in block.rows:
                    filled = (*row, *((),) * len(block.columns))[: len(block.columns)]
                    yield _Piece(_row(cell(each, self.command) for each in filled), header)
            else:
                for sign, each in lines_in(block):
                    text = markdown(each, self.command)
                    yield from [_Piece(sign + text)] if text.strip() else ()


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


class _Piece(NamedTuple):
    """A line, or a row that stands below a table's header; an empty one sets what follows apart."""

    text: str
    header: str = ""


def _pages(pieces: Iterable[_Piece], room: int, later: int) -> Iterator[str]:
    """The text of each post; `room` is what the first has left. A table that goes on has its header again."""
    page, open_table, most = "", "", later // 3
    for text, header in pieces:
        row = text if len(text) <= most else f"{text[: most - 1]}…"
        piece = f"\n{header}\n{row}" if header and header != open_table else row
        if len(page) + len(piece) + 1 > room:
            yield page
            page, room = "", later
            piece = f"{header}\n{row}" if header else row
        page += f"{piece}\n"
        open_table = header
    yield page


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
