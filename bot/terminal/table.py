"""Tables: columns two spaces apart, shrunk to the width; where that cannot be, each row stands as lines of its own."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from bot.terminal.look import Look
from bot.terminal.piece import DIM, Piece
from bot.terminal.wrap import Row, columns_of, hung, widest_word, wrapped

_BETWEEN = 2

Cells = list[Row]


def table(header: Sequence[str], rows: Sequence[Cells], look: Look) -> list[Row]:
    """The lines of a table. The header's text is clean. In a pipe every row is one line."""
    count = max(len(header), *map(len, rows), 1) if rows else max(len(header), 1)
    names = [*header, *[""] * (count - len(header))]
    filled = [[*cells, *([] for _ in range(count - len(cells)))] for cells in rows]
    head: Cells = [[Piece(name, DIM)] for name in names]
    columns = [[cells[at] for cells in (head, *filled)] for at in range(count)]
    wanted = [max(map(columns_of, column)) for column in columns]
    if look.width is None:
        return [line for cells in (head, *filled) for line in _line(cells, wanted)]
    room = look.width - _BETWEEN * (count - 1)
    widths = wanted if sum(wanted) <= room else _shrunk(wanted, [max(map(widest_word, c)) for c in columns], room)
    if widths is None:
        return [line for cells in filled for line in _stacked(names, cells, look.width)]
    rule = Piece(("─" if look.emoji else "-") * (sum(widths) + _BETWEEN * (count - 1)), DIM)
    return [*_line(head, widths), [rule], *(line for cells in filled for line in _line(cells, widths))]


def _shrunk(wanted: list[int], least: list[int], room: int) -> list[int] | None:
    """Widths that fit, taken from the widest columns first; None if no line break makes them fit."""
    if sum(least) > room:
        return None
    widths = [min(want, room) for want in wanted]
    while sum(widths) > room:
        widest = max((at for at in range(len(widths)) if widths[at] > least[at]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _line(cells: Cells, widths: list[int]) -> Iterator[Row]:
    """A row of the table: one line, or as many as its tallest cell takes."""
    tall = [wrapped(cell, max(columns, 1)) for cell, columns in zip(cells, widths, strict=True)]
    for parts in zip_longest(*tall, fillvalue=[]):
        line: Row = []
        for part, columns in zip(parts, widths, strict=True):
            line += [*part, Piece(" " * (columns - columns_of(part) + _BETWEEN))]
        yield line


def _stacked(names: list[str], cells: Cells, columns: int) -> Iterator[Row]:
    """A row whose cells stand below each other, each after its column's name."""
    yield from hung([], cells[0], columns)
    for name, cell in zip(names[1:], cells[1:], strict=True):
        if columns_of(cell):
            named = [Piece(f"{name}: ", DIM), *cell] if name else cell
            yield from ([Piece("  "), *row] for row in wrapped(named, columns - 2))
