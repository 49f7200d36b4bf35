"""What is queued for channels, how sending to each goes, and who may send."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from bot.alerts.alert import Alert
from bot.alerts.delivery.outbox import ChannelState, Delivery, DeliveryKind
from bot.store import leases
from bot.store.alerts import PENDING, row_alert
from bot.store.bulk import upsert
from bot.store.database import Repository, WriteLock
from bot.store.leases import LONGEST, LeaseKind
from bot.store.tables import alerts, bulletins, channels, outbox
from bot.store.tables import leases as lease_rows


def may_send(now: datetime) -> ColumnElement[bool]:
    """The channel is neither stopped nor pausing; a pause that ends too late is of a clock that went back."""
    pause = channels.c.not_before
    is_over = or_(pause.is_(None), pause <= now, pause > now + LONGEST)
    return and_(channels.c.stopped_code.is_(None), is_over)


SENDING, SENT, DROPPED = "sending", "sent", "dropped"
"""States of a message, with PENDING. Those that are pending or being sent wait; their `done_at` is NULL."""

WAITS = outbox.c.done_at.is_(None)


SIBLINGS = 20
"""So many messages of other channels are looked at; each is one channel's."""


class SqlOutbox(Repository):
    """bot.alerts.delivery.outbox.Outbox."""

    def waiting(self, now: datetime) -> tuple[str, ...]:
        leased = (lease_rows.c.kind == LeaseKind.CHANNEL.value) & (lease_rows.c.name == outbox.c.channel)
        at = outbox.outerjoin(channels, channels.c.channel == outbox.c.channel).outerjoin(lease_rows, leased)
        is_free = or_(lease_rows.c.name.is_(None), leases.free(now))
        found = (
            select(outbox.c.channel)
            .select_from(at)
            .where(WAITS, may_send(now), is_free)
            .group_by(outbox.c.channel)
            .order_by(func.min(outbox.c.id))
        )
        with self._database.reading() as connection:
            return tuple(connection.scalars(found))

    def lease(self, channel: str, by: str, now: datetime, seconds: float) -> bool:
        with self._database.writing() as connection:
            return leases.claim(connection, LeaseKind.CHANNEL, channel, by, now, seconds, or_renew=True)

    def release(self, channel: str, by: str) -> None:
        with self._database.writing() as connection:
            leases.release(connection, LeaseKind.CHANNEL, channel, by)

    def next(self, channel: str) -> Delivery | None:
        at = outbox.outerjoin(bulletins, bulletins.c.id == outbox.c.bulletin)
        columns = select(outbox, bulletins.c.ts.label("bulletin_ts")).select_from(at)
        head = columns.where(outbox.c.channel == channel, WAITS).order_by(outbox.c.id).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(head).one_or_none()
            return _delivery(row, _alerts_of(connection, row.bulletin)) if row else None

    def sending(self, delivery: Delivery, by: str, now: datetime) -> bool:
        is_ours = exists().where(leases.held(LeaseKind.CHANNEL, delivery.channel, by, now))
        must_wait = exists().where(channels.c.channel == delivery.channel, ~may_send(now))
        begun = (
            update(outbox)
            .where(outbox.c.id == delivery.id, WAITS, is_ours, ~must_wait)
            .values(state=SENDING, began_at=now, attempts=outbox.c.attempts + 1)
        )
        # Whatever changes an alert queues no edit where a message waits that will show it: only one of the two goes on.
        with self._database.writing(WriteLock.ALERTS) as connection:
            return connection.execute(begun).rowcount == 1

    def sent(self, delivery: Delivery, message_id: str | None, now: datetime) -> None:
        with self._database.writing() as connection:
            if (
                _done(connection, delivery, now, state=SENT, ts=message_id)
                and delivery.kind is DeliveryKind.ALERT_MESSAGE
            ):
                connection.execute(update(bulletins).where(bulletins.c.id == delivery.bulletin).values(ts=message_id))

    def not_sent(self, delivery: Delivery, now: datetime) -> None:  # noqa: ARG002 # the port's; a row keeps no such time
        # An edit that is to be sent again would conflict with a later one that waits already.
        undone = (outbox.c.id == delivery.id) & WAITS & (outbox.c.kind != DeliveryKind.EDIT)
        with self._database.writing() as connection:
            connection.execute(update(outbox).where(undone).values(state=PENDING))

    def drop(self, delivery: Delivery, why: str, now: datetime) -> None:
        with self._database.writing() as connection:
            _done(connection, delivery, now, state=DROPPED, why_dropped=why)

    def repost(self, delivery: Delivery, now: datetime) -> None:
        # The alert message's own row is older than all that is about it, so it is the next again.
        first = (outbox.c.bulletin == delivery.bulletin) & (outbox.c.kind == DeliveryKind.ALERT_MESSAGE)
        anew = {"key": secrets.token_hex(16), "state": PENDING, "attempts": 0, "began_at": None}
        with self._database.writing() as connection:
            found = connection.execute(update(outbox).where(first).values(**anew, done_at=None, ts=None)).rowcount
            connection.execute(update(bulletins).where(bulletins.c.id == delivery.bulletin).values(ts=None))
            if delivery.kind is DeliveryKind.EDIT or not found:
                why = "the bulletin is posted anew" if found else "there is no bulletin"
                _done(connection, delivery, now, state=DROPPED, why_dropped=why)

    def wait(self, channel: str, until: datetime) -> None:
        with self._database.writing() as connection:
            upsert(connection, channels, [{"channel": channel, "not_before": until}])

    def stop(self, channel: str, code: str, words: str, now: datetime) -> None:
        row = {"channel": channel, "stopped_code": code, "stopped": words, "stopped_at": now}
        with self._database.writing() as connection:
            upsert(connection, channels, [row])

    def resume(self, channel: str | None = None) -> None:
        mended = update(channels).where(channels.c.stopped_code.is_not(None))
        if channel is not None:
            mended = mended.where(channels.c.channel == channel)
        with self._database.writing() as connection:
            connection.execute(mended.values(stopped_code=None, stopped=None, stopped_at=None, not_before=None))

    def siblings(self, delivery: Delivery) -> tuple[tuple[str, str | None], ...]:
        """The messages about the same subject in other channels, each with its channel and its id, None before it is
        posted; those that are open first.
        """
        about = select(bulletins.c.subject).where(bulletins.c.id == delivery.bulletin).scalar_subquery()
        found = (
            select(bulletins.c.channel, bulletins.c.ts)
            .where(bulletins.c.subject == about, bulletins.c.channel != delivery.channel)
            .where(or_(bulletins.c.closed_at.is_(None), bulletins.c.ts.is_not(None)))
            .order_by(bulletins.c.closed_at.is_not(None), bulletins.c.id.desc())
            .limit(SIBLINGS)
        )
        with self._database.reading() as connection:
            return tuple((row.channel, row.ts) for row in connection.execute(found))

    def states(self) -> tuple[ChannelState, ...]:
        count, oldest = func.count(outbox.c.id), func.min(outbox.c.created_at)
        pending = select(outbox.c.channel, count, oldest).where(WAITS).group_by(outbox.c.channel)
        with self._database.reading() as connection:
            queues = {name: (many, since) for name, many, since in connection.execute(pending)}
            known = {row.channel: row for row in connection.execute(select(channels))}
            heads = select(func.min(outbox.c.id)).where(WAITS).group_by(outbox.c.channel)
            tried = select(outbox.c.channel, outbox.c.attempts).where(outbox.c.id.in_(heads))
            tries = {row.channel: row.attempts for row in connection.execute(tried)}
            held = select(lease_rows).where(lease_rows.c.kind == LeaseKind.CHANNEL.value)
            leased = {row.name: row for row in connection.execute(held)}
        states = []
        for name in sorted({*queues, *(name for name, row in known.items() if row.stopped_code)}):
            queue, row = queues.get(name, (0, None)), known.get(name)
            how = (row.not_before, row.stopped_code, row.stopped, row.stopped_at) if row else ()
            state = ChannelState(name, *queue, *how)._replace(tries=tries.get(name, 0))
            if lease := leased.get(name):
                state = state._replace(holder=lease.holder, held_until=lease.until)
            states.append(state)
        return tuple(states)


def _alerts_of(connection: Connection, bulletin: int | None) -> tuple[Alert, ...]:
    """Those that are open; where none is, those that ended last."""
    if bulletin is None:
        return ()
    rows = connection.execute(select(alerts).where(alerts.c.bulletin == bulletin).order_by(alerts.c.id))
    found = [*map(row_alert, rows)]
    last = max((alert.resolved_at for alert in found if alert.resolved_at), default=None)
    return tuple(alert for alert in found if alert.is_open) or tuple(a for a in found if a.resolved_at == last)


def _delivery(row: Row[Any], about: tuple[Alert, ...]) -> Delivery:
    return Delivery(
        id=row.id,
        key=row.key,
        channel=row.channel,
        kind=DeliveryKind(row.kind),
        payload=row.payload,
        created_at=row.created_at,
        bulletin=row.bulletin,
        message_id=row.bulletin_ts,
        was_sending=row.state == SENDING,
        attempts=row.attempts,
        alerts=about,
        began_at=row.began_at,
    )


def _done(connection: Connection, delivery: Delivery, now: datetime, **values: str | None) -> bool:
    """Whether this ended it: of two processes that say so only the first one counts."""
    ended = update(outbox).where(outbox.c.id == delivery.id, outbox.c.key == delivery.key, WAITS)
    return connection.execute(ended.values(done_at=now, **values)).rowcount == 1
