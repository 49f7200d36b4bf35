"""What an operator does with a database (`xocompat db`): make its tables, copy it, and check whether it is well."""

import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text
from sqlalchemy.engine import URL

from bot.errors import UnavailableError, UsageError
from bot.store import leases
from bot.store.database import Database
from bot.store.leases import LeaseKind
from bot.store.migrate import REVISIONS, migrate, newer, revision
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
    """One thing that was checked; `text` says what was found, and what to do if it is not well."""

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
    """Write a little. UnavailableError says why that failed: a lock, a full disk, a copy that is only read."""
    with database.writing(patience=PATIENCE) as connection:
        leases.claim(connection, LeaseKind.EVENT, _WRITTEN, "", now, 0, or_renew=True)


def _checks(database: Database) -> Iterator[DatabaseCheck]:
    file = None if database.is_postgresql else existing(database)
    with database.reading() as connection:
        yield DatabaseCheck("database", True, f"{database.name} answers")
        tables = _revision(database, connection)
        yield tables
        if file:
            found = connection.execute(text("PRAGMA integrity_check(3)")).scalars().all()
            is_whole = list(found) == ["ok"]
            damaged = f"{database.name} is damaged: put a backup in its place ({found[0]})"
            yield DatabaseCheck("integrity", is_whole, "every page is whole" if is_whole else damaged)
        if tables.ok:
            counts = (f"{connection.execute(query).scalar_one()} {name}" for name, query in _COUNTED.items())
            yield DatabaseCheck("contents", True, ", ".join(counts))
    if file:
        yield check_disk(file)


def check_disk(file: Path) -> DatabaseCheck:
    """Whether there is room where a file is, or will be."""
    free = shutil.disk_usage(file.absolute().parent).free
    left = f"{free / 2**20:.0f} MiB are free"
    return DatabaseCheck("disk", free >= SPACE_MIN, left if free >= SPACE_MIN else f"only {left}: make room")


def _revision(database: Database, connection: Connection) -> DatabaseCheck:
    found = revision(connection)
    if found is not None and found not in REVISIONS:
        return DatabaseCheck("revision", False, newer(database.name, found))
    if found != REVISIONS[-1]:
        how = f"{found or 'no tables yet'}: `xocompat db upgrade` makes it {REVISIONS[-1]}"
        return DatabaseCheck("revision", False, how)
    return DatabaseCheck("revision", True, f"{found}, as this xocompat wants it")


def back_up(database: Database, to: Path) -> int:
    """Copy a file of SQLite's as it is at one moment; bytes written. Others may go on reading and writing.

    UsageError for PostgreSQL, whose own tool does it; UnavailableError if it failed. Nothing is overwritten.
    """
    if database.is_postgresql:
        raise UsageError(
            f"PostgreSQL is backed up by its own tool, which asks for the password: {dump(database.url, to)}"
        )
    file = existing(database)
    try:  # who asked what, and what runs where, is nobody else's business
        to.touch(0o600, exist_ok=False)
    except FileExistsError:
        raise UsageError(f"{to} is there already, and a backup overwrites nothing: name another file.") from None
    except OSError as error:
        raise UnavailableError(f"The backup {to} cannot be written: {error.strerror}.") from None
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            (found,) = target.execute("PRAGMA quick_check").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError("the copy is damaged, and so is the database")
    except sqlite3.Error as error:
        to.unlink(missing_ok=True)
        raise UnavailableError(f"The backup {to} could not be made: {error}.") from None
    return to.stat().st_size


def existing(database: Database) -> Path:
    """The file of a database of SQLite's. UnavailableError if there is none, as SQLite would make it."""
    file = Path(database.url.database or "")
    if not file.exists():
        raise UnavailableError(f"{database.name} is not there yet: `xocompat serve` or `xocompat db upgrade` makes it.")
    return file


def dump(url: URL, to: Path) -> str:
    """The command that backs a database of PostgreSQL's up, without its password."""
    host = url.host or url.query.get("host")
    user = url.username or url.query.get("user")
    options = {"file": str(to), "host": host, "port": url.port, "username": user, "dbname": url.database}
    given = [f"--{name}={shlex.quote(str(value))}" for name, value in options.items() if value]
    return " ".join(["pg_dump --format=custom", *given])


class CommandResult(NamedTuple):
    """What was done: for people, for scripts, and whether all is well."""

    lines: tuple[str, ...]
    data: dict[str, Any]
    ok: bool = True


def run_database_command(name: str, url: str, to: Path) -> CommandResult:
    """Do what `xocompat db NAME` says to the database of a URL; `to` is the file of a backup.

    UnavailableError or UsageError if it failed.
    """
    with closing(Database(url)) as database:
        match name:
            case "upgrade":
                changed = migrate(database)
                has = "now has" if changed else "already has"
                line = f"{database.name} {has} the tables of this xocompat (revision {REVISIONS[-1]})."
                return CommandResult((line,), {"changed": changed, "revision": REVISIONS[-1]})
            case "backup":
                size = back_up(database, to)
                line = f"{to} is a copy of the database ({size / 2**20:.1f} MiB)."
                return CommandResult((line,), {"file": str(to), "bytes": size})
            case "check":
                checks = check_database(database)
                data = {"checks": [each._asdict() for each in checks]}
                return CommandResult(tuple(map(str, checks)), data, all(each.ok for each in checks))
    raise UsageError(f"db has no command {name!r}.")
