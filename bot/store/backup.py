"""A copy of the database, made while others use it."""

import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from bot.errors import UnavailableError, UsageError
from bot.store.database import Database


def back_up(database: Database, to: Path) -> int:
    """Copy a file of SQLite's as it is at one moment; bytes written. Others may go on reading and writing.

    UsageError for PostgreSQL, whose own tool does it; UnavailableError if it can't be done. Nothing is overwritten.
    """
    if database.is_postgresql:
        raise UsageError(
            f"PostgreSQL is backed up by its own tool, which asks for the password: {dump(database.url, to)}"
        )
    file = existing(database)
    _reserve(to)
    try:
        _copy(file, to)
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


def _reserve(to: Path) -> None:
    """Make the file, readable by this user alone: who asked what, and what runs where, is nobody else's business."""
    try:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise UsageError(f"{to} is there already, and a backup overwrites nothing: name another file.") from None
    except OSError as error:
        raise UnavailableError(f"The backup {to} cannot be written: {error.strerror}.") from None


def _copy(file: Path, to: Path) -> None:
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        (found,) = target.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError("the copy is damaged, and so is the database")
