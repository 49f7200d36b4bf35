"""Whether a page that was read makes sense beside what is known."""

import re
from collections.abc import Iterable, Iterator

from bot.matrix.known import Matrix
from bot.matrix.listing import Badge, SupportLevel
from bot.matrix.release import Product, Release
from bot.published.page import Page, PageProblem, PageRow
from bot.query.text import shown

_LEVELS = {Badge.FULL: SupportLevel.FULL, Badge.PARTIAL: SupportLevel.PARTIAL}
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}", re.ASCII)

Names = dict[tuple[Product, str], Release]


def unusable(matrix: Matrix, page: Page) -> tuple[PageProblem, ...]:
    """What keeps a page from being merged: what could not be read, else rows that make no sense beside what is known.

    Two rows about one release contradict each other, whatever names they have for it.
    """
    return page.problems or (tuple(_senseless(matrix, page)) if page.has_signs else ())


def _senseless(matrix: Matrix, page: Page) -> Iterator[PageProblem]:
    known, first = names(matrix.releases), dict[tuple[Product, str], PageRow]()
    for row in page.rows:
        label = shown(row.label)
        if (signs := len(levels(row))) != 1:
            told = "two signs" if signs else "no sign"
            yield PageProblem(row.line, f"{label} has {told} of how far it is supported.")
        if not row.releases:
            yield PageProblem(row.line, f"{label} names no release.")
        for text in row.releases:
            number = number_of(text)
            release = known.get((row.product, number))
            before = first.setdefault((row.product, release.number if release else number), row)
            if not _NUMBER.fullmatch(number):
                yield PageProblem(row.line, f'"{shown(text)}" in {label} is not the number of a release.')
            elif before is not row:
                yield PageProblem(row.line, f"{row.product} {number} is in line {before.line} already.")


def levels(row: PageRow) -> list[SupportLevel]:
    """The levels of support that a row's signs name: one, unless the page is wrong."""
    return [_LEVELS[badge] for badge in row.badges if badge in _LEVELS]


def number_of(text: str) -> str:
    """A release's number as the page has it, as the data would have it: 9 for "9.x"."""
    return text.lower().removesuffix(".x")


def names(releases: Iterable[Release]) -> Names:
    """Releases by product and number; an alias is never in the way of another's own number."""
    every = tuple(releases)
    also = {(release.product, alias): release for release in every for alias in release.aliases}
    return {**also, **{(release.product, release.number): release for release in every}}
