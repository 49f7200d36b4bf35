"""The clock jumps: in doubt nothing is decided; what a wrong clock decided before is taken back and told when due."""

from datetime import date, datetime, timedelta

import pytest

from bot.alerts.alert import AlertState, NotifyReason, Rule
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from bot.chat.rule_wording import resolution_in_words
from tests.app.conftest import START, Clock, House, Start

YEARS = timedelta(days=9000)
EOL_83 = datetime.combine(date(2028, 11, 30), START.timetz())


def _late(house: House) -> bool:
    return any(alert.rule is Rule.SWEEP_LATE for alert in house.open())


def _told(house: House) -> list[NotifyReason]:
    """Why something is told now of a release whose end is ahead."""
    return [each.reason for each in house.settle() if each.alert.subject.release == "8.3"]


@pytest.mark.parametrize("jump", [YEARS, -YEARS, timedelta(days=2), timedelta(days=-2)])
def test_a_clock_that_was_set_while_the_process_ran_decides_nothing(
    house: House, clock: Clock, jump: timedelta
) -> None:
    house.sweep()
    before = house.store.alerts.open()
    clock.set(START + jump)
    made = house.sweep()
    assert made.doubt
    assert (house.settle(), made.settled.notifications) == ((), ())
    assert house.store.alerts.open() == before
    clock.set(START)
    assert house.sweep().doubt is None


def test_hours_are_no_doubt_and_a_snooze_ends_once_however_the_clock_jumps(house: House, clock: Clock) -> None:
    house.sweep()
    (alert,) = [each for each in house.open() if each.subject.release == "8.2"]
    act_on(house.store.alerts, [alert.id], AlertAct(AlertAction.SNOOZE, "U1", clock(), START + timedelta(hours=3)))
    clock.set(START - timedelta(hours=2))
    assert house.settle() == ()
    clock.set(START + timedelta(hours=4))
    (told,) = house.settle()
    assert (told.alert.id, told.reason) == (alert.id, NotifyReason.SNOOZE_OVER)
    clock.set(START)
    assert house.settle() == ()
    clock.set(START + timedelta(hours=5))
    assert house.settle() == ()
    (alert,) = [each for each in house.open() if each.subject.release == "8.2"]
    assert alert.state is AlertState.FIRING


def test_to_be_switched_off_for_a_month_is_no_doubt_and_what_is_due_is_told_once(start: Start, clock: Clock) -> None:
    start().sweep()
    clock.set(START + timedelta(days=31))
    house = start()
    assert {each.reason for each in house.settle()} == {NotifyReason.REMINDER, NotifyReason.NEW}  # sweeps are late
    assert house.settle() == ()


def test_a_machine_that_sleeps_is_no_doubt_where_the_other_clock_goes_on(house: House, clock: Clock) -> None:
    house.sweep()
    clock.pass_by(31)
    assert house.sweep().doubt is None


def test_a_server_that_answers_wins_over_the_jump(house: House, clock: Clock) -> None:
    clock.set(START + timedelta(days=31))  # the machine slept, and no clock of it went on
    assert house.watched.clock_check.doubt()
    house.watched.clock_check.observe(clock())
    assert house.sweep().doubt is None


def test_what_a_process_that_began_with_a_wrong_clock_told_is_taken_back_and_told_when_it_is_due(
    start: Start, clock: Clock
) -> None:
    start().sweep()
    clock.set(EOL_83 + timedelta(days=1))
    assert _told(start()) == [NotifyReason.NEW]
    clock.set(START + timedelta(hours=1))
    house = start()
    assert _told(house) == [NotifyReason.RESOLVED]
    (ended,) = [a for a in house.store.alerts.resolved(START) if a.subject.release == "8.3"]
    assert resolution_in_words(ended.why_resolved) == "it is not due yet: a clock that was ahead had opened it"
    assert _told(house) == []
    clock.set(EOL_83 - timedelta(days=365))
    assert _told(start()) == [NotifyReason.NEW]


def test_a_threshold_that_was_crossed_is_told_once_though_the_clock_goes_back_by_hours(
    house: House, clock: Clock
) -> None:
    house.sweep()
    clock.pass_by(600)
    assert _told(house) == [NotifyReason.NEW]
    clock.set(clock() - timedelta(hours=20))
    assert _told(house) == []
    clock.set(clock() + timedelta(hours=20))
    assert _told(house) == []


def test_a_sweep_that_a_wrong_clock_called_late_is_not_late_once_it_is_right(start: Start, clock: Clock) -> None:
    start().sweep()
    clock.set(START + YEARS)
    house = start()
    house.settle()
    assert _late(house)
    clock.set(START + timedelta(hours=1))
    house = start()
    house.settle()
    assert not _late(house)


def test_a_sweep_under_a_wrong_clock_does_not_hide_that_none_comes(start: Start, clock: Clock) -> None:
    clock.set(START + YEARS)
    start().sweep()
    clock.set(START)
    house = start()  # its own start counts: the last sweep ended on a day that has not come
    clock.pass_by(1)
    house.settle()
    assert _late(house)
    clock.pass_by(0.01)
    house.sweep()
    assert not _late(house)
