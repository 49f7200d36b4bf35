"""Plurals, lists, ages and moments, as all replies have them."""

from datetime import UTC, date, datetime

import pytest

from bot.chat.reply import line, plain
from bot.chat.wording import (
    bounded,
    capitalized,
    day_in_words,
    distance,
    either,
    iso,
    joined,
    nearest,
    with_more,
)
from bot.matrix.lifecycle import PartialDate

NOW = datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("items", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_several_are_joined(items: list[str], said: str) -> None:
    assert joined(items) == said


def test_one_of_several_is_said() -> None:
    assert either(["lab", "prod"]) == "lab or prod"


@pytest.mark.parametrize(
    ("most", "said"), [(1, "a and 2 more"), (2, "a, b and 1 more"), (3, "a, b, c"), (4, "a, b, c")]
)
def test_what_is_too_much_is_counted(most: int, said: str) -> None:
    assert with_more(["a", "b", "c"], most) == said


def test_a_list_that_is_too_long_says_how_many_are_missing() -> None:
    items = [line(letter) for letter in "abc"]
    assert [plain(item) for item in bounded(items, 2)] == ["a", "b", "and 1 more"]
    assert [plain(item) for item in bounded(items, 3)] == ["a", "b", "c"]
    assert [plain(item) for item in bounded(items, 5, total=40)] == ["a", "b", "c", "and 37 more"]
    assert bounded([], 3) == ()


def test_near_names_end_a_sentence() -> None:
    assert nearest(["8.2", "8.3"]) == " Near: 8.2, 8.3."
    assert nearest(["8.2"], "Nearest: {names}.") == " Nearest: 8.2."
    assert nearest([]) == ""


def test_a_clause_becomes_a_sentence_and_keeps_its_names() -> None:
    assert capitalized("upgrade to XCP-ng 8.3") == "Upgrade to XCP-ng 8.3"
    assert capitalized("") == ""


def test_a_moment_for_scripts_is_in_utc() -> None:
    assert iso(NOW) == "2026-11-23T08:00:05Z"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 24), "tomorrow"),
        (date(2026, 11, 22), "yesterday"),
        (date(2027, 2, 19), "in 88 days"),
        (date(2026, 8, 27), "88 days ago"),
        (date(2028, 11, 30), "in 2 years"),
        (date(2018, 4, 13), "8 years ago"),
        (date(2025, 9, 16), "14 months ago"),
    ],
)
def test_a_distance_is_in_the_unit_a_person_uses(day: date, words: str) -> None:
    assert distance(day, date(2026, 11, 23)) == words


def test_days_are_written_in_english_whatever_the_locale() -> None:
    assert day_in_words(date(2018, 4, 13)) == "13 Apr 2018"
    assert day_in_words(PartialDate(2010, 5)) == "May 2010"
