"""All that is kept, behind the ports of the rooms that need it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.store.alerts import SqlAlerts
from bot.store.audit import SqlAudit
from bot.store.database import Database
from bot.store.digests import SqlDigests
from bot.store.fleet import SqlFleet
from bot.store.migrate import migrate
from bot.store.outbox import SqlOutbox
from bot.store.prune import prune
from bot.store.revisions import SqlRevisions
from bot.store.seen import SqlSeen
from bot.store.sweeps import SqlSweeps
from bot.store.ticks import SqlTicks
from bot.store.watches import SqlWatches

HURRY = 2.0
"""Seconds that a command waits for a lock: Slack wants an answer after three."""


class Store(NamedTuple):
    """One database with a port for each who needs it. `close` writes what waits, and lets go of all connections."""

    database: Database
    fleet: SqlFleet
    sweeps: SqlSweeps
    alerts: SqlAlerts
    outbox: SqlOutbox
    watches: SqlWatches
    digests: SqlDigests
    ticks: SqlTicks
    audit: SqlAudit
    seen: SqlSeen
    revisions: SqlRevisions

    def hurried(self) -> "Store":
        """The same for commands in chat, where somebody waits: what they change is changed soon, or not at all."""
        database = self.database.hurried(HURRY)
        book, watches, digests = SqlAlerts(database), SqlWatches(database), SqlDigests(database)
        return self._replace(database=database, alerts=book, watches=watches, digests=digests)

    @contextmanager
    def rehearsing(self) -> Iterator["Store"]:
        """The same for what is only tried: all that is written meanwhile is read there alone, and undone at the end."""
        with self.database.rehearsing() as database:
            yield self._replace(
                database=database,
                fleet=SqlFleet(database),
                sweeps=SqlSweeps(database),
                alerts=SqlAlerts(database),
                outbox=SqlOutbox(database),
                watches=SqlWatches(database),
                digests=SqlDigests(database),
            )

    def prune(self, now: datetime) -> None:
        """Forget what ended more than 400 days ago."""
        prune(self.database, now)

    def close(self) -> None:
        self.audit.close()
        self.database.close()


def open_store(url: str, log: FilteringBoundLogger, now: Callable[[], datetime]) -> Store:
    """The database of a URL, with all tables made. UnavailableError says why it can't be had."""
    database = Database(url)
    migrate(database)
    return Store(
        database=database,
        fleet=SqlFleet(database),
        sweeps=SqlSweeps(database),
        alerts=SqlAlerts(database),
        outbox=SqlOutbox(database),
        watches=SqlWatches(database),
        digests=SqlDigests(database),
        ticks=SqlTicks(database),
        audit=SqlAudit(log, database),
        seen=SqlSeen(log, database, now),
        revisions=SqlRevisions(database),
    )
