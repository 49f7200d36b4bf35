"""What at the end of words says on which day. Days in questions: tests/query/test_query_days.py."""

import pytest

from bot.days import cut_day


@pytest.mark.parametrize(
    ("words", "undated", "day"),
    [
        ("eol on 2028-12-01", "eol", "on 2028-12-01"),
        ("list as of 14 Nov 2024", "list", "as of 14 Nov 2024"),
        ("list on Nov 14, 2024", "list", "on Nov 14, 2024"),
        ("who is on 8.2 on 2028-12-01?", "who is on 8.2", "on 2028-12-01"),
        ("xenserver in 2 years", "xenserver", "in 2 years"),
        ("hosts next year", "hosts", "next year"),
        ("by the end of 2028", "", "by the end of 2028"),
        ("who is on 8.2", "who is on 8.2", ""),
        ("list", "list", ""),
        ("", "", ""),
    ],
)
def test_what_says_on_which_day_is_cut_off_the_end(words: str, undated: str, day: str) -> None:
    assert cut_day(words) == (undated, day)


def test_a_long_text_is_cut_in_no_time() -> None:
    assert cut_day("on " * 20_000)[1] == ""
