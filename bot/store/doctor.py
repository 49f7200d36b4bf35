"""Whether a database is well: check by check, with what to do where it is not."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from bot.errors import UnavailableError
from bot.store import leases
from bot.store.backup import existing
from bot.store.database import Database
from bot.store.leases import LeaseKind
from bot.store.migrate import REVISIONS, newer, revision
from bot.store.tables import alerts, audit, outbox, sightings, sources

SPACE_MIN = 100 * 2**20
"""Bytes that should be free where a database grows."""

PATIENCE = 2.0
"""Seconds for a lock that a sweep's bookkeeping may hold."""

_WRITTEN = "xocompat: written"
"""An event that chat never delivers."""

_COUNTED = {
    "hosts": select(func.count(sightings.c.uuid.distinct())),
    "sources": select(func.count()).select_from(sources),
    "open alerts": select(func.count()).where(alerts.c.resolved_at.is_(None)),
    "messages to send": select(func.count()).where(outbox.c.done_at.is_(None)),
    "entries of the audit trail": select(func.count()).select_from(audit),
}


class DatabaseCheck(NamedTuple):
    """One thing that was looked at; `text` says what was found, and what to do if it is not well."""

    name: str
    ok: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok    ' if self.ok else 'not ok'}  {self.name}: {self.text}"


def check_database(database: Database) -> tuple[DatabaseCheck, ...]:
    """All checks, as far as they can be made."""
    try:
        return tuple(_checks(database))
    except UnavailableError as error:
        return (DatabaseCheck("database", False, str(error)),)


def write(database: Database, now: datetime) -> None:
    """Write a little. UnavailableError says why that can't be done: a lock, a full disk, a copy that is only read."""
    with database.writing(patience=PATIENCE) as connection:
        leases.claim_or_renew(connection, LeaseKind.EVENT, _WRITTEN, "", now, 0)


def _checks(database: Database) -> Iterator[DatabaseCheck]:
    file = None if database.is_postgresql else existing(database)
    with database.reading() as connection:
        yield DatabaseCheck("database", True, f"{database.name} answers")
        made = _revision(database, connection)
        yield made
        if file:
            yield _integrity(database, connection)
        if made.ok:
            yield DatabaseCheck("contents", True, _counts(connection))
    if file:
        yield _space(shutil.disk_usage(file.absolute().parent).free)


def _revision(database: Database, connection: Connection) -> DatabaseCheck:
    found = revision(connection)
    if found is not None and found not in REVISIONS:
        return DatabaseCheck("revision", False, newer(database.name, found))
    if found != REVISIONS[-1]:
        return DatabaseCheck(
            "revision", False, f"{found or 'no tables yet'}: `xocompat db upgrade` makes it {REVISIONS[-1]}"
        )
    return DatabaseCheck("revision", True, f"{found}, as this xocompat wants it")


def _integrity(database: Database, connection: Connection) -> DatabaseCheck:
    found = connection.execute(text("PRAGMA integrity_check(3)")).scalars().all()
    if list(found) == ["ok"]:
        return DatabaseCheck("integrity", True, "every page is whole")
    return DatabaseCheck("integrity", False, f"{database.name} is damaged: put a backup in its place ({found[0]})")


def _counts(connection: Connection) -> str:
    return ", ".join(f"{connection.execute(query).scalar_one()} {name}" for name, query in _COUNTED.items())


def _space(free: int) -> DatabaseCheck:
    left = f"{free / 2**20:.0f} MiB are free"
    return DatabaseCheck("disk", free >= SPACE_MIN, left if free >= SPACE_MIN else f"only {left}: make room")
