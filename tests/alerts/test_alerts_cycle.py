"""A sweep cycle: sweep, evaluate, send; what it leaves behind when a part of it is away, and what it only tries."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import structlog

from bot.alerts.alert import Alert, NotifyReason, Rule
from bot.alerts.clock_check import ClockCheck
from bot.alerts.cycle import CycleResult, SendResult, SweepCycle, alerts_on
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.evaluate import AlertStore, FleetEvaluation
from bot.alerts.routing import AlertPlan
from bot.errors import UnavailableError
from bot.fleet.hosts import PollResult, Source
from bot.fleet.ports import SweepRun
from bot.fleet.sweep import SweepEnd, Sweeper
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fakes import MemoryBook, MemoryWatches
from tests.fleet.fakes import FakeSources, FakeStore, FakeSweepLog, answered, host, target

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EOL_83 = date(2028, 11, 30)


class Book(MemoryBook):
    """Alerts that can be away."""

    away = False

    @contextmanager
    def transaction(self) -> Iterator[MemoryBook]:
        if self.away:
            raise UnavailableError("The database is locked.")
        yield self


class Outbox:
    """Channels that wait; it notes when it is resumed."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def resume(self, channel: str | None = None) -> None:
        assert channel is None
        self._calls.append("resume")

    def states(self) -> tuple[ChannelState, ...]:
        return (ChannelState("C1", 2, NOON), ChannelState("C2", 1, NOON))


@dataclass
class Memory:
    """A database in memory, in which things can be tried: that is done on a copy."""

    calls: list[str]
    fleet: FakeStore = field(default_factory=FakeStore)
    sweeps: FakeSweepLog = field(default_factory=FakeSweepLog)
    alerts: Book = field(default_factory=Book)
    watches: MemoryWatches = field(default_factory=MemoryWatches)

    @property
    def outbox(self) -> Any:
        return Outbox(self.calls)

    @property
    def ports(self) -> AlertStore:
        return AlertStore(self.fleet, self.sweeps, self.alerts, self.watches, self.outbox)

    @contextmanager
    def rehearsing(self) -> Iterator[AlertStore]:
        yield Memory([], deepcopy(self.fleet), self.sweeps, deepcopy(self.alerts), self.watches).ports


class Made:
    """A cycle with all that it works with: two targets, one of them past its end of life, and a clock."""

    def __init__(self, matrix: Matrix, reader: Reader) -> None:
        self.calls: list[str] = []
        self.store = Memory(self.calls)
        self.now, self.seconds = NOON, 0.0
        self.check = ClockCheck(lambda: self.now, lambda: self.seconds)
        self.says_the_time = False
        asks = FakeSources([target("lab-a"), target("lab-b")], self._answer)
        log = structlog.wrap_logger(None, processors=[])
        sweeper = Sweeper(asks, self.store.fleet, self.store.sweeps, lambda: self.now, lambda: 0.0, "me", log)
        every = timedelta(hours=6)
        evaluation = FleetEvaluation(
            lambda: (matrix, reader), self.store.ports, asks.sources, AlertPlan("C1"), every, NOON
        )
        self.cycle = SweepCycle(sweeper, evaluation, self.store.rehearsing, self._send, self.check)

    def _answer(self, source: Source) -> PollResult:
        self.calls.append("ask")
        if self.says_the_time:
            self.check.observe(self.now)
        return answered(source, self.now, host(f"{source.name}-1", "8.2.1" if source.name == "lab-a" else "8.3.0"))

    def _send(self) -> SendResult:
        self.calls.append("send")
        return SendResult(4)

    def go(self, run: SweepRun | None = None, stop: threading.Event | None = None) -> CycleResult:
        begun = run or self.store.sweeps.begin("me", self.now)
        return self.cycle.go(begun, lambda _, __: None, stop or threading.Event())

    def rehearse(self, day: date) -> CycleResult:
        return self.cycle.rehearse(day, lambda _, __: None, threading.Event())

    def alerts(self) -> list[tuple[Rule, str | None]]:
        return [(alert.rule, alert.subject.release) for alert in self.store.alerts.open()]


@pytest.fixture
def made(matrix: Matrix, reader: Reader) -> Made:
    return Made(matrix, reader)


def test_a_cycle_sweeps_evaluates_gives_stopped_channels_a_try_and_sends(made: Made) -> None:
    result = made.cycle.ask(lambda _, __: None, threading.Event())
    assert made.calls == ["ask", "ask", "resume", "send"]
    assert [seen.host.name for seen in made.store.fleet.hosts()] == ["lab-a-1", "lab-b-1"]
    assert made.alerts() == [(Rule.EOL, "8.2")]
    assert [update.reason for update in made.store.alerts.updates] == [NotifyReason.NEW]
    assert (result.settled.opened, result.at) == (1, NOON)
    assert (result.sent.messages, result.pending, result.swept.sources) == (4, 3, 2)


def test_the_log_of_sweeps_gets_its_counts(made: Made) -> None:
    made.go()
    last = made.store.sweeps.last_finished()
    assert last
    assert (last.sources, last.failed, last.finished_at, last.error) == (2, 0, NOON, None)


def test_without_the_database_the_cycle_ends_and_leaves_its_reason(made: Made) -> None:
    made.store.alerts.away = True
    with pytest.raises(UnavailableError, match="locked"):
        made.go()
    assert made.store.sweeps.last_finished() is None
    broken = made.store.sweeps.last_error()
    assert broken
    assert broken.error == "The database is locked."
    assert "send" not in made.calls


def test_a_cycle_that_could_not_be_made_is_made_by_the_process_that_takes_its_slot(made: Made) -> None:
    sweeps = made.store.sweeps
    made.store.alerts.away = True
    first = sweeps.claim(NOON, "me", NOON, 60)
    with pytest.raises(UnavailableError):
        made.go(first)
    made.store.alerts.away = False
    assert sweeps.claim(NOON, "me", NOON, 60) is None
    again = sweeps.claim(NOON, "another", NOON + timedelta(minutes=1), 60)
    assert again
    made.go(again)
    assert sweeps.claim(NOON, "me", NOON + timedelta(hours=1), 60) is None


def test_a_sweep_that_was_stopped_decides_nothing_and_is_not_done(made: Made) -> None:
    stop = threading.Event()
    stop.set()
    result = made.go(stop=stop)
    assert result.swept.ending is SweepEnd.STOPPED
    assert (made.alerts(), "send" in made.calls) == ([], False)
    assert made.store.sweeps.last_finished() is None


def test_a_rehearsal_asks_everybody_says_what_the_day_would_bring_and_leaves_no_trace(made: Made) -> None:
    made.go()
    made.calls.clear()
    before = _trace(made)
    result = made.rehearse(EOL_83 + timedelta(days=1))
    assert made.calls == ["ask", "ask"]
    assert result.is_dry
    assert result.at == datetime(2028, 12, 1, 12, 0, tzinfo=UTC)
    assert {(n.reason, n.alert.subject.release) for n in result.settled.notifications} == {
        (NotifyReason.REMINDER, "8.2"),
        (NotifyReason.NEW, "8.3"),
    }
    assert (result.sent, result.settled.opened) == (SendResult(), 1)
    assert _trace(made) == before


def test_a_rehearsal_of_a_fleet_that_was_never_swept_says_what_it_would_find(made: Made) -> None:
    result = made.rehearse(NOON.date())
    assert (result.settled.opened, len(result.swept.changes)) == (1, 2)
    assert made.alerts() == []
    assert made.store.fleet.hosts() == ()


def test_alerts_of_another_day_are_those_that_would_be_open_and_new_ones_have_no_number(made: Made) -> None:
    made.go()
    before = _trace(made)
    with alerts_on(made.store.rehearsing, made.cycle.evaluation, EOL_83, NOON) as book:
        found: list[Alert] = [*book.open()]
    assert [(alert.id, alert.subject.release, alert.threshold_days) for alert in found] == [
        (1, "8.2", 0),
        (0, "8.3", 0),
    ]
    assert _trace(made) == before


def test_while_the_clock_is_in_doubt_hosts_are_asked_and_nothing_is_stored_or_decided(made: Made) -> None:
    made.now = NOON + timedelta(days=800)
    result = made.go()
    assert made.calls == ["ask", "ask"]
    assert result.doubt
    assert "set forward by 800 days" in result.doubt
    assert made.alerts() == []
    assert made.store.fleet.hosts() == ()
    assert made.store.sweeps.last_finished() is None
    failed = made.store.sweeps.last_error()
    assert failed
    assert failed.error == result.doubt


def test_a_server_that_is_asked_by_the_sweep_can_end_the_doubt_and_the_sweep_counts(made: Made) -> None:
    made.now = NOON + timedelta(days=31)
    made.says_the_time = True
    result = made.go()
    assert result.doubt is None
    assert made.alerts() == [(Rule.EOL, "8.2")]
    assert [seen.host.name for seen in made.store.fleet.hosts()] == ["lab-a-1", "lab-b-1"]


def _trace(made: Made) -> object:
    """All that a cycle could leave behind."""
    store = made.store
    fleet = store.fleet
    return (
        store.alerts.open(),
        [*store.alerts.updates],
        fleet.hosts(),
        fleet.sources(),
        fleet.changes(datetime.min.replace(tzinfo=UTC)),
        store.sweeps.last_finished(),
    )
