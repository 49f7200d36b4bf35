"""The bookkeeping of a sweep of 10,000 hosts: seconds and SQL statements of each part, against the time of probing.

Three sweeps of the same fleet: the first one, one in which nothing is new, and one days before a release's end; on
SQLite and PostgreSQL. CPU is this process' own, all that a sweep does but for the probes themselves.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine, event

from bot.alerts.alert import Reconciled
from bot.alerts.cycle import SendResult, SweepCycle
from bot.alerts.ports import Evaluation
from bot.alerts.routing import AlertPlan
from bot.app.fleet import DECISIONS, WatchTerms, watch_fleet
from bot.app.serve import settle_down
from bot.fleet.sweep import SweepPace
from bot.store.alerts import SqlAlerts
from bot.store.database import Database
from bot.store.store import open_store
from tests.bench.answering import Answering
from tests.bench.clients import ours
from tests.bench.postgres import postgres
from tests.bench.simulated import simulated

HOSTS = 10_000
RUNS, PROBES = 3, 300
SWEEPS = {
    "first": datetime(2026, 11, 23, 12, tzinfo=UTC),
    "nothing_new": datetime(2026, 11, 23, 18, tzinfo=UTC),
    "threshold": datetime(2028, 9, 1, tzinfo=UTC),
}
PLAN = AlertPlan("C0123456789")
CHUNKS = HOSTS / SweepPace().chunk


class Counted:
    """Statements that a database was given."""

    def __init__(self, engine: Engine) -> None:
        self.statements = 0
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1


class Book(SqlAlerts):
    """The book of alerts, and its clock: what it takes is told apart from the sweep's."""

    def __init__(self, database: Database, counted: Counted) -> None:
        super().__init__(database, DECISIONS)
        self._counted = counted
        self.seconds, self.statements = 0.0, 0

    def settle(self, judge: Callable[[], Evaluation], now: datetime) -> Reconciled:
        begun, before = time.perf_counter(), self._counted.statements
        settled = super().settle(judge, now)
        self.seconds, self.statements = time.perf_counter() - begun, self._counted.statements - before
        return settled


def measure() -> dict[str, object]:
    """For each sweep: seconds, CPU, its share of probing, what of it is the alerts'; statements, in all and a chunk."""
    settle_down()
    found: dict[str, object] = {"hosts": HOSTS, "runs": RUNS}
    for name, database in (("sqlite", _sqlite), ("postgresql", postgres)):
        runs = []
        for _ in range(RUNS):
            probing = _probing()
            with database() as url:
                runs.append(_sweeps(url, probing))
        found[name] = {sweep: _medians([run[sweep] for run in runs]) for sweep in SWEEPS}
    return found


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


def _sweeps(url: str, probing: float) -> dict[str, dict[str, float]]:
    """All three in a database that is new."""
    fleet = Answering(HOSTS, SWEEPS["first"])
    log = structlog.get_logger().bind()
    store = open_store(url, DECISIONS, log, lambda: fleet.at)
    try:
        terms = WatchTerms(PLAN, timedelta(hours=6), SweepPace(), lambda: fleet.at, lambda: SendResult())
        watched = watch_fleet(store, fleet.hosts(), terms, log, threading.Event())
        counted = Counted(store.database.engine)
        book = Book(store.database, counted)
        rounds, found = watched.rounds._replace(book=book), {}
        for name, at in SWEEPS.items():
            fleet.at = at
            swept = _sweep(rounds, book, counted, at)
            probed = {"probing_cpu_seconds": round(probing, 1), "of_probing": round(swept["cpu_seconds"] / probing, 3)}
            found[name] = swept | probed
        return found
    finally:
        store.close()


def _sweep(rounds: SweepCycle, book: Book, counted: Counted, at: datetime) -> dict[str, float]:
    before, begun, used = counted.statements, time.perf_counter(), time.process_time()
    made = rounds.ask(at.date(), lambda _, __: None, threading.Event())
    cpu, seconds = time.process_time() - used, time.perf_counter() - begun
    statements = counted.statements - before
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "alerts_seconds": round(book.seconds, 2),
        "statements": statements,
        "statements_a_chunk": round((statements - book.statements) / CHUNKS, 1),
        "alerts_statements": book.statements,
        "opened": made.settled.opened,
    }


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _probing() -> float:
    """CPU seconds that probing as many hosts takes, by those that one takes here and now."""
    with simulated(1) as (asked,):
        ask = ours()
        ask(asked)
        used = time.process_time()
        for _ in range(PROBES):
            ask(asked)
        return (time.process_time() - used) / PROBES * HOSTS
