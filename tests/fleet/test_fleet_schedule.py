"""Slots are the same for everybody, a missed one runs once, and no clock and no error stalls the schedule."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.alerts.routing import in_zone
from bot.errors import UnavailableError
from bot.fleet.ports import SweepRun
from bot.fleet.schedule import AGAIN, EPOCH, WEEK, Job, Schedule, monday_morning, once_a_slot, slot
from bot.fleet.sweep import STALE
from tests.fleet.conftest import NOON, Clock
from tests.fleet.fakes import FakeSweepLog

HOURS = timedelta(hours=6)
moments = st.integers(0, 250 * 365 * 86400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
periods = st.timedeltas(timedelta(minutes=1), timedelta(days=30))


@given(now=moments, every=periods)
def test_a_slot_is_the_latest_whole_period_before_now(now: datetime, every: timedelta) -> None:
    due = slot(now, every)
    assert due <= now < due + every
    assert slot(due, every) == due
    assert slot(due + every, every) == due + every


def test_six_hours_are_in_slots_of_the_day() -> None:
    assert slot(NOON + timedelta(hours=5), HOURS) == NOON
    assert slot(NOON - timedelta(seconds=1), HOURS) == NOON - HOURS


def test_a_week_begins_on_monday_at_eight() -> None:
    assert monday_morning(datetime(2026, 11, 23, 8, tzinfo=UTC)) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert monday_morning(datetime(2026, 11, 23, 7, 59, tzinfo=UTC)).day == 16
    assert monday_morning(NOON).weekday() == 0


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Europe/Paris", "Asia/Kolkata"])
@given(now=moments)
def test_mornings_are_those_of_the_zone_whatever_its_clocks_do(zone: str, now: datetime) -> None:
    due = monday_morning(in_zone(zone, now))
    local = in_zone(zone, due)
    assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)
    assert due <= now < due + WEEK + timedelta(hours=1)  # the week in which clocks are set back
    assert monday_morning(in_zone(zone, due)) == due


@pytest.mark.parametrize(
    ("zone", "at", "due"),
    [
        ("Pacific/Auckland", "2026-11-22T18:59Z", "2026-11-15T19:00Z"),  # 07:59 on Monday there, UTC+13
        ("Pacific/Auckland", "2026-11-22T19:00Z", "2026-11-22T19:00Z"),
        ("America/Los_Angeles", "2026-11-23T15:59Z", "2026-11-16T16:00Z"),
        ("America/Los_Angeles", "2026-11-23T16:00Z", "2026-11-23T16:00Z"),
        ("America/Los_Angeles", "2026-10-26T15:00Z", "2026-10-26T15:00Z"),  # a week before clocks are set back
    ],
)
def test_a_week_begins_when_it_is_monday_at_eight_there(zone: str, at: str, due: str) -> None:
    assert monday_morning(in_zone(zone, datetime.fromisoformat(at))) == datetime.fromisoformat(due)


def _finishing(sweeps: FakeSweepLog, clock: Clock, ran: list[datetime | None]) -> Callable[[SweepRun], bool]:
    def go(run: SweepRun) -> bool:
        ran.append(run.slot)
        sweeps.finish(run, clock())
        return True

    return go


class Running:
    """A schedule on a thread, that a test looks at each time it has looked at its clock."""

    def __init__(self, clock: Clock, log: FilteringBoundLogger, *jobs: Job) -> None:
        self._looked = threading.Semaphore(0)
        self._clock, self._wake, self._stop = clock, threading.Event(), threading.Event()
        schedule = Schedule(jobs, self._look, clock.monotonic, log, self._wake)
        self._thread = threading.Thread(target=schedule.run, args=(self._stop,))

    def _look(self) -> datetime:
        self._looked.release()
        return self._clock()

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def look_twice(self) -> None:
        """Returns when what was due is done: a second look begins when the first one is over."""
        while self._looked.acquire(blocking=False):
            pass
        for _ in range(3):
            self._wake.set()
            assert self._looked.acquire(timeout=10)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def _noted(ran: list[datetime], answer: bool = True) -> Callable[[datetime], bool]:
    def run(due: datetime) -> bool:
        ran.append(due)
        return answer

    return run


def test_each_slot_runs_once_and_one_missed_long_runs_once_on_return(clock: Clock, log: FilteringBoundLogger) -> None:
    ran: list[datetime] = []
    with Running(clock, log, Job("sweep", HOURS, _noted(ran))) as running:
        running.look_twice()
        assert ran == [NOON]
        clock.pass_by(3600)
        running.look_twice()
        assert ran == [NOON]
        clock.pass_by(5 * 86400)
        running.look_twice()
    assert ran == [NOON, NOON + timedelta(days=5)]


def test_a_clock_that_goes_back_repeats_no_sweep_and_stalls_none(clock: Clock, log: FilteringBoundLogger) -> None:
    sweeps, ran = FakeSweepLog(), list[datetime | None]()

    job = Job("sweep", HOURS, once_a_slot(sweeps, "me", clock, STALE, _finishing(sweeps, clock, ran)))
    with Running(clock, log, job) as running:
        running.look_twice()
        clock.pass_by(HOURS.total_seconds())
        running.look_twice()
        assert ran == [NOON, NOON + HOURS]
        clock.now = NOON + timedelta(minutes=1)
        running.look_twice()
        assert ran == [NOON, NOON + HOURS]
        clock.now = datetime(2099, 1, 1, tzinfo=UTC)  # a wrong clock, mended a moment later
        clock.seconds += 2 * AGAIN
        running.look_twice()
        clock.now = NOON + 2 * HOURS
        running.look_twice()
    assert ran == [NOON, NOON + HOURS, datetime(2099, 1, 1, tzinfo=UTC), NOON + 2 * HOURS]


def test_what_fails_is_logged_and_tried_again_later_and_keeps_nobody_else_waiting(
    clock: Clock, log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    ran: list[datetime] = []
    errors = iter([UnavailableError("The database is away."), ZeroDivisionError()])

    def broken(_: datetime) -> bool:
        if error := next(errors, None):
            raise error
        return True

    with Running(clock, log, Job("sweep", HOURS, broken), Job("digest", WEEK, _noted(ran))) as running:
        running.look_twice()
        assert [entry["event"] for entry in kept_log.entries] == ["job not done"]
        clock.pass_by(AGAIN)
        running.look_twice()
        assert [entry["event"] for entry in kept_log.entries] == ["job not done", "job failed"]
        clock.pass_by(AGAIN)
        running.look_twice()
        assert next(errors, None) is None
    assert len(kept_log.entries) == 2
    assert len(ran) == 1


def test_a_slot_that_another_process_has_taken_does_not_keep_the_next_one_waiting(
    clock: Clock, log: FilteringBoundLogger
) -> None:
    sweeps, ran = FakeSweepLog(), list[datetime | None]()
    sweeps.claim(NOON, "killed in the middle", clock(), STALE)
    every = timedelta(seconds=20)
    job = Job("sweep", every, once_a_slot(sweeps, "me", clock, STALE, _finishing(sweeps, clock, ran)))
    with Running(clock, log, job) as running:
        running.look_twice()
        assert ran == []
        clock.pass_by(every.total_seconds())
        running.look_twice()
    assert ran == [NOON + every]


def test_of_two_processes_one_sweeps_a_slot_and_the_other_one_takes_over_when_it_dies(clock: Clock) -> None:
    sweeps = FakeSweepLog()
    done: list[datetime | None] = []
    dies = once_a_slot(sweeps, "a", clock, STALE, lambda _: False)
    other = once_a_slot(sweeps, "b", clock, STALE, _finishing(sweeps, clock, done))
    assert not dies(NOON)
    assert not other(NOON)
    clock.pass_by(STALE)
    assert other(NOON)
    assert once_a_slot(sweeps, "a", clock, STALE, _finishing(sweeps, clock, done))(NOON)
    assert done == [NOON]


@pytest.mark.parametrize("count", [2, 8])
def test_many_at_once_sweep_a_slot_once(clock: Clock, count: int) -> None:
    sweeps, ran = FakeSweepLog(), list[datetime | None]()
    go = _finishing(sweeps, clock, ran)
    works = [once_a_slot(sweeps, str(at), clock, STALE, go) for at in range(count)]
    threads = [threading.Thread(target=work, args=(NOON,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(ran) == 1
