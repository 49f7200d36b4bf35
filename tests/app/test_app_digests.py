"""Weekly digests as they are queued: each has the numbers of the weeks before it, from what those weeks were told."""

from datetime import timedelta

from bot.alerts.digest import WEEK, Digest, WeekCount
from bot.app.schedule import queue_digests
from tests.app.conftest import OPS, START, Clock, House


def _digest(house: House, clock: Clock) -> Digest:
    house.sweep()
    queue_digests(house.watched, clock(), clock())
    return Digest.from_data(house.store.digests.queued(OPS, clock() - timedelta(seconds=1))[-1])


def test_each_week_adds_its_numbers_and_a_week_that_was_missed_is_absent(house: House, clock: Clock) -> None:
    assert _digest(house, clock).weeks == ()
    clock.pass_by(7)
    assert len(_digest(house, clock).weeks) == 2
    clock.pass_by(14)
    made = _digest(house, clock)
    assert made.weeks == tuple(
        WeekCount(START.date() + weeks * WEEK, made.numbers.hosts, made.numbers.eol) for weeks in (0, 1, 3)
    )
    assert made.numbers.eol == 2
