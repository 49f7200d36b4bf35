"""What the formats have in common: a piece of the page that may be a row of the list or of its legend."""

from typing import NamedTuple


class Entry(NamedTuple):
    """A bullet, a row of a table or an object. `cells` are its texts, a bullet has one.

    `line` and `last` count from 1. `group` tells the list or table, `eol` what a flag beside the signs says.
    """

    line: int
    last: int
    cells: tuple[str, ...]
    group: int
    notes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    eol: bool | None = None


def tidy(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())
