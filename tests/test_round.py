"""A round: sweep, judge, settle, send; and what it leaves behind when a part of it is away."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, cast

import pytest
import structlog
from structlog.typing import FilteringBoundLogger

from bot.alerts.alert import Alert, AlertSubject, Condition, Reconciled, Rule
from bot.alerts.cycle import FleetState, SendResult, SweepCycle
from bot.alerts.delivery.outbox import ChannelState, Outbox
from bot.alerts.ports import AlertAct, Evaluation
from bot.errors import UnavailableError
from bot.fleet.hosts import PollResult, Source
from bot.fleet.ports import SweepRun
from bot.fleet.sweep import SweepEnd, Sweeper
from tests.fleet.fakes import FakeSources, FakeStore, FakeSweepLog, answered, host, target

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CONCERN = Condition("C1", Rule.EOL, AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS"))


class FakeBook:
    """Notes what it is given to settle."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls
        self.settled: list[tuple[Sequence[Condition], datetime]] = []
        self.away = False

    def settle(self, judge: Callable[[], Evaluation], now: datetime) -> Reconciled:
        if self.away:
            raise UnavailableError("The database is locked.")
        found = judge()
        self._calls.append("settle")
        self.settled.append((found.concerns, now))
        return Reconciled()

    def act(self, ids: Collection[int], act: AlertAct) -> tuple[Alert, ...]:
        raise AssertionError((ids, act))

    def open(self) -> tuple[Alert, ...]:
        return ()

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        raise AssertionError(since)

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        raise AssertionError(ids)


class FakeOutbox:
    """Notes when it is resumed, and has a message that waits."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def resume(self, channel: str | None = None) -> None:
        assert channel is None
        self._calls.append("resume")

    def states(self) -> tuple[ChannelState, ...]:
        self._calls.append("states")
        return (ChannelState("C1", 2, NOON), ChannelState("C2", 1, NOON))


class Made(NamedTuple):
    """Rounds with all that they work with."""

    rounds: SweepCycle
    store: FakeStore
    sweeps: FakeSweepLog
    book: FakeBook
    calls: list[str]
    known: list[FleetState]

    def go(self, day: date | None = None, run: SweepRun | None = None) -> object:
        begun = run or self.sweeps.begin("me", NOON)
        return self.rounds.go(begun, day, lambda _, __: None, threading.Event())


Make = Callable[..., Made]


def _answer(source: Source) -> PollResult:
    return answered(source, NOON, host(f"{source.name}-1"))


@pytest.fixture
def made() -> Made:
    wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)
    log: FilteringBoundLogger = structlog.wrap_logger(None, processors=[], wrapper_class=wrapper)
    calls: list[str] = []
    known: list[FleetState] = []
    store, sweeps, book = FakeStore(), FakeSweepLog(), FakeBook(calls)

    def judge(seen: FleetState) -> Evaluation:
        calls.append("judge")
        known.append(seen)
        return Evaluation((CONCERN,), lambda _: "no host runs it any more")

    def send() -> SendResult:
        calls.append("send")
        return SendResult(4)

    asks = FakeSources([target("lab-a"), target("lab-b")], _answer)
    sweeper = Sweeper(asks, store, sweeps, lambda: NOON, lambda: 0.0, "me", log)
    rounds = SweepCycle(sweeper, judge, book, cast(Outbox, FakeOutbox(calls)), send)
    return Made(rounds, store, sweeps, book, calls, known)


def test_a_round_sweeps_judges_settles_gives_stopped_channels_a_try_and_sends(made: Made) -> None:
    result = made.rounds.ask(NOON.date(), lambda _, __: None, threading.Event())
    assert made.calls == ["judge", "settle", "resume", "send", "states"]
    assert [seen.host.name for seen in made.known[0].hosts] == ["lab-a-1", "lab-b-1"]
    assert [state.name for state in made.known[0].sources] == ["lab-a", "lab-b"]
    assert made.book.settled == [((CONCERN,), NOON)]
    assert (result.sent.messages, result.pending, result.swept.sources) == (4, 3, 2)


def test_the_log_of_sweeps_gets_its_counts(made: Made) -> None:
    made.go()
    last = made.sweeps.last_finished()
    assert last
    assert (last.sources, last.failed, last.finished_at, last.error) == (2, 0, NOON, None)


def test_all_that_is_decided_is_of_the_day_that_is_asked_about(made: Made) -> None:
    made.go(date(2028, 11, 1))
    moment = datetime(2028, 11, 1, 12, 0, tzinfo=UTC)
    assert made.known[0].at == made.book.settled[0][1] == moment
    assert made.store.sources()[0].tried_at == NOON  # when it was asked is no matter of the day asked about
    last = made.sweeps.last_finished()
    assert last
    assert last.finished_at == NOON  # whether a sweep is late is no matter of the day asked about


def test_without_the_database_the_round_ends_and_leaves_its_reason(made: Made) -> None:
    made.book.away = True
    with pytest.raises(UnavailableError, match="locked"):
        made.go()
    assert made.sweeps.last_finished() is None
    broken = made.sweeps.last_error()
    assert broken
    assert broken.error == "The database is locked."
    assert "send" not in made.calls


def test_a_round_that_could_not_be_made_is_made_by_whoever_takes_its_slot(made: Made) -> None:
    made.book.away = True
    first = made.sweeps.claim(NOON, "me", NOON, 60)
    with pytest.raises(UnavailableError):
        made.go(run=first)
    made.book.away = False
    assert made.sweeps.claim(NOON, "me", NOON, 60) is None
    again = made.sweeps.claim(NOON, "another", NOON + timedelta(minutes=1), 60)
    assert again
    made.go(run=again)
    assert made.sweeps.claim(NOON, "me", NOON + timedelta(hours=1), 60) is None


def test_a_sweep_that_was_stopped_decides_nothing_and_is_not_done(made: Made) -> None:
    stop = threading.Event()
    stop.set()
    result = made.rounds.ask(NOON.date(), lambda _, __: None, stop)
    assert result.swept.ending is SweepEnd.STOPPED
    assert made.calls == []
    assert made.sweeps.last_finished() is None
