"""Pieces into lines of a width. Lines break at spaces; a word that is longer than a line stays whole."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from bot.terminal.piece import Piece
from bot.terminal.width import width

Row = list[Piece]
"""One line of output."""

_SPACES = re.compile("( +)")


def wrapped(pieces: Row, columns: int | None) -> list[Row]:
    """The lines, at least one. `columns` is None where nothing is wrapped."""
    if columns is None or columns_of(pieces) <= columns:
        return [pieces]
    rows: list[Row] = [[]]
    used = 0
    for gap, word in _words(pieces, columns):
        wanted = columns_of(gap) + columns_of(word)
        if rows[-1] and used + wanted <= columns:
            rows[-1] += [*gap, *word]
            used += wanted
            continue
        if rows[-1]:
            rows.append([])
        rows[-1] += word
        used = columns_of(word)
    return rows


def hung(lead: Row, pieces: Row, columns: int | None) -> list[Row]:
    """Lines behind a lead ("1. "), the second and later ones set in by the lead's width."""
    by = columns_of(lead)
    first, *others = wrapped(pieces, None if columns is None else max(columns - by, 1))
    return [[*lead, *first], *([Piece(" " * by), *other] for other in others)]


def columns_of(pieces: Iterable[Piece]) -> int:
    """How wide pieces are side by side."""
    return width("".join(piece.text for piece in pieces))


def widest_word(pieces: Row) -> int:
    """The columns of the longest run without a space, below which wrapping is no use."""
    return max((columns_of(word) for _, word in _words(_loosened(pieces), 1)), default=0)


def _words(pieces: Sequence[Piece], columns: int) -> Iterator[tuple[Row, Row]]:
    """Words, each with the gap before it."""
    gap: Row = []
    for is_gap, group in groupby(_cut(pieces, columns), key=lambda piece: not piece.text.strip(" ")):
        run = list(group)
        if is_gap:
            gap = run
        elif any(piece.whole for piece in run) and columns_of(run) > columns:
            (_, first), *others = _words(_loosened(run), columns)
            yield gap, first
            yield from others
        else:
            yield gap, run


def _cut(pieces: Iterable[Piece], columns: int) -> Iterator[Piece]:
    for piece in pieces:
        if piece.whole and width(piece.text) <= columns:
            yield piece
        else:
            yield from (piece._replace(text=text, whole=False) for text in _SPACES.split(piece.text) if text)


def _loosened(pieces: Iterable[Piece]) -> Row:
    return [piece._replace(whole=False) for piece in pieces]
