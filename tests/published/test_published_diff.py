"""Pages are compared by release and meaning, and with the vendor's dates."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from bot.chat.commands.changes import disagreement
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.matrix.support import Badge
from bot.published.diff import changes, compare, disagreements, in_use
from bot.published.labels import WORDS
from bot.published.page import Page, PageRow, RowChange, RowChangeKind
from bot.published.parse import read_page
from bot.query.reader import Reader
from tests.published.test_published_formats import ROWS

XS, XCP = Product.XENSERVER, Product.XCP_NG
FULL, PARTIAL, EXTRA, SKULL = Badge
OLD = PageRow("XenServer 6.1 and 6.2", XS, ("6.1", "6.2"), (PARTIAL, SKULL))
SPLIT = (
    PageRow("XenServer 6.1", XS, ("6.1",), (PARTIAL, SKULL)),
    PageRow("XenServer 6.2", XS, ("6.2",), (FULL, SKULL)),
)
DAYS = {"2020-05-21.md": date(2020, 5, 21), "seed.md": date(2024, 11, 14), "2026-08-07.md": date(2026, 8, 7)}


def page_of(shared: Path, name: str, reader: Reader) -> Page:
    return read_page((shared / "pages" / name).read_bytes(), reader)


def test_the_words_of_signs_are_those_of_the_legend(matrix: Matrix) -> None:
    assert {sign.badge: sign.words for sign in matrix.published.legend} == WORDS


def test_a_new_name_is_a_label_that_changed() -> None:
    before = PageRow("XCP-ng 8.3", XCP, ("8.3",), (FULL,))
    assert compare([before], [before._replace(label="XCP-ng 8.3 LTS")]) == (
        RowChange(RowChangeKind.RELABELLED, "XCP-ng 8.3 LTS", "XCP-ng 8.3", "XCP-ng 8.3 LTS"),
    )


def test_numbers_of_two_products_are_different_releases() -> None:
    found = compare([PageRow("XCP-ng 8.2", XCP, ("8.2",), (FULL,))], [PageRow("XenServer 8.2", XS, ("8.2",), (FULL,))])
    assert [change.kind for change in found] == ["added", "removed"]


def test_signs_and_notes_are_told_before_and_after() -> None:
    before = PageRow("XenServer 7.2", XS, ("7.2",), (FULL, SKULL))
    after = before._replace(badges=(PARTIAL, SKULL), notes=("JSON-RPC issues", "slow"))
    assert compare([before], [after]) == (
        RowChange(
            RowChangeKind.BADGES,
            "XenServer 7.2",
            "full support, no security updates",
            "partial support, no security updates",
        ),
        RowChange(RowChangeKind.NOTES, "XenServer 7.2", None, "JSON-RPC issues; slow"),
    )


def test_a_row_that_is_split_is_relabelled_and_tells_only_the_part_that_changed() -> None:
    assert compare([OLD], SPLIT) == (
        RowChange(RowChangeKind.RELABELLED, "XenServer 6.1, XenServer 6.2", OLD.label, "XenServer 6.1, XenServer 6.2"),
        RowChange(
            RowChangeKind.BADGES,
            "XenServer 6.2",
            "partial support, no security updates",
            "full support, no security updates",
        ),
    )


def test_rows_that_are_merged_are_relabelled() -> None:
    found = compare(SPLIT, [OLD])
    assert [(change.kind, change.label) for change in found] == [("relabelled", OLD.label), ("badges", OLD.label)]


def test_a_page_without_signs_says_nothing_of_support() -> None:
    assert compare([OLD._replace(badges=())], [OLD]) == ()


@given(before=ROWS, after=ROWS)
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_is_no_change(before: list[PageRow], after: list[PageRow]) -> None:
    shuffled = sorted(before, key=lambda row: (row.product, row.label[::-1]))
    assert set(compare(before, after)) == set(compare(shuffled, after[::-1]))
    assert compare(before, shuffled) == ()


@given(before=ROWS, after=ROWS)
@settings(max_examples=50, deadline=None)
def test_what_one_way_adds_the_other_way_removes(before: list[PageRow], after: list[PageRow]) -> None:
    added = {change.label for change in compare(before, after) if change.kind is RowChangeKind.ADDED}
    removed = {change.label for change in compare(after, before) if change.kind is RowChangeKind.REMOVED}
    assert added == removed


def test_the_first_page_changes_nothing_on_its_day(shared: Path, matrix: Matrix, reader: Reader) -> None:
    page = page_of(shared, "seed.md", reader)
    assert changes(page, matrix, DAYS["seed.md"]) == ()
    assert disagreements(page, matrix, DAYS["seed.md"]) == ()


def test_the_list_in_use_is_the_list_of_the_day(matrix: Matrix) -> None:
    assert len(in_use(matrix, DAYS["seed.md"])) == 21
    assert in_use(matrix, DAYS["2026-08-07.md"])[7][:4] == ("XenServer 9", XS, ("9",), (FULL,))


def test_the_newest_page_took_one_sign_away_on_its_day(shared: Path, matrix: Matrix, reader: Reader) -> None:
    page, day = page_of(shared, "2026-08-07.md", reader), DAYS["2026-08-07.md"]
    assert changes(page, matrix, day) == ()
    assert changes(page, matrix, day - timedelta(days=1)) == (
        RowChange(
            RowChangeKind.BADGES,
            "XCP-ng 8.2 LTS",
            "full support, all extra features, no security updates",
            "full support, no security updates",
        ),
    )


def test_a_page_that_lags_behind_dates_disagrees_and_changes_nothing(
    shared: Path, matrix: Matrix, reader: Reader
) -> None:
    page, day = page_of(shared, "seed.md", reader), date(2026, 7, 15)
    worded = [disagreement(found) for found in disagreements(page, matrix, day)]
    assert "the page does not show XCP-ng 8.2 as EOL, the vendor's date passed 302 days ago" in worded
    assert RowChangeKind.BADGES not in {change.kind for change in changes(page, matrix, day)}


def test_a_page_that_is_ahead_of_dates_disagrees(shared: Path, matrix: Matrix, reader: Reader) -> None:
    page = page_of(shared, "2020-05-21.md", reader)
    (found,) = disagreements(page, matrix, DAYS["2020-05-21.md"])
    assert disagreement(found) == "the page shows XenServer 7.0 as EOL, the vendor's date is in 363 days"


def test_releases_that_nobody_knows_agree_with_any_date(matrix: Matrix) -> None:
    page = Page((PageRow("XCP-ng 9.x", XCP, ("9.x",), (FULL, SKULL)),))
    assert disagreements(page, matrix, date(2026, 8, 7)) == ()


def test_notes_are_compared_with_those_of_the_page_in_use(matrix: Matrix) -> None:
    day = date(2026, 8, 7)
    rows = tuple(row._replace(notes=("new",) if row.label == "XenServer 9" else ()) for row in in_use(matrix, day))
    assert changes(Page(rows), matrix, day) == ()
    assert changes(Page(rows), matrix, day, in_use(matrix, day)) == (
        RowChange(RowChangeKind.NOTES, "XenServer 9", None, "new"),
    )


@pytest.mark.parametrize("before", DAYS)
@pytest.mark.parametrize("after", DAYS)
def test_a_page_differs_from_the_others_only(shared: Path, reader: Reader, before: str, after: str) -> None:
    found = compare(page_of(shared, before, reader).rows, page_of(shared, after, reader).rows)
    assert bool(found) is (before != after)
