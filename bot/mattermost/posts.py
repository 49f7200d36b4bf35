"""A Reply as posts: Markdown with tables, and buttons as attachment actions whose contexts are signed. Pure."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from bot.chat.reply import (
    NOTICE,
    Act,
    Ask,
    Asks,
    Block,
    Bullets,
    Button,
    Chart,
    ColumnKind,
    Heading,
    Menu,
    Paragraph,
    Pick,
    Reply,
    RichText,
    Share,
    Table,
    line,
)
from bot.mattermost.markup import cell, clean, code, markdown
from bot.mattermost.seals import Seals

Json = dict[str, Any]

POST_MAX = 12_000
"""Characters of one post; Mattermost takes 16,383."""

POSTS_MAX = 5
BUTTONS_MAX, MENUS_MAX = 3, 3
LABEL_MAX, SUMMARY_MAX = 75, 300
ROW_MAX = 2_000
NOTHING = "Nothing to show."
ACTION_PATH = "/mattermost/action"


class PostPlace(NamedTuple):
    """Where a post is to stand, which its buttons are signed for: in a channel, by its key there, or before one person.

    `address` is where more replies to the same request go, as long as it takes them. `thread`: what the post is below.
    `room`: the channel's name, where the bot may not be in it.
    """

    channel: str
    key: str = ""
    user: str = ""
    address: str = ""
    thread: str = ""
    room: str = ""


class Drawn(NamedTuple):
    """A post: its text, and its attachments."""

    text: str
    attachments: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Pen:
    """How replies are drawn. `command` is what is typed before words; without a `callback` there are no buttons."""

    seals: Seals
    callback: str | None
    command: str

    def posts(
        self, reply: Reply, place: PostPlace, most: int = POSTS_MAX, shared_by: RichText = ()
    ) -> tuple[Drawn, ...]:
        """The posts of a reply, at most `most`. One that is shared names who shared it, and can't be shared again."""
        head = markdown(reply.headline, self.command).strip()[: POST_MAX // 2] or NOTHING
        if reply.kind == NOTICE:
            return (Drawn(head),)
        quiet = [text for each in reply.context if (text := markdown(each, self.command).strip())]
        quiet += [f"shared by {markdown(shared_by, self.command)}"] if shared_by else []
        foot = "\n".join(quiet)[: POST_MAX // 3]
        room = POST_MAX - len(head) - len(foot) - 200
        pages = [*_pages(self._pieces(reply.blocks), room, POST_MAX - len(head) - 200)]
        if reply.rest:
            pages += _pages(self._pieces(reply.rest), POST_MAX - len(head) - 200, POST_MAX - len(head) - 200)
        shown, left = pages[:most], sum(page.count("\n") + 1 for page in pages[most:])
        drawn: list[Drawn] = []
        for at, page in enumerate(shown, 1):
            notes = [foot] if at == 1 and foot else []
            follow = len(shown) - 1
            if at == 1 and follow:
                notes.append(f"{follow} {'post follows' if follow == 1 else 'posts follow'} with the rest")
            elif at > 1:
                notes.append(f"{at} of {len(shown)}")
            if left and at == len(shown):
                notes.append(f"{left} more lines are not shown: ask for less at once")
            text = "\n\n".join(filter(None, (head, page.strip("\n"), "\n".join(notes))))
            drawn.append(Drawn(text, self._attachments(reply, place, bool(shared_by)) if at == 1 else ()))
        return tuple(drawn)

    def text(self, reply: Reply) -> str:
        """All in one text without buttons, which says what to type in their place."""
        (drawn,) = self.posts(reply, PostPlace(""), most=1)
        typed = [code(f"{self.command} {button.words}") for button in _chosen(reply, shared=True) if _is_whole(button)]
        return f"{drawn.text}\n\nTo go on: {' · '.join(typed)}" if typed else drawn.text

    def _pieces(self, blocks: Iterable[Block]) -> Iterator["_Piece"]:
        for block in blocks:
            yield _Piece("")
            match block:
                case Paragraph(lines):
                    yield from self._lines(lines)
                case Heading(only):
                    yield from self._lines((only,))
                case Chart():
                    yield from self._lines((block.in_words,))
                case Bullets(items, title, numbered):
                    if title:
                        yield _Piece(f"**{markdown(line(title), self.command)}**")
                    for at, item in enumerate(items, 1):
                        sign = f"{at}. " if numbered else "- "
                        yield _Piece(sign + markdown(item, self.command))
                case Table(rows=rows, as_lines=True):
                    gap = line("\u2003")
                    for row in rows:
                        spans = tuple(span for each in row if each for span in (*gap, *each))[1:]
                        yield from self._lines((spans,))
                case Table(columns, rows):
                    names = [cell(line(column.name), self.command) for column in columns]
                    rules = [
                        "--:" if column.kind in (ColumnKind.NUMBER, ColumnKind.DAY) else "---" for column in columns
                    ]
                    header = f"{_row(names)}\n{_row(rules)}"
                    for row in rows:
                        filled = (*row, *((),) * len(columns))[: len(columns)]
                        yield _Piece(_row([cell(each, self.command) for each in filled]), header)

    def _lines(self, lines: Iterable[RichText]) -> Iterator["_Piece"]:
        yield from (_Piece(text) for each in lines if (text := markdown(each, self.command)).strip())

    def _attachments(self, reply: Reply, place: PostPlace, is_shared: bool) -> tuple[Json, ...]:
        if self.callback is None:
            return ()
        nonce = secrets.token_urlsafe(9)
        chosen = _chosen(reply, shared=is_shared)
        actions = [self._action(button, at, place, nonce) for at, button in enumerate(chosen, 1)]
        return ({"fallback": clean(reply.summary, SUMMARY_MAX), "actions": actions},) if actions else ()

    def _action(self, button: Button, at: int, place: PostPlace, nonce: str) -> Json:
        context: Json = {
            "words": button.words,
            "nonce": f"{nonce}{at}",
            "channel": place.channel,
            "thread": place.thread,
        }
        context |= (
            {"post": place.key} if place.key else {"user": place.user, "address": place.address, "room": place.room}
        )
        action: Json = {"id": f"a{at}", "name": clean(button.label, LABEL_MAX) or "Ask", "type": "button"}
        match button:
            case Menu(_, _, entries):
                # What is chosen comes from the presser's client, unsigned: it says which of the signed ones.
                context |= {"kind": "menu", "entries": [[each.words, _asked(each.asks)] for each in entries]}
                options = [{"text": clean(each.label, LABEL_MAX), "value": str(at)} for at, each in enumerate(entries)]
                action |= {"type": "select", "options": options}
            case Ask(_, _, on):
                context |= {"kind": "ask", "on": _day(on)}
            case Share(_, on, reply_key):
                context |= {"kind": "share", "on": _day(on), "kept": reply_key or ""}
            case Act(_, _, asks):
                context |= {"kind": "act", "asks": _asked(asks)}
            case _:
                context |= {"kind": "pick"}
        return {
            **action,
            "integration": {"url": f"{self.callback}{ACTION_PATH}", "context": self.seals.signed(context)},
        }


class Pressed(NamedTuple):
    """What a press stands for. `post` is the key of the post that it is on, `user` who alone sees it."""

    kind: str
    words: str
    nonce: str
    channel: str
    post: str
    user: str
    address: str
    thread: str
    room: str
    on: date | None
    kept: str | None
    asks: Asks | None


def pressed(context: Mapping[str, Any], selected: object) -> Pressed | None:
    """What a context says that was signed; None where a menu's choice is none of its entries."""
    words, asks = str(context["words"]), str(context.get("asks") or "")
    if context["kind"] == "menu":
        entries: Sequence[Sequence[str]] = context["entries"]
        if not (isinstance(selected, str) and selected in map(str, range(len(entries)))):
            return None
        words, asks = entries[int(selected)]
    day = str(context.get("on") or "")
    return Pressed(
        kind=str(context["kind"]),
        words=words,
        nonce=str(context["nonce"]),
        channel=str(context["channel"]),
        post=str(context.get("post") or ""),
        user=str(context.get("user") or ""),
        address=str(context.get("address") or ""),
        thread=str(context.get("thread") or ""),
        room=str(context.get("room") or ""),
        on=date.fromisoformat(day) if day else None,
        kept=str(context.get("kept") or "") or None,
        asks=Asks[asks] if asks else None,
    )


class _Piece(NamedTuple):
    """A line, or a row that stands below a table's header; an empty one sets what follows apart."""

    text: str
    header: str = ""


def _pages(pieces: Iterable[_Piece], room: int, later: int) -> Iterator[str]:
    """The text of each post; `room` is what the first has left. A table that goes on has its header again."""
    page, open_table = "", ""
    for text, header in pieces:
        piece = text if len(text) <= ROW_MAX else f"{text[: ROW_MAX - 1]}…"
        if header and header != open_table:
            piece = f"\n{header}\n{piece}"
        if len(page) + len(piece) + 1 > room:
            yield page
            page, room = "", later
            piece = f"{header}\n{text[:ROW_MAX]}" if header else piece
        page += f"{piece}\n"
        open_table = header
    yield page


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _chosen(reply: Reply, shared: bool) -> list[Button]:
    """Three buttons and three menus; of a reply that everybody sees none that shares it."""
    as_picture = (Ask("As a picture", reply.picture.words),) if reply.picture and reply.picture.words else ()
    useful = [each for each in (*as_picture, *reply.buttons) if isinstance(each, Ask | Share | Act | Menu | Pick)]
    useful = [each for each in useful if not (shared and isinstance(each, Share))]
    menus = [each for each in useful if isinstance(each, Menu)][:MENUS_MAX]
    others = [each for each in useful if not isinstance(each, Menu)][:BUTTONS_MAX]
    return [each for each in useful if each in menus or each in others]


def _is_whole(button: Button) -> bool:
    """Whether its words can be typed as they are."""
    return not (isinstance(button, Act) and button.asks)


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""


def _asked(asks: Asks | None) -> str:
    return asks.name if asks else ""
