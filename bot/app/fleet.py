"""The inventory of the settings with the asking of it over the network."""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.alerts import state_machine as machine
from bot.alerts.alert import Reconciled, notification_data
from bot.alerts.cycle import SendResult, SweepCycle
from bot.alerts.routing import AlertPlan
from bot.app.configuration import inventory, orchestras, plan, reveal
from bot.app.dataset import CurrentDataset, Dataset, shipped_dataset
from bot.app.evaluation import FleetEvaluation
from bot.app.lookup import now
from bot.app.published import follower
from bot.chat.command import Alerting, Fleet, Ports, PublishedPort, Watched
from bot.fleet.inventory import Inventory
from bot.fleet.probing import Limits, Probing
from bot.fleet.sources import SourceClient
from bot.fleet.sweep import STALE, Sweeper, SweepPace
from bot.published.sync import ListFollower
from bot.settings.model import Settings
from bot.slack.payload import is_channel
from bot.store.alerts import Decisions
from bot.store.store import Store, open_store
from bot.xapi.connection import TlsConnect
from bot.xapi.observation import Failure, Pool, Probed
from bot.xapi.probe import Prober
from bot.xapi.target import Target
from bot.xapi.tls import TlsContexts
from bot.xo.client import ask
from bot.xo.orchestra import Orchestra

Measure = Callable[[float, str | None], None]
"""Hears how long a probe took, in seconds, and the code of its error."""


class Hosts(NamedTuple):
    """Whom to ask. `probing` is shared by everybody who asks: chat and sweeps don't trip over each other."""

    inventory: Inventory
    probing: Probing
    asking: SourceClient

    def fleet(self, limited: bool = False) -> Fleet:
        """For questions; `limited`: nobody may have hosts asked all the time, as in chat."""
        return Fleet(self.inventory, self.probing, Limits(time.monotonic) if limited else None)


def hosts_of(settings: Settings, probed: Measure | None = None) -> Hosts:
    """The settings' targets and Xen Orchestras. No password and no token is read before it is needed."""
    return hosts_from(inventory(settings.targets, os.environ), orchestras(settings.xen_orchestra, os.environ), probed)


def hosts_from(
    known: Inventory,
    others: tuple[Orchestra, ...] = (),
    probed: Measure | None = None,
    clock: Callable[[], datetime] = now,
) -> Hosts:
    """An inventory, and Xen Orchestras, with the asking of them. `clock` says when something was seen, in UTC."""
    connect = TlsConnect(TlsContexts())
    prober = Prober(clock, connect=connect)
    probing = Probing(_counted(prober.probe, probed) if probed else prober.probe, time.monotonic)
    asking = SourceClient(
        {target.name: target for target in known.targets},
        {one.name: one for one in others},
        probing.probe,
        lambda one: ask(one, clock, connect=connect),
    )
    return Hosts(known, probing, asking)


def _counted(probe: Callable[[Target], Probed], probed: Measure) -> Callable[[Target], Probed]:
    def ask_and_count(target: Target) -> Probed:
        begun = time.monotonic()
        answer = probe(target)
        probed(time.monotonic() - begun, answer.code.value if isinstance(answer, Failure) else None)
        return answer

    return ask_and_count


DECISIONS = Decisions(machine.reconcile, machine.apply, notification_data)


class WatchTerms(NamedTuple):
    """How a fleet is watched. `clock` is the time in UTC; `send` brings into channels what can be sent now.

    `list_url` is where the published list is read, if it is followed; `edition` what is known, if it is known already.
    """

    plan: AlertPlan
    every: timedelta
    pace: SweepPace
    clock: Callable[[], datetime]
    send: Callable[[], SendResult]
    list_url: str | None = None
    edition: Callable[[], Dataset] | None = None


class WatchedFleet(NamedTuple):
    """A fleet that is watched. Sweeps end early once `stop` is set. `follows` the published list, if anybody does."""

    store: Store
    hosts: Hosts
    judge: FleetEvaluation
    rounds: SweepCycle
    clock: Callable[[], datetime]
    stop: threading.Event
    follows: ListFollower | None = None

    def ports(self, limited: bool = False) -> Ports:
        """What commands may use; `limited` as in chat."""
        judge, store = self.judge, self.store.hurried() if limited else self.store
        edition = judge.edition()
        return Ports(
            edition.matrix,
            edition.reader,
            self.hosts.fleet(limited),
            alerting=Alerting(
                store.alerts,
                store.watches,
                store.digests,
                judge.plan,
                self.clock,
                self._pools,
                store.outbox,
                is_channel,
            ),
            watched=Watched(
                store.fleet,
                store.sweeps,
                judge.sources,
                self.clock,
                lambda day, tell: self.rounds.ask(day, tell, self.stop),
            ),
            audit=store.audit,
            published=PublishedPort(self.follows.last) if self.follows else None,
        )

    def settle(self) -> Reconciled:
        """Judge anew what is known, without asking anybody: days pass, and sweeps may not come."""
        at = self.clock()
        return self.store.alerts.settle(lambda: self.judge.standing(at), at)

    def _pools(self) -> set[Pool]:
        return {host.pool for host in self.store.fleet.hosts()}


def open_settings(settings: Settings, log: FilteringBoundLogger) -> Store:
    """The settings' database, with all tables. UnavailableError says why it can't be had."""
    return open_store(reveal(settings.database) or "", DECISIONS, log, now)


def terms_of(
    settings: Settings,
    send: Callable[[], SendResult],
    stale: float = STALE,
    edition: Callable[[], Dataset] | None = None,
) -> WatchTerms:
    """How the settings want the fleet watched; `stale` is in seconds (bot.fleet.sweep.Pace)."""
    pace = SweepPace(settings.sweep.concurrency, stale=stale)
    return WatchTerms(plan(settings.alerts), settings.sweep.every, pace, now, send, settings.list.url, edition)


def current_dataset(store: Store, list_url: str | None) -> Callable[[], Dataset]:
    """What is known: with the published list, if it is followed."""
    if list_url:
        return CurrentDataset(store.revisions)
    known = shipped_dataset()
    return lambda: known


def watch_fleet(
    store: Store, hosts: Hosts, terms: WatchTerms, log: FilteringBoundLogger, stop: threading.Event
) -> WatchedFleet:
    """Watch hosts with a database."""
    judge = FleetEvaluation(
        terms.edition or current_dataset(store, terms.list_url),
        store,
        hosts.asking.sources,
        terms.plan,
        terms.every,
        terms.clock(),
    )
    sweeper = Sweeper(
        hosts.asking,
        store.fleet,
        store.sweeps,
        terms.clock,
        time.monotonic,
        new_name(),
        log,
        terms.pace,
    )
    rounds = SweepCycle(sweeper, judge.swept, store.alerts, store.outbox, terms.send)
    url = terms.list_url
    known = shipped_dataset()  # a page is read by what is shipped: what it added itself must not decide how it is read
    follows = follower(url, known.matrix, known.reader, store.revisions, stop.wait, terms.clock) if url else None
    return WatchedFleet(store, hosts, judge, rounds, terms.clock, stop, follows)


def new_name() -> str:
    """A name for this process among all that share a database; another one at every start."""
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
