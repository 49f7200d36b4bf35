"""Rows that are written in any format are read back as they were."""

from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matrix.load import load_matrix
from bot.matrix.release import Product
from bot.matrix.support import Badge
from bot.published.page import PageRow
from bot.published.parse import read_page
from bot.query.reader import Reader
from tests.published.formats import FORMATS, Format, bullets, unsigned

MATRIX = load_matrix()
READER = Reader(MATRIX)
LABELS = [
    (product, label, numbers)
    for product, label, numbers in (
        *(
            (r.product, r.name(day), (r.number,))
            for r in MATRIX.releases
            for day in (date(2019, 1, 1), date(2026, 8, 7))
        ),
        (Product.XENSERVER, "XenServer 5.x", ("5.0", "5.5", "5.6")),
        (Product.XENSERVER, "XenServer 6.1 and 6.2", ("6.1", "6.2")),
        (Product.XCP_NG, "XCP-ng 9.x", ("9.x",)),
        (Product.XCP_NG, "XCP-ng 9.1 LTS", ("9.1",)),
        (Product.XENSERVER, "XenServer 10", ("10",)),
    )
]
NOTES = st.lists(
    st.from_regex(r"[A-Z][a-z]{2,8}( [a-z]{2,8}| \(XSO-[1-9]\)| it's| 1,024 MiB){0,4}", fullmatch=True), max_size=2
)
BADGES = st.tuples(st.sampled_from([Badge.FULL, Badge.PARTIAL]), st.booleans(), st.booleans()).map(
    lambda chosen: (
        chosen[0],
        *([Badge.EXTRA_FEATURES] if chosen[1] else []),
        *([Badge.NO_SECURITY_UPDATES] if chosen[2] else []),
    )
)


def apart(rows: Iterable[PageRow]) -> list[PageRow]:
    """The rows of which no two mean one release."""
    by_label: dict[object, PageRow] = {}
    taken: set[tuple[Product, str]] = set()
    for row in rows:
        meant = {(row.product, number) for number in row.releases}
        if "9.x" in row.releases or "9.1" in row.releases:
            meant.add((row.product, "9"))
        if not meant & taken:
            taken |= meant
            by_label[row.label] = row
    return list(by_label.values())


ROWS = st.lists(
    st.builds(
        lambda label, badges, notes: PageRow(label[1], label[0], label[2], badges, tuple(notes)),
        st.sampled_from(LABELS),
        BADGES,
        NOTES,
    ),
    min_size=1,
    max_size=25,
).map(apart)


def facts(rows: Iterable[PageRow]) -> list[tuple[str, Product, tuple[str, ...], tuple[Badge, ...], str]]:
    return [(row.label, row.product, row.releases, row.badges, "; ".join(row.notes)) for row in rows]


@pytest.mark.parametrize("written", FORMATS, ids=lambda written: written.name)
@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_rows_are_read_back(written: Format, rows: list[PageRow]) -> None:
    page = read_page(written.write(rows), READER)
    assert page.problems == ()
    assert page.has_signs
    assert facts(page.rows) == facts(rows)


@given(rows=ROWS)
@settings(max_examples=15, deadline=None)
def test_a_page_of_before_may_2020_has_rows_without_signs(rows: list[PageRow]) -> None:
    page = read_page(unsigned(rows), READER)
    assert page.problems == ()
    assert not page.has_signs
    assert facts(page.rows) == facts(row._replace(badges=()) for row in rows)


@given(text=st.text(max_size=200) | st.binary(max_size=200))
@settings(deadline=None)
def test_any_text_is_read_without_an_exception(text: str | bytes) -> None:
    page = read_page(text, READER)
    assert page.problems


@given(rows=ROWS)
@settings(max_examples=10, deadline=None)
def test_rows_may_stand_in_any_order(rows: list[PageRow]) -> None:
    assert facts(read_page(bullets(rows[::-1]), READER).rows) == facts(rows[::-1])
