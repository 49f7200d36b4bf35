"""The fleet that is watched: its database, the rounds that ask it, and what commands may do with it."""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.alerts import machine
from bot.alerts.alert import Settled
from bot.alerts.notification import to_data
from bot.alerts.plan import Plan
from bot.app.configured import reveal
from bot.app.hosts import Hosts
from bot.app.in_use import Edition, InUse, shipped
from bot.app.judging import Judge
from bot.app.lookups import now
from bot.app.publishing import follower
from bot.chat.command import Alerting, Ports, Published, Watched
from bot.fleet.sweep import STALE, Pace, Sweeper
from bot.published.following import Follower
from bot.round import Rounds, Sent
from bot.settings.model import Settings
from bot.settings.plan import plan
from bot.store.alerts import Decisions
from bot.store.store import Store, open_store
from bot.xapi.observation import Pool

DECISIONS = Decisions(machine.settle, machine.act, to_data)


class Terms(NamedTuple):
    """How a fleet is watched. `clock` is the time in UTC; `send` brings into channels what can be sent now.

    `list_url` is where the published list is read, if it is followed; `edition` what is known, if it is known already.
    """

    plan: Plan
    every: timedelta
    pace: Pace
    clock: Callable[[], datetime]
    send: Callable[[], Sent]
    list_url: str | None = None
    edition: Callable[[], Edition] | None = None


class Watching(NamedTuple):
    """A fleet that is watched. Sweeps end early once `stop` is set. `follows` the published list, if anybody does."""

    store: Store
    hosts: Hosts
    judge: Judge
    rounds: Rounds
    clock: Callable[[], datetime]
    stop: threading.Event
    follows: Follower | None = None

    def ports(self, limited: bool = False) -> Ports:
        """What commands may use; `limited` as in chat."""
        judge, store = self.judge, self.store.hurried() if limited else self.store
        edition = judge.edition()
        return Ports(
            edition.matrix,
            edition.reader,
            self.hosts.fleet(limited),
            alerting=Alerting(
                store.alerts, store.watches, store.digests, judge.plan, self.clock, self._pools, store.outbox
            ),
            watched=Watched(
                store.fleet,
                store.sweeps,
                judge.sources,
                self.clock,
                lambda day, tell: self.rounds.ask(day, tell, self.stop),
            ),
            audit=store.audit,
            published=Published(self.follows.last) if self.follows else None,
        )

    def settle(self) -> Settled:
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
    send: Callable[[], Sent],
    stale: float = STALE,
    edition: Callable[[], Edition] | None = None,
) -> Terms:
    """How the settings want the fleet watched; `stale` is in seconds (bot.fleet.sweep.Pace)."""
    pace = Pace(settings.sweep.concurrency, stale=stale)
    return Terms(plan(settings.alerts), settings.sweep.every, pace, now, send, settings.list.url, edition)


def in_use(store: Store, list_url: str | None) -> Callable[[], Edition]:
    """What is known: with the published list, if it is followed."""
    if list_url:
        return InUse(store.revisions)
    known = shipped()
    return lambda: known


def watching(store: Store, hosts: Hosts, terms: Terms, log: FilteringBoundLogger, stop: threading.Event) -> Watching:
    """Watch hosts with a database."""
    judge = Judge(
        terms.edition or in_use(store, terms.list_url),
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
    rounds = Rounds(sweeper, judge.swept, store.alerts, store.outbox, terms.send)
    url = terms.list_url
    known = shipped()  # a page is read by what is shipped: what it added itself must not decide how it is read
    follows = follower(url, known.matrix, known.reader, store.revisions, stop.wait, terms.clock) if url else None
    return Watching(store, hosts, judge, rounds, terms.clock, stop, follows)


def new_name() -> str:
    """A name for this process among all that share a database; another one at every start."""
    return f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
