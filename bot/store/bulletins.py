"""Bulletins: the one message of a (channel, subject), open as long as one of its alerts is."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, exists, select

from bot.alerts.alert import Alert
from bot.alerts.outbox import Kind
from bot.store.database import among
from bot.store.kinds import storable
from bot.store.queue import Message, unposted
from bot.store.tables import alerts, bulletins

_Key = tuple[str, str]


class Bulletins:
    """Those of the alerts that change in a transaction, which holds the turn of alerts."""

    def __init__(self, ids: dict[_Key, int], new: set[int], unposted: set[int]) -> None:
        self._ids = ids
        self._new = new
        self._unposted = unposted

    @classmethod
    def of(cls, connection: Connection, changed: Collection[Alert], now: datetime) -> "Bulletins":
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

    def messages(self) -> Iterator[Message]:
        """A post for each that is new, an edit for others; what nobody began to post needs none."""
        for (channel, _), bulletin in self._ids.items():
            if bulletin in self._new:
                yield Message(channel, Kind.BULLETIN, bulletin)
            elif bulletin not in self._unposted:
                yield Message(channel, Kind.EDIT, bulletin)

    def close_empty(self, connection: Connection, now: datetime) -> None:
        """Close those that have no open alert any more; the next alert of their subject gets a new message."""
        is_open = exists(alerts.c.id).where(alerts.c.bulletin == bulletins.c.id, alerts.c.resolved_at.is_(None))
        empty = among(connection, bulletins.c.id, list(self._ids.values())), ~is_open
        connection.execute(bulletins.update().where(*empty).values(closed_at=now))


def _key(alert: Alert) -> _Key:
    return alert.channel, storable(alert.subject.key)
