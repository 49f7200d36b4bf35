"""Second opinions on dates, in the shapes that their sources have; values are the tests' own."""

import json
from datetime import date

import pytest

from bot.matrix.matrix import Matrix
from bot.published.vendors import ends_in_table, ends_of_product, vendor_disagreements

TABLE = """\
# Releases

| Version | Released | Status | Support until | Release notes |
| --- | --- | --- | --- | --- |
| **[8.3](https://example.org/8-3)** LTS | 2024-10-07 | Full&nbsp;support | ~~2099-01-01~~ 2028-11-30 (*) | [notes](x) |
| 8.2<br/>LTS | 2020-11-18 | EOL | ~~2025-06-25~~<br/>**2025-09-16** | - |
| 8.1 | 2020-03-31 | EOL | soon | - |
| 8.0 | 2019-07-25 | EOL | 2099-99-99 | - |
"""


def test_a_table_is_read_through_its_markup() -> None:
    assert ends_in_table(TABLE) == {"8.3": date(2028, 11, 30), "8.2": date(2025, 9, 16)}
    assert ends_in_table("| Version | Status |\n| 8.3 | fine |") == {}


def test_endoflife_date_is_read_in_both_of_its_forms() -> None:
    entry = {"name": "8.2", "eolFrom": "2025-06-25", "isEol": True}
    new = {"schema_version": "1.2.0", "result": {"name": "xcp-ng", "releases": [entry, {"name": "9"}, 5]}}
    old = [{"cycle": "8.2", "eol": "2025-06-25"}, {"cycle": "8.3", "eol": False}]
    for answer in (new, old):
        assert ends_of_product(json.dumps(answer)) == {"8.2": date(2025, 6, 25)}


@pytest.mark.parametrize("text", ["", "[", "5", "null", "{}", '{"result": []}', '{"result": {"releases": 5}}'])
def test_what_is_neither_says_nothing(text: str) -> None:
    assert ends_of_product(text) == {}


def test_the_known_disagreement_is_told_and_nothing_else(matrix: Matrix) -> None:
    (found,) = vendor_disagreements(matrix, {"8.3": date(2028, 11, 30), "8.2": date(2025, 6, 25), "9.9": date.max})
    assert found == ("XCP-ng 8.2", date(2025, 9, 16), date(2025, 6, 25))
    assert vendor_disagreements(matrix, ends_in_table(TABLE)) == ()
