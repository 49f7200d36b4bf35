"""Tables: columns two spaces apart, shrunk to the width; where that cannot be, each row stands as lines of its own."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise, zip_longest
from typing import NamedTuple

from bot.catalogue import number
from bot.chat.reply import (
    Act,
    Ask,
    Asks,
    Block,
    Bullets,
    Button,
    Chart,
    Code,
    Column,
    ColumnKind,
    Heading,
    Menu,
    Paragraph,
    Picture,
    Plain,
    Reply,
    RichText,
    Table,
    Typed,
    line,
    say_line,
)
from bot.terminal.capabilities import Capabilities
from bot.terminal.layout import (
    BOLD,
    DIM,
    HARD_SPACE,
    Piece,
    Row,
    cleaned,
    columns_of,
    dressed,
    hung,
    parted,
    widest_word,
    wrapped,
)

_BETWEEN = 2

BARS_MIN, BARS_MAX = 24, 72
"""Columns that the bars of a picture take beside a table."""

Cells = list[Row]


def table(columns: Sequence[Column], rows: Sequence[Cells], caps: Capabilities) -> list[Row]:
    """The lines of a table, as wide as the terminal at most; counts end below each other. In a pipe a row is a line."""
    count = max(len(columns), *map(len, rows), 1) if rows else max(len(columns), 1)
    shown = [*columns, *[Column("")] * (count - len(columns))]
    names = [cleaned(column.name) for column in shown]
    right = [column.kind is ColumnKind.NUMBER for column in shown]
    filled = [[*cells, *([] for _ in range(count - len(cells)))] for cells in rows]
    head: Cells = [[Piece(name, DIM)] for name in names]
    below = [[cells[at] for cells in (head, *filled)] for at in range(count)]
    wanted = [max(map(columns_of, column)) for column in below]
    if caps.width is None:
        return [line for cells in (head, *filled) for line in _line(cells, wanted, right)]
    room = caps.width - _BETWEEN * (count - 1)
    widths = wanted if sum(wanted) <= room else _shrunk(wanted, [max(map(widest_word, c)) for c in below], room)
    if widths is None:
        return [line for cells in filled for line in _stacked(names, cells, caps.width)]
    rule = Piece(("─" if caps.emoji else "-") * (sum(widths) + _BETWEEN * (count - 1)), DIM)
    return [*_line(head, widths, right), [rule], *(line for cells in filled for line in _line(cells, widths, right))]


def _shrunk(wanted: list[int], least: list[int], room: int) -> list[int] | None:
    """Widths that fit, taken from the widest columns first; None if no line break makes them fit."""
    if sum(least) > room:
        return None
    widths = [min(want, room) for want in wanted]
    while sum(widths) > room:
        widest = max((at for at in range(len(widths)) if widths[at] > least[at]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _line(cells: Cells, widths: list[int], right: list[bool]) -> Iterator[Row]:
    """A row of the table, as many lines as its tallest cell takes. `right`: which columns end below each other."""
    tall = [wrapped(cell, max(columns, 1)) for cell, columns in zip(cells, widths, strict=True)]
    for parts in zip_longest(*tall, fillvalue=[]):
        line: Row = []
        for part, columns, at_right in zip(parts, widths, right, strict=True):
            pad, between = Piece(" " * (columns - columns_of(part))), Piece(" " * _BETWEEN)
            line += [pad, *part, between] if at_right else [*part, pad, between]
        yield line


def _stacked(names: list[str], cells: Cells, columns: int) -> Iterator[Row]:
    """A row whose cells stand below each other, each after its column's name."""
    yield from hung([], cells[0], columns)
    for name, cell in zip(names[1:], cells[1:], strict=True):
        if columns_of(cell):
            named = [Piece(f"{name}: ", DIM), *cell] if name else cell
            yield from ([Piece("  "), *row] for row in wrapped(named, columns - 2))


def painted(row: Row, caps: Capabilities) -> str:
    """A line without spaces at its end, in SGR colours and OSC 8 links where they are shown."""
    pieces = list(row)
    while pieces and not pieces[-1].text.strip():
        pieces.pop()
    if pieces:
        pieces[-1] = pieces[-1]._replace(text=pieces[-1].text.rstrip())
    painted_runs = []
    for (style, url), run in groupby(pieces, key=lambda piece: (piece.style, piece.url)):
        text = "".join(piece.text for piece in run).replace(HARD_SPACE, " ")
        if caps.color and style:
            text = f"\x1b[{style}m{text}\x1b[0m"
        if caps.links and url:
            text = f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"
        painted_runs.append(text)
    return "".join(painted_runs)


def render(reply: Reply, caps: Capabilities, prompt: str = "xocompat", footer: RichText | None = None) -> str:
    """The whole reply, without a newline at its end.

    `prompt` stands before words to type ("xocompat" in a shell, "/xocompat" in chat). `footer` takes the buttons'
    place; unless given it names the commands that they stand for.
    """
    sheet = _Sheet(caps, prompt, reply.picture)
    rows = sheet.spans(reply.headline, BOLD)
    rows += sheet.blocks((*reply.blocks, *reply.rest))
    footer = hint(reply.buttons) if footer is None else footer
    if footer or reply.context or reply.attachment:
        rows.append([])
    if footer:
        rows += sheet.spans(footer)
    if reply.attachment:
        name, content = reply.attachment
        size = number(round(len(content) / 1000))
        rows += sheet.facts(say_line("A chat gets the file {name} with it ({size} kB).", name=name, size=size))
    for spans in reply.context:
        rows += sheet.facts(spans)
    return "\n".join(painted(row, caps) for row in rows)


def hint(buttons: Sequence[Button]) -> RichText:
    """Buttons as words to type. Sharing is no use to one who sits alone at a terminal."""
    asks = [
        Typed(f"{button.words} NOTE", is_synopsis=True)
        if isinstance(button, Act) and button.asks is Asks.NOTE
        else Typed(button.words)
        for button in buttons
        if isinstance(button, Ask | Act | Menu)
    ]
    if not asks:
        return ()
    commands = (asks[0], *(span for ask in asks[1:] for span in (Plain(" · "), ask)))
    return say_line("More: {commands}", commands=commands)


class _Sheet(NamedTuple):
    """Lays blocks out in rows, for one terminal and one prompt."""

    caps: Capabilities
    prompt: str
    picture: Picture | None = None

    def spans(self, spans: RichText, base: str = "") -> list[Row]:
        return wrapped(dressed(spans, self.caps, self.prompt, base), self.caps.text_width)

    def facts(self, spans: RichText) -> list[Row]:
        """A quiet line of facts with dots between them; a line breaks at a dot."""
        return wrapped(parted(dressed(spans, self.caps, self.prompt, DIM)), self.caps.text_width)

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
                yield from self.spans(line(title), BOLD) if title else ()
                yield from self._bullets(items, numbered)
            case Chart(_, _, points):
                yield from self.spans(block.in_words)
                if bars := _sparkline([point.value for point in points]) if self.caps.emoji else "":
                    yield [Piece(bars, DIM)]
            case Table(columns, rows):
                cells = [[dressed(cell, self.caps, self.prompt) for cell in row] for row in rows]
                yield from self._pictured(columns, cells) or table(columns, cells, self.caps)

    def _pictured(self, columns: Sequence[Column], rows: Sequence[Cells]) -> list[Row]:
        """The table with the bars of its picture beside the rows; nothing where there is no room for them."""
        if self.picture is None or self.caps.width is None:
            return []
        plain_table = table(columns, rows, self.caps._replace(width=None))
        room = min(self.caps.width - max(map(columns_of, plain_table)), BARS_MAX)
        if room < BARS_MIN:
            return []
        bars = self.picture.bars(room, is_ascii=not self.caps.emoji)
        beside = [[*cells, [Piece(bar)]] for cells, bar in zip(rows, bars.lines, strict=True)]
        legend = wrapped(parted([Piece(bars.legend, DIM)]), self.caps.text_width)
        return [*table([*columns, Column(bars.axis)], beside, self.caps), *legend]

    def _bullets(self, items: Sequence[RichText], numbered: bool) -> Iterator[Row]:
        if not numbered and items and all(map(_is_entry, items)):
            yield from self._entries(items)
            return
        bullet, digits = "•" if self.caps.emoji else "-", len(str(len(items)))
        for at, item in enumerate(items, 1):
            lead = f"{at:>{digits}}. " if numbered else f"{bullet} "
            yield from hung([Piece(lead)], dressed(item, self.caps, self.prompt), self.caps.text_width)

    def _entries(self, items: Sequence[RichText]) -> Iterator[Row]:
        """Words to type, each with what it does, in two columns; below each other where the words leave no room."""
        entries = []
        for item in items:
            typed, (first, *others) = (dressed(part, self.caps, self.prompt) for part in (item[:1], item[1:]))
            entries.append((typed, [first._replace(text=first.text.lstrip()), *others]))
        column = max(columns_of(typed) for typed, _ in entries) + 2
        if self.caps.text_width is None or column <= self.caps.text_width // 2:
            for typed, about in entries:
                lead = [*typed, Piece(" " * (column - columns_of(typed)))]
                yield from hung(lead, about, self.caps.text_width)
            return
        for typed, about in entries:
            yield from wrapped(typed, self.caps.text_width)
            yield from hung([Piece("    ")], about, self.caps.text_width)


def _sparkline(values: Sequence[int]) -> str:
    """Numbers as bars, the highest one full; nothing of fewer than two."""
    if len(values) < 2 or min(values) < 0:
        return ""
    return "".join("▁▂▃▄▅▆▇█"[round(7 * value / max(1, *values))] for value in values)


def _follows(block: Block, sections: bool) -> bool:
    """Whether a block belongs directly under the title above it. Headings do if they are but a list of lines."""
    match block:
        case Paragraph():
            return True
        case Bullets(_, title, _):
            return title is None
        case Heading():
            return not sections
        case Table() | Chart():
            return False


def _is_entry(item: RichText) -> bool:
    """Whether an item is words to type and, set apart by two spaces, what they do."""
    match item:
        case (Typed() | Code(), Plain(text), *_):
            return text.startswith("  ")
        case _:
            return False
