"""All that is stored, behind the ports of the rooms that need it.

History stays for 400 days. What is not done yet, an open alert or an unsent message, stays however old it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, exists, func, or_, select
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import DeliveryKind
from bot.store import leases
from bot.store.access import SqlAccessRequests
from bot.store.alerts import SqlAlerts
from bot.store.audit import SqlAudit
from bot.store.database import Database, WriteLock
from bot.store.fleet import SqlFleet, SqlSweeps
from bot.store.leases import SqlSeen, SqlSlots, SqlWelcomes
from bot.store.migrate import migrate
from bot.store.orchestras import SqlOrchestras
from bot.store.outbox import SqlOutbox
from bot.store.renewals import SqlRenewals
from bot.store.revisions import SqlRevisions
from bot.store.sites import SqlSites
from bot.store.table_forms import SqlTableForms
from bot.store.tables import (
    access_requests,
    alerts,
    audit,
    bulletins,
    changes,
    outbox,
    renewals,
    revisions,
    site_workers,
    sites,
    sweeps,
    table_forms,
)
from bot.store.watches import SqlDigests, SqlWatches

HISTORY = timedelta(days=400)

UNHEARD = timedelta(days=30)
"""After so long a site that is not heard is none any more; one that is expected is missed all the same."""

TRAIL = 1_000_000
"""Entries of the audit trail that are kept, however young: some hundred megabytes."""

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
    slots: SqlSlots
    audit: SqlAudit
    seen: SqlSeen
    welcomes: SqlWelcomes
    revisions: SqlRevisions
    orchestras: SqlOrchestras
    renewals: SqlRenewals
    sites: SqlSites
    access: SqlAccessRequests
    table_forms: SqlTableForms

    def hurried(self) -> "Store":
        """The same for commands in chat, where somebody waits: what they ask and change is done soon, or not at all."""
        database = self.database.hurried(HURRY)
        return self._on(database)._replace(revisions=SqlRevisions(database), renewals=SqlRenewals(database))

    def _on(self, database: Database) -> "Store":
        """What commands and evaluations need, on another view of the database."""
        return self._replace(
            database=database,
            fleet=SqlFleet(database),
            sweeps=SqlSweeps(database),
            alerts=SqlAlerts(database),
            outbox=SqlOutbox(database),
            watches=SqlWatches(database),
            digests=SqlDigests(database),
            orchestras=SqlOrchestras(database),
            access=SqlAccessRequests(database),
        )

    @contextmanager
    def rehearsing(self) -> Iterator["Store"]:
        """The same for what is only tried: all that is written meanwhile is read there alone, and undone at the end."""
        with self.database.rehearsing() as database:
            yield self._on(database)

    def prune(self, now: datetime, entries: int = TRAIL) -> None:
        """Forget what ended more than 400 days ago, and all but so many `entries` of the audit trail.

        UnavailableError if the database could not be reached.
        """
        before = now - HISTORY
        ended = bulletins.c.closed_at < before
        alert_left = exists(alerts.c.id).where(alerts.c.bulletin == bulletins.c.id)
        unsent = exists(outbox.c.id).where(outbox.c.bulletin == bulletins.c.id, outbox.c.done_at.is_(None))
        waiting = select(outbox.c.bulletin).where(outbox.c.done_at.is_(None), outbox.c.bulletin.is_not(None))
        gone = select(bulletins.c.id).where(ended, ~alert_left, ~unsent)
        # The row that posts an alert message stays as long as that is in use: it may have to be posted again. A
        # channel's first message is its first for ever.
        kept = (DeliveryKind.ALERT_MESSAGE.value, DeliveryKind.START.value)
        unused = or_(outbox.c.kind.not_in(kept), outbox.c.bulletin.in_(gone))
        with self.database.writing(WriteLock.ALERTS) as connection:
            connection.execute(delete(alerts).where(alerts.c.resolved_at < before, alerts.c.bulletin.not_in(waiting)))
            connection.execute(delete(outbox).where(outbox.c.done_at < before, unused))
            left = exists(outbox.c.id).where(outbox.c.bulletin == bulletins.c.id)
            connection.execute(delete(bulletins).where(ended, ~alert_left, ~left))
        newest = select(func.max(revisions.c.id)).group_by(revisions.c.source)
        accepted = newest.where(revisions.c.accepted_at.is_not(None))
        needed = or_(revisions.c.id.in_(newest), revisions.c.id.in_(accepted))
        with self.database.writing() as connection:
            connection.execute(delete(revisions).where(revisions.c.fetched_at < before, ~needed))
            latest = select(func.max(renewals.c.id)).scalar_subquery()
            connection.execute(delete(renewals).where(renewals.c.accepted_at < before, renewals.c.id != latest))
            for table, column in (
                (sweeps, sweeps.c.started_at),
                (changes, changes.c.at),
                (audit, audit.c.at),
                (access_requests, access_requests.c.asked_at),
                (table_forms, table_forms.c.refused_at),
            ):
                connection.execute(delete(table).where(column < before))
            newest_entry = select(func.max(audit.c.id)).scalar_subquery()
            connection.execute(delete(audit).where(audit.c.id <= newest_entry - entries))
            leases.prune(connection, before, now)
            unheard = select(sites.c.name).where(sites.c.heard_at < now - UNHEARD)
            connection.execute(delete(site_workers).where(site_workers.c.site.in_(unheard)))
            connection.execute(delete(sites).where(sites.c.heard_at < now - UNHEARD))

    def close(self) -> None:
        self.audit.close()
        self.database.close()


def open_store(url: str, log: FilteringBoundLogger, now: Callable[[], datetime]) -> Store:
    """The database of a URL, with all tables made. UnavailableError says why it could not be opened."""
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
        slots=SqlSlots(database),
        audit=SqlAudit(log, database),
        seen=SqlSeen(log, database, now),
        welcomes=SqlWelcomes(database),
        revisions=SqlRevisions(database),
        orchestras=SqlOrchestras(database),
        renewals=SqlRenewals(database),
        sites=SqlSites(database),
        access=SqlAccessRequests(database),
        table_forms=SqlTableForms(database.hurried(HURRY)),
    )
