"""Alerts, their messages and what is queued about them: units of work that change all of these together."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import JSON, ColumnElement, Connection, Row, bindparam, exists, literal, select, union

from bot.alerts.alert import (
    NO_DETAIL,
    AffectedHost,
    Alert,
    AlertState,
    AlertSubject,
    Detail,
    Notification,
    NotifyReason,
    Rule,
    notification_data,
)
from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.rules import SWEEP
from bot.alerts.state_machine import AHEAD
from bot.store.columns import storable
from bot.store.database import Repository, WriteLock, among, insert
from bot.store.tables import alerts, bulletins, outbox

_AS_IT_IS = tuple(
    field
    for field in Alert._fields
    if field not in ("id", "rule", "subject", "hosts", "gone", "state", "reason", "detail", "why_resolved")
)


def alert_row(alert: Alert) -> dict[str, Any]:
    """All columns but `id` and `bulletin`."""
    return {
        **{field: getattr(alert, field) for field in _AS_IT_IS},
        "rule": alert.rule.value,
        "subject": alert.subject.key,
        "subject_name": alert.subject.name,
        "product": alert.subject.product,
        "release": alert.subject.release,
        "hosts": [list(host) for host in alert.hosts],
        "gone": [list(host) for host in alert.gone],
        "state": alert.state.value,
        "reason": alert.reason.value,
        "detail": _storable(alert.detail.to_data()) if alert.detail != NO_DETAIL else None,
        "why_resolved": _storable(alert.why_resolved.to_data()) if alert.why_resolved else None,
    }


def row_alert(row: Row[Any]) -> Alert:
    """The alert of a row of `alerts`."""
    return Alert(
        id=row.id,
        rule=Rule(row.rule),
        subject=AlertSubject(row.subject, row.subject_name, row.product, row.release),
        hosts=tuple(AffectedHost(*host) for host in row.hosts),
        gone=tuple(AffectedHost(*host) for host in row.gone),
        state=AlertState(row.state),
        reason=NotifyReason(row.reason),
        detail=Detail.from_data(row.detail) or NO_DETAIL,
        why_resolved=Detail.from_data(row.why_resolved),
        **{field: getattr(row, field) for field in _AS_IT_IS},
    )


def _storable(value: Any) -> Any:
    """A value of JSON with texts that both databases take."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {name: _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list) else value


PENDING = "pending"


class OutboxMessage(NamedTuple):
    """Something to send to a channel; `bulletin` is the alert message it is about, None for what stands alone."""

    channel: str
    kind: DeliveryKind
    bulletin: int | None = None
    payload: Mapping[str, Any] = {}


def queue(connection: Connection, messages: Iterable[OutboxMessage], now: datetime) -> None:
    """Queue messages in their order. An edit of an alert message that has one waiting is that one."""
    rows = [
        {
            "key": uuid4().hex,
            "channel": message.channel,
            "bulletin": message.bulletin,
            "kind": message.kind.value,
            "payload": dict(message.payload),
            "state": PENDING,
            "created_at": now,
        }
        for message in messages
    ]
    if rows:
        connection.execute(insert(connection, outbox).on_conflict_do_nothing(), rows)


def unposted(connection: Connection, messages: Collection[int]) -> set[int]:
    """Those of some alert messages that nobody began to post: they are rendered when they are, so they need no edit."""
    waiting = select(outbox.c.bulletin).where(
        outbox.c.kind == DeliveryKind.ALERT_MESSAGE.value,
        outbox.c.state == PENDING,
        among(connection, outbox.c.bulletin, messages),
    )
    return set(connection.execute(waiting).scalars())


_Key = tuple[str, str]


def _key(alert: Alert) -> _Key:
    """What an alert's message is found by: channel and subject."""
    return alert.channel, storable(alert.subject.key)


class SqlAlertTransaction:
    """bot.alerts.ports.AlertTransaction, within a database's transaction that holds the lock of alerts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._messages: dict[_Key, int] = {}
        """The open alert messages of what was saved."""
        self._new: set[int] = set()
        """Those of them that are to be posted first."""

    def open_alerts(self, ids: Collection[int] | None = None) -> tuple[Alert, ...]:
        chosen = () if ids is None else (among(self._connection, alerts.c.id, ids),)
        return _read(self._connection, alerts.c.resolved_at.is_(None), *chosen)

    def save(self, changed: Sequence[Alert], now: datetime) -> tuple[Alert, ...]:
        if not changed:
            return ()
        self._open_messages(dict.fromkeys(map(_key, changed)), now)
        # First what is there already: an alert that ends makes room for its like.
        if known := [{**alert_row(alert), "_id": alert.id} for alert in changed if alert.id]:
            self._connection.execute(alerts.update().where(alerts.c.id == bindparam("_id")), known)
        ids: dict[tuple[str, str, str], int] = {}
        if new := [{**alert_row(alert), "bulletin": self._messages[_key(alert)]} for alert in changed if not alert.id]:
            into = alerts.insert().returning(alerts.c.channel, alerts.c.rule, alerts.c.subject, alerts.c.id)
            ids = {(row[0], row[1], row[2]): row[3] for row in self._connection.execute(into, new)}
        # Messages without an open alert are closed; the next alert of their subject gets a new one.
        about = among(self._connection, bulletins.c.id, {self._messages[_key(alert)] for alert in changed})
        is_open = exists(alerts.c.id).where(alerts.c.bulletin == bulletins.c.id, alerts.c.resolved_at.is_(None))
        self._connection.execute(bulletins.update().where(about, ~is_open).values(closed_at=now))
        return tuple(
            alert if alert.id else alert._replace(id=ids[alert.channel, alert.rule.value, storable(alert.subject.key)])
            for alert in changed
        )

    def queue(self, saved: Sequence[Alert], updates: Iterable[Notification], now: datetime) -> None:
        # What waits says what holds on the day it was queued: one that has not come was a wrong clock's.
        early = outbox.c.done_at.is_(None), outbox.c.created_at > now + AHEAD
        self._connection.execute(outbox.update().where(*early).values(created_at=now))
        touched = dict.fromkeys((alert.channel, self._messages[_key(alert)]) for alert in saved)
        rendered_later = unposted(self._connection, {message for _, message in touched} - self._new)
        wanted = [
            OutboxMessage(channel, DeliveryKind.ALERT_MESSAGE if message in self._new else DeliveryKind.EDIT, message)
            for channel, message in touched
            if message not in rendered_later
        ]
        for update in updates:
            message = self._messages[_key(update.alert)]
            if message not in self._new:
                data = notification_data(update)
                wanted.append(OutboxMessage(update.alert.channel, DeliveryKind.THREAD_UPDATE, message, data))
        queue(self._connection, wanted, now)

    def unstarted(self, channels: Collection[str]) -> tuple[str, ...]:
        started = select(outbox.c.channel).where(outbox.c.kind == DeliveryKind.START.value)
        told = select(bulletins.c.channel).where(bulletins.c.subject != SWEEP.key)
        known = set(self._connection.scalars(union(started, told)))
        return tuple(channel for channel in channels if channel not in known)

    def queue_start(self, channel: str, payload: dict[str, Any], now: datetime) -> None:
        queue(self._connection, [OutboxMessage(channel, DeliveryKind.START, payload=_storable(payload))], now)

    def _open_messages(self, wanted: Collection[_Key], now: datetime) -> None:
        """Find the open message of each channel and subject; begin one where there is none."""
        columns = (bulletins.c.channel, bulletins.c.subject, bulletins.c.id)
        subjects = among(self._connection, bulletins.c.subject, {subject for _, subject in wanted})
        found = self._connection.execute(select(*columns).where(bulletins.c.closed_at.is_(None), subjects))
        there = {(row[0], row[1]): row[2] for row in found}
        self._messages |= {key: there[key] for key in wanted if key in there}
        if missing := [key for key in wanted if key not in there]:
            rows = [{"channel": channel, "subject": subject, "opened_at": now} for channel, subject in missing]
            made = {
                (row[0], row[1]): row[2]
                for row in self._connection.execute(bulletins.insert().returning(*columns), rows)
            }
            self._messages |= made
            self._new |= {*made.values()}


_OF_HOSTS = {alerts.c.hosts, alerts.c.gone}


class SqlAlerts(Repository):
    """bot.alerts.ports.AlertBook."""

    @contextmanager
    def transaction(self) -> Iterator[SqlAlertTransaction]:
        # Two that evaluate at once would both open an alert that is not there yet: no row could be locked for that.
        with self._database.writing(WriteLock.ALERTS) as connection:
            yield SqlAlertTransaction(connection)

    def open(self) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return _read(connection, alerts.c.resolved_at.is_(None))

    def outlines(self) -> tuple[Alert, ...]:
        """Open alerts without their hosts, which are thousands in a large fleet."""
        columns = [literal([], JSON).label(c.name) if c in _OF_HOSTS else c for c in alerts.c]
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).where(alerts.c.resolved_at.is_(None)).order_by(alerts.c.id))
            return tuple(map(row_alert, rows))

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return _read(connection, alerts.c.resolved_at >= since)

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return _read(connection, among(connection, alerts.c.id, list(ids)))


def _read(connection: Connection, *where: ColumnElement[bool]) -> tuple[Alert, ...]:
    rows = connection.execute(select(*alerts.c).where(*where).order_by(alerts.c.id)).all()
    return tuple(map(row_alert, rows))
