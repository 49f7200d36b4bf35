"""What a process does unasked: sweeps, asking for missing updates, evaluation between them, weekly digests, pruning,
and sending."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from structlog.typing import FilteringBoundLogger

from bot.alerts.digest import WEEKS_TOLD, Digest
from bot.app.fleet import WatchedFleet
from bot.app.published import follow, follow_data
from bot.app.sending import Senders
from bot.fleet.ports import SweepRun
from bot.fleet.schedule import AGAIN, HELD, MONDAY_MORNING, WEEK, Job, Schedule, once_a_slot
from bot.fleet.sweep import SweepEnd

EVALUATE_EVERY = timedelta(minutes=5)
"""How often what is stored is evaluated anew: a snooze ends, a day begins, a sweep does not come."""

POLL_EVERY = timedelta(minutes=5)
"""How often it is looked whether it is time to ask a Xen Orchestra (bot.fleet.orchestras.HOURLY)."""

MIRROR_EVERY = timedelta(minutes=1)
"""How often it is looked whether a mirror of the open alerts is to be renewed."""

DAY = timedelta(days=1)


class ScheduledJobs:
    """Threads for the schedule and for sending, from `start` until its event is set.

    `senders` is None where there is nobody to send to: what is queued then waits for a process that has one.

    While the clock is in doubt sweeps only ask, and nothing is evaluated, announced or pruned: those slots wait.
    """

    def __init__(self, log: FilteringBoundLogger, watched: WatchedFleet, senders: Senders | None) -> None:
        self._log, self._watched, self._senders = log, watched, senders
        self._sender = senders.worker if senders else None
        self._wake = threading.Event()
        every = watched.evaluation.every
        jobs: list[tuple[Job, ...]] = [
            # A sweep that hangs must not keep the second from saying that it does.
            (self._sweep_job(), Job("prune", DAY, self.prune)),
            (
                Job("evaluate", min(EVALUATE_EVERY, every), self.evaluate),
                Job("digest", WEEK, self.digests, MONDAY_MORNING),
            ),
        ]
        if watched.follows:
            jobs.append((Job("list", DAY, self.follow_list),))  # a server may take its time
        if senders and senders.mirrors:
            jobs.append((Job("mirror", min(MIRROR_EVERY, every), self.mirror),))  # a server may take its time
        if watched.polling.orchestras:
            jobs.append((Job("orchestras", POLL_EVERY, self.poll_orchestras),))  # it may take most of an hour
        # What one process left undone another one takes as soon as it may.
        stale = watched.cycle.sweeper.pace.stale
        again, held = min(AGAIN, stale), min(HELD, stale)
        self._schedules = [Schedule(each, watched.clock, time.monotonic, log, self._wake, again, held) for each in jobs]
        self._threads: list[threading.Thread] = []

    def start(self, stop: threading.Event) -> None:
        """Begin, with whatever is due already."""
        runs: list[Callable[[threading.Event], None]] = [schedule.run for schedule in self._schedules]
        if self._sender:
            runs.append(self._sender.run)
        self._threads = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the end of what was begun; False if some of it hangs."""
        self._wake.set()
        self._wake_sender()
        ends = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _wake_sender(self) -> None:
        if self._sender:
            self._sender.wake()

    def _sweep_job(self) -> Job:
        watched, log = self._watched, self._log
        sweeper = watched.cycle.sweeper

        def go(run: SweepRun) -> bool:
            made = watched.cycle.go(run, lambda _, __: None, watched.stop)
            swept, slot = made.swept, run.slot and run.slot.isoformat()
            log.info("swept", slot=slot, ending=swept.ending.value, sources=swept.sources, failed=len(swept.failed))
            return swept.ending is SweepEnd.DONE

        due = once_a_slot(sweeper.sweeps, sweeper.by, watched.clock, sweeper.pace.stale, go)
        return Job("sweep", watched.evaluation.every, due)

    def evaluate(self, _: datetime) -> bool:
        """Evaluate what is stored; a clock in doubt decides nothing. Like every job: whether its slot is done."""
        self._watched.settle()
        self._wake_sender()
        return True

    def digests(self, due: datetime) -> bool:
        """On Monday morning. Each channel's is queued once, whichever process comes first."""
        at = self._watched.clock()
        if self._watched.clock_check.doubt():
            return False
        if at - due < DAY:  # a process that comes back on Thursday waits for the next one
            queue_digests(self._watched, due, at)
            self._wake_sender()
        return True

    def follow_list(self, due: datetime) -> bool:
        """Renewed data and the published list are read once a day, by whichever process comes first."""
        watched, at, log = self._watched, self._watched.clock(), self._log
        if watched.clock_check.doubt():
            return False
        channel, slots = watched.evaluation.plan.channel, watched.store.slots
        if watched.renews and slots.claim(f"data {watched.renews.name}", due, at):
            follow_data(watched.renews, watched.store.renewals, channel, at, log)
            self._wake_sender()
        if (follows := watched.list_follower) and slots.claim(f"list {follows.name}", due, at):
            follow(follows, watched.store.revisions, channel, at, log)
            self._wake_sender()
        return True

    def poll_orchestras(self, _: datetime) -> bool:
        """Ask Xen Orchestras for their versions and for missing updates, after their first sweep."""
        if self._watched.clock_check.doubt():
            return False
        return self._watched.polling.go(self._watched.stop)

    def mirror(self, _: datetime) -> bool:
        """Renew what mirrors the open alerts elsewhere: at start, after each sweep, and after an alert has ended."""
        if self._senders:
            last = self._watched.store.sweeps.last_finished()
            self._senders.renew(self._log, last and last.finished_at)
        return True

    def prune(self, _: datetime) -> bool:
        """Forget what ended long ago, as far as the clock can be believed."""
        if self._watched.clock_check.doubt():
            return False
        self._watched.store.prune(self._watched.clock())
        return True


def queue_digests(watched: WatchedFleet, week: datetime, at: datetime) -> None:
    """Queue the digest of a week for every channel that wants one and did not get it yet."""
    digests = watched.store.digests
    for digest in watched.evaluation.digests(at):
        if digests.is_on(digest.channel):
            earlier = map(Digest.from_data, digests.queued(digest.channel, at - WEEKS_TOLD * WEEK))
            digests.queue(digest.channel, week, digest.after(earlier).to_data(), at)
