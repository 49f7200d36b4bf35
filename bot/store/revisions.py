"""Pages of the published list in a database, and how fetching them went."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, insert, select, update

from bot.alerts.delivery.outbox import DeliveryKind
from bot.published.page import PageProblem, Revision, RowChange, RowChangeKind
from bot.published.revisions import FetchAttempts, RevisionReport, StoredRevision
from bot.store.alerts import OutboxMessage, queue
from bot.store.bulk import upsert
from bot.store.database import Repository, WriteLock
from bot.store.tables import revisions, tries


class SqlFetches(Repository):
    """How fetching from sources goes, and the messages about what came or did not."""

    def attempts(self, source: str) -> FetchAttempts | None:
        with self._database.reading() as connection:
            return _tries(connection, source)

    def fetched(self, source: str, now: datetime) -> None:
        with self._database.writing(WriteLock.PUBLISHED) as connection:
            done = FetchAttempts(tried_at=now, ok_at=now)
            upsert(connection, tries, [{"source": source, **done._asdict()}])

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> FetchAttempts:
        with self._database.writing(WriteLock.PUBLISHED) as connection:
            before = _tries(connection, source) or FetchAttempts(tried_at=now)
            since = before.failing_since or now
            after = before._replace(tried_at=now, error=error, passing=passing, failing_since=since)
            upsert(connection, tries, [{"source": source, **after._asdict()}])
            return after

    def _queue_failure(
        self, kind: DeliveryKind, source: str, channel: str, payload: dict[str, Any], now: datetime
    ) -> bool:
        unqueued = update(tries).where(tries.c.source == source, tries.c.error.is_not(None), tries.c.told_at.is_(None))
        return self._queue_once(kind, unqueued, channel, payload, now)

    def _queue_once(
        self, kind: DeliveryKind, unqueued: Update, channel: str, payload: dict[str, Any], now: datetime
    ) -> bool:
        """Queue a message about a row that none was queued about yet; False if there is no such row."""
        with self._database.writing() as connection:
            if connection.execute(unqueued.values(told_at=now)).rowcount != 1:
                return False
            queue(connection, [OutboxMessage(channel, kind, payload=payload)], now)
            return True


class SqlRevisions(SqlFetches):
    """bot.published.revisions.Revisions."""

    def latest(self, source: str) -> StoredRevision | None:
        with self._database.reading() as connection:
            return _last(connection, revisions.c.source == source)

    def in_use(self) -> StoredRevision | None:
        with self._database.reading() as connection:
            return _last(connection, _ACCEPTED)

    def save(self, found: RevisionReport, now: datetime) -> StoredRevision:
        of_source = revisions.c.source == found.revision.source
        values = {
            **found.revision._asdict(),
            "etag": found.etag,
            "changes": [list(change) for change in found.changes],
            "problems": [list(problem) for problem in found.problems],
            "fetched_at": now,
            "accepted_at": now if found.accepted else None,
        }
        with self._database.writing(WriteLock.PUBLISHED) as connection:
            last, accepted = _last(connection, of_source), _last(connection, _ACCEPTED)
            # One that was in use may have given way to one of another source.
            is_replaced = last and accepted and last.accepted_at is not None and accepted.id != last.id
            if last is None or last.revision.digest != found.revision.digest or is_replaced:
                connection.execute(insert(revisions).values(values))
            else:
                # What the same page has anew: its tag; and, as long as it is not in use, what is said of it.
                wanted = ("etag",) if last.accepted_at else ("etag", "changes", "problems", "accepted_at")
                new = {name: values[name] for name in wanted}
                if found.accepted and not last.accepted_at:
                    new["told_at"] = None
                connection.execute(update(revisions).where(revisions.c.id == last.id).values(new))
            stored = _last(connection, of_source)
        assert stored
        return stored

    def is_first(self, stored: StoredRevision) -> bool:
        earlier = select(revisions.c.id).where(_ACCEPTED, revisions.c.id < stored.id).limit(1)
        with self._database.reading() as connection:
            return connection.execute(earlier).first() is None

    def queue_news(self, stored: StoredRevision, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        unqueued = update(revisions).where(revisions.c.id == stored.id, revisions.c.told_at.is_(None))
        return self._queue_once(DeliveryKind.LIST, unqueued, channel, payload, now)

    def queue_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        return self._queue_failure(DeliveryKind.LIST, source, channel, payload, now)


_ACCEPTED = revisions.c.accepted_at.is_not(None)
_ATTEMPTS = tuple(tries.c[field] for field in FetchAttempts._fields)


def _last(connection: Connection, condition: ColumnElement[bool]) -> StoredRevision | None:
    row = connection.execute(select(revisions).where(condition).order_by(revisions.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return StoredRevision(
        id=row.id,
        revision=Revision(row.source, row.digest, row.text, row.read_on),
        etag=row.etag,
        changes=tuple(RowChange(RowChangeKind(kind), *rest) for kind, *rest in row.changes),
        problems=tuple(PageProblem(line, message) for line, message in row.problems),
        fetched_at=row.fetched_at,
        accepted_at=row.accepted_at,
        told_at=row.told_at,
    )


def _tries(connection: Connection, source: str) -> FetchAttempts | None:
    row = connection.execute(select(*_ATTEMPTS).where(tries.c.source == source)).first()
    return FetchAttempts._make(row) if row else None
