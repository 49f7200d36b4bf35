"""The ends of releases as OpenEoX Core records: by the schema of OASIS, its mandatory tests, and nothing made up."""

from datetime import date
from typing import Any

import pytest
from packaging.version import Version

from bot.matrix.matrix import Matrix
from bot.published.merge import merged
from bot.published.openeox import cores, openeox_files
from tests.published import validators
from tests.published.listed import FULL, READ_ON, new_row, page_of

DATES = ("end_of_life", "end_of_security_support", "general_availability")


def test_every_release_is_a_valid_record(matrix: Matrix) -> None:
    found = cores(matrix)
    assert list(found) == [release.base_name for release in matrix.releases]
    for record in found.values():
        validators.openeox().validate(record)


def test_records_pass_the_mandatory_tests_of_the_specification(matrix: Matrix) -> None:
    """Sections 7.1.1 and 7.1.2: nothing is later than the end of life, nothing earlier than general availability."""
    for record in cores(matrix).values():
        dates = [record[key] for key in DATES if key in record]
        assert record["end_of_life"] == max(dates)
        assert record.get("general_availability", min(dates)) == min(dates)
        assert "tba" not in dates


@pytest.mark.parametrize(
    "wrong",
    [
        {"end_of_life": "2028-11-30"},
        {"end_of_life": "2028-11-30t23:59:59z"},
        {"end_of_life": None},
        {"product": "XCP-ng"},
        {"$schema": "https://docs.oasis-open.org/openeox/v1.0/schema/core.json"},
    ],
)
def test_the_validator_refuses_what_is_wrong(matrix: Matrix, wrong: dict[str, Any]) -> None:
    record = cores(matrix)["XCP-ng 8.3"]
    assert not validators.openeox().is_valid(record | wrong)
    assert validators.openeox().is_valid(record | {"end_of_life": "tba"})


def test_a_record_has_the_vendors_dates_and_no_identity(matrix: Matrix) -> None:
    assert cores(matrix)["XCP-ng 8.3"] == {
        "$schema": "https://docs.oasis-open.org/openeox/eox-core/v1.0/schema/core.json",
        "general_availability": "2024-10-07T00:00:00Z",
        "end_of_security_support": "2028-11-30T23:59:59Z",
        "end_of_life": "2028-11-30T23:59:59Z",
        "last_updated": f"{matrix.lifecycle_read_on}T00:00:00Z",
    }
    assert "general_availability" not in cores(matrix)["XenServer 5.6"], "a month is no day"


def test_the_index_says_which_file_is_of_what(matrix: Matrix) -> None:
    files = openeox_files(matrix, READ_ON)
    index = files.pop("index.json")
    assert [record["href"] for record in index["records"]] == list(files)
    assert files["xcp-ng/8.3.json"] == cores(matrix)["XCP-ng 8.3"]
    by_file = {record["href"]: record for record in index["records"]}
    record = by_file["xenserver/9.json"]
    assert (record["product"], record["release"], record["purl"]) == ("XenServer", "9", "pkg:generic/xenserver@9")
    assert record["confidence"] == {"end_of_life": "stated", "general_availability": "inferred"}
    assert all(Version(record["release"]) and record["sources"] for record in index["records"])
    assert index["left_out"] == []


def test_a_release_without_a_known_end_is_left_out_and_the_index_says_so(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    assert cores(new) == cores(matrix)
    left = {"product": "XenServer", "release": "9.1", "why": "its end of life is not known"}
    assert openeox_files(new, READ_ON)["index.json"]["left_out"] == [left]


def test_the_same_data_gives_the_same_records_on_every_day(matrix: Matrix) -> None:
    one, other = (openeox_files(matrix, day) for day in (READ_ON, date(2031, 1, 1)))
    assert {name for name in one if one[name] != other[name]} == {"index.json"}
