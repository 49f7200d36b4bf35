"""A centre and workers of sites joined by a real nats-server, in one process: what is asked, brought and recorded."""

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import UnavailableError
from bot.fleet.hosts import Source, SourceKind
from bot.fleet.sites import RemoteTarget
from bot.fleet.sweep import SweepEnd
from bot.sites.messages import AskMessage, ProbedMessage, ProbeMessage, in_messages, unpack
from bot.sites.nats_client import NatsAccount, NatsConnection, NatsDelivery, NobodyError
from bot.sites.subjects import ASK_STREAM, DEAD_STREAM, OBSERVED_STREAM, SiteSubjects
from bot.store.store import Store
from bot.xapi.observation import Failure, FailureCode, Observation
from bot.xapi.target import Target
from tests.sites.nats_server import NatsServer
from tests.sites.site_lab import CONCURRENCY, LOG, SOON, Hosts, Site, centre_at, now, sources, sweep, target, until

pytestmark = pytest.mark.usefixtures("impatient")


def test_a_worker_brings_its_targets_and_the_centre_records_and_asks_them(jetstream: NatsServer, store: Store) -> None:
    hosts = Hosts()
    hosts.failing.add("lab-b")
    with centre_at(jetstream, store) as centre, Site(jetstream, hosts, target("lab-a", "prod"), target("lab-b")):
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


def test_a_site_asks_only_what_its_own_inventory_lists(jetstream: NatsServer, store: Store) -> None:
    hosts = Hosts()
    with centre_at(jetstream, store) as centre, Site(jetstream, hosts, target("lab-a")):
        until(lambda: centre.known().named("paris"))
        found = centre.probe(RemoteTarget("paris/192.0.2.99"))
        assert isinstance(found, Failure)
        assert found.code is FailureCode.UNKNOWN_HOST
        assert set(hosts.asked) <= {"lab-a"}


def test_a_site_without_a_worker_is_an_answer_at_once(jetstream: NatsServer, store: Store) -> None:
    with centre_at(jetstream, store) as centre:
        with Site(jetstream, Hosts(), target("lab-a")):
            until(lambda: sources(store))
        begun = time.monotonic()
        found = centre.probe(RemoteTarget("paris/lab-a"))
        assert isinstance(found, Failure)
        assert found.code is FailureCode.SITE_SILENT
        assert time.monotonic() - begun < 5
    with centre_at(
        jetstream, store, since=now() - timedelta(hours=1), silent_after=timedelta(microseconds=1)
    ) as centre:
        swept = sweep(store, centre)
        assert [failure.code for failure in swept.failed] == [FailureCode.SITE_SILENT]


def test_what_a_dead_worker_was_asking_another_asks(jetstream: NatsServer, store: Store) -> None:
    """The first one hangs as a killed one does: no sign of life, no answer. After its ack wait the second has it."""
    stuck, held, others = Hosts(), threading.Event(), Hosts()
    names = [f"lab-{number}" for number in range(4)]
    with centre_at(jetstream, store) as centre:
        dead = Site(jetstream, stuck, *map(target, names), worker="dead")
        dead.start()
        until(lambda: len(sources(store)) == 4)
        stuck.gate = lambda _: (held.wait(60), None)[1]
        asked, begun = len(stuck.asked), now()
        assert not centre.ask("1", [f"paris/{name}" for name in names])
        until(lambda: len(stuck.asked) > asked)
        dead.connection.close()
        with Site(jetstream, others, *map(target, names), worker="two"):  # which asks all once by itself, as it begins
            until(lambda: all(others.asked.count(name) == 2 for name in names), 30)
            until(lambda: len(store.fleet.tried_since(SourceKind.SITE, begun)) == 4)
        held.set()
        dead.stop()


def test_a_worker_has_no_more_in_hand_than_it_asks_at_a_time_and_a_chunk(
    jetstream: NatsServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had in hand is what is delivered a second time, to another worker."""
    monkeypatch.setattr("bot.sites.centre.CHUNK", 3)
    stuck, held, pulled = Hosts(), threading.Event(), list[NatsDelivery]()
    names = [f"lab-{number}" for number in range(30)]

    def pull(*wanted: Any) -> list[NatsDelivery]:
        found = NatsConnection.pull(other.connection, *wanted)
        pulled.extend(found)
        return found

    with centre_at(jetstream, store) as centre:
        dead = Site(jetstream, stuck, *map(target, names), worker="dead")
        dead.start()
        until(lambda: len(sources(store)) == len(names))
        stuck.gate = lambda _: (held.wait(60), None)[1]
        asked = len(stuck.asked)
        assert not centre.ask("1", [f"paris/{name}" for name in names])
        until(lambda: len(stuck.asked) == asked + CONCURRENCY)
        dead.connection.close()
        other = Site(jetstream, Hosts(), *map(target, names), worker="two")
        monkeypatch.setattr(other.connection, "pull", pull)
        with other:
            until(lambda: not centre._connection.messages(ASK_STREAM), 30)
        again = sum(len(AskMessage.unpack(one.body).targets) for one in pulled if one.tries > 1)
        assert CONCURRENCY <= again <= CONCURRENCY + 3
        held.set()
        dead.stop()


def test_what_was_found_while_the_server_was_away_comes_after(jetstream: NatsServer, store: Store) -> None:
    """An hour with four sweeps of the site's own: the newest of each target is brought, and once."""
    ahead = 0.0
    hosts = Hosts(lambda: now() + timedelta(seconds=ahead))
    with centre_at(jetstream, store) as centre:
        site = Site(
            jetstream, hosts, target("lab-a"), every=timedelta(minutes=15), monotonic=lambda: time.monotonic() + ahead
        )
        with site:
            until(lambda: sources(store))
            # What is recorded and not acknowledged when the server dies comes again, rightly: that is another test's.
            until(lambda: not centre._connection.messages(OBSERVED_STREAM))
            jetstream.kill()
            until(lambda: not site.connection.up.is_set())
            for number in range(4):
                ahead += 20 * 60
                hosts.version = f"8.3.{number}"
                asked = len(hosts.asked)
                until(lambda asked=asked: len(hosts.asked) > asked)  # type: ignore[misc]
            until(lambda: len(site.meanwhile) == 1)
            jetstream.start()
            begun = time.monotonic()
            until(lambda: [seen.host.product_version for seen in store.fleet.hosts()] == ["8.3.3"], 15)
            assert time.monotonic() - begun < 15
            until(lambda: centre.tallies().recorded["paris"] > 1)  # counted once it is stored
            assert centre.tallies().recorded["paris"] == 2


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off_is_put_right(jetstream: NatsServer, store: Store, hours: int) -> None:
    hosts = Hosts(lambda: now() + timedelta(hours=hours))
    with centre_at(jetstream, store), Site(jetstream, hosts, target("lab-a")):
        until(lambda: store.fleet.hosts())
        (seen,) = store.fleet.hosts()
        assert abs(seen.observed_at - now()) < timedelta(minutes=1)


def test_a_message_that_cannot_be_read_is_set_aside_and_holds_no_other_up(
    jetstream: NatsServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sites.centre.RETRY", 0.05)
    with centre_at(jetstream, store) as centre:
        rogue = NatsConnection(NatsAccount(jetstream.url), "rogue", LOG)
        rogue.start()
        assert rogue.up.wait(SOON)
        rogue.store(SiteSubjects("lyon").observed, b'{"v": 1, "results": 7}', "bad")
        with Site(jetstream, Hosts(), target("lab-a")):
            until(lambda: sources(store))
        until(lambda: sum(rogue.messages(DEAD_STREAM).values()) == 1)
        until(lambda: not rogue.messages(OBSERVED_STREAM))
        assert centre.tallies().refused == {"lyon": 1}
        rogue.close()


def test_a_worker_that_is_too_old_is_told_and_listed(jetstream: NatsServer, store: Store) -> None:
    with centre_at(jetstream, store):
        old = NatsConnection(NatsAccount(jetstream.url), "old", LOG)
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


def test_the_first_site_keeps_a_host_until_it_leaves(jetstream: NatsServer, store: Store) -> None:
    with centre_at(jetstream, store):
        with Site(jetstream, Hosts(), target("lab-a")):
            until(lambda: sources(store))
        with Site(jetstream, Hosts(), target("lab-a"), name="rogue"):
            until(lambda: len(sources(store)) == 2)
            (seen,) = store.fleet.hosts()
            assert (seen.sources, seen.claimed_by) == (("paris/lab-a",), ("rogue/lab-a",))
        store.fleet.keep_only([Source("rogue/lab-a", SourceKind.SITE)], now())
        with Site(jetstream, Hosts(), target("lab-a"), name="rogue"):
            until(lambda: [(one.sources, one.claimed_by) for one in store.fleet.hosts()] == [(("rogue/lab-a",), ())])


def test_nothing_secret_is_in_any_of_ten_thousand_bodies(jetstream: NatsServer) -> None:
    """Whatever a target answers; what it is asked with stays at the site. Every body is read that the worker sends."""
    bodies: list[bytes] = []
    hosts = Hosts()
    names = [f"lab-{number}" for number in range(5_000)]
    hosts.failing = set(names[::3])
    secret = "the-password-of-lab"
    targets = [
        Target(name, target(name).endpoint, "xocompat", lambda: secret, "LAB_PASSWORD", tags=("lab",)) for name in names
    ]
    worker = Site(jetstream, hosts, *targets)
    for name in names:
        bodies.append(worker._probe("", ProbeMessage(name).pack()))
        result = ProbedMessage.unpack(bodies[-1]).result
        bodies += in_messages([result], "one", now(), "ask")
    assert len(bodies) == 10_000
    texts = (json.dumps(unpack(body)) for body in bodies)
    assert [text for text in texts if secret in text or "OpaqueRef" in text or "LAB_PASSWORD" in text] == []
    worker.stop()
