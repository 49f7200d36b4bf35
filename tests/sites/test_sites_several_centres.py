"""What centres do together, and what is told of hosts of sites: recorded once by effect, told once, where tags lead."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from bot.alerts.alert import Rule
from bot.alerts.evaluate import FleetEvaluation
from bot.alerts.routing import AlertPlan, Route
from bot.app.dataset import shipped_dataset
from bot.app.fleet import alert_store
from bot.fleet.hosts import ChangeKind
from bot.sites.centre import SiteCentre
from bot.sites.site import BEAT
from bot.store.store import Store, open_store
from tests.sites.nats_server import NatsServer
from tests.sites.site_lab import LOG, Hosts, Site, centre_at, now, sources, sweep, target, until

pytestmark = pytest.mark.usefixtures("impatient")

OPS, LAB = "C0OPS", "C0LAB"
PLAN = AlertPlan(OPS, routes=(Route(LAB, (30,), tags=("lab",)),))
LONG_AGO = timedelta(days=1)


def evaluation(store: Store, centre: SiteCentre) -> FleetEvaluation:
    """As `serve` has it."""
    known = shipped_dataset()
    every = timedelta(hours=6)
    return FleetEvaluation(lambda: known[:2], alert_store(store), (), PLAN, every, now(), sites=centre.known)


def told(store: Store) -> list[tuple[str, Rule]]:
    """The open alerts, by channel and rule."""
    return sorted((alert.channel, alert.rule) for alert in store.alerts.open())


def test_two_centres_on_one_postgresql_record_once_and_tell_once(jetstream: NatsServer, empty_server: str) -> None:
    """Each message goes to one of them; that one dies before it acknowledges, and what it recorded comes again."""
    stores = [open_store(empty_server, LOG, now) for _ in range(2)]
    names = [f"lab-{number}" for number in range(300)]
    hosts, recorded = Hosts(), [0, 0]

    def counting(at: int) -> Callable[..., object]:
        def record(results: object, moment: datetime) -> object:
            recorded[at] += 1
            return stores[at].fleet.record(results, moment)  # type: ignore[arg-type]

        return record

    try:
        with (
            centre_at(jetstream, stores[0], record=counting(0)) as one,
            centre_at(jetstream, stores[1], record=counting(1), silent_after=timedelta(seconds=1)) as other,
        ):
            with Site(jetstream, hosts, *map(target, names)):
                until(lambda: len(sources(stores[0])) == len(names), 40)
                hosts.version = "8.3.1"
                for turn in range(12):
                    chunk = names[turn * 25 : turn * 25 + 25]
                    assert not one.ask(f"{turn}", [f"paris/{name}" for name in chunk])
                    until(lambda chunk=chunk: all(hosts.asked.count(name) >= 2 for name in chunk))  # type: ignore[misc]
                until(lambda: sum(sum(c.tallies().recorded.values()) for c in (one, other)) == 2 * len(names))
            assert all(recorded), "both have a part"
            assert len(stores[1].fleet.hosts()) == len(names)
            found = [c for c in stores[0].fleet.changes(now() - LONG_AGO) if c.kind is ChangeKind.UPGRADED]
            assert len(found) == len({change.uuid for change in found}) == len(names)
            until(lambda: other.known().silent(now()))
            both = [evaluation(store, other) for store in stores]
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(lambda each: each.evaluate(now(), swept_at=now()), both))
            assert told(stores[0]).count((OPS, Rule.SITE_SILENT)) == 1
    finally:
        for store in stores:
            store.close()


def test_a_centre_that_ends_under_load_leaves_what_it_had_not_recorded_to_the_next(
    jetstream: NatsServer, store: Store
) -> None:
    names, may_go_on, under_way = [f"lab-{number}" for number in range(400)], threading.Event(), threading.Event()

    def slow(results: object, moment: datetime) -> object:
        under_way.set()
        may_go_on.wait(20)
        return store.fleet.record(results, moment)  # type: ignore[arg-type]

    with Site(jetstream, Hosts(), *map(target, names)):
        with centre_at(jetstream, store, record=slow) as centre:
            assert under_way.wait(20)
            ending = threading.Timer(0.2, may_go_on.set)
            ending.start()
            begun = time.monotonic()
            assert centre.stop()
            assert time.monotonic() - begun < 10
        ending.join()
        with centre_at(jetstream, store):
            until(lambda: len(sources(store)) == len(names), 40)
    assert len(store.fleet.hosts()) == len(names)


def test_tags_and_routes_of_a_site_lead_its_alerts_after_a_real_sweep(jetstream: NatsServer, store: Store) -> None:
    hosts = Hosts()
    hosts.version = "7.2.0"
    with (
        centre_at(jetstream, store) as centre,
        Site(jetstream, hosts, target("lab-a", "lab"), target("prod-a", "prod")),
    ):
        until(lambda: len(sources(store)) == 2 and centre.known().find("paris/lab-a"))
        swept = sweep(store, centre)
        assert (swept.sources, swept.failed) == (2, ())
        evaluation(store, centre).evaluate(now(), now())
        found = {alert.channel: {host.name for host in alert.hosts} for alert in store.alerts.open()}
    assert found == {LAB: {"lab-a"}, OPS: {"prod-a"}}


def test_without_the_server_one_message_says_so_and_a_worker_is_heard_as_soon_as_there_is_a_centre(
    jetstream: NatsServer, store: Store
) -> None:
    """The worker begins first, and its first sign of life is heard by nobody; the next one comes at once."""
    with Site(jetstream, Hosts(), target("lab-a", "lab"), target("prod-a", "prod")) as site:
        until(site.connection.up.is_set)
        with centre_at(jetstream, store, silent_after=timedelta(seconds=1)) as centre:
            until(lambda: centre.known().named("paris"), BEAT / 2)
            until(lambda: len(sources(store)) == 2)
            judge = evaluation(store, centre)
            jetstream.kill()
            until(lambda: centre.known().away_since(now()))
            judge.evaluate(now(), swept_at=now())
            assert told(store) == [(LAB, Rule.SITES_AWAY), (OPS, Rule.SITES_AWAY)]
            assert centre.tallies().waiting is None
            jetstream.start()
            until(lambda: centre.known().server and not centre.known().silent(now()))
            judge.evaluate(now(), swept_at=now())
            assert told(store) == []
