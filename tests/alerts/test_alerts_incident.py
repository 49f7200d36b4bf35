"""Played day by day: after a clock that was ahead, or an old `sweep on DATE`, every warning still comes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest

from bot.alerts.alert import NotifyReason
from bot.alerts.evaluate import act_on, update
from bot.alerts.facts import FleetFacts, SweepHealth
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import AlertPlan
from bot.alerts.rules import find_conditions, resolution
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fakes import MemoryBook
from tests.alerts.fleets import LAB_A, OPS, host

START = datetime(2026, 11, 26, 8, tzinfo=UTC)
EOL = date(2028, 11, 30)
DAYS = (EOL - START.date()).days + 3
DAY = timedelta(days=1)
AHEAD = datetime(2028, 12, 1, 8, tzinfo=UTC)
HOSTS = (host("xen-2"), host("xen-1", "8.3.0"))


class Warned(NamedTuple):
    """A warning of an end of life, as a channel read it."""

    day: date
    release: str | None
    threshold: int | None


class World:
    """A fleet of two hosts, one past its end of life, whose alerts are evaluated once a day."""

    def __init__(self, matrix: Matrix, reader: Reader) -> None:
        self._matrix, self._reader = matrix, reader
        self.book = MemoryBook()

    def evaluate(self, now: datetime) -> None:
        verdicts = host_verdicts(self._matrix, self._reader, HOSTS, now.date())
        health = SweepHealth(timedelta(hours=6), now)
        facts = FleetFacts(verdicts, (), (LAB_A,), (), AlertPlan(OPS), self._matrix, now, health)
        with self.book.transaction() as unit:
            update(unit, find_conditions(facts), unit.open_alerts(), now, lambda gone: resolution(facts, gone))

    def warnings(self) -> Iterator[Warned]:
        for each in self.book.updates:
            if each.reason in (NotifyReason.NEW, NotifyReason.THRESHOLD):
                yield Warned(each.at.date(), each.alert.subject.release, each.alert.threshold_days)


@pytest.fixture(scope="module")
def control(matrix: Matrix, reader: Reader) -> list[Warned]:
    """What is notified without an incident."""
    world = World(matrix, reader)
    for day in range(DAYS):
        world.evaluate(START + day * DAY)
    return [*world.warnings()]


def test_the_control_run_has_every_lead_of_the_plan(control: list[Warned]) -> None:
    notified = [(each.threshold, (EOL - each.day).days) for each in control if each.release == "8.3"]
    assert notified == [(lead, lead) for lead in (365, 180, 90, 30, 7, 0)]


@pytest.mark.parametrize("incident", [0, 10, 369, 370, 400, 554, 555, 700, DAYS - 5])
@pytest.mark.parametrize("done", [None, AlertAction.ACKNOWLEDGE, AlertAction.SNOOZE])
def test_after_an_incident_every_warning_of_the_plan_comes_on_its_day(
    matrix: Matrix, reader: Reader, control: list[Warned], incident: int, done: AlertAction | None
) -> None:
    world = World(matrix, reader)
    for day in range(DAYS):
        now = START + day * DAY
        world.evaluate(now)
        if day == incident:
            world.evaluate(AHEAD)
            if done:  # as `--as-of 2028-12-01` dated it
                until = AHEAD + 7 * DAY if done is AlertAction.SNOOZE else None
                act_on(world.book, {alert.id for alert in world.book.open()}, AlertAct(done, "U1", AHEAD, until))
            world.evaluate(now + timedelta(minutes=5))  # the clock is right again
    warned = [*world.warnings()]
    on_that_day = [each for each in warned if each.day in (now_of(incident).date(), AHEAD.date())]
    rest = [each for each in warned if each not in on_that_day]
    assert rest == [each for each in control if each.day != now_of(incident).date()]
    assert set(control) <= set(warned)
    assert len(on_that_day) <= 5, "what was wrong, and once what holds"


def test_an_alert_that_an_incident_raised_to_its_last_threshold_says_again_what_holds(
    matrix: Matrix, reader: Reader
) -> None:
    world = World(matrix, reader)
    at = now_of(400)  # between the marks of 365 and 180 days
    world.evaluate(at)
    world.evaluate(AHEAD)
    world.evaluate(at + DAY)
    (alert,) = [alert for alert in world.book.open() if alert.subject.release == "8.3"]
    assert (alert.threshold_days, alert.opened_at, alert.told_at) == (365, at, at + DAY)
    assert world.book.updates[-1].reason is NotifyReason.THRESHOLD


def now_of(day: int) -> datetime:
    return START + day * DAY
