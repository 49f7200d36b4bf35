"""Days: `on DATE` wherever it stands, and what only wants to be a day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.query.query import Outcome
from bot.query.reader import Reader
from tests.query.readings import (
    names,
)


@pytest.mark.parametrize(
    "words",
    ["on 2028-12-01", "on 1 Dec 2028", "on 1 December 2028", "on Dec 1 2028", "on Dec 1, 2028", "on December 1st, 2028",
     "on 1. Dec 2028", "on the 1st of December 2028", "as of 2028-12-01", "on 2028‑12‑01", "am 1.12.2028",
     "ON 1 DEC 2028", "on 2028-12-01, on 1 Dec 2028", "le 1er décembre 2028", "el 1 de diciembre de 2028",
     "until 1 December 2028", "by 2028-12-01", "zum 1. Dezember 2028", "hasta el 1 de dic 2028"],
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
        ("on 20281201", "20281201"),
        ("on 2028-1-5", "2028-1-5"),
        ("on 2028-12-01T10:00", "2028-12-01T10:00"),
        ("on 01/12/2028", "01/12/2028"),
        ("on 1/12/28", "1/12/28"),
        ("on 32 Dec 2028", "32 Dec 2028"),
        ("on 1 Dec", "1 Dec"),
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


TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("in 2029", date(2029, 12, 31)),
        ("bis 2029", date(2029, 12, 31)),
        ("until the end of 2028", date(2028, 12, 31)),
        ("end of 2028", date(2028, 12, 31)),
        ("Ende 2028", date(2028, 12, 31)),
        ("fin 2028", date(2028, 12, 31)),
        ("a finales de 2028", date(2028, 12, 31)),
        ("mid-2028", date(2028, 7, 1)),
        ("at the beginning of 2028", date(2028, 1, 1)),
        ("on december 2028", date(2028, 12, 31)),
        ("in Feb 2028", date(2028, 2, 29)),
        ("im Dezember 2028", date(2028, 12, 31)),
        ("en février 2027", date(2027, 2, 28)),
        ("by 2028-02", date(2028, 2, 29)),
        ("by Q3 2028", date(2028, 9, 30)),
        ("in H1 2028", date(2028, 6, 30)),
        ("on 13/04/2018", date(2018, 4, 13)),
        ("on 4/13/2018", date(2018, 4, 13)),
        ("in 2 years", date(2028, 11, 26)),
        ("in two years", date(2028, 11, 26)),
        ("two years from now", date(2028, 11, 26)),
        ("in zwei Jahren", date(2028, 11, 26)),
        ("dans 2 ans", date(2028, 11, 26)),
        ("dentro de 2 años", date(2028, 11, 26)),
        ("in 3 months", date(2027, 2, 26)),
        ("in 10 days", date(2026, 12, 6)),
        ("next year", date(2027, 12, 31)),
        ("nächstes Jahr", date(2027, 12, 31)),
        ("l'année prochaine", date(2027, 12, 31)),
        ("el próximo año", date(2027, 12, 31)),
        ("end of next year", date(2027, 12, 31)),
        ("next month", date(2026, 12, 31)),
        ("next quarter", date(2027, 3, 31)),
        ("next week", date(2026, 12, 6)),
        ("next Monday", date(2026, 11, 30)),
        ("tomorrow", date(2026, 11, 27)),
        ("as of today", TODAY),
    ],
)
def test_a_span_is_its_last_day(reader: Reader, words: str, day: date) -> None:
    for text in (f"XCP-ng 8.3 {words}", f"is XCP-ng 8.3 fine {words}?"):
        query = reader.read(text, TODAY)
        assert (query.on, query.bad_date, query.unused, names(query.releases)) == (day, None, (), "XCP-ng 8.3"), text


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("XCP-ng 8.2.1, last patched 2024-03-01", "last patched 2024-03-01"),
        ("XCP-ng 8.2.1 (build date: 2023-10-18)", "build date: 2023-10-18"),
        ("XCP-ng 8.2.1. It's 2025-06-25 right?", "2025-06-25"),
        ("XCP-ng 8.2.1 2028-12-01", "2028-12-01"),
        ("2028-12-01: XCP-ng 8.2.1", "2028-12-01"),
        ("XCP-ng 8.2.1 patched on 2024-03-01", "patched on 2024-03-01"),
        ("XCP-ng 8.2.1 installed on 1 March 2024", "1 March 2024"),
        ("XCP-ng 8.2.1, installed in 2024", "2024"),
        ("XCP-ng 8.2.1 patched in March 2024", "patched in March 2024"),
        ("XCP-ng 8.2.1, 1 Mar 2024", "1 Mar 2024"),
        ("XCP-ng 8.2.1 since 01.03.2024", "01.03.2024"),
        ("XCP-ng 8.2.1, updated Mar 2024", "Mar 2024"),
        ("XCP-ng 8.2.1 2029", "2029"),
        ("XCP-ng 8.2.1-20231018", ""),
    ],
)
def test_a_bare_date_is_not_the_day_asked_about(reader: Reader, text: str, unused: str) -> None:
    query = reader.read(text, TODAY)
    assert (query.on, query.bad_date, names(query.releases)) == (None, None, "XCP-ng 8.2")
    assert ", ".join(query.unused) == unused


def test_a_day_that_is_relative_needs_one_to_count_from(reader: Reader) -> None:
    assert reader.read("XCP-ng 8.3 in 2 years").bad_date == "in 2 years"


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.sampled_from(["{:%Y-%m-%d}", "{:%d.%m.%Y}", "{:%d %b %Y}"]))
def test_every_bare_date_is_named(reader: Reader, day: date, form: str) -> None:
    written = form.format(day)
    query = reader.read(f"XCP-ng 8.3 zorp {written}", TODAY)
    assert (query.on, query.bad_date) == (None, None)
    assert any(written in piece for piece in query.unused)
