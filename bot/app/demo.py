"""The demo: the chat in a terminal, with simulated hosts that are watched as real ones are."""

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from logging import ERROR
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import TYPE_CHECKING, TextIO

from bot.app.lookup import now, runner
from bot.demo import console
from bot.demo.clock import DemoClock
from bot.demo.hosts import SimulatedHosts
from bot.demo.platform import ROOM, DemoPlatform
from bot.demo.world import DemoFleet, DemoParts, DemoSession
from bot.errors import UnavailableError
from bot.simulator import branch_fleet, demo_fleet, large_fleet

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger, Processor

    from bot.app.dataset import CurrentDataset
    from bot.app.fleet import Hosts, WatchedFleet

EVERY = timedelta(hours=6)
CONCURRENCY = 64
UPDATES_WITHIN = 10.0
"""Seconds that a sweep takes for asking the Xen Orchestra which updates its hosts miss, at most."""


def demo(day: date | None, hosts: int | None, stdin: TextIO | None, stdout: TextIO, environ: Mapping[str, str]) -> int:
    """Answer, with a few simulated hosts or so many. The exit status: 0."""
    clock = DemoClock(now, day)
    pools, elsewhere = (large_fleet(hosts), ()) if hosts else (demo_fleet(clock.today()), branch_fleet())
    with SimulatedHosts(pools, elsewhere, clock.now) as simulated, DemoSession(backing(simulated, clock)) as session:
        return console(runner()._replace(today=clock.today), stdin, stdout, environ, session=session)


def backing(simulated: SimulatedHosts, clock: DemoClock) -> DemoParts:
    """What the session is put together from, on a clock."""
    platform, one_at_a_time = DemoPlatform(), Lock()
    hosts: Hosts | None = None

    def real() -> "Hosts":
        nonlocal hosts
        with one_at_a_time:  # probes and sweeps know of each other
            if hosts is None:
                from bot.app.fleet import hosts_from

                known = simulated.known()
                hosts = hosts_from(known.inventory, known.orchestras, clock=clock.now)
            return hosts

    return DemoParts(
        simulated,
        clock,
        platform,
        fleet=lambda: real().fleet(),
        open=lambda stop: _open(real(), clock, platform, stop),
    )


def _open(hosts: "Hosts", clock: DemoClock, platform: DemoPlatform, stop: Event) -> DemoFleet:
    """The fleet watched from now on, as `serve` does it, with a database that is gone at the end."""
    from bot.alerts.clock_check import ClockCheck
    from bot.alerts.cycle import SendResult
    from bot.alerts.delivery.retry import RetryPolicy
    from bot.alerts.delivery.worker import OutboxWorker
    from bot.alerts.routing import AlertPlan
    from bot.app.dataset import CurrentDataset
    from bot.app.fleet import WatchTerms, awake_or_not, watch_fleet
    from bot.chat.transport import PlatformTransport, reply_for
    from bot.fleet.sweep import SweepPace
    from bot.store.store import open_store

    log = _log()
    with ExitStack() as ends:
        try:
            folder = ends.enter_context(TemporaryDirectory(prefix="xocompat-demo-"))
        except OSError as error:
            raise UnavailableError(f"The demo's database has no place here: {error.strerror or error}.") from error
        store = open_store(f"sqlite:///{folder}/demo.db", log, clock.now)
        ends.callback(store.close)
        edition, page = CurrentDataset(store.revisions), Path(folder, "list.md")
        transport = PlatformTransport(platform, lambda delivery: reply_for(delivery, edition().matrix, AlertPlan(ROOM)))
        worker = OutboxWorker(log, store.outbox, transport, clock.now, "demo", RetryPolicy(between=0))
        ends.callback(worker.close)
        sending = Lock()

        def send() -> int:
            with sending:
                sent = worker.pass_once().delivered
            platform.flush()
            return sent

        pace = SweepPace(CONCURRENCY)
        terms = WatchTerms(
            AlertPlan(ROOM),
            EVERY,
            pace,
            clock.now,
            lambda: SendResult(send()),
            str(page),
            edition,
            ClockCheck(now, awake_or_not),  # the demo's clock is put to other days, and that is no reason for doubt
            UPDATES_WITHIN,
        )
        watched = watch_fleet(store, hosts, terms, log, stop)
        close = ends.pop_all().close
    return DemoFleet(
        watched.ports,
        sweep=lambda progress: watched.cycle.ask(progress, stop),
        week=lambda: _queue_week(watched),
        publish=lambda: _publish(watched, page, edition, log),
        send=send,
        close=close,
    )


def _queue_week(watched: "WatchedFleet") -> None:
    """Queue the digests that are due on a Monday."""
    from bot.app.schedule import queue_digests
    from bot.fleet.schedule import monday_morning

    at = watched.clock()
    queue_digests(watched, monday_morning(at), at)


def _publish(watched: "WatchedFleet", page: Path, edition: "CurrentDataset", log: "FilteringBoundLogger") -> bool:
    """Change the page, and follow it as `serve` does; whether there is something new to post."""
    from bot.app.published import follow
    from bot.demo.page import changed_page, listed_page

    at, follows = watched.clock(), watched.follows
    if follows is None:
        return False
    if watched.store.revisions.in_use() is None:  # what differs in the first page is no news: it may be old
        page.write_text(listed_page(follows.matrix, at.date()), encoding="utf-8")
        follows.sync(at.date(), watched.store.revisions)
    page.write_text(changed_page(follows.matrix, at.date()), encoding="utf-8")
    is_new = follow(follows, watched.store.revisions, watched.evaluation.plan.channel, at, log)
    edition.refresh()
    return is_new


def _log() -> "FilteringBoundLogger":
    """For what nobody foresaw; the demo says the rest itself."""
    import structlog

    processors: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    made: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr), processors, structlog.make_filtering_bound_logger(ERROR)
    )
    return made
