"""What a published page says, row by row, and what of it cannot be read."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.release import Product
from bot.matrix.support import Badge


class PageRow(NamedTuple):
    """A row as the page has it: its label, what that means, its signs in the list's order, what is noted below it.

    `releases` are numbers such as "8.2" or "5.6"; those that nobody knows yet ("9.1") stand as the page has them.
    `notes` are plain text, `links` their addresses. `line` counts from 1.
    """

    label: str
    product: Product
    releases: tuple[str, ...]
    badges: tuple[Badge, ...]
    notes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    line: int = 0


class PageProblem(NamedTuple):
    """Something that cannot be read, or contradicts the rest: a sentence with what to do or what it means."""

    line: int
    message: str


class Page(NamedTuple):
    """A page as it was read. One with problems must not be used. `has_signs` is False for pages before May 2020."""

    rows: tuple[PageRow, ...]
    problems: tuple[PageProblem, ...] = ()
    has_signs: bool = True


class RowChangeKind(StrEnum):
    """How a row differs (CONTRACT.md section 2)."""

    ADDED = "added"
    REMOVED = "removed"
    RELABELLED = "relabelled"
    BADGES = "badges"
    NOTES = "notes"


class RowChange(NamedTuple):
    """One difference. `before` and `after` are what a person reads (label, signs in words, notes), None for nothing."""

    kind: RowChangeKind
    label: str
    before: str | None
    after: str | None


class Disagreement(NamedTuple):
    """The page and the vendor's dates say different things of a row on the day `on`.

    `name` is its release's, or the label of a row of several; `is_shown`: the page shows it as EOL.
    """

    name: str
    is_shown: bool
    eol: date
    on: date


class Revision(NamedTuple):
    """A page that was fetched from `source`. `digest` is the SHA-256 of its bytes in hexadecimal digits."""

    source: str
    digest: str
    text: str
    read_on: date


class PageEntry(NamedTuple):
    """A bullet, a row of a table or an object. `cells` are its texts, a bullet has one.

    `line` and `last` count from 1. `group` is the number of the list or table (below 0 of a component's), `eol` what a
    flag beside the signs says.
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
