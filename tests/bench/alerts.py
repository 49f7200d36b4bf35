"""The bookkeeping of a sweep of 10,000 hosts: seconds and SQL statements of each part, against the time of probing.

Three sweeps of the same fleet: the first one, one in which nothing is new, and one 90 days before a release's end.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from bot.alerts.alert import Settled
from bot.alerts.outbox import ChannelState
from bot.alerts.ports import Judgement
from bot.fleet.ports import FleetStore, SweepLog
from bot.fleet.sweep import Pace, Sweeper
from bot.fleet.watched import Source, SourceKind, Told
from bot.matrix.load import load_matrix
from bot.query.reading import Reader
from bot.round import Known, Rounds, Sent
from bot.xapi.observation import Host, Observation, Pool, Transport
from bot.xapi.target import TlsMode
from tests.bench import probe

HOSTS = 10_000
MIX = (*[("XCP-ng", "8.3.0")] * 8, *[("XCP-ng", "8.2.1")] * 5, *[("XenServer", "8.4.0")] * 3, ("XenServer", "7.2.0"))
DAYS = (
    datetime(2026, 11, 23, 12, tzinfo=UTC),
    datetime(2026, 11, 23, 18, tzinfo=UTC),
    datetime(2028, 9, 1, tzinfo=UTC),
)
CHANNEL = "C0123456789"


class Counted:
    """Statements that a database was given."""

    def __init__(self, engine: Any) -> None:
        self.statements = 0
        import_module("sqlalchemy").event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1


class Book:
    """The book of alerts, and its clock: what it takes is told apart from the sweep's."""

    def __init__(self, book: Any, counted: Counted) -> None:
        self._book, self._counted = book, counted
        self.seconds, self.statements = 0.0, 0

    def settle(self, *given: Any) -> Settled:
        begun, before = time.perf_counter(), self._counted.statements
        settled: Settled = self._book.settle(*given)
        self.seconds, self.statements = time.perf_counter() - begun, self._counted.statements - before
        return settled


class Asks:
    """A fleet that answers at once: what is left is bookkeeping."""

    def __init__(self) -> None:
        self.at = DAYS[0]
        runs = islice(cycle(MIX), HOSTS)
        self._hosts = {f"host-{at}": _host(f"host-{at}", *version) for at, version in enumerate(runs)}
        self.sources: Sequence[Source] = tuple(Source(name, SourceKind.TARGET, ("lab",)) for name in self._hosts)

    def tell(self, source: Source) -> Told:
        host = self._hosts[source.name]
        pool = Pool(f"pool-{host.uuid}", "", host.uuid)
        seen = Observation(source.name, host.address, self.at, Transport.JSON_RPC_2, TlsMode.PINNED, pool, (host,))
        return Told(source, (seen,))


def _host(name: str, brand: str, version: str) -> Host:
    more = (None, None, None, None, None, False, None)
    return Host(f"uuid-{name}", name, "192.0.2.1", True, True, brand, version, *more)


class Parts(NamedTuple):
    """What the product's rooms give: the database with its ports, and the judging of a fleet."""

    counted: Counted
    fleet: FleetStore
    sweeps: SweepLog
    book: Any
    judge: Callable[[Known], Judgement]


def measure() -> dict[str, object]:
    """For each sweep: seconds, CPU, its share of probing, what of it is the alerts'; statements, in all and a chunk."""
    probing = _probing()
    with tempfile.TemporaryDirectory() as folder, _parts(f"sqlite:///{Path(folder) / 'bench.db'}") as parts:
        asks, found = Asks(), {}
        for name, at in zip(("first", "nothing_new", "threshold"), DAYS, strict=True):
            asks.at = at
            found[name] = _sweep(parts, asks, at, probing)
    return {"hosts": HOSTS, "probing_seconds_cpu": round(probing, 1), **found}


def _sweep(parts: Parts, asks: Asks, at: datetime, probing: float) -> dict[str, float]:
    book = Book(parts.book, parts.counted)
    log = structlog.get_logger().bind()
    sweeper = Sweeper(asks, parts.fleet, parts.sweeps, lambda: at, time.monotonic, "bench", log, Pace(64, 200))  # type: ignore[arg-type]
    rounds = Rounds(sweeper, parts.judge, book, _Outbox(), lambda: Sent())  # type: ignore[arg-type]
    before, begun, used = parts.counted.statements, time.perf_counter(), time.process_time()
    made = rounds.ask(at.date(), lambda _, __: None, threading.Event())
    cpu = time.process_time() - used
    seconds, statements = time.perf_counter() - begun, parts.counted.statements - before
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "of_probing": round(cpu / probing, 3),
        "alerts_seconds": round(book.seconds, 2),
        "statements": statements,
        "statements_a_chunk": round((statements - book.statements) / (HOSTS / 200), 1),
        "alerts_statements": book.statements,
        "opened": made.settled.opened,
    }


class _Outbox:
    """Nobody sends in a bench."""

    def resume(self) -> None:
        """Nothing is stopped."""

    def states(self) -> tuple[ChannelState, ...]:
        return ()


def _probing() -> float:
    """CPU seconds that probing as many hosts takes, by those that one takes here and now."""
    one: Any = probe.measure(pairs=3)["cpu_ms_against_http.client"]
    return float(one["ours"]) / 1e3 * HOSTS


@contextmanager
def _parts(url: str) -> Iterator[Parts]:
    """The parts by name: a bench measures what is there, and reads whatever shape it has."""
    store, hosts, sweeps = (import_module(f"bot.store.{name}") for name in ("database", "hosts", "sweeps"))
    database = store.Database(url)
    import_module("bot.store.migrate").migrate(database)
    alerts = import_module("bot.store.alerts")
    machine, notification = import_module("bot.alerts.machine"), import_module("bot.alerts.notification")
    book = alerts.SqlAlerts(database, alerts.Decisions(machine.settle, machine.act, notification.to_data))
    try:
        fleet = hosts.SqlFleet(database)
        yield Parts(Counted(database.engine), fleet, sweeps.SqlSweeps(database), book, _judging())
    finally:
        database.close()


def _judging() -> Callable[[Known], Judgement]:
    findings, alerts = import_module("bot.fleet.findings"), import_module("bot.alerts.concerns")
    plan, gone = import_module("bot.alerts.plan"), import_module("bot.alerts.gone")
    matrix = load_matrix()
    reader = Reader(matrix)

    def judge(known: Known) -> Judgement:
        day = known.at.date()
        found = findings.find(matrix, reader, known.hosts, day)
        configured = tuple(Source(state.name, state.kind, ("lab",)) for state in known.sources)
        health = alerts.SweepHealth(DAYS[1] - DAYS[0], known.at)
        told = (found, known.sources, configured)
        concerns = alerts.concerns(*told, (), plan.Plan(CHANNEL), matrix, day, known.at, health)
        return Judgement(concerns, gone.why_gone(*told, known.swept.changes, matrix, day))

    return judge
