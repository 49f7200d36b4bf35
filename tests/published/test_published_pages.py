"""The real pages give the rows that they show, to the last badge."""

from datetime import date
from pathlib import Path

import pytest

from bot.matrix.matrix import Matrix
from bot.published.page import Page
from bot.published.parse import read_page
from bot.query.reader import Reader


def checked_page(shared: Path, name: str, reader: Reader) -> Page:
    page = read_page((shared / "pages" / name).read_bytes(), reader)
    assert page.problems == ()
    assert page.has_signs
    return page


def test_the_first_page_is_the_list_of_its_day(shared: Path, matrix: Matrix, reader: Reader) -> None:
    day = date(2024, 11, 14)
    page = checked_page(shared, "seed.md", reader)
    expected = [
        (row.label(day), row.product, tuple(release.number for release in row.releases), row.badges(day))
        for row in matrix.published.rows
        if row.is_out(day)
    ]
    assert len(expected) == 21
    assert [(row.label, row.product, row.releases, row.badges) for row in page.rows] == expected


SIGNS_OF_2020 = """
XCP-ng 8.1: full extra_features
XCP-ng 8.0: full
XCP-ng 7.6: full no_security_updates
XCP-ng 7.5: full no_security_updates
XCP-ng 7.4: full no_security_updates
Citrix Hypervisor 8.1: full
Citrix Hypervisor 8.0: full
XenServer 7.6: full no_security_updates
XenServer 7.5: full no_security_updates
XenServer 7.4: full no_security_updates
XenServer 7.3: full no_security_updates
XenServer 7.2: full no_security_updates
XenServer 7.1 LTS: full
XenServer 7.0: full no_security_updates
XenServer 6.5: full no_security_updates
XenServer 6.1 and 6.2: partial no_security_updates
XenServer 5.x: partial no_security_updates
"""
SIGNS_OF_2026 = """
XCP-ng 8.3 LTS: full extra_features
XCP-ng 8.2 LTS: full no_security_updates
XCP-ng 8.1: full no_security_updates
XCP-ng 8.0: full no_security_updates
XCP-ng 7.6: full no_security_updates
XCP-ng 7.5: full no_security_updates
XCP-ng 7.4: full no_security_updates
XenServer 9: full
XenServer 8: full
Citrix Hypervisor 8.2 LTS: full no_security_updates
Citrix Hypervisor 8.1: full no_security_updates
Citrix Hypervisor 8.0: full no_security_updates
XenServer 7.6: full no_security_updates
XenServer 7.5: full no_security_updates
XenServer 7.4: full no_security_updates
XenServer 7.3: full no_security_updates
XenServer 7.2: partial no_security_updates
XenServer 7.1 LTS: full no_security_updates
XenServer 7.0: full no_security_updates
XenServer 6.5: full no_security_updates
XenServer 6.1 and 6.2: partial no_security_updates
XenServer 5.x: partial no_security_updates
"""


@pytest.mark.parametrize(
    ("name", "expected"), [("2020-05-21.md", SIGNS_OF_2020), ("2026-08-07.md", SIGNS_OF_2026)], ids=["2020", "2026"]
)
def test_a_page_gives_each_row_with_its_signs(shared: Path, reader: Reader, name: str, expected: str) -> None:
    page = checked_page(shared, name, reader)
    assert [f"{row.label}: {' '.join(row.badges)}" for row in page.rows] == expected.strip().splitlines()


def test_notes_below_a_row_are_plain_text_with_their_links(shared: Path, reader: Reader) -> None:
    rows = {row.label: row for row in checked_page(shared, "seed.md", reader).rows}
    assert rows["XenServer 7.5"].notes == ("VDI I/O error, waiting for Citrix to release our fix",)
    assert rows["XenServer 7.5"].links == ("https://bugs.xenserver.org/browse/XSO-873",)
    assert "INTERNAL_ERROR((Failure \"Expected float, got 'I(1)'\"))" in rows["XenServer 7.2"].notes[0]
    assert len(rows["XenServer 6.1 and 6.2"].notes) == 2


def test_rows_that_hold_several_releases_name_all_known_ones(shared: Path, reader: Reader) -> None:
    rows = {row.label: row.releases for row in checked_page(shared, "2026-08-07.md", reader).rows}
    assert rows["XenServer 5.x"] == ("5.0", "5.5", "5.6")
    assert rows["XenServer 6.1 and 6.2"] == ("6.1", "6.2")
