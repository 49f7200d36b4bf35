"""An alert as a row, and a row as an alert."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import JSON, ColumnElement, Connection, Row, bindparam, exists, literal, select

from bot.alerts.alert import (
    AffectedHost,
    Alert,
    AlertState,
    AlertSubject,
    Condition,
    Notification,
    NotifyReason,
    Reconciled,
    Rule,
)
from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.ports import AlertAct, Evaluation, ResolutionReason
from bot.store.columns import storable
from bot.store.database import Database, WriteLock, among, insert
from bot.store.tables import alerts, bulletins, outbox

_AS_IT_IS = tuple(
    field for field in Alert._fields if field not in ("id", "rule", "subject", "hosts", "gone", "state", "reason")
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
        **{field: getattr(row, field) for field in _AS_IT_IS},
    )


PENDING = "pending"


class OutboxMessage(NamedTuple):
    """Something to send to a channel; `bulletin` is None for what stands alone."""

    channel: str
    kind: DeliveryKind
    bulletin: int | None = None
    payload: Mapping[str, Any] = {}


def queue(connection: Connection, messages: Iterable[OutboxMessage], now: datetime) -> None:
    """Queue messages in their order. An edit of a bulletin that has one waiting is that one."""
    if rows := [_row(message, now) for message in messages]:
        connection.execute(insert(connection, outbox).on_conflict_do_nothing(), rows)


def unposted(connection: Connection, bulletins: Collection[int]) -> set[int]:
    """Those of some bulletins that nobody began to post: they are rendered when they are, so they need no edit."""
    waiting = select(outbox.c.bulletin).where(
        outbox.c.kind == DeliveryKind.ALERT_MESSAGE.value,
        outbox.c.state == PENDING,
        among(connection, outbox.c.bulletin, bulletins),
    )
    return set(connection.execute(waiting).scalars())


def _row(message: OutboxMessage, now: datetime) -> dict[str, Any]:
    return {
        "key": uuid4().hex,
        "channel": message.channel,
        "bulletin": message.bulletin,
        "kind": message.kind.value,
        "payload": dict(message.payload),
        "state": PENDING,
        "created_at": now,
    }


_Key = tuple[str, str]


class AlertMessages:
    """Those of the alerts that change in a transaction, which holds the turn of alerts."""

    def __init__(self, ids: dict[_Key, int], new: set[int], unposted: set[int]) -> None:
        self._ids = ids
        self._new = new
        self._unposted = unposted

    @classmethod
    def of(cls, connection: Connection, changed: Collection[Alert], now: datetime) -> "AlertMessages":
        """Open ones, made where there are none yet."""
        wanted = dict.fromkeys(map(_key, changed))
        columns = (bulletins.c.channel, bulletins.c.subject, bulletins.c.id)
        is_open = bulletins.c.closed_at.is_(None), among(connection, bulletins.c.subject, {key[1] for key in wanted})
        ids = {(row[0], row[1]): row[2] for row in connection.execute(select(*columns).where(*is_open))}
        missing = [{"channel": key[0], "subject": key[1], "opened_at": now} for key in wanted if key not in ids]
        made = list(connection.execute(bulletins.insert().returning(*columns), missing)) if missing else []
        ids.update({(row[0], row[1]): row[2] for row in made})
        ids = {key: ids[key] for key in wanted}
        new = {row[2] for row in made}
        return cls(ids, new, unposted(connection, set(ids.values()) - new))

    def id(self, alert: Alert) -> int:
        """The one that an alert is in."""
        return self._ids[_key(alert)]

    def is_new(self, bulletin: int) -> bool:
        """Whether its first post is still to be queued."""
        return bulletin in self._new

    def messages(self) -> Iterator[OutboxMessage]:
        """A post for each that is new, an edit for others; what nobody began to post needs none."""
        for (channel, _), bulletin in self._ids.items():
            if bulletin in self._new:
                yield OutboxMessage(channel, DeliveryKind.ALERT_MESSAGE, bulletin)
            elif bulletin not in self._unposted:
                yield OutboxMessage(channel, DeliveryKind.EDIT, bulletin)

    def close_empty(self, connection: Connection, now: datetime) -> None:
        """Close those that have no open alert any more; the next alert of their subject gets a new message."""
        is_open = exists(alerts.c.id).where(alerts.c.bulletin == bulletins.c.id, alerts.c.resolved_at.is_(None))
        empty = among(connection, bulletins.c.id, list(self._ids.values())), ~is_open
        connection.execute(bulletins.update().where(*empty).values(closed_at=now))


def _key(alert: Alert) -> _Key:
    return alert.channel, storable(alert.subject.key)


_OF_HOSTS = {alerts.c.hosts, alerts.c.gone}


class Decisions(NamedTuple):
    """What the alerts' room decides. `act` gives back the same alert where nothing is to change."""

    settle: Callable[[Sequence[Condition], Sequence[Alert], datetime, ResolutionReason], Reconciled]
    act: Callable[[Alert, AlertAct], Alert]
    as_data: Callable[[Notification], dict[str, Any]]


class SqlAlerts:
    """bot.alerts.ports.AlertBook."""

    def __init__(self, database: Database, decisions: Decisions) -> None:
        self._database = database
        self._decide = decisions

    def on(self, database: Database) -> "SqlAlerts":
        """The same alerts, by another way to the database."""
        return SqlAlerts(database, self._decide)

    def settle(self, judge: Callable[[], Evaluation], now: datetime) -> Reconciled:
        # Two that settle at once would both open an alert that is not there yet: no row could be locked for that.
        with self._database.writing(WriteLock.ALERTS) as connection:
            found = judge()
            opened = _read(connection, alerts.c.resolved_at.is_(None))
            settled = self._decide.settle(found.concerns, opened, now, found.why_gone)
            told = (notification.alert for notification in settled.notifications)
            bulletins = AlertMessages.of(connection, [*settled.changed, *told], now)
            settled = _keep(connection, settled, bulletins)
            bulletins.close_empty(connection, now)
            queue(connection, [*bulletins.messages(), *self._news(settled, bulletins)], now)
        return settled

    def act(self, ids: Collection[int], act: AlertAct) -> tuple[Alert, ...]:
        with self._database.writing(WriteLock.ALERTS) as connection:
            found = _read(connection, alerts.c.resolved_at.is_(None), among(connection, alerts.c.id, ids))
            done = [(before, self._decide.act(before, act)) for before in found]
            changed = tuple(after for before, after in done if after != before)
            if changed:
                bulletins = AlertMessages.of(connection, changed, act.at)
                _update(connection, changed)
                bulletins.close_empty(connection, act.at)
                queue(connection, bulletins.messages(), act.at)
        return changed

    def open(self) -> tuple[Alert, ...]:
        return self._find(alerts.c.resolved_at.is_(None))

    def outlines(self) -> tuple[Alert, ...]:
        """Open alerts without their hosts, which are thousands in a large fleet."""
        columns = [literal([], JSON).label(c.name) if c in _OF_HOSTS else c for c in alerts.c]
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).where(alerts.c.resolved_at.is_(None)).order_by(alerts.c.id))
            return tuple(map(row_alert, rows))

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        return self._find(alerts.c.resolved_at >= since)

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return _read(connection, among(connection, alerts.c.id, list(ids)))

    def _find(self, *where: ColumnElement[bool]) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return _read(connection, *where)

    def _news(self, settled: Reconciled, bulletins: AlertMessages) -> Iterable[OutboxMessage]:
        """What goes into threads: all but what a bulletin that is new says itself, and each end once for one reason."""
        ended: set[tuple[int, str | None]] = set()
        for notification in settled.notifications:
            alert = notification.alert
            bulletin = bulletins.id(alert)
            if notification.reason is NotifyReason.RESOLVED:
                if (bulletin, alert.why_resolved) in ended:
                    continue
                ended.add((bulletin, alert.why_resolved))
            if not bulletins.is_new(bulletin):
                yield OutboxMessage(
                    alert.channel, DeliveryKind.THREAD_UPDATE, bulletin, self._decide.as_data(notification)
                )


def _read(connection: Connection, *where: ColumnElement[bool]) -> tuple[Alert, ...]:
    rows = connection.execute(select(*alerts.c).where(*where).order_by(alerts.c.id)).all()
    return tuple(map(row_alert, rows))


def _keep(connection: Connection, settled: Reconciled, bulletins: AlertMessages) -> Reconciled:
    """Write what changed; the same with the numbers that new alerts got."""
    _update(connection, [alert for alert in settled.changed if alert.id])  # first: what ends makes room for its like
    new = [alert for alert in settled.changed if not alert.id]
    if not new:
        return settled
    rows = [{**alert_row(alert), "bulletin": bulletins.id(alert)} for alert in new]
    into = alerts.insert().returning(alerts.c.channel, alerts.c.rule, alerts.c.subject, alerts.c.id)
    numbers = {(row[0], row[1], row[2]): row[3] for row in connection.execute(into, rows)}

    def numbered(alert: Alert) -> Alert:
        key = alert.channel, alert.rule.value, storable(alert.subject.key)
        return alert if alert.id else alert._replace(id=numbers[key])

    return Reconciled(
        changed=tuple(map(numbered, settled.changed)),
        notifications=tuple(n._replace(alert=numbered(n.alert)) for n in settled.notifications),
    )


def _update(connection: Connection, changed: Sequence[Alert]) -> None:
    if changed:
        rows = [{**alert_row(alert), "_id": alert.id} for alert in changed]
        connection.execute(alerts.update().where(alerts.c.id == bindparam("_id")), rows)
