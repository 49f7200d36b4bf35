"""What is due when: slots that are the same in every process, and the loop that has each one's work done once.

A slot that was missed (the machine slept, nobody ran) is due until it is done, and only the latest: it runs once on
return. That two processes do not do the same is not decided here but where claims are recorded.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Event
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.fleet.ports import SweepLog, SweepRun

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
EIGHT = time(8)
"""When digests are due on Mondays."""

AGAIN, AT_LAST = 60.0, 3600.0
"""Seconds until work that failed is tried again: at first, and at most when it fails again and again."""

HELD = 5.0
"""Seconds until a slot that another process is at is asked for again: that one may die."""

TICK = 1.0
"""Seconds at most between two readings of the clock: it may jump, and a machine that slept has not waited."""


def slot(now: datetime, every: timedelta) -> datetime:
    """The latest moment up to now that is whole periods from the epoch."""
    return now - (now - EPOCH) % every


def monday_morning(now: datetime) -> datetime:
    """The latest Monday, 08:00, of the zone that `now` is in: a moment up to now, in UTC."""
    monday = now.date() - timedelta(days=now.weekday())
    this_week = datetime.combine(monday, EIGHT, now.tzinfo)
    due = this_week if this_week <= now else datetime.combine(monday - WEEK, EIGHT, now.tzinfo)
    return due.astimezone(UTC)


class Job(NamedTuple):
    """Work that is due in every slot of a period. `run` does it, and is False where it has to be tried again.

    `slot_at` gives the slot at a moment where that is no matter of whole periods: days of a zone differ in length.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], bool]
    slot_at: Callable[[datetime], datetime] | None = None

    def due(self, now: datetime) -> datetime:
        """The latest slot up to now."""
        return self.slot_at(now) if self.slot_at else slot(now, self.every)


def once_a_slot(
    sweeps: SweepLog, by: str, clock: Callable[[], datetime], stale: float, go: Callable[[SweepRun], bool]
) -> Callable[[datetime], bool]:
    """Work of a sweep's slot: taken by one process only, and by another one if that is silent for `stale` seconds.

    `go` is False where it was not done: another process took it over meanwhile, and may die.
    """

    def run(due: datetime) -> bool:
        if taken := sweeps.claim(due, by, clock(), stale):
            return go(taken)
        return sweeps.is_done(due)  # else another process is at it, and may die

    return run


class Schedule:
    """Does the work of jobs, one at a time, in slots as they become due.

    `wake` has it read the clock at once. Work that failed is tried again after `again` seconds, and ever later when
    it fails on; a slot that another process is at, every `held` seconds. What goes wrong is logged: the schedule itself
    never ends before it is stopped.
    """

    def __init__(
        self,
        jobs: tuple[Job, ...],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        log: FilteringBoundLogger,
        wake: Event,
        again: float = AGAIN,
        held: float = HELD,
    ) -> None:
        self._jobs, self._clock, self._monotonic, self._log, self._wake = jobs, clock, monotonic, log, wake
        self._again, self._held = again, held
        self._done: dict[str, datetime] = {}
        self._not_before: dict[str, float] = {}
        self._held_slots: dict[str, tuple[datetime, float]] = {}
        self._failures: dict[str, int] = {}

    def run(self, stop: Event) -> None:
        """Until `stop` is set; it is checked every second, and at once when `wake` is set after it."""
        with ThreadPoolExecutor(1, thread_name_prefix="schedule") as pool:
            while not stop.is_set():
                self._wake.clear()
                for job in self._jobs:
                    if not stop.is_set():
                        self._run_if_due(job, pool)
                if not stop.is_set():
                    self._wake.wait(TICK)

    def _run_if_due(self, job: Job, pool: ThreadPoolExecutor) -> None:
        due, now = job.due(self._clock()), self._monotonic()
        # After a failure any slot waits; where another process is at a slot, that one alone.
        held_slot, until = self._held_slots.get(job.name, (None, 0.0))
        not_before = max(self._not_before.get(job.name, 0.0), until if held_slot == due else 0.0)
        # A clock that went back shows another slot, too: its work is claimed, and the claim is refused.
        if self._done.get(job.name) == due or now < not_before:
            return
        future = pool.submit(job.run, due)
        if error := future.exception():
            self._failed(job, due, error)
        elif future.result():
            self._done[job.name] = due
            self._failures.pop(job.name, None)
        else:
            self._held_slots[job.name] = due, self._monotonic() + self._held

    def _failed(self, job: Job, due: datetime, error: BaseException) -> None:
        times = self._failures[job.name] = self._failures.get(job.name, 0) + 1
        again = min(self._again * 2.0 ** min(times - 1, 10), AT_LAST)
        self._not_before[job.name] = self._monotonic() + again
        about = {"job": job.name, "slot": due.isoformat(), "again_in_seconds": again}
        if isinstance(error, UnavailableError):
            self._log.error("job not done", reason=str(error), **about)
        else:
            self._log.error("job failed", exc_info=error, **about)
