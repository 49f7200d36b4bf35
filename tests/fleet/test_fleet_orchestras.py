"""Which Xen Orchestra is asked when, by whom, and what becomes of it, with a store in memory."""

import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.fleet.orchestras import OrchestraPolling
from bot.fleet.ports import OrchestraState
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xo.orchestra import Orchestra
from bot.xo.updates import MissingUpdates, Order
from bot.xo.version import OrchestraVersion
from tests.fleet.conftest import NOON, Clock

FAILED = Failure("xo", FailureCode.UNREACHABLE, "xo did not answer: nothing listens on its address.")


class Kept:
    """What a store has, and who asked when."""

    def __init__(self, *known: str) -> None:
        self._known = frozenset(known)
        self.claimed: dict[str, datetime] = {}
        self.log: list[object] = []
        self.last: dict[str, datetime] = {}

    def known(self) -> frozenset[str]:
        return self._known

    def claim(self, name: str, _: str, now: datetime, seconds: float) -> bool:
        if name in self.claimed and (now - self.claimed[name]).total_seconds() < seconds:
            return False
        self.claimed[name] = now
        return True

    def record_version(self, version: OrchestraVersion) -> None:
        self.log.append(version)

    def record_updates(self, source: str, found: Sequence[MissingUpdates]) -> None:
        self.log.append((source, tuple(found)))

    def record_round(self, name: str, at: datetime, failure: Failure | None) -> None:
        self.log.append((name, at, failure))

    def states(self) -> tuple[OrchestraState, ...]:
        return ()

    def asked_at(self, _: str) -> dict[str, datetime]:
        return self.last

    def missing(self, _: Collection[str] | None = None) -> Iterator[MissingUpdates]:
        return iter(())


class Asked:
    """Xen Orchestras that answer at once. `orders` are the hosts in the order in which they would be asked."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.orders: list[Sequence[str]] = []
        self.error: Exception | None = None
        self.failure: Failure | None = None
        self.go_on: threading.Event | None = None
        self.ends, self.over = threading.Event(), threading.Event()

    def version(self, orchestra: Orchestra) -> OrchestraVersion:
        self.names.append(orchestra.name)
        return OrchestraVersion(orchestra.name, orchestra.url, "5.207.2", None, NOON, self.failure)

    def updates(
        self, orchestra: Orchestra, order: Order, stop: threading.Event
    ) -> Iterator[tuple[MissingUpdates, ...] | Failure]:
        if self.go_on:
            if len(self.names) == 2:
                self.ends.set()
            self.go_on.wait()
            if stop.is_set():
                self.over.set()
        self.orders.append(order(["a", "b", "c"]))
        yield (MissingUpdates("a", orchestra.name, NOON, asked=True),)
        if self.error:
            raise self.error
        if self.failure:
            yield self.failure


def _polling(store: Kept, asked: Asked, clock: Clock, log: FilteringBoundLogger, *names: str) -> OrchestraPolling:
    endpoint = Endpoint("192.0.2.9", 443, Trust(TlsMode.INSECURE))
    orchestras = tuple(Orchestra(name, endpoint, str, "XO_TOKEN") for name in names)
    return OrchestraPolling(orchestras, store, asked.version, asked.updates, clock, "us", log)


def test_each_is_asked_once_an_hour_and_what_it_says_is_kept(clock: Clock, log: FilteringBoundLogger) -> None:
    store, asked = Kept("one", "two"), Asked()
    polling = _polling(store, asked, clock, log, "one", "two")
    assert polling.go(threading.Event())
    assert sorted(asked.names) == ["one", "two"]
    of_one = [each for each in store.log if isinstance(each, tuple) and each[0] == "one"]
    assert of_one == [
        OrchestraVersion("one", "https://192.0.2.9", "5.207.2", None, NOON),
        ("one", (MissingUpdates("a", "one", NOON, asked=True),)),
        ("one", NOON, None),
    ]
    clock.pass_by(3599)
    assert polling.go(threading.Event())
    assert len(asked.names) == 2
    clock.pass_by(1)
    polling.go(threading.Event())
    assert sorted(asked.names[2:]) == ["one", "two"]


def test_one_that_no_sweep_asked_yet_has_to_wait(clock: Clock, log: FilteringBoundLogger) -> None:
    asked = Asked()
    assert not _polling(Kept("two"), asked, clock, log, "one", "two").go(threading.Event())
    assert asked.names == ["two"]


def test_hosts_that_were_asked_longest_ago_come_first(clock: Clock, log: FilteringBoundLogger) -> None:
    store, asked = Kept("xo"), Asked()
    store.last = {"a": NOON, "c": NOON.replace(hour=3)}
    _polling(store, asked, clock, log, "xo").go(threading.Event())
    assert asked.orders == [["b", "c", "a"]]


def test_a_failure_is_kept_beside_what_was_answered_before_it(clock: Clock, log: FilteringBoundLogger) -> None:
    store, asked = Kept("xo"), Asked()
    asked.failure = FAILED
    assert _polling(store, asked, clock, log, "xo").go(threading.Event())
    assert store.log[1:] == [("xo", (MissingUpdates("a", "xo", NOON, asked=True),)), ("xo", NOON, FAILED)]


def test_an_error_that_nobody_foresaw_is_logged_and_the_next_is_asked(
    clock: Clock, log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    store, asked = Kept("one", "two"), Asked()
    asked.error = ZeroDivisionError()
    assert _polling(store, asked, clock, log, "one", "two").go(threading.Event())
    assert sorted(asked.names) == ["one", "two"]
    assert [(entry["event"], entry["source"]) for entry in kept_log.entries] == [
        ("asking failed", "one"),
        ("asking failed", "two"),
    ]


def test_a_database_that_is_away_is_the_callers_to_tell(clock: Clock, log: FilteringBoundLogger) -> None:
    asked = Asked()
    asked.error = UnavailableError("The database is away.")
    with pytest.raises(UnavailableError):
        _polling(Kept("xo"), asked, clock, log, "xo").go(threading.Event())


def test_a_process_that_ends_asks_nobody_any_more(clock: Clock, log: FilteringBoundLogger) -> None:
    asked, stop = Asked(), threading.Event()
    stop.set()
    _polling(Kept("xo"), asked, clock, log, "xo").go(stop)
    assert asked.names == []


def test_a_process_that_ends_does_not_wait_for_a_host_that_is_slow(clock: Clock, log: FilteringBoundLogger) -> None:
    asked, store = Asked(), Kept("one", "two")
    asked.go_on = threading.Event()
    try:
        _polling(store, asked, clock, log, "one", "two").go(asked.ends)
        assert (sorted(asked.names), asked.orders) == (["one", "two"], [])
    finally:
        asked.go_on.set()


def test_who_waits_for_it_waits_so_long_and_no_longer(clock: Clock, log: FilteringBoundLogger) -> None:
    """A sweep in a shell does: a host that is slow is left, and asked no more."""
    asked = Asked()
    asked.go_on = threading.Event()
    try:
        _polling(Kept("xo"), asked, clock, log, "xo")._replace(within=0.1).go(threading.Event())
        assert (asked.names, asked.orders) == (["xo"], [])
    finally:
        asked.go_on.set()
    assert asked.over.wait(30)
