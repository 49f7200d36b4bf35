"""While the clock is in doubt: what runs unasked leaves everything as it is, and log, doctor and /readyz say so."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.alerts.clock_check import ClockCheck
from bot.alerts.delivery.worker import OutboxWorker
from bot.app.doctor import clock_checks
from bot.app.fleet import clock_check
from bot.app.schedule import ScheduledJobs
from bot.app.sending import Senders
from tests.acceptance.waiting import until
from tests.app.conftest import START, Clock, House, Start, ready

OLD = START - timedelta(days=399)
WRONG = START + timedelta(days=700)
WHY = "this machine's clock was set forward by 700 days while xocompat ran, and no server has said what time it is"


class Quiet:
    """A sender with nothing to send to."""

    def run(self, stop: threading.Event) -> None:
        stop.wait()

    def wake(self) -> None:
        pass


def _while_it_runs(house: House, log: FilteringBoundLogger, seen: Callable[[], object]) -> None:
    """The schedule runs until something is seen."""
    stop = threading.Event()
    jobs = ScheduledJobs(log, house.watched, Senders(cast(OutboxWorker, Quiet())))
    jobs.start(stop)
    try:
        until(lambda: seen() or None, 20, "seen")
    finally:
        stop.set()
        assert jobs.join(10)


def test_sweeps_ask_and_nothing_is_evaluated_pruned_or_queued(
    start: Start, clock: Clock, log: FilteringBoundLogger
) -> None:
    house = start()
    house.sweep()
    house.store.audit.close()
    before = (house.store.alerts.open(), house.store.outbox.states())
    fleet = house.store.fleet.hosts()
    clock.set(WRONG)
    _while_it_runs(house, log, lambda: house.store.sweeps.last_error())
    failed = house.store.sweeps.last_error()
    assert failed
    assert failed.error == WHY
    assert (house.store.alerts.open(), house.store.outbox.states()) == before
    assert house.store.fleet.hosts() == fleet


def test_slots_of_a_clock_in_doubt_wait_and_are_done_when_it_is_right(
    start: Start, clock: Clock, log: FilteringBoundLogger
) -> None:
    house = start()
    house.store.sweeps.finish(house.store.sweeps.begin("us", OLD), OLD)
    jobs = ScheduledJobs(log, house.watched, Senders(cast(OutboxWorker, Quiet())))
    clock.set(WRONG)
    assert not any(job(WRONG) for job in (jobs.prune, jobs.digests, jobs.follow_list))
    last = house.store.sweeps.last_finished()
    assert last
    assert last.started_at == OLD
    assert house.store.outbox.states() == ()
    clock.set(START)
    clock.pass_by(2)
    assert all(job(clock()) for job in (jobs.prune, jobs.digests, jobs.follow_list))
    assert house.store.sweeps.last_finished() is None


def test_readyz_says_so_and_why(start: Start, clock: Clock) -> None:
    house = start()
    house.sweep()
    assert ready(house) == ("200 OK", "ready\n")
    clock.set(WRONG)
    status, said = ready(house)
    assert status.startswith("503")
    assert said.splitlines()[0] == WHY
    house.watched.clock_check.observe(WRONG)
    house.sweep()
    assert ready(house)[0] == "200 OK"


def test_the_log_says_once_when_doubt_begins_and_once_when_it_ends(
    log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    check = clock_check(log)
    now = datetime.now(START.tzinfo)
    for days in (0, 40, 40, 0, 0):
        check.observe(now + timedelta(days=days))
    for _ in range(8):
        check.observe(now + timedelta(days=40))
    for _ in range(3):
        check.observe(now)
    assert [entry["event"] for entry in kept_log.entries] == ["clock in doubt", "clock trusted again"]


def test_doctor_says_what_servers_said(clock: Clock) -> None:
    check = ClockCheck(clock, clock.monotonic)
    assert [*clock_checks(check)] == []
    check.observe(START)
    assert [str(each) for each in clock_checks(check)] == ["ok      clock, by servers: it shows their day"]
    clock.set(WRONG)
    (found,) = clock_checks(check)
    assert not found.ok
    assert "700 days ahead of what servers say → set it" in str(found)
