"""The centre's side of sites, as `serve` and a shell's commands have it. Imported only where `sites.url` is set."""

import os
from collections.abc import Collection
from datetime import UTC, datetime

from structlog.typing import FilteringBoundLogger

from bot.alerts.clock_check import ClockCheck
from bot.app.lookup import now
from bot.app.site import account_of
from bot.fleet.sites import KnownSites, RemoteTarget
from bot.settings.model import Settings
from bot.sites.centre import CentrePlan, SiteCentre
from bot.sites.nats_client import NatsConnection
from bot.store.store import Store
from bot.xapi.observation import Probed

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def centre_of(
    settings: Settings, store: Store, check: ClockCheck, log: FilteringBoundLogger, since: datetime | None = None
) -> SiteCentre:
    """The centre, not started yet. `since` is since when it listens; None: what is stored was heard by another process.

    ConfigError for a password that is not to be had.
    """
    keys = settings.sites
    connection = NatsConnection(account_of(keys, os.environ, "sites"), "xocompat centre", log)
    plan = CentrePlan(
        store.sites,
        store.fleet.record,
        store.fleet.tried_since,
        now,
        check.doubt,
        keys.expected,
        keys.silent_after,
        since or LONG_AGO,
    )
    return SiteCentre(plan, connection, log)


CONNECTED = 10.0
"""Seconds that a command in a shell waits for NATS."""


class SitesOnDemand:
    """The sites for a command in a shell: known from the database, and NATS is asked once a command needs it.

    Implements bot.fleet.sites.RemoteSites.
    """

    def __init__(self, settings: Settings, store: Store, check: ClockCheck, log: FilteringBoundLogger) -> None:
        self._centre = centre_of(settings, store, check, log)
        self._centre.refresh()
        self._is_started = False

    def known(self) -> KnownSites:
        return self._centre.known()

    def ask(self, run: str, names: Collection[str]) -> Collection[str]:
        self._start()
        return self._centre.ask(run, names)

    def answered(self, since: datetime) -> Collection[str]:
        return self._centre.answered(since)

    def probe(self, target: RemoteTarget) -> Probed:
        self._start()
        return self._centre.probe(target)

    def _start(self) -> None:
        if not self._is_started:
            self._is_started = True
            self._centre.start()
            self._centre.wait_until_ready(CONNECTED)

    def close(self) -> None:
        """End what was begun."""
        self._centre.stop()
