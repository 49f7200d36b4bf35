"""A Reply as messages of Markdown, for platforms that show that. Text is data here: nothing in it can ping, link, tag
or format. Pure.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bot.catalogue import say
from bot.chat.button_value import offered
from bot.chat.reply import (
    NOTICE,
    Act,
    Block,
    ChannelName,
    Code,
    ColumnKind,
    Find,
    Link,
    Mark,
    PersonName,
    Reply,
    RichText,
    Span,
    Strong,
    Table,
    Typed,
    line,
    lines_in,
)
from bot.chat.wording import page_notes
from bot.text import one_line

NOTE_MAX = 200
"""Room for the lines that say what follows or is missing."""

_FORMATS = re.compile(r"[\\`*|\[\]#]|(?<![^\W_])_|_(?![^\W_])")
_BROKEN = re.compile(r"[@~$]|:(?=//)|(?<=www)\.|:(?=[\w+-]+:)", re.IGNORECASE)
_STARTS = re.compile(r"(\s*)([-+>]|[0-9]+[.)](?=\s))")
_ADDRESS = re.compile(r"https?://[!-'*-;=?-\[\]-~]{1,2000}", re.ASCII)
_APART = "\u200b"


def escape(text: str) -> str:
    """Text as data, on one line: signs that format are escaped, those that ping, link or tag stand apart."""
    return _BROKEN.sub(rf"\g<0>{_APART}", _FORMATS.sub(r"\\\g<0>", one_line(text)))


def code(text: str) -> str:
    """Text in a code span, fenced by more backticks than it has together."""
    inner = one_line(text).strip()
    fence = "`" * (max(map(len, re.findall("`+", inner)), default=0) + 1)
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{inner}{space}{fence}" if inner else ""


@dataclass(frozen=True, slots=True)
class Markdown:
    """A platform's Markdown. `command` is what is typed before words; `named` draws people and channels."""

    command: str
    named: Callable[[PersonName | ChannelName], str]

    def messages(self, reply: Reply, most: int, size: int, shared_by: RichText = ()) -> list[str]:
        """The messages of a reply, at most `most`, of `size` characters each; with who shared it, if somebody did."""
        head = self.line(reply.headline).strip()[: size // 4] or say("Nothing to show.")
        if reply.kind == NOTICE:
            return [head]
        quiet = [text for each in reply.context if (text := self.line(each).strip())]
        quiet += [say("shared by {person}", person=self.line(shared_by))] if shared_by else []
        foot = "\n".join(quiet)[: size // 4]
        room = size - len(head) - NOTE_MAX
        pages = [*_pages(self._pieces(reply.blocks), room - len(foot), room)]
        if reply.rest:
            pages += _pages(self._pieces(reply.rest), room, room)
        left = sum(page.count("\n") + 1 for page in pages[most:])
        made: list[str] = []
        for page, note in zip(pages, page_notes(min(len(pages), most), left), strict=False):
            below = "\n".join(filter(None, ("" if made else foot, note)))
            made.append("\n\n".join(filter(None, (head, page.strip("\n"), below))))
        return made

    def message(self, reply: Reply, size: int) -> str:
        """All in one message without buttons, which says what to type in their place."""
        (text,) = self.messages(reply, 1, size - size // 4)
        buttons = offered(reply, True, (Find,))
        typed = [code(f"{self.command} {each.words}") for each in buttons if not (isinstance(each, Act) and each.asks)]
        go_on = say("To go on: {commands}", commands=" · ".join(typed))
        return f"{text}\n\n{go_on}"[:size] if typed else text

    def line(self, spans: RichText) -> str:
        """A line of text."""
        text = "".join(map(self._span, spans))
        # A line that starts like a list or a quotation would be one.
        found = _STARTS.match(text)
        return f"{found[1]}{found[2][:-1]}\\{text[found.end() - 1 :]}" if found else text

    def _cell(self, spans: RichText) -> str:
        """A line as a cell of a table; of nothing a dash."""
        return re.sub(r"(?<!\\)\|", r"\\|", "".join(map(self._span, spans)).strip()) or "–"

    def _span(self, span: Span) -> str:
        match span:
            case Mark(emoji, text):
                return escape(f"{emoji} {text}".strip())
            case Typed(text):
                return code(f"{self.command} {text}")
            case Code(text):
                return code(text)
            case Strong(text):
                inner = escape(text.strip())
                return f"{' ' * text[:1].isspace()}**{inner}**{' ' * text[-1:].isspace()}" if inner else ""
            case Link(text, url) if _ADDRESS.fullmatch(url):
                return f"[{escape(text.strip() or url)}]({url})"
            case PersonName() | ChannelName():
                return self.named(span)
            case _:
                return escape(span.text)

    def _pieces(self, blocks: Iterable[Block]) -> Iterator["_Piece"]:
        for block in blocks:
            yield _Piece("")
            if isinstance(block, Table) and not block.as_lines:
                right = (ColumnKind.NUMBER, ColumnKind.DAY)
                names = _row(self._cell(line(column.name)) for column in block.columns)
                header = f"{names}\n{_row('--:' if column.kind in right else '---' for column in block.columns)}"
                for row in block.rows:
                    filled = (*row, *((),) * len(block.columns))[: len(block.columns)]
                    yield _Piece(_row(map(self._cell, filled)), header)
            else:
                for sign, each in lines_in(block):
                    text = self.line(each)
                    yield from [_Piece(sign + text)] if text.strip() else ()


class _Piece(NamedTuple):
    """A line, or a row that stands below a table's header; an empty one sets what follows apart."""

    text: str
    header: str = ""


def _pages(pieces: Iterable[_Piece], room: int, later: int) -> Iterator[str]:
    """The text of each message; `room` is what the first has left. A table that goes on has its header again."""
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
