"""The dates as endoflife.date's API v1 has them: its fields, its types, and nothing made up."""

import re
from datetime import date
from typing import Any

import pytest

from bot.matrix.matrix import Matrix
from bot.published.endoflife import endoflife
from bot.published.merge import merged
from tests.published import validators
from tests.published.listed import FULL, READ_ON, new_row, page_of

PRODUCT = {
    "name", "label", "aliases", "category", "tags", "versionCommand", "identifiers", "labels", "links", "releases",
}  # fmt: skip
RELEASE = {
    "name", "codename", "label", "releaseDate", "isLts", "ltsFrom", "isEol", "eolFrom", "isMaintained", "latest",
    "custom",
}  # fmt: skip
PHASE = {"isEoas", "eoasFrom"}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _products(matrix: Matrix, day: date = READ_ON) -> dict[str, Any]:
    return {product["name"]: product for product in endoflife(matrix, day)["result"]}


def _release(matrix: Matrix, product: str, number: str, day: date = READ_ON) -> dict[str, Any]:
    found: dict[str, Any] = next(
        release for release in _products(matrix, day)[product]["releases"] if release["name"] == number
    )
    return found


def test_both_products_are_in_one_document_with_its_version_and_count(matrix: Matrix) -> None:
    data = endoflife(matrix, READ_ON)
    assert list(data) == ["schema_version", "generated_at", "total", "result"]
    assert (data["schema_version"], data["total"]) == ("1.2.1", 2)
    assert data["generated_at"] == f"{READ_ON}T00:00:00Z"
    assert [product["name"] for product in data["result"]] == ["xcp-ng", "xenserver"]


def test_every_product_has_the_fields_of_the_schema(matrix: Matrix) -> None:
    for product in _products(matrix).values():
        assert set(product) == PRODUCT
        assert set(product["labels"]) == {"eoas", "discontinued", "eol", "eoes"}
        assert set(product["links"]) == {"icon", "html", "releasePolicy"}
        assert product["tags"]
        assert isinstance(product["labels"]["eol"], str)
        assert product["links"]["html"].startswith("https://")


@pytest.mark.parametrize(("product", "fields"), [("xcp-ng", RELEASE), ("xenserver", RELEASE | PHASE)])
def test_every_release_has_the_fields_of_the_schema_and_a_phase_only_where_the_product_has_it(
    matrix: Matrix, product: str, fields: set[str]
) -> None:
    for release in _products(matrix)[product]["releases"]:
        assert set(release) == fields
        assert all(type(value) is bool for field, value in release.items() if field.startswith("is"))
        dates = [value for field, value in release.items() if field.endswith(("From", "Date")) and value is not None]
        assert all(DAY.fullmatch(day) for day in dates)
        assert release["latest"] is None or set(release["latest"]) == {"name", "date", "link"}


def test_every_release_with_a_date_is_there_with_its_dates_newest_first(matrix: Matrix) -> None:
    dates = [
        (product["label"], release["name"], release["eolFrom"])
        for product in _products(matrix).values()
        for release in product["releases"]
    ]
    assert dates == [(r.product, r.number, str(r.lifecycle.eol)) for r in matrix.releases if r.lifecycle.is_known]
    assert len(dates) == len(matrix.releases)


def test_a_release_of_which_no_date_is_known_is_left_out(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    assert endoflife(new, READ_ON) == endoflife(matrix, READ_ON)


def test_the_dates_of_a_release_in_full(matrix: Matrix) -> None:
    assert _release(matrix, "xenserver", "8.2") == {
        "name": "8.2",
        "codename": "stockholm",
        "label": "Citrix Hypervisor 8.2 LTS",
        "releaseDate": "2020-06-25",
        "isLts": True,
        "ltsFrom": None,
        "isEoas": True,
        "eoasFrom": "2024-06-03",
        "isEol": True,
        "eolFrom": "2025-06-25",
        "isMaintained": False,
        "latest": {"name": "8.2 CU1", "date": "2021-12-13", "link": None},
        "custom": {"releaseMonth": None},
    }


@pytest.mark.parametrize(
    ("day", "over", "ended"),
    [
        (date(2024, 6, 2), False, False),
        (date(2024, 6, 3), True, False),
        (date(2025, 6, 24), True, False),
        (date(2025, 6, 25), True, True),
    ],
)
def test_what_is_over_follows_the_day(matrix: Matrix, day: date, over: bool, ended: bool) -> None:
    release = _release(matrix, "xenserver", "8.2", day)
    assert (release["isEoas"], release["isEol"], release["isMaintained"]) == (over, ended, not ended)


def test_an_lts_that_became_one_later_says_since_when_and_only_from_then_on(matrix: Matrix) -> None:
    before, after = (_release(matrix, "xcp-ng", "8.3", date(2025, 6, day)) for day in (15, 16))
    assert (before["isLts"], before["ltsFrom"], before["label"]) == (False, None, "XCP-ng 8.3")
    assert (after["isLts"], after["ltsFrom"], after["label"]) == (True, "2025-06-16", "XCP-ng 8.3 LTS")


def test_a_month_is_its_first_day_and_said_to_be_a_month(matrix: Matrix) -> None:
    release = _release(matrix, "xenserver", "5.6")
    assert (release["releaseDate"], release["custom"]) == ("2010-05-01", {"releaseMonth": "2010-05"})


def _without_a_release_date(matrix: Matrix) -> Matrix:
    unknown = tuple(
        each._replace(lifecycle=each.lifecycle._replace(released=None)) if each.number == "6.0.2" else each
        for each in matrix.releases
    )
    return Matrix(
        unknown, matrix.published, (), (), {}, matrix.lifecycle_source, lifecycle_read_on=matrix.lifecycle_read_on
    )


def test_a_release_of_which_nobody_knows_when_it_came_is_left_out(matrix: Matrix) -> None:
    releases = _products(_without_a_release_date(matrix))["xenserver"]["releases"]
    assert "6.0.2" not in {release["name"] for release in releases}
    assert len(releases) == len(_products(matrix)["xenserver"]["releases"]) - 1


@pytest.mark.parametrize("day", [date(2017, 1, 1), date(2024, 11, 14), READ_ON, date(2040, 1, 1)])
def test_the_document_is_valid_by_their_schema(matrix: Matrix, day: date) -> None:
    for known in (matrix, _without_a_release_date(matrix)):
        validators.endoflife("FullProductListResponse").validate(endoflife(known, day))


def test_the_validator_refuses_what_their_schema_does_not_have(matrix: Matrix) -> None:
    valid = validators.endoflife("FullProductListResponse").is_valid
    data = endoflife(matrix, READ_ON)
    assert not valid({key: value for key, value in data.items() if key != "generated_at"})
    data["result"][1]["releases"][3]["releaseDate"] = None
    assert not valid(data)


def test_the_latest_pack_has_its_day_only_where_it_is_known(matrix: Matrix) -> None:
    assert _release(matrix, "xenserver", "6.5")["latest"] == {"name": "6.5 SP1", "date": None, "link": None}
    assert _release(matrix, "xcp-ng", "8.2")["latest"] == {"name": "8.2.1", "date": "2022-02-28", "link": None}


def test_a_pack_that_is_not_out_yet_is_not_the_latest(matrix: Matrix) -> None:
    assert _release(matrix, "xcp-ng", "8.2", date(2022, 2, 27))["latest"] is None


def test_an_edition_is_not_the_latest_pack(matrix: Matrix) -> None:
    assert _release(matrix, "xenserver", "6.0.2")["latest"] is None
