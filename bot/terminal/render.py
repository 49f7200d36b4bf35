"""A Reply as text for a terminal or a pipe. Pure: the same Reply and Look give the same text."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from bot.chat.reply import (
    Act,
    Ask,
    Block,
    Bullets,
    Button,
    Code,
    Heading,
    Line,
    Paragraph,
    Plain,
    Reply,
    Table,
    Typed,
    line,
)
from bot.terminal.clean import cleaned
from bot.terminal.look import Look
from bot.terminal.paint import painted
from bot.terminal.piece import BOLD, DIM, Piece, dressed, parted
from bot.terminal.wrap import Row, columns_of, hung, wrapped


def render(reply: Reply, look: Look, prompt: str = "xocompat", footer: Line | None = None) -> str:
    """The whole reply, without a newline at its end.

    `prompt` stands before words to type ("xocompat" in a shell, "/xocompat" in chat). `footer` takes the buttons'
    place; unless given it names the commands that they stand for.
    """
    sheet = _Sheet(look, prompt)
    rows = sheet.spans(reply.headline, BOLD)
    rows += sheet.blocks((*reply.blocks, *reply.rest))
    footer = hint(reply.buttons) if footer is None else footer
    if footer or reply.context:
        rows.append([])
    if footer:
        rows += sheet.spans(footer)
    for spans in reply.context:
        rows += sheet.facts(spans)
    return "\n".join(painted(row, look) for row in rows)


def hint(buttons: Sequence[Button]) -> Line:
    """Buttons as words to type. Sharing is no use to one who sits alone at a terminal."""
    asks = [Typed(button.words) for button in buttons if isinstance(button, Ask | Act)]
    if not asks:
        return ()
    return line("More: ", asks[0], *(span for ask in asks[1:] for span in (Plain(" · "), ask)))


class _Sheet(NamedTuple):
    """Lays blocks out in rows, for one look and one prompt."""

    look: Look
    prompt: str

    def spans(self, spans: Line, base: str = "") -> list[Row]:
        return wrapped(dressed(spans, self.look, self.prompt, base), self.look.width)

    def facts(self, spans: Line) -> list[Row]:
        """A quiet line of facts with dots between them; a line breaks at a dot."""
        return wrapped(parted(dressed(spans, self.look, self.prompt, DIM)), self.look.width)

    def blocks(self, blocks: Sequence[Block]) -> list[Row]:
        """The blocks with an empty line between them, save where one belongs to the line above it."""
        sections = any(isinstance(one, Heading) and not isinstance(next_, Heading) for one, next_ in pairwise(blocks))
        rows: list[Row] = []
        after_title = True
        for block in blocks:
            if not (after_title and _follows(block, sections)):
                rows.append([])
            rows += self._block(block)
            after_title = isinstance(block, Heading)
        return rows

    def _block(self, block: Block) -> Iterator[Row]:
        match block:
            case Heading(spans):
                yield from self.spans(spans, BOLD)
            case Paragraph(lines):
                for spans in lines:
                    yield from self.spans(spans)
            case Bullets(items, title, numbered):
                yield from self._title(title)
                yield from self._bullets(items, numbered)
            case Table(header, rows, title):
                from bot.terminal.table import table  # a verdict has none, and starts faster without

                yield from self._title(title)
                cells = [[dressed(cell, self.look, self.prompt) for cell in row] for row in rows]
                yield from table([cleaned(name) for name in header], cells, self.look)

    def _title(self, title: str | None) -> list[Row]:
        return self.spans(line(Plain(title)), BOLD) if title else []

    def _bullets(self, items: Sequence[Line], numbered: bool) -> Iterator[Row]:
        if not numbered and items and all(map(_is_entry, items)):
            yield from self._entries(items)
            return
        bullet, digits = "•" if self.look.emoji else "-", len(str(len(items)))
        for number, item in enumerate(items, 1):
            lead = f"{number:>{digits}}. " if numbered else f"{bullet} "
            yield from hung([Piece(lead)], dressed(item, self.look, self.prompt), self.look.width)

    def _entries(self, items: Sequence[Line]) -> Iterator[Row]:
        """Words to type, each with what it does, in two columns; below each other where the words leave no room."""
        entries = [tuple(dressed(part, self.look, self.prompt) for part in (item[:1], item[1:])) for item in items]
        column = max(columns_of(typed) for typed, _ in entries) + 2
        if self.look.width is None or column <= self.look.width // 2:
            for typed, about in entries:
                lead = [*typed, Piece(" " * (column - columns_of(typed)))]
                yield from hung(lead, _stripped(about), self.look.width)
            return
        for typed, about in entries:
            yield from wrapped(typed, self.look.width)
            yield from hung([Piece("    ")], _stripped(about), self.look.width)


def _follows(block: Block, sections: bool) -> bool:
    """Whether a block belongs directly under the title above it. Headings do if they are but a list of lines."""
    match block:
        case Paragraph():
            return True
        case Bullets(_, title, _):
            return title is None
        case Heading():
            return not sections
        case Table():
            return False


def _is_entry(item: Line) -> bool:
    """Whether an item is words to type and, set apart by two spaces, what they do."""
    match item:
        case (Typed() | Code(), Plain(text), *_):
            return text.startswith("  ")
        case _:
            return False


def _stripped(pieces: Row) -> Row:
    first, *others = pieces
    return [Piece(first.text.lstrip(), first.style, first.url, first.whole), *others]
