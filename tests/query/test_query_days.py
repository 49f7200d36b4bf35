"""Days: `on DATE` wherever it stands, and what only wants to be a day."""

from datetime import date

import pytest

from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import (
    names,
)


@pytest.mark.parametrize(
    "words",
    ["on 2028-12-01", "on 1 Dec 2028", "on 1 December 2028", "on Dec 1 2028", "on Dec 1, 2028", "on December 1st, 2028",
     "on 1. Dec 2028", "on the 1st of December 2028", "as of 2028-12-01", "2028-12-01", "on 2028‑12‑01",
     "ON 1 DEC 2028", "on 2028-12-01, on 1 Dec 2028"],
)  # fmt: skip
@pytest.mark.parametrize(
    "around", ["XenServer 7.2 {}", "{} XenServer 7.2", "is XenServer 7.2 ok {}?", "XenServer 7.2, {}"]
)
def test_a_day_is_read_wherever_it_stands(reader: Reader, around: str, words: str) -> None:
    query = reader.read(around.format(words))
    assert (query.on, query.bad_date) == (date(2028, 12, 1), None)
    assert (query.outcome, names(query.releases)) == (Outcome.ASSESSED, "XenServer 7.2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("on 2028-13-01", "2028-13-01"),
        ("on 2028-02-30", "2028-02-30"),
        ("on 0000-01-01", "0000-01-01"),
        ("on 12028-01-01", "12028-01-01"),
        ("on 2028-12", "2028-12"),
        ("on 2028", "2028"),
        ("in 2028", "2028"),
        ("on 20281201", "20281201"),
        ("on 2028-1-5", "2028-1-5"),
        ("on 2028-12-01T10:00", "2028-12-01T10:00"),
        ("on 01/12/2028", "01/12/2028"),
        ("on 1/12/28", "1/12/28"),
        ("on 13.04.2018", "13.04.2018"),
        ("on 32 Dec 2028", "32 Dec 2028"),
        ("on 1 Dec", "1 Dec"),
        ("on Dec 2028", "Dec 2028"),
        ("on december", "december"),
        ("in 3 years", "in 3 years"),
        ("in two years", "in two years"),
        ("next year", "next year"),
        ("next month", "next month"),
        ("on tomorrow", "tomorrow"),
        ("tomorrow", "tomorrow"),
        ("on yesterday", "yesterday"),
        ("on Monday", "Monday"),
        ("next Monday", "next Monday"),
        ("in 3 years or on 2029-12-01", "in 3 years"),
        ("on 2028-12-01 or on 2029-12-01", "2028-12-01 and 2029-12-01"),
        ("on 2028-12-01 or on 2028-12-99", "2028-12-99"),
    ],
)
def test_what_only_wants_to_be_a_day_is_told(reader: Reader, text: str, words: str) -> None:
    query = reader.read(f"XenServer 7.2 {text}")
    assert (query.on, query.bad_date) == (None, words)
    assert names(query.releases) == "XenServer 7.2"


@pytest.mark.parametrize(
    "text",
    [
        "XO on XCP-ng 8.2",
        "on 8.2 of XCP-ng",
        "XCP-ng on 8.2",
        "XCP-ng 8.2 on 1000 hosts",
        "may I run XCP-ng 8.2",
        "XCP-ng 8.2 today",
        "XCP-ng 8.2 for 3 years",
        "XCP-ng 8.2 now",
        "the next XCP-ng 8.2 host",
    ],
)
def test_on_something_else_is_no_day(reader: Reader, text: str) -> None:
    query = reader.read(text)
    assert (query.on, query.bad_date, names(query.releases)) == (None, None, "XCP-ng 8.2")


def test_the_first_and_the_last_day_can_be_asked_for(reader: Reader) -> None:
    assert reader.read("XenServer 7.2 on 0001-01-01").on == date.min
    assert reader.read("XenServer 7.2 on 9999-12-31").on == date.max
