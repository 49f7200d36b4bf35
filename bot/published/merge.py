"""Whether a page that was read makes sense beside what is known."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from packaging.version import Version

from bot.catalogue import message, say
from bot.matrix.lifecycle import Lifecycle
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import Badge, ListRow, PublishedList, Support, SupportLevel
from bot.published.page import Page, PageProblem, PageRow
from bot.text import shown

_LEVELS = {Badge.FULL: SupportLevel.FULL, Badge.PARTIAL: SupportLevel.PARTIAL}
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}", re.ASCII)

Names = dict[tuple[Product, str], Release]


def unusable(matrix: Matrix, page: Page) -> tuple[PageProblem, ...]:
    """What keeps a page from being merged: what could not be read, else rows that make no sense beside what is known.

    Two rows about one release contradict each other, whatever names they have for it.
    """
    return page.problems or (tuple(_senseless(matrix, page)) if page.has_signs else ())


def _senseless(matrix: Matrix, page: Page) -> Iterator[PageProblem]:
    known, first = release_names(matrix.releases), dict[tuple[Product, str], PageRow]()
    for row in page.rows:
        label = shown(row.label)
        if (signs := len(levels(row))) != 1:
            text = message("{label} has no sign of how far it is supported.")
            if signs:
                text = message("{label} has two signs of how far it is supported.")
            yield PageProblem(row.line, say(text, label=label))
        if not row.releases:
            yield PageProblem(row.line, say("{label} names no release.", label=label))
        for text in row.releases:
            number = number_of(text)
            release = known.get((row.product, number))
            before = first.setdefault((row.product, release.number if release else number), row)
            if not _NUMBER.fullmatch(number):
                not_one = say('"{text}" in {label} is not the number of a release.', text=shown(text), label=label)
                yield PageProblem(row.line, not_one)
            elif before is not row:
                named = f"{row.product} {number}"
                twice = say("{release} is in line {line} already.", release=named, line=before.line)
                yield PageProblem(row.line, twice)


def levels(row: PageRow) -> list[SupportLevel]:
    """The levels of support that a row's signs name: one, unless the page is wrong."""
    return [_LEVELS[badge] for badge in row.badges if badge in _LEVELS]


def number_of(text: str) -> str:
    """A release's number as the page has it, as the data would have it: 9 for "9.x"."""
    return text.lower().removesuffix(".x")


def release_names(releases: Iterable[Release]) -> Names:
    """Releases by product and number; an alias is never in the way of another's own number."""
    every = tuple(releases)
    also = {(release.product, alias): release for release in every for alias in release.aliases}
    return {**also, **{(release.product, release.number): release for release in every}}


UNOFFICIAL = "no official support"
"""How the list's notes say it, whatever else they say."""

_NAMES = {Product.XCP_NG: ("XCP-ng",), Product.XENSERVER: ("XenServer", "Citrix Hypervisor")}
_UNKNOWN = Lifecycle(None, None, None)
_WITH_PATCH = 3
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As notes in data/ write them."""


def merged(matrix: Matrix, page: Page, read_on: date, last_read: date | None = None) -> Matrix:
    """The shipped Matrix with the page's rows, in the page's order, as read on a day. ValueError for one that is
    `unusable`.

    What the page says of support counts, its signs of dates do not. A release that the data lacks is added without
    dates. One that the page has no more stays, with its dates, but is unlisted: support follows the page, and a row
    that it dropped is no promise any more. A page without signs says nothing of support, so it changes nothing.
    """
    if problems := unusable(matrix, page):
        raise ValueError(f"this page is not to be used: {problems[0].message}")
    if not page.has_signs:
        return matrix
    new = _new_releases(matrix, page, read_on)
    newest_first = sorted((*matrix.releases, *new), key=lambda release: release.compares_as, reverse=True)
    releases = tuple(sorted(newest_first, key=lambda release: list(Product).index(release.product)))
    known = release_names(releases)
    was = matrix.published
    dropped = {row.releases: row.extra_features_until for row in was.rows}
    rows: list[ListRow] = []
    for row in page.rows:
        listed = tuple(known[row.product, number_of(text)] for text in row.releases)
        support, title = support_of(row), shown(row.label) if len(listed) > 1 else None
        until = None if support.extra_features else dropped.get(listed)
        rows.append(ListRow(row.product, listed, support, title, until))
    return Matrix(
        releases=releases,
        published=PublishedList(was.source, read_on, was.legend, tuple(rows), last_read),
        issues=matrix.issues,  # whether an issue touches a new release is not known before somebody has found out
        features=matrix.features,
        hops={**matrix.hops, **dict.fromkeys(new, ())},
        lifecycle_source=matrix.lifecycle_source,
        lifecycle_read_on=matrix.lifecycle_read_on,
        requirements=matrix.requirements,
        in_development=matrix.in_development,
        renewed_to=matrix.renewed_to,
        advisories=matrix.advisories,
    )


def _new_releases(matrix: Matrix, page: Page, read_on: date) -> tuple[Release, ...]:
    """The page's releases that the data lacks, each once."""
    known = release_names(matrix.releases)
    found: dict[tuple[Product, str], Release] = {}
    for row in page.rows:
        for text in row.releases:
            named = row.product, number_of(text)
            if named not in known and named not in found:
                found[named] = _new(row, text, read_on)

    def own(release: Release) -> tuple[str, ...]:
        """Without the aliases that are numbers of releases of their own: 9.0 beside 9.x."""
        return tuple(alias for alias in release.aliases if (release.product, alias) not in found)

    return tuple(release._replace(aliases=own(release)) for release in found.values())


def _new(row: PageRow, text: str, read_on: date) -> Release:
    """A release of which nothing but its row is known. "9.x" before any 9.0 is known is release 9, as 8 is 8.4.

    Its name is the row's label if that is a product's name and this number; without "LTS", whose first day is not
    known.
    """
    number = number_of(text)
    label = " ".join(row.label.split()).removesuffix(" LTS")
    is_name = label in {f"{name} {text}" for name in _NAMES[row.product]}
    day = f"{read_on.day} {_MONTHS[read_on.month - 1]} {read_on.year}"
    note = f"From the published list of {day}: its dates are not in our data yet"
    if Badge.NO_SECURITY_UPDATES in row.badges:
        note += ", and the list shows it as without security updates"
    return Release(
        product=row.product,
        number=number,
        base_name=label if is_name else f"{row.product} {text}",
        compares_as=Version(number),
        lifecycle=_UNKNOWN,
        aliases=(f"{number}.0",) if number.count(".") + 1 < _WITH_PATCH else (),  # as hosts report it
        note=note,
    )


def support_of(row: PageRow) -> Support:
    """What a row's signs and notes say of support."""
    (level,) = levels(row)
    official = not any(UNOFFICIAL in " ".join(note.lower().split()) for note in row.notes)
    return Support(level, official, Badge.EXTRA_FEATURES in row.badges)


def changed_support(used: Matrix, page: Page) -> int:
    """How many rows of the list in use the page gives another support: level, official or not, extra features.

    Signs of dates are none, and a row that is gone is counted elsewhere. A page without signs says nothing of support.
    """
    if not page.has_signs or unusable(used, page):
        return 0
    known = release_names(used.releases)
    new = {known.get((row.product, number_of(text))): support_of(row) for row in page.rows for text in row.releases}
    return sum(
        any(new.get(release, row.support) != row.support for release in row.releases) for row in used.published.rows
    )
