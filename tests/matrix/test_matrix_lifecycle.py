"""Stages and days, by dates alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.lifecycle import Lifecycle, LifecycleStage, PartialDate

LIFE = Lifecycle(PartialDate(2016, 5, 24), date(2019, 5, 19), date(2021, 5, 19))


@pytest.mark.parametrize(
    ("on", "stage"),
    [
        (date(2016, 5, 23), LifecycleStage.UPCOMING),
        (date(2016, 5, 24), LifecycleStage.SUPPORTED),
        (date(2019, 5, 18), LifecycleStage.SUPPORTED),
        (date(2019, 5, 19), LifecycleStage.MAINTENANCE),
        (date(2021, 5, 18), LifecycleStage.MAINTENANCE),
        (date(2021, 5, 19), LifecycleStage.EOL),
    ],
)
def test_a_stage_begins_on_its_date(on: date, stage: LifecycleStage) -> None:
    assert LIFE.stage(on) is stage


DAY = date(2020, 6, 15)


@pytest.mark.parametrize(
    ("released", "maintenance_ends", "eol", "stage"),
    [
        # before, on and after each date, with the others missing
        ("2020-06-16", None, None, "upcoming"),
        ("2020-06-15", None, None, "supported"),
        ("2020-07", None, None, "upcoming"),
        ("2020-06", None, None, "supported"),  # of a month the first day counts
        (None, None, None, "supported"),
        (None, "2020-06-16", None, "supported"),
        (None, "2020-06-15", None, "maintenance"),
        (None, None, "2020-06-16", "supported"),
        (None, None, "2020-06-15", "eol"),
        # together
        ("2016-01-01", "2019-01-01", "2020-06-16", "maintenance"),
        ("2016-01-01", "2019-01-01", "2020-06-15", "eol"),
        ("2016-01-01", "2020-06-15", "2020-06-15", "eol"),
        ("2016-01-01", "2020-06-16", "2021-06-15", "supported"),
        ("2020-06-16", "2020-06-14", "2020-06-14", "upcoming"),  # before it was out, nothing else counts
    ],
)
def test_a_stage_follows_from_the_dates_that_are_known(
    released: str | None, maintenance_ends: str | None, eol: str | None, stage: str
) -> None:
    life = Lifecycle(
        PartialDate.parse(released) if released else None,
        date.fromisoformat(maintenance_ends) if maintenance_ends else None,
        date.fromisoformat(eol) if eol else None,
    )
    assert life.stage(DAY) == stage
    assert life.is_known is bool(released or maintenance_ends or eol)


@pytest.mark.parametrize(
    ("eol", "days"), [("2020-06-16", 1), ("2020-06-15", 0), ("2020-06-14", -1), ("2021-06-15", 365), (None, None)]
)
def test_days_are_left_until_the_end_of_life_and_are_below_0_after_it(eol: str | None, days: int | None) -> None:
    assert Lifecycle(None, None, date.fromisoformat(eol) if eol else None).days_left(DAY) == days


@pytest.mark.parametrize(("since", "is_lts"), [("2020-06-16", False), ("2020-06-15", True), (None, False)])
def test_a_release_is_an_lts_from_the_day_that_the_vendor_called_it_one(since: str | None, is_lts: bool) -> None:
    life = Lifecycle(None, None, None, date.fromisoformat(since) if since else None)
    assert life.is_lts(DAY) is is_lts


def test_a_release_without_dates_is_neither_upcoming_nor_eol() -> None:
    unknown = Lifecycle(None, None, None)
    assert {unknown.stage(date.min), unknown.stage(date.max)} == {LifecycleStage.SUPPORTED}
    assert unknown.days_left(date(2026, 1, 1)) is None


@given(st.dates(), st.dates())
def test_a_later_day_is_never_an_earlier_stage(one: date, other: date) -> None:
    order = list(LifecycleStage)
    earlier, later = sorted((one, other))
    assert order.index(LIFE.stage(earlier)) <= order.index(LIFE.stage(later))


@given(st.dates())
def test_a_day_reads_back_as_it_was_written(day: date) -> None:
    assert PartialDate.parse(day.isoformat()).earliest == day
    month = PartialDate.parse(day.isoformat()[:7])
    assert (str(month), month.earliest.day) == (day.isoformat()[:7], 1)


@pytest.mark.parametrize("text", ["", "2020", "2020-13", "2020-02-30", "20-01-01", "2020-1-1", "x", "2020-01-01T00"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        PartialDate.parse(text)
