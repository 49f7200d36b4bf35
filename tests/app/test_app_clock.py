"""The clock jumps: nothing is told twice, nothing is silenced for ever, no sweep is called late for good."""

from datetime import timedelta

from bot.alerts.alert import AlertState, NotifyReason, Rule
from bot.alerts.ports import AlertAct, AlertAction
from tests.app.conftest import START, Clock, House

YEARS = 9000.0


def _late(house: House) -> bool:
    return any(alert.rule is Rule.SWEEP_LATE for alert in house.open())


def test_a_snooze_ends_once_however_the_clock_jumps(house: House, clock: Clock) -> None:
    house.sweep()
    (alert,) = [each for each in house.open() if each.subject.release == "8.2"]
    house.store.alerts.act([alert.id], AlertAct(AlertAction.SNOOZE, "U1", clock(), START + timedelta(hours=3)))
    clock.pass_by(-2)
    assert house.settle() == ()
    clock.now = START + timedelta(hours=4)
    (told,) = house.settle()
    assert (told.alert.id, told.reason) == (alert.id, NotifyReason.SNOOZE_OVER)
    clock.now = START
    assert house.settle() == ()
    clock.now = START + timedelta(hours=5)
    assert house.settle() == ()
    (alert,) = [each for each in house.open() if each.subject.release == "8.2"]
    assert alert.state is AlertState.FIRING


def test_a_threshold_that_was_crossed_is_told_once_though_the_clock_goes_back(house: House, clock: Clock) -> None:
    house.sweep()
    clock.pass_by(600)
    assert _told(house) == [NotifyReason.NEW]
    clock.now = START
    assert _told(house) == []
    clock.pass_by(600)
    assert _told(house) == []


def _told(house: House) -> list[NotifyReason]:
    """Why something is told now of a release whose end is ahead."""
    return [each.reason for each in house.settle() if each.alert.subject.release == "8.3"]


def test_a_sweep_that_a_wrong_clock_called_late_is_not_late_once_it_is_right(house: House, clock: Clock) -> None:
    house.sweep()
    clock.pass_by(YEARS)
    house.settle()
    assert _late(house)
    clock.now = START + timedelta(hours=1)
    house.settle()
    assert not _late(house)


def test_a_sweep_under_a_wrong_clock_does_not_hide_that_none_comes(house: House, clock: Clock) -> None:
    clock.pass_by(YEARS)
    house.sweep()
    clock.now = START
    house.sweep()
    clock.pass_by(1)
    house.settle()
    assert _late(house)
    clock.pass_by(0.01)
    house.sweep()
    assert not _late(house)
