"""Alerts in the database, and what is to be told of them: both are kept in one transaction, or neither is.

What to do about them is decided by pure functions that are handed in (bot.alerts.machine).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Connection, bindparam, literal, select

from bot.alerts.alert import Alert, Concern, Notification, NotifyReason, Settled
from bot.alerts.outbox import Kind
from bot.alerts.ports import Act, Judgement, WhyGone
from bot.store.alert_rows import alert_row, row_alert
from bot.store.bulletins import Bulletins
from bot.store.database import Database, Turn, among
from bot.store.kinds import storable
from bot.store.queue import Message, queue
from bot.store.tables import alerts

_OF_HOSTS = {alerts.c.hosts, alerts.c.gone}


class Decisions(NamedTuple):
    """What the alerts' room decides. `act` gives back the same alert where nothing is to change."""

    settle: Callable[[Sequence[Concern], Sequence[Alert], datetime, WhyGone], Settled]
    act: Callable[[Alert, Act], Alert]
    as_data: Callable[[Notification], dict[str, Any]]


class SqlAlerts:
    """bot.alerts.ports.AlertBook."""

    def __init__(self, database: Database, decisions: Decisions) -> None:
        self._database = database
        self._decide = decisions

    def on(self, database: Database) -> "SqlAlerts":
        """The same alerts, by another way to the database."""
        return SqlAlerts(database, self._decide)

    def settle(self, judge: Callable[[], Judgement], now: datetime) -> Settled:
        # Two that settle at once would both open an alert that is not there yet: no row could be locked for that.
        with self._database.writing(Turn.ALERTS) as connection:
            found = judge()
            opened = _read(connection, alerts.c.resolved_at.is_(None))
            settled = self._decide.settle(found.concerns, opened, now, found.why_gone)
            told = (notification.alert for notification in settled.notifications)
            bulletins = Bulletins.of(connection, [*settled.changed, *told], now)
            settled = _keep(connection, settled, bulletins)
            bulletins.close_empty(connection, now)
            queue(connection, [*bulletins.messages(), *self._news(settled, bulletins)], now)
        return settled

    def act(self, ids: Collection[int], act: Act) -> tuple[Alert, ...]:
        with self._database.writing(Turn.ALERTS) as connection:
            found = _read(connection, alerts.c.resolved_at.is_(None), among(connection, alerts.c.id, ids))
            done = [(before, self._decide.act(before, act)) for before in found]
            changed = tuple(after for before, after in done if after != before)
            if changed:
                bulletins = Bulletins.of(connection, changed, act.at)
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

    def _news(self, settled: Settled, bulletins: Bulletins) -> Iterable[Message]:
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
                yield Message(alert.channel, Kind.NEWS, bulletin, self._decide.as_data(notification))


def _read(connection: Connection, *where: ColumnElement[bool]) -> tuple[Alert, ...]:
    rows = connection.execute(select(*alerts.c).where(*where).order_by(alerts.c.id)).all()
    return tuple(map(row_alert, rows))


def _keep(connection: Connection, settled: Settled, bulletins: Bulletins) -> Settled:
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

    return Settled(
        changed=tuple(map(numbered, settled.changed)),
        notifications=tuple(n._replace(alert=numbered(n.alert)) for n in settled.notifications),
    )


def _update(connection: Connection, changed: Sequence[Alert]) -> None:
    if changed:
        rows = [{**alert_row(alert), "_id": alert.id} for alert in changed]
        connection.execute(alerts.update().where(alerts.c.id == bindparam("_id")), rows)
