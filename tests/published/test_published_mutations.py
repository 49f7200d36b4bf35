"""A damaged page is refused, or gives no row that the whole page does not have, but for what is another label."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.published.page import Page
from bot.published.parse import read_page
from bot.query.reader import Reader

pytestmark = pytest.mark.large

NAMES = ("seed.md", "2020-05-21.md", "2026-08-07.md")
FIXTURES = [HealthCheck.function_scoped_fixture]


@pytest.fixture(params=NAMES)
def whole(shared: Path, request: pytest.FixtureRequest) -> bytes:
    page: bytes = (shared / "pages" / request.param).read_bytes()
    return page


def check(damaged: Page, whole: Page) -> None:
    """A row with the meaning of one of the whole page has its signs, or the page has a problem."""
    signs = {(row.product, number): row.badges for row in whole.rows for number in row.releases}
    if not damaged.problems:
        wrong = [
            row
            for row in damaged.rows
            for number in row.releases
            if signs.get((row.product, number), row.badges) != row.badges
        ]
        assert not wrong


def test_a_page_cut_at_any_line_has_only_its_own_rows(whole: bytes, reader: Reader) -> None:
    lines, expected = whole.split(b"\n"), read_page(whole, reader)
    for end in range(len(lines)):
        page = read_page(b"\n".join(lines[:end]), reader)
        signs = [(row.label, row.badges) for row in page.rows]
        assert page.problems or signs == [(row.label, row.badges) for row in expected.rows[: len(signs)]]


def test_a_page_without_any_one_line_shows_no_wrong_sign(whole: bytes, reader: Reader) -> None:
    lines, expected = whole.split(b"\n"), read_page(whole, reader)
    for at in range(len(lines)):
        page = read_page(b"\n".join((*lines[:at], *lines[at + 1 :])), reader)
        check(page, expected)
        assert page.problems or len(page.rows) >= len(expected.rows) - 1


def flips(page: bytes) -> Iterator[bytes]:
    """One of the eight bits of every fifth byte, so that a run takes seconds; each line has many."""
    for at in range(0, len(page), 5):
        yield page[:at] + bytes([page[at] ^ (1 << at % 8)]) + page[at + 1 :]


def test_a_page_with_one_bit_flipped_shows_no_wrong_sign(whole: bytes, reader: Reader) -> None:
    expected = read_page(whole, reader)
    for damaged in flips(whole):
        page = read_page(damaged, reader)
        check(page, expected)
        assert page.problems or len(page.rows) >= len(expected.rows) - 1


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURES)
def test_a_page_with_some_bytes_replaced_never_raises(whole: bytes, reader: Reader, data: st.DataObject) -> None:
    page = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 20))):
        page[data.draw(st.integers(0, len(page) - 1))] = data.draw(st.integers(0, 255))
    read_page(bytes(page), reader)
    read_page(bytes(page).decode("utf-8", "surrogateescape"), reader)
