"""The audit trail: entries are taken at once and written by a thread, so no command waits for it or fails by it."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, select
from structlog.typing import FilteringBoundLogger

from bot.chat.audit import AuditEntry
from bot.errors import UnavailableError
from bot.store.bulk import add
from bot.store.database import DamagedError, Database
from bot.store.tables import audit

GATHERED = 0.25
"""Seconds in which entries gather for one transaction: one for each would cost a look-up as much as its answer does."""

HELD = 10_000
"""Entries that wait while the database is away; then the oldest go, and the log says so."""

PATIENCE = 2.0
"""Seconds for a lock: what can't be written is held and tried again, and nobody is kept from ending."""

PAGE = 500
"""Entries that are read at a time."""

_ENTRY = tuple(audit.c[field] for field in AuditEntry._fields)


class SqlAudit:
    """bot.chat.audit.AuditTrail. `close` writes what is held; nothing is lost by an orderly stop.

    `retry` is in seconds: how long to wait after the database could not be reached.
    """

    def __init__(self, log: FilteringBoundLogger, database: Database, held: int = HELD, retry: float = 5.0) -> None:
        self._log = log
        self._database = database
        self._hurried = database.hurried(PATIENCE)
        self._held, self._retry = held, retry
        self._waiting: deque[AuditEntry] = deque()
        self._lost = 0
        self._changed = threading.Condition()  # guards all above; never held while the database is asked
        self._writing = threading.Lock()
        self._closed = False
        self._hurry = threading.Event()  # don't gather any longer
        self._writer: threading.Thread | None = None

    def record(self, entry: AuditEntry) -> None:
        with self._changed:
            if len(self._waiting) >= self._held:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(entry)
            if self._writer is None and not self._closed:
                # Not before there is something to write: a server may fork its workers after this was made.
                self._writer = threading.Thread(target=self._write_on, name="audit", daemon=True)
                self._writer.start()
            if len(self._waiting) == 1:
                self._changed.notify_all()
            if len(self._waiting) >= self._held // 2:
                self._hurry.set()

    def find(self, words: Iterable[str], limit: int, where: str | None = None) -> tuple[AuditEntry, ...]:
        self._write(self._hurried)
        wanted = [word.casefold() for word in words]
        with self._hurried.reading() as connection:
            return tuple(islice(_newest_first(connection, where, wanted), limit))

    def flush(self) -> None:
        """Write what is held, now. UnavailableError if the database could not be reached; then it is held on.

        DamagedError if nothing can be written there any more; then it is lost.
        """
        self._write(self._database)

    def _write(self, database: Database) -> None:
        with self._writing:
            with self._changed:
                batch, lost = list(self._waiting), self._lost
                self._waiting.clear()
                self._lost = 0
            if lost:
                self._log.error("entries of the audit trail are lost", count=lost, reason="too many waited")
            if not batch:
                return
            try:
                with database.writing(patience=PATIENCE) as connection:
                    add(connection, audit, [entry._asdict() for entry in batch])
            except DamagedError:
                raise  # what waits would wait for ever
            except UnavailableError:
                with self._changed:
                    self._waiting.extendleft(reversed(batch))
                    while len(self._waiting) > self._held:
                        self._waiting.popleft()
                        self._lost += 1
                raise

    def close(self) -> None:
        """Write what is held and stop. What can't be written then is lost, and the log says how much."""
        with self._changed:
            self._closed = True
            self._hurry.set()
            self._changed.notify_all()
            writer = self._writer
        if writer is not None:
            writer.join()
        try:
            self.flush()
        except UnavailableError as error:
            self._log.error("entries of the audit trail are lost", count=len(self._waiting), reason=str(error))

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
            self._hurry.wait(GATHERED)
            self._hurry.clear()
            try:
                self.flush()
            except UnavailableError as error:
                self._log.warning("the audit trail cannot be written yet", reason=str(error))
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, self._retry)


def _newest_first(connection: Connection, where: str | None, words: Sequence[str]) -> Iterator[AuditEntry]:
    """Entries, or those of one channel, that have each of the words, in small letters, somewhere in a field.

    Each page is a query of its own: nothing is left open by an early end.
    """
    page = select(*_ENTRY, audit.c.id).order_by(audit.c.id.desc()).limit(PAGE)
    if where is not None:
        page = page.where(audit.c.where == where)
    rows = connection.execute(page).all()
    while rows:
        for entry in (AuditEntry._make(row[:-1]) for row in rows):
            fields = "\n".join("" if value is None else str(value) for value in entry).casefold() if words else ""
            if all(word in fields for word in words):
                yield entry
        rows = connection.execute(page.where(audit.c.id < rows[-1].id)).all() if len(rows) == PAGE else []
