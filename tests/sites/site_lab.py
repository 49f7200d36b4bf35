"""A centre and workers of sites in this process, whose hosts answer as a test wants them to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from bot.fleet.hosts import Source, SourceKind
from bot.fleet.sweep import Sweeper, SweepResult
from bot.sites.centre import CentrePlan, SiteCentre
from bot.sites.nats_client import NatsAccount, NatsConnection
from bot.sites.site import SitePlan, SiteRuntime
from bot.sites.subjects import SiteSubjects
from bot.store.store import Store
from bot.xapi.observation import Failure, FailureCode, Observation, Probed
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from tests.fleet.fakes import FakeSources, answered, host
from tests.sites.nats_server import NatsServer

SOON = 20.0
CONCURRENCY = 8
LOG = structlog.get_logger()


def now() -> datetime:
    return datetime.now(UTC)


def until(holds: Callable[[], object], seconds: float = SOON) -> None:
    """Wait until something holds; AssertionError if it does not in time."""
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < ends, "it does not come to hold"
        pause.wait(0.02)


def target(name: str, *tags: str) -> Target:
    endpoint = Endpoint("192.0.2.1", 443, Trust(TlsMode.INSECURE))
    return Target(name, endpoint, "xocompat", lambda: "secret", "LAB_PASSWORD", tags=tags)


class Hosts:
    """Answers for targets, by name; `ask` is what a worker asks them with."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.gate: Callable[[str], None] = lambda _: None
        self.failing: set[str] = set()
        self.version = "8.3.0"

    def ask(self, one: Target) -> Probed:
        self.asked.append(one.name)
        self.gate(one.name)
        if one.name in self.failing:
            return Failure(one.name, FailureCode.UNREACHABLE, f"{one.name} did not answer: nothing listens there.")
        source = Source(one.name, SourceKind.TARGET)
        seen = answered(source, self.clock(), host(one.name, self.version)).answers[0]
        assert isinstance(seen, Observation)
        return seen


@contextmanager
def centre_at(server: NatsServer, store: Store, **more: Any) -> Iterator[SiteCentre]:
    plan = CentrePlan(
        store.sites, store.fleet.record, store.fleet.tried_since, now, lambda: None, (), timedelta(minutes=3), now()
    )._replace(**more)
    centre = SiteCentre(plan, NatsConnection(NatsAccount(server.url), "centre", LOG), LOG)
    centre.start()
    try:
        assert centre.wait_until_ready(SOON)
        yield centre
    finally:
        centre.stop()


class Site(SiteRuntime):
    """A worker of a test's own."""

    def __init__(
        self,
        server: NatsServer,
        hosts: Hosts,
        *targets: Target,
        name: str = "paris",
        every: timedelta = timedelta(days=1),
        monotonic: Callable[[], float] = time.monotonic,
        worker: str = "one",
    ) -> None:
        self.connection = NatsConnection(NatsAccount(server.url), worker, LOG, SiteSubjects(name).inbox)
        plan = SitePlan(name, worker, targets, hosts.ask, every, CONCURRENCY, hosts.clock, monotonic)
        super().__init__(plan, self.connection, LOG)

    def __enter__(self) -> "Site":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def sweep(store: Store, centre: SiteCentre) -> SweepResult:
    sweeper = Sweeper(
        FakeSources((), lambda _: pytest.fail("nobody is asked here")),
        store.fleet,
        store.sweeps,
        now,
        time.monotonic,
        "test",
        LOG,
        remote=centre,
    )
    return sweeper.sweep(store.sweeps.begin("test", now()), lambda *_: None, threading.Event())


def sources(store: Store) -> dict[str, bool]:
    return {state.name: state.unreachable_since is None for state in store.fleet.sources()}
