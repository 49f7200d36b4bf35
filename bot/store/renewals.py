"""Bundles of data in a database."""

import json
import zlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.alerts.delivery.outbox import DeliveryKind
from bot.matrix.load import Raw
from bot.published.renewals import NewRenewal, StoredRenewal, change_from_data
from bot.published.revisions import FetchAttempts
from bot.store.columns import MalformedError
from bot.store.database import WriteLock
from bot.store.revisions import SqlFetches
from bot.store.tables import renewals, tries


class SqlRenewals(SqlFetches):
    """bot.published.renewals.Renewals."""

    def latest(self) -> StoredRenewal | None:
        with self._database.reading() as connection:
            return _latest(connection)

    def content(self, stored: StoredRenewal) -> Raw | None:
        wanted = select(renewals.c.content, renewals.c.content_crc32).where(renewals.c.id == stored.id)
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
            if row is None:
                return None
            if _crc32(row.content) != row.content_crc32:  # whatever it says now, nobody checked it
                raise MalformedError
            content: Raw = json.loads(row.content)
            return content

    def text(self, stored: StoredRenewal) -> str | None:
        with self._database.reading() as connection:
            return connection.execute(select(renewals.c.text).where(renewals.c.id == stored.id)).scalar()

    def save(self, new: NewRenewal, now: datetime) -> StoredRenewal:
        content = json.dumps(new.content, separators=(",", ":"))
        values = {
            **new._asdict(),
            "changes": [list(change) for change in new.changes],
            "content": content,
            "content_crc32": _crc32(content),
            "accepted_at": now,
        }
        with self._database.writing(WriteLock.PUBLISHED) as connection:
            last = _latest(connection)
            if last is None or last.day <= new.day:  # else another process has just stored a newer one
                connection.execute(insert(renewals).values(values))
            stored = _latest(connection)
        assert stored
        return stored

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> FetchAttempts:
        """A bundle that is refused for another reason than the last one is told anew."""
        before = self.attempts(source)
        after = super().failed(source, error, passing, now)
        if before and before.told_at and before.error != error and not passing:
            with self._database.writing() as connection:
                connection.execute(update(tries).where(tries.c.source == source).values(told_at=None))
            return after._replace(told_at=None)
        return after

    def queue_news(self, stored: StoredRenewal, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        unqueued = update(renewals).where(renewals.c.id == stored.id, renewals.c.told_at.is_(None))
        return self._queue_once(DeliveryKind.DATA, unqueued, channel, payload, now)

    def queue_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        return self._queue_failure(DeliveryKind.DATA, source, channel, payload, now)


_KEPT = tuple(renewals.c[field] for field in StoredRenewal._fields)


def _latest(connection: Connection) -> StoredRenewal | None:
    row = connection.execute(select(*_KEPT).order_by(renewals.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    stored = StoredRenewal._make(row)
    return stored._replace(changes=tuple(map(change_from_data, row.changes)))


def _crc32(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
