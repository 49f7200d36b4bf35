"""A centre and workers of sites joined by a real nats-server, in one process: what is asked, brought and recorded."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.errors import UnavailableError
from bot.fleet.hosts import Source, SourceKind
from bot.fleet.sites import RemoteTarget
from bot.fleet.sweep import SweepEnd, Sweeper, SweepResult
from bot.sites.centre import CentrePlan, SiteCentre
from bot.sites.messages import ProbedMessage, ProbeMessage, in_messages, unpack
from bot.sites.nats_client import NatsAccount, NatsConnection, NobodyError
from bot.sites.site import SitePlan, SiteRuntime
from bot.sites.subjects import DEAD_STREAM, OBSERVED_STREAM, SiteSubjects
from bot.store.store import Store, open_store
from bot.xapi.observation import Failure, FailureCode, Observation, Probed
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from tests.fleet.fakes import FakeSources, answered, host
from tests.sites.nats_server import NatsServer

SOON = 20.0
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


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks more often than in earnest, and takes a worker for dead sooner."""
    for name, seconds in (
        ("centre.FLUSH", 0.2),
        ("centre.ACK_WAIT", 3.0),
        ("site.LOOK", 0.2),
        ("site.PROGRESS", 0.5),
    ):
        monkeypatch.setattr(f"bot.sites.{name}", seconds)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'centre.db'}", LOG, now)
    yield opened
    opened.close()


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
        plan = SitePlan(name, worker, targets, hosts.ask, every, 8, hosts.clock, monotonic)
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


def test_a_worker_brings_its_targets_and_the_centre_records_and_asks_them(server: NatsServer, store: Store) -> None:
    hosts = Hosts()
    hosts.failing.add("lab-b")
    with centre_at(server, store) as centre, Site(server, hosts, target("lab-a", "prod"), target("lab-b")):
        until(lambda: sources(store) == {"paris/lab-a": True, "paris/lab-b": False})
        (site,) = centre.known().sites
        assert [(one.name, one.tags) for one in site.targets] == [("paris/lab-a", ("prod",)), ("paris/lab-b", ())]
        hosts.version = "8.3.1"
        swept = sweep(store, centre)
        assert (swept.ending, swept.sources) == (SweepEnd.DONE, 2)
        (failed,) = swept.failed
        assert failed.target == "paris/lab-b"
        assert failed.message == "paris/lab-b did not answer: nothing listens there."
        (seen,) = store.fleet.hosts()
        assert (seen.host.product_version, seen.sources, seen.site) == ("8.3.1", ("paris/lab-a",), "paris")
        probed = centre.probe(RemoteTarget("paris/lab-a"))
        assert isinstance(probed, Observation)
        assert probed.target == "paris/lab-a"


def test_a_site_asks_only_what_its_own_inventory_lists(server: NatsServer, store: Store) -> None:
    hosts = Hosts()
    with centre_at(server, store) as centre, Site(server, hosts, target("lab-a")):
        until(lambda: centre.known().named("paris"))
        found = centre.probe(RemoteTarget("paris/192.0.2.99"))
        assert isinstance(found, Failure)
        assert found.code is FailureCode.UNKNOWN_HOST
        assert set(hosts.asked) <= {"lab-a"}


def test_a_site_without_a_worker_is_an_answer_at_once(server: NatsServer, store: Store) -> None:
    with centre_at(server, store) as centre:
        with Site(server, Hosts(), target("lab-a")):
            until(lambda: sources(store))
        begun = time.monotonic()
        found = centre.probe(RemoteTarget("paris/lab-a"))
        assert isinstance(found, Failure)
        assert found.code is FailureCode.SITE_SILENT
        assert time.monotonic() - begun < 5
    with centre_at(server, store, since=now() - timedelta(hours=1), silent_after=timedelta(microseconds=1)) as centre:
        swept = sweep(store, centre)
        assert [failure.code for failure in swept.failed] == [FailureCode.SITE_SILENT]


def test_what_a_dead_worker_was_asking_another_asks(server: NatsServer, store: Store) -> None:
    """The first one hangs as a killed one does: no sign of life, no answer. After its ack wait the second has it."""
    stuck, held, others = Hosts(), threading.Event(), Hosts()
    names = [f"lab-{number}" for number in range(4)]
    with centre_at(server, store) as centre:
        dead = Site(server, stuck, *map(target, names), worker="dead")
        dead.start()
        until(lambda: len(sources(store)) == 4)
        stuck.gate = lambda _: (held.wait(60), None)[1]
        asked, begun = len(stuck.asked), now()
        assert not centre.ask("1", [f"paris/{name}" for name in names])
        until(lambda: len(stuck.asked) > asked)
        dead.connection.close()
        with Site(server, others, *map(target, names), worker="two"):  # which asks all once by itself, as it begins
            until(lambda: all(others.asked.count(name) == 2 for name in names), 30)
            until(lambda: len(store.fleet.tried_since(SourceKind.SITE, begun)) == 4)
        held.set()
        dead.stop()


def test_what_was_found_while_the_server_was_away_comes_after(server: NatsServer, store: Store) -> None:
    """An hour with four sweeps of the site's own: the newest of each target is brought, and once."""
    ahead = 0.0
    hosts = Hosts(lambda: now() + timedelta(seconds=ahead))
    with centre_at(server, store) as centre:
        site = Site(
            server, hosts, target("lab-a"), every=timedelta(minutes=15), monotonic=lambda: time.monotonic() + ahead
        )
        with site:
            until(lambda: sources(store))
            server.kill()
            until(lambda: not site.connection.up.is_set())
            for number in range(4):
                ahead += 20 * 60
                hosts.version = f"8.3.{number}"
                asked = len(hosts.asked)
                until(lambda asked=asked: len(hosts.asked) > asked)  # type: ignore[misc]
            until(lambda: len(site.meanwhile) == 1)
            server.start()
            begun = time.monotonic()
            until(lambda: [seen.host.product_version for seen in store.fleet.hosts()] == ["8.3.3"], 15)
            assert time.monotonic() - begun < 15
            assert centre.tallies().recorded["paris"] == 2


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off_is_put_right(server: NatsServer, store: Store, hours: int) -> None:
    hosts = Hosts(lambda: now() + timedelta(hours=hours))
    with centre_at(server, store), Site(server, hosts, target("lab-a")):
        until(lambda: store.fleet.hosts())
        (seen,) = store.fleet.hosts()
        assert abs(seen.observed_at - now()) < timedelta(minutes=1)


def test_a_message_that_cannot_be_read_is_set_aside_and_holds_no_other_up(
    server: NatsServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sites.centre.RETRY", 0.05)
    with centre_at(server, store) as centre:
        rogue = NatsConnection(NatsAccount(server.url), "rogue", LOG)
        rogue.start()
        assert rogue.up.wait(SOON)
        rogue.store(SiteSubjects("lyon").observed, b'{"v": 1, "results": 7}', "bad")
        with Site(server, Hosts(), target("lab-a")):
            until(lambda: sources(store))
        until(lambda: sum(rogue.messages(DEAD_STREAM).values()) == 1)
        until(lambda: not rogue.messages(OBSERVED_STREAM))
        assert centre.tallies().refused == {"lyon": 1}
        rogue.close()


def test_a_worker_that_is_too_old_is_told_and_listed(server: NatsServer, store: Store) -> None:
    with centre_at(server, store):
        old = NatsConnection(NatsAccount(server.url), "old", LOG)
        old.start()
        assert old.up.wait(SOON)
        said = old.request(SiteSubjects("lyon").inventory, b'{"v": 0, "worker": "w", "version": "0.1"}', SOON)
        assert b'"too_old":true' in said
        until(lambda: store.sites.sites().get("lyon"))
        (worker,) = store.sites.sites()["lyon"][1].workers
        assert (worker.version, worker.is_too_old) == ("0.1", True)
        with pytest.raises((NobodyError, UnavailableError)):
            old.request(SiteSubjects("nowhere").probe, b"", 1.0)
        old.close()


def test_the_first_site_keeps_a_host_until_it_leaves(server: NatsServer, store: Store) -> None:
    with centre_at(server, store):
        with Site(server, Hosts(), target("lab-a")):
            until(lambda: sources(store))
        with Site(server, Hosts(), target("lab-a"), name="rogue"):
            until(lambda: len(sources(store)) == 2)
            (seen,) = store.fleet.hosts()
            assert (seen.sources, seen.claimed_by) == (("paris/lab-a",), ("rogue/lab-a",))
        store.fleet.keep_only([Source("rogue/lab-a", SourceKind.SITE)], now())
        with Site(server, Hosts(), target("lab-a"), name="rogue"):
            until(lambda: [(one.sources, one.claimed_by) for one in store.fleet.hosts()] == [(("rogue/lab-a",), ())])


def test_nothing_secret_is_in_any_of_ten_thousand_bodies(server: NatsServer) -> None:
    """Whatever a target answers; what it is asked with stays at the site. Every body is read that the worker sends."""
    bodies: list[bytes] = []
    hosts = Hosts()
    names = [f"lab-{number}" for number in range(5_000)]
    hosts.failing = set(names[::3])
    secret = "the-password-of-lab"
    targets = [
        Target(name, target(name).endpoint, "xocompat", lambda: secret, "LAB_PASSWORD", tags=("lab",)) for name in names
    ]
    worker = Site(server, hosts, *targets)
    for name in names:
        bodies.append(worker._probe("", ProbeMessage(name).pack()))
        result = ProbedMessage.unpack(bodies[-1]).result
        bodies += in_messages([result], "one", now(), "ask")
    assert len(bodies) == 10_000
    texts = (json.dumps(unpack(body)) for body in bodies)
    assert [text for text in texts if secret in text or "OpaqueRef" in text or "LAB_PASSWORD" in text] == []
    worker.stop()
