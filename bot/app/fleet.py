"""The inventory of the settings with the asking of it over the network."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.alerts.alert import Reconciled
from bot.alerts.clock_check import ClockCheck
from bot.alerts.cycle import SendResult, SweepCycle, alerts_on
from bot.alerts.delivery.outbox import ChannelState, Outbox
from bot.alerts.evaluate import AlertStore, FleetEvaluation
from bot.alerts.facts import SecurityPlan
from bot.alerts.routing import AlertPlan
from bot.app.configuration import ReachableChannels, inventory, orchestras, plan, policy, reveal
from bot.app.dataset import CurrentDataset, Dataset, shipped_dataset
from bot.app.lookup import now
from bot.app.published import data_follower, follower
from bot.chat.command import Alerting, Fleet, Ports, PublishedPort, Watched
from bot.chat.host_names import HostNames
from bot.fleet.hosts import SourceKind
from bot.fleet.inventory import Inventory
from bot.fleet.orchestras import OrchestraPolling
from bot.fleet.policy import Policy
from bot.fleet.sites import RemoteSites, no_sites
from bot.fleet.sources import CombinedSources, ConfiguredSources, InventorySource, Limits, Probing
from bot.fleet.sweep import STALE, Sweeper, SweepPace
from bot.published.sync import ListFollower
from bot.settings.model import Settings
from bot.slack.payload import is_channel
from bot.store.store import Store, open_store
from bot.xapi.connection import Connect, TlsConnect
from bot.xapi.observation import Failure, Probed
from bot.xapi.probe import Prober
from bot.xapi.target import Target
from bot.xapi.tls import TlsContexts
from bot.xo.client import OnDate, ask
from bot.xo.orchestra import Orchestra
from bot.xo.updates import BOUNDS as UPDATES
from bot.xo.updates import ask_updates
from bot.xo.version import BOUNDS as VERSION
from bot.xo.version import ask_version

if TYPE_CHECKING:
    from bot.published.renew import DataFollower

Measure = Callable[[float, str | None], None]
"""Takes how long a probe took, in seconds, and the code of its error."""


class Hosts(NamedTuple):
    """Whom to ask. `probing` is shared by everybody who asks: chat and sweeps don't trip over each other.

    `orchestras` are those among the sources, and `connect` is how they are reached.
    """

    inventory: Inventory
    probing: Probing
    sources: InventorySource
    orchestras: tuple[Orchestra, ...] = ()
    connect: Connect | None = None
    sites: RemoteSites | None = None

    def fleet(self, limited: bool = False) -> Fleet:
        """For questions; `limited`: nobody may have hosts asked all the time, as in chat."""
        return Fleet(self.inventory, self.probing, Limits(time.monotonic) if limited else None)


def hosts_of(
    settings: Settings,
    measure: Measure | None = None,
    on_date: OnDate | None = None,
    sites: RemoteSites | None = None,
) -> Hosts:
    """The settings' targets and Xen Orchestras, and `sites`. No password and no token is read before it is needed."""
    targets = inventory(settings.targets, os.environ, sites.known if sites else no_sites)
    return hosts_from(targets, orchestras(settings.xen_orchestra, os.environ), measure, on_date=on_date, sites=sites)


def hosts_from(
    known: Inventory,
    others: tuple[Orchestra, ...] = (),
    measure: Measure | None = None,
    clock: Callable[[], datetime] = now,
    on_date: OnDate | None = None,
    sites: RemoteSites | None = None,
) -> Hosts:
    """An inventory, and Xen Orchestras, with the asking of them.

    `clock` says when something was seen, in UTC; `on_date` gets the time that a Xen Orchestra's answers give.
    """
    connect = TlsConnect(TlsContexts())
    prober = Prober(clock, connect=connect)

    def measured(target: Target) -> Probed:
        begun = time.monotonic()
        answer = prober.probe(target)
        if measure:
            measure(time.monotonic() - begun, answer.code.value if isinstance(answer, Failure) else None)
        return answer

    probing = Probing(measured, time.monotonic, sites)
    sources = CombinedSources(
        ConfiguredSources(SourceKind.TARGET, known.targets, lambda one: (probing.probe(one),), clock),
        ConfiguredSources(
            SourceKind.XEN_ORCHESTRA, others, lambda one: ask(one, clock, connect=connect, on_date=on_date), clock
        ),
    )
    return Hosts(known, probing, sources, others, connect, sites)


def clock_check(log: FilteringBoundLogger | None = None) -> ClockCheck:
    """Compares this machine's clock with servers; the log says once when doubt begins, and once when it ends.

    Whatever asks a server in this process is to pass its `observe` on, so that it gets the `Date` of every answer.
    """

    def changed(reason: str | None) -> None:
        if log and reason:
            log.error(
                "clock in doubt", reason=reason, effect="nothing is decided, announced or pruned until it is right"
            )
        elif log:
            log.info("clock trusted again")

    return ClockCheck(now, awake_or_not, changed)


def awake_or_not() -> float:
    """Seconds that nobody sets; where the system has such a clock, they go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class WatchTerms(NamedTuple):
    """How a fleet is watched. `clock` is the time in UTC; `send` brings into channels what can be sent now.

    `list_url` is where the published list is read, if it is followed, and `data_url` where newer data is; `dataset` is
    what is known, if it is known already. `clock_check` says whether the clock can be believed, if it is the machine's.
    `policy` is what hosts are to run, `security` which holes make an alert. `reach` says which channels can be sent to;
    without it any that Slack could have.

    `updates_within` is how many seconds a sweep takes at most for asking Xen Orchestras for their versions and for the
    updates that their hosts miss; None where that is a job of its own.
    """

    plan: AlertPlan
    every: timedelta
    pace: SweepPace
    clock: Callable[[], datetime]
    send: Callable[[], SendResult]
    list_url: str | None = None
    dataset: Callable[[], Dataset] | None = None
    clock_check: ClockCheck | None = None
    updates_within: float | None = None
    policy: Policy | None = None
    security: SecurityPlan = SecurityPlan()
    data_url: str | None = None
    reach: ReachableChannels | None = None


class WatchedFleet(NamedTuple):
    """A fleet that is watched. Sweeps end early once `stop` is set. `follows` the published list, if anybody does, and
    `renews` the data."""

    store: Store
    hosts: Hosts
    evaluation: FleetEvaluation
    cycle: SweepCycle
    clock: Callable[[], datetime]
    stop: threading.Event
    dataset: Callable[[], Dataset]
    polling: OrchestraPolling
    follows: ListFollower | None = None
    renews: "DataFollower | None" = None
    reach: ReachableChannels | None = None

    @property
    def clock_check(self) -> ClockCheck:
        return self.cycle.clock_check

    @property
    def list_follower(self) -> ListFollower | None:
        """Follows the list by the data of now: what a page added itself must not decide how one is read."""
        base = self.dataset().base
        return self.follows._replace(matrix=base.matrix, reader=base.reader) if self.follows else None

    def told(self, outbox: Outbox) -> tuple[ChannelState, ...]:
        """How sending to each channel goes; those that can't be reached from here count as stopped."""
        states = outbox.states()
        return self.reach.told(states) if self.reach else states

    def ports(self, limited: bool = False) -> Ports:
        """What commands may use; `limited` as in chat."""
        evaluation, store = self.evaluation, self.store.hurried() if limited else self.store
        dataset = self.dataset()
        follows = self.list_follower
        follows = follows._replace(revisions=store.revisions) if follows else None
        renews = self.renews
        return Ports(
            dataset.matrix,
            dataset.reader,
            self.hosts.fleet(limited),
            alerting=Alerting(
                store.alerts,
                store.watches,
                store.digests,
                evaluation.plan,
                self.clock,
                lambda: {host.pool for host in store.fleet.hosts()},
                lambda: self.told(store.outbox),
                on=lambda day: alerts_on(lambda: rehearsing(store), evaluation, day, self.clock()),
                is_channel=self.reach.is_channel if self.reach else is_channel,
                requests=store.access,
            ),
            watched=Watched(
                store.fleet,
                store.sweeps,
                evaluation.configured,
                self.clock,
                lambda report: self.cycle.ask(report, self.stop),
                lambda day, report: self.cycle.rehearse(day, report, self.stop),
                sites=self.hosts.sites.known if self.hosts.sites else None,
                orchestras=store.orchestras,
                names=HostNames(time.monotonic),
                orchestra_fixed_from=evaluation.security.orchestra_fixed_from,
            ),
            audit=store.audit,
            published=PublishedPort(follows.latest, (lambda: renews.latest(store.renewals)) if renews else None)
            if follows
            else None,
            policy=evaluation.policy,
        )

    def settle(self) -> Reconciled:
        """Evaluate anew what is stored, without asking anybody: days pass, and sweeps may not come.

        Nothing is decided while the clock is in doubt.
        """
        return Reconciled() if self.clock_check.doubt() else self.evaluation.evaluate(self.clock())


def alert_store(store: Store) -> AlertStore:
    """What evaluations and sweeps need of a database."""
    return AlertStore(store.fleet, store.sweeps, store.alerts, store.watches, store.outbox, store.orchestras)


@contextmanager
def rehearsing(store: Store) -> Iterator[AlertStore]:
    """The same for what is only tried; what is written meanwhile is undone at the end."""
    with store.rehearsing() as tried:
        yield alert_store(tried)


def open_settings(settings: Settings, log: FilteringBoundLogger) -> Store:
    """The settings' database, with all tables. UnavailableError says why it could not be opened."""
    return open_store(reveal(settings.database) or "", log, now)


def terms_of(
    settings: Settings,
    send: Callable[[], SendResult],
    stale: float = STALE,
    dataset: Callable[[], Dataset] | None = None,
    check: ClockCheck | None = None,
    updates_within: float | None = None,
) -> WatchTerms:
    """How the settings want the fleet watched; `stale` is in seconds (bot.fleet.sweep.SweepPace)."""
    pace = SweepPace(settings.sweep.concurrency, stale=stale)
    return WatchTerms(
        plan(settings.alerts),
        settings.sweep.every,
        pace,
        now,
        send,
        settings.list.url,
        dataset,
        check,
        updates_within,
        policy(settings.policy),
        SecurityPlan(settings.security.tell, settings.security.orchestra_fixed_from),
        settings.data.url,
        ReachableChannels.of(settings),
    )


def current_dataset(store: Store, list_url: str | None) -> Callable[[], Dataset]:
    """What is known: with the published list, if it is followed."""
    if list_url:
        return CurrentDataset(store.revisions, renewals=store.renewals)
    known = shipped_dataset()
    return lambda: known


def watch_fleet(
    store: Store, hosts: Hosts, terms: WatchTerms, log: FilteringBoundLogger, stop: threading.Event
) -> WatchedFleet:
    """Watch hosts with a database."""
    dataset = terms.dataset or current_dataset(store, terms.list_url)
    evaluation = FleetEvaluation(
        lambda: dataset()[:2],
        alert_store(store),
        hosts.sources.sources,
        terms.plan,
        terms.every,
        terms.clock(),
        terms.policy,
        terms.security,
        sites=hosts.sites.known if hosts.sites else no_sites,
    )
    name = new_name()
    sweeper = Sweeper(
        hosts.sources,
        store.fleet,
        store.sweeps,
        terms.clock,
        time.monotonic,
        name,
        log,
        terms.pace,
        hosts.sites,
    )
    polling = polling_of(store, hosts, terms, name, log)
    check = terms.clock_check or ClockCheck(terms.clock, awake_or_not)
    ask_more = None if terms.updates_within is None else polling.go
    cycle = SweepCycle(sweeper, evaluation, lambda: rehearsing(store), terms.send, check, ask_more)
    url = terms.list_url
    base = dataset().base
    follows = follower(url, base.matrix, base.reader, store.revisions, stop.wait, terms.clock) if url else None
    renews = data_follower(terms.data_url, store.renewals, stop.wait, terms.clock)
    return WatchedFleet(
        store, hosts, evaluation, cycle, terms.clock, stop, dataset, polling, follows, renews, terms.reach
    )


def polling_of(store: Store, hosts: Hosts, terms: WatchTerms, by: str, log: FilteringBoundLogger) -> OrchestraPolling:
    """How Xen Orchestras are asked for their versions and for missing updates; `by` names this process."""
    within, version, updates = terms.updates_within, VERSION, UPDATES
    if within is not None:  # a third for the version, and the rest for the updates
        version = version._replace(whole=min(version.whole, within / 3), login=min(version.login, within / 4))
        updates = updates._replace(whole=within * 2 / 3, login=min(updates.login, within / 3))
    return OrchestraPolling(
        hosts.orchestras,
        store.orchestras,
        lambda one: ask_version(one, terms.clock, bounds=version, connect=hosts.connect),
        lambda one, order, stop: ask_updates(one, terms.clock, order, stop, bounds=updates, connect=hosts.connect),
        terms.clock,
        by,
        log,
        within,
    )


def new_name() -> str:
    """A name for this process among all that share a database; another one at every start."""
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
