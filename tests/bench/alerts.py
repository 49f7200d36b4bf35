"""The bookkeeping of a sweep of 10,000 hosts: seconds and SQL statements of each part, against the time of probing.

Three sweeps of the same fleet: the first one, one in which nothing is new, and one days before a release's end; on
SQLite and PostgreSQL. CPU is this process' own, all that a sweep does but for the probes themselves.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Engine, event

from bot.alerts.alert import Reconciled
from bot.alerts.clock_check import ClockCheck
from bot.alerts.cycle import SendResult, SweepCycle
from bot.alerts.evaluate import FleetEvaluation
from bot.alerts.routing import AlertPlan
from bot.app.fleet import WatchTerms, watch_fleet
from bot.app.memory import settle_down
from bot.fleet.sweep import SweepPace
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


class TimedEvaluation(FleetEvaluation):
    """The evaluation with its share: what it takes is told apart from the sweep's."""

    counted: Counted
    seconds, statements = 0.0, 0

    def evaluate(self, now: datetime, swept_at: datetime | None = None, begins: bool = True) -> Reconciled:
        begun, before = time.perf_counter(), self.counted.statements
        settled = super().evaluate(now, swept_at, begins)
        self.seconds, self.statements = time.perf_counter() - begun, self.counted.statements - before
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
    store = open_store(url, log, lambda: fleet.at)
    try:
        terms = WatchTerms(PLAN, timedelta(hours=6), SweepPace(), lambda: fleet.at, lambda: SendResult())
        watched = watch_fleet(store, fleet.hosts(), terms, log, threading.Event())
        counted, evaluation = Counted(store.database.engine), TimedEvaluation(*watched.evaluation)
        evaluation.counted = counted
        cycle, found = watched.cycle._replace(evaluation=evaluation, clock_check=_trusted()), {}
        for name, at in SWEEPS.items():
            fleet.at = at
            swept = _sweep(cycle, evaluation, counted)
            probed = {"probing_cpu_seconds": round(probing, 1), "of_probing": round(swept["cpu_seconds"] / probing, 3)}
            found[name] = swept | probed
        return found
    finally:
        store.close()


def _trusted() -> ClockCheck:
    """The bench's days pass without it."""
    return ClockCheck(lambda: SWEEPS["first"], lambda: 0.0)


def _sweep(cycle: SweepCycle, evaluation: TimedEvaluation, counted: Counted) -> dict[str, float]:
    before, begun, used = counted.statements, time.perf_counter(), time.process_time()
    made = cycle.ask(lambda _, __: None, threading.Event())
    cpu, seconds = time.process_time() - used, time.perf_counter() - begun
    statements = counted.statements - before
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "alerts_seconds": round(evaluation.seconds, 2),
        "statements": statements,
        "statements_a_chunk": round((statements - evaluation.statements) / CHUNKS, 1),
        "alerts_statements": evaluation.statements,
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
