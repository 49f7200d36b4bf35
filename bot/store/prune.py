"""History is kept for 400 days. What is not done yet, an open alert or an unsent message, is kept however old it is."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, or_, select

from bot.alerts.delivery.outbox import DeliveryKind
from bot.store.database import Database, WriteLock
from bot.store.seen import KEPT as SEEN_KEPT
from bot.store.tables import alerts, audit, bulletins, changes, outbox, revisions, seen, sweeps, ticks

HISTORY = timedelta(days=400)


def prune(database: Database, now: datetime) -> None:
    """Forget what ended too long ago. UnavailableError if the database can't be had."""
    before = now - HISTORY
    done = outbox.c.done_at < before
    ended = bulletins.c.closed_at < before
    alert_left = exists(alerts.c.id).where(alerts.c.bulletin == bulletins.c.id)
    unsent = exists(outbox.c.id).where(outbox.c.bulletin == bulletins.c.id, outbox.c.done_at.is_(None))
    waiting = select(outbox.c.bulletin).where(outbox.c.done_at.is_(None), outbox.c.bulletin.is_not(None))
    gone = select(bulletins.c.id).where(ended, ~alert_left, ~unsent)
    # A bulletin that is in use keeps its own row: it may have to be posted again.
    unused = or_(outbox.c.kind != DeliveryKind.ALERT_MESSAGE.value, outbox.c.bulletin.in_(gone))
    with database.writing(WriteLock.ALERTS) as connection:
        connection.execute(delete(alerts).where(alerts.c.resolved_at < before, alerts.c.bulletin.not_in(waiting)))
        connection.execute(delete(outbox).where(done, unused))
        left = exists(outbox.c.id).where(outbox.c.bulletin == bulletins.c.id)
        connection.execute(delete(bulletins).where(ended, ~alert_left, ~left))
    newest = select(func.max(revisions.c.id)).group_by(revisions.c.source)
    needed = or_(revisions.c.id.in_(newest), revisions.c.id.in_(newest.where(revisions.c.accepted_at.is_not(None))))
    with database.writing() as connection:
        connection.execute(delete(revisions).where(revisions.c.fetched_at < before, ~needed))
        for table, column in ((sweeps, sweeps.c.started_at), (changes, changes.c.at), (audit, audit.c.at)):
            connection.execute(delete(table).where(column < before))
        connection.execute(delete(ticks).where(ticks.c.at < before))
        connection.execute(delete(seen).where(seen.c.at <= now - SEEN_KEPT))
