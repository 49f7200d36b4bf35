"""What channels want: what they watch, and weekly digests, with which of those were queued."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select

from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.ports import Watch, WatchKind
from bot.store import leases
from bot.store.alerts import OutboxMessage, queue
from bot.store.bulk import upsert
from bot.store.database import Repository, insert
from bot.store.leases import LeaseKind, slot_name
from bot.store.tables import digests, outbox, watches

_WATCH = tuple(watches.c[field] for field in Watch._fields)


class SqlWatches(Repository):
    """bot.alerts.ports.Watches."""

    def add(self, watch: Watch) -> bool:
        row = {**watch._asdict(), "lead": None if watch.lead is None else list(watch.lead)}
        new = {name: row[name] for name in ("product", "release", "lead", "by", "at")}
        with self._database.writing() as connection:
            into = insert(connection, watches).values(row)
            if connection.execute(into.on_conflict_do_nothing().returning(watches.c.what)).first():
                return True
            where = _same(watch.channel, watch.kind, watch.what)
            (lead,) = connection.execute(select(watches.c.lead).where(where)).one()
            if lead == row["lead"]:
                return False
            connection.execute(watches.update().where(where).values(new))
            return True

    def remove(self, channel: str, kind: WatchKind, what: str) -> bool:
        gone = delete(watches).where(_same(channel, kind, what)).returning(watches.c.what)
        with self._database.writing() as connection:
            return connection.execute(gone).first() is not None

    def all(self) -> tuple[Watch, ...]:
        query = select(*_WATCH).order_by(watches.c.channel, watches.c.at, watches.c.kind, watches.c.what)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Watch._make(row)._replace(kind=WatchKind(row.kind), lead=None if row.lead is None else tuple(row.lead))
            for row in rows
        )


def _same(channel: str, kind: WatchKind, what: str) -> ColumnElement[bool]:
    return and_(watches.c.channel == channel, watches.c.kind == kind.value, watches.c.what == what)


class SqlDigests(Repository):
    """bot.alerts.ports.Digests."""

    def turn(self, channel: str, on: bool, by: str, now: datetime) -> None:
        with self._database.writing() as connection:
            upsert(connection, digests, [{"channel": channel, "is_on": on, "by": by, "at": now}])

    def is_on(self, channel: str) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(digests.c.is_on).where(digests.c.channel == channel)).scalar() is not False

    def queue(self, channel: str, slot: datetime, text: dict[str, object], now: datetime) -> bool:
        with self._database.writing() as connection:
            if not leases.claim(connection, LeaseKind.SLOT, slot_name(f"digest:{channel}", slot), "", now):
                return False
            queue(connection, [OutboxMessage(channel, DeliveryKind.DIGEST, payload=text)], now)
            return True

    def queued(self, channel: str, since: datetime) -> tuple[dict[str, Any], ...]:
        ours = (outbox.c.channel == channel) & (outbox.c.kind == DeliveryKind.DIGEST) & (outbox.c.created_at >= since)
        with self._database.reading() as connection:
            return tuple(connection.scalars(select(outbox.c.payload).where(ours).order_by(outbox.c.id)))
