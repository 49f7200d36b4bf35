"""How rows differ, by release and meaning: two pages, or a page and the list in use; and where dates say otherwise."""

from collections.abc import Sequence
from datetime import date

from bot.matrix.matrix import Matrix
from bot.matrix.support import Badge
from bot.published.labels import WORDS, overlap
from bot.published.page import Disagreement, Page, PageRow, RowChange, RowChangeKind

_SKULL = Badge.NO_SECURITY_UPDATES

Side = tuple[PageRow, ...]


def compare(before: Sequence[PageRow], after: Sequence[PageRow]) -> tuple[RowChange, ...]:
    """What changed between two pages, in the order of the later one; what was removed comes last.

    The order of rows means nothing. A row that was split or merged is relabelled. Rows without any badge are of a page
    that has no signs: these say nothing of support, and so nothing that changed.
    """
    changes: list[RowChange] = []
    for old, new in _pairs(before, after):
        changes.extend(_changes(old, new))
    return tuple(changes)


def changes(page: Page, matrix: Matrix, day: date, accepted: Sequence[PageRow] = ()) -> tuple[RowChange, ...]:
    """The page against the list in use on a day. `accepted` are the rows of the page that is in use, if one is.

    The skull of the list in use follows from dates, so that a page which lags or leads is no change, but one of the
    `disagreements`. The shipped list has no notes of the page's wording: only those of an accepted page are compared.
    """
    used: list[PageRow] = []
    for row in in_use(matrix, day):
        notes = (note for other in accepted if _share(row, other) for note in other.notes)
        used.append(row._replace(notes=tuple(dict.fromkeys(notes))))
    return tuple(
        change
        for old, new in _pairs(used, page.rows)
        for change in _changes(_agreeing(old, new), new)
        if accepted or change.kind is not RowChangeKind.NOTES
    )


def in_use(matrix: Matrix, day: date) -> Side:
    """The list in use on a day as rows of a page, without notes."""
    return tuple(
        PageRow(row.label(day), row.product, tuple(release.number for release in row.releases), row.badges(day))
        for row in matrix.published.rows
        if row.is_out(day)
    )


def disagreements(page: Page, matrix: Matrix, day: date) -> tuple[Disagreement, ...]:
    """Rows that the page shows as EOL and the vendor's dates do not on a day, or the other way round.

    A row is EOL when all its releases are. Rows with a release that has no date, or that nobody knows, are left out.
    """
    found: list[Disagreement] = []
    for row in page.rows if page.has_signs else ():
        known = [release for number in row.releases if (release := matrix.release(row.product, number))]
        ends = [release.lifecycle.eol for release in known if release.lifecycle.eol]
        if not ends or len(ends) < len(row.releases):
            continue
        eol, is_shown = max(ends), _SKULL in row.badges
        if is_shown is not (day >= eol):
            name = known[0].base_name if len(known) == 1 else row.label
            found.append(Disagreement(name, is_shown, eol, day))
    return tuple(found)


def badge_words(row: PageRow) -> str | None:
    """A row's signs as the legend words them; None where it has none."""
    return ", ".join(WORDS[badge] for badge in row.badges) or None


def _pairs(before: Sequence[PageRow], after: Sequence[PageRow]) -> list[tuple[Side, Side]]:
    """The rows of both sides that share releases, each with all that it shares any with."""
    left, groups = list(before), list[tuple[Side, Side]]()
    waiting = list(after)
    while waiting:
        news, olds = [waiting.pop(0)], list[PageRow]()
        while more := [row for row in left if any(_share(row, new) for new in news)]:
            left = [row for row in left if row not in more]
            olds.extend(more)
            news.extend(found := [row for row in waiting if any(_share(row, old) for old in more)])
            waiting = [row for row in waiting if row not in found]
        groups.append((tuple(olds), tuple(news)))
    return [*groups, *(((row,), ()) for row in left)]


def _share(one: PageRow, other: PageRow) -> bool:
    return one.product is other.product and any(
        overlap(mine, theirs) for mine in one.releases for theirs in other.releases
    )


def _changes(old: Side, new: Side) -> list[RowChange]:
    """The changes of rows that belong together; one side may be empty."""
    if not old or not new:
        kind = RowChangeKind.ADDED if new else RowChangeKind.REMOVED
        return [
            RowChange(kind, row.label, None if new else _whole(row), _whole(row) if new else None) for row in old or new
        ]
    label, found = _labels(new), list[RowChange]()
    if _labels(old) != label:
        found.append(RowChange(RowChangeKind.RELABELLED, label, _labels(old), label))
    for now in new:
        for was in (row for row in old if _share(row, now)):
            if was.badges and now.badges and set(was.badges) != set(now.badges):
                found.append(RowChange(RowChangeKind.BADGES, now.label, badge_words(was), badge_words(now)))
            if _notes(was) != _notes(now):
                found.append(RowChange(RowChangeKind.NOTES, now.label, _notes(was), _notes(now)))
    return list(dict.fromkeys(found))


def _labels(rows: Side) -> str:
    return ", ".join(sorted(row.label for row in rows))


def _notes(row: PageRow) -> str | None:
    return "; ".join(row.notes) or None


def _whole(row: PageRow) -> str:
    words = badge_words(row)
    text = f"{row.label}: {words}" if words else row.label
    return f"{text} ({_notes(row)})" if row.notes else text


def _agreeing(old: Side, new: Side) -> Side:
    """The rows in use with the page's skull instead of their own."""
    if not new or not all(row.badges for row in new):
        return old
    agreed: list[PageRow] = []
    for row in old:
        shown = any(_SKULL in other.badges for other in new if _share(row, other))
        others = tuple(badge for badge in row.badges if badge is not _SKULL)
        agreed.append(row._replace(badges=(*others, _SKULL) if shown else others))
    return tuple(agreed)
