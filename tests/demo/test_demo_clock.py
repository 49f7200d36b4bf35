"""The demo's clock: which words move it and where to, and which are a question's."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.clock import FIRST, LAST, DemoClock
from bot.errors import UsageError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> DemoClock:
    return DemoClock(lambda: NOON)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("tomorrow", date(2026, 11, 24)),
        (" Tomorrow. ", date(2026, 11, 24)),
        ("on tomorrow", date(2026, 11, 24)),
        ("next  week", date(2026, 11, 30)),
        ("on 2028-11-01", date(2028, 11, 1)),
        ("2028-11-01", date(2028, 11, 1)),
        ("on 1 Nov 2028", date(2028, 11, 1)),
        ("on 2028-12", date(2028, 12, 31)),
        ("today", date(2026, 11, 23)),
    ],
)
def test_words_that_are_a_day_alone_move_it(clock: DemoClock, typed: str, day: date) -> None:
    assert clock.meant(typed) == day


@pytest.mark.parametrize(
    "typed",
    [
        "", "on", "XCP-ng 8.3 on 2028-12-01", "8.3 on 2028-12-01", "fleet on 2028-12-01", "/xocompat on 2028-12-01",
        "list on 2024-11-14", "tomorrowland", "next", "week", "8.2", "on Debian", "what ends next week?", "🚀",
    ],
)  # fmt: skip
def test_a_day_beside_something_else_is_a_questions(clock: DemoClock, typed: str) -> None:
    assert clock.meant(typed) is None


@pytest.mark.parametrize(
    "typed",
    ["yesterday", "on yesterday", "tomorrow tomorrow", "on 2028-02-30", "on 2028-13", "on 2028-11-01 on 2029-11-01"],
)
def test_what_can_only_be_a_day_and_is_none_is_told_with_the_words_that_are(clock: DemoClock, typed: str) -> None:
    with pytest.raises(UsageError, match=r"is no day to go to\. The clock goes to: tomorrow"):
        clock.meant(typed)


@pytest.mark.parametrize("typed", ["on 3000-01-01", "on 1969-12-31", "on 0001-01-01"])
def test_it_has_bounds(clock: DemoClock, typed: str) -> None:
    with pytest.raises(UsageError, match="goes from 1 Jan 1970 to 31 Dec 2999"):
        clock.meant(typed)


def test_it_does_not_begin_out_of_bounds() -> None:
    with pytest.raises(UsageError):
        DemoClock(lambda: NOON, date(1, 1, 1))


def test_tomorrow_is_counted_from_where_it_is() -> None:
    clock = DemoClock(lambda: NOON, date(2028, 2, 28))
    assert clock.meant("tomorrow") == date(2028, 2, 29)
    assert clock.meant("today") == date(2026, 11, 23)


def test_it_goes_on_as_the_real_one_does() -> None:
    moments = iter([NOON, NOON, NOON + timedelta(seconds=5)])
    clock = DemoClock(lambda: next(moments), date(2028, 11, 1))
    assert clock.now() == datetime(2028, 11, 1, 12, tzinfo=UTC)
    assert clock.now() == datetime(2028, 11, 1, 12, 0, 5, tzinfo=UTC)


@given(st.dates(FIRST, LAST))
def test_it_goes_to_any_day_that_it_takes(day: date) -> None:
    clock = DemoClock(lambda: NOON)
    meant = clock.meant(f"on {day:%Y-%m-%d}")
    assert meant == day
    clock.go(meant)
    assert clock.now() == datetime.combine(day, NOON.timetz())


@given(st.text(max_size=500))
def test_any_text_is_a_day_or_none_or_a_wrong_use(typed: str) -> None:
    try:
        day = DemoClock(lambda: NOON).meant(typed)
    except UsageError:
        return
    assert day is None or FIRST <= day <= LAST
