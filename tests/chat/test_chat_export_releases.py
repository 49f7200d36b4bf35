"""`export --what releases`: all releases for other programs."""

import csv
import io

from bot.chat.export import RELEASE_HEADER, releases_csv, releases_data
from bot.matrix.matrix import Matrix
from bot.published.merge import merged
from tests.published.listed import FULL, READ_ON, new_row, page_of


def _rows(matrix: Matrix) -> dict[tuple[str, str], dict[str, str]]:
    rows = csv.DictReader(io.StringIO(releases_csv(matrix, READ_ON)))
    return {(row["product"], row["release"]): row for row in rows}


def test_csv_has_a_line_for_each_release_in_the_order_of_the_data(matrix: Matrix) -> None:
    assert list(_rows(matrix)) == [(release.product, release.number) for release in matrix.releases]


def test_a_line_has_what_the_list_and_the_vendor_say(matrix: Matrix) -> None:
    row = _rows(matrix)["XenServer", "5.6"]
    assert tuple(row) == RELEASE_HEADER
    assert (row["name"], row["support"], row["official_support"], row["stage"]) == (
        "XenServer 5.6", "partial", "no", "eol",
    )  # fmt: skip
    assert (row["released_on"], row["maintenance_ends_on"], row["eol_on"]) == ("2010-05", "2012-06-30", "2014-03-31")
    assert row["codenames"] == "midnight-ride; midnight ride; cowley; oxford"


def test_dates_that_nobody_knows_are_empty(matrix: Matrix) -> None:
    row = _rows(merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON))["XenServer", "9.1"]
    assert (row["released_on"], row["eol_on"], row["days_left"]) == ("", "", "")
    assert row["note"].startswith("From the published list of 25 Nov 2026")


def test_json_has_each_release_as_a_look_up_has_it(matrix: Matrix) -> None:
    data = releases_data(matrix, READ_ON)
    assert data["as_of"] == "2026-11-25"
    assert data["releases"][0] == {
        "product": "XCP-ng",
        "release": "8.3",
        "name": "XCP-ng 8.3 LTS",
        "support": {"level": "full", "official": True, "extra_features": True},
        "lifecycle": {
            "stage": "supported",
            "released_on": "2024-10-07",
            "maintenance_ends_on": None,
            "eol_on": "2028-11-30",
            "lts": True,
            "days_left": 736,
        },
        "aliases": ["8.3.0"],
        "codenames": [],
        "note": "Came out as a standard release and became an LTS eight months later",
    }
