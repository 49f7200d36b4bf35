"""What a process does unasked: sweeps, judging between them, weekly digests, pruning, and sending."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.worker import OutboxWorker
from bot.app.fleet import WatchedFleet
from bot.app.published import follow
from bot.fleet.ports import SweepRun
from bot.fleet.schedule import AGAIN, MONDAY_MORNING, WEEK, Job, Schedule, once_a_slot
from bot.fleet.sweep import SweepEnd

STANDING = timedelta(minutes=5)
"""How often what is known is judged anew: a snooze ends, a day begins, a sweep does not come."""

DAY = timedelta(days=1)


class ScheduledJobs:
    """Threads for the schedule and for sending, from `start` until its event is set."""

    def __init__(self, log: FilteringBoundLogger, watched: WatchedFleet, sender: OutboxWorker) -> None:
        self._sender = sender
        self._wake = threading.Event()
        # A sweep that hangs must not keep the second from telling that it does.
        self._schedules = (
            _schedule(watched, log, self._wake, _sweep(watched, log), _prune(watched)),
            _schedule(watched, log, self._wake, _standing(watched, sender), _digests(watched, sender)),
            *_following(watched, sender, log, self._wake),  # a server may take its time
        )
        self._threads: list[threading.Thread] = []

    def start(self, stop: threading.Event) -> None:
        """Begin, with whatever is due already."""
        runs: tuple[Callable[[threading.Event], None], ...] = (
            *(schedule.run for schedule in self._schedules),
            self._sender.run,
        )
        self._threads = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the end of what was begun; False if some of it hangs."""
        self._wake.set()
        self._sender.wake()
        ends = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


def _schedule(watched: WatchedFleet, log: FilteringBoundLogger, wake: threading.Event, *jobs: Job) -> Schedule:
    """What one process left undone another one takes as soon as it may."""
    again = min(AGAIN, watched.rounds.sweeper.pace.stale)
    return Schedule(jobs, watched.clock, time.monotonic, log, wake, again)


def _sweep(watched: WatchedFleet, log: FilteringBoundLogger) -> Job:
    rounds = watched.rounds
    sweeper = rounds.sweeper

    def go(run: SweepRun) -> bool:
        made = rounds.go(run, None, lambda _, __: None, watched.stop)
        swept, slot = made.swept, run.slot and run.slot.isoformat()
        log.info("swept", slot=slot, ending=swept.ending.value, sources=swept.sources, failed=len(swept.failed))
        return swept.ending is SweepEnd.DONE

    due = once_a_slot(sweeper.sweeps, sweeper.by, watched.clock, sweeper.pace.stale, go)
    return Job("sweep", watched.judge.every, due)


def _standing(watched: WatchedFleet, sender: OutboxWorker) -> Job:
    def run(_: datetime) -> bool:
        watched.settle()
        sender.wake()
        return True

    return Job("standing", min(STANDING, watched.judge.every), run)


def _digests(watched: WatchedFleet, sender: OutboxWorker) -> Job:
    """On Monday morning. Each channel's is queued once, whichever process comes first."""
    queue = watched.store.digests

    def run(due: datetime) -> bool:
        at = watched.clock()
        if at - due < DAY:  # who comes back on Thursday waits for the next one
            for digest in watched.judge.digests(at):
                if queue.is_on(digest.channel):
                    queue.queue(digest.channel, due, digest.to_data(), at)
            sender.wake()
        return True

    return Job("digest", WEEK, run, MONDAY_MORNING)


def _following(
    watched: WatchedFleet, sender: OutboxWorker, log: FilteringBoundLogger, wake: threading.Event
) -> tuple[Schedule, ...]:
    """The published list is read once a day, by whichever process comes first."""
    follows, store, channel = watched.follows, watched.store, watched.judge.plan.channel
    if follows is None:
        return ()

    def run(due: datetime) -> bool:
        at = watched.clock()
        if store.ticks.claim(f"list {follows.name}", due, at):
            follow(follows, store.revisions, channel, at, log)
            sender.wake()
        return True

    return (_schedule(watched, log, wake, Job("list", DAY, run)),)


def _prune(watched: WatchedFleet) -> Job:
    def run(_: datetime) -> bool:
        watched.store.prune(watched.clock())
        return True

    return Job("prune", DAY, run)
