"""An engine for a database's URL: SQLite in WAL mode, or PostgreSQL through psycopg."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import UnavailableError

PATIENCE = 10.0
"""Seconds to wait for a lock that another connection holds."""

READS = "xocompat_reads"
PATIENT = "xocompat_patience"
"""Execution options: the transaction only reads; how long it waits for locks, in seconds."""

_MEMORY = (None, "", ":memory:")
_UNREADABLE = "The database's URL cannot be read: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME are."
_CONNECT = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 20_000, "application_name": "xocompat"}
_BOUNDS = (
    "SET lock_timeout = '{:.0f}ms'; SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'"
)


def read_url(url: str) -> URL:
    """A URL with the driver that we use. UnavailableError if it is none; it never repeats what it was given."""
    try:
        read = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise UnavailableError(_UNREADABLE) from None
    if read.drivername in ("sqlite", "sqlite+pysqlite"):
        if read.database in _MEMORY:  # each connection would have its own, and one for all would wait for itself
            raise UnavailableError("A database in memory cannot be used: name a file, as in sqlite:///xocompat.db.")
        return read.set(drivername="sqlite+pysqlite")
    if read.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return _secret_hidden(read.set(drivername="postgresql+psycopg"))
    raise UnavailableError(_UNREADABLE)


def _secret_hidden(url: URL) -> URL:
    """A password may stand among the options, too; there, SQLAlchemy would show it."""
    given = url.query.get("password")
    return url.difference_update_query(["password"]).set(password=given) if isinstance(given, str) else url


def make_engine(url: str, patience: float = PATIENCE) -> Engine:
    """An engine that has not connected yet. UnavailableError if the URL cannot be read."""
    read = read_url(url)
    return _sqlite(read, patience) if read.get_backend_name() == "sqlite" else _postgresql(read, patience)


def shown_name(url: URL) -> str:
    """What a database is called in messages: its file, or its host and name."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    return f"The database {url.database or ''} at {url.host or url.query.get('host', 'the local server')}"


def _sqlite(url: URL, patience: float) -> Engine:
    arguments = {"check_same_thread": False, "timeout": patience}
    engine = create_engine(url, hide_parameters=True, connect_args=arguments)
    event.listen(engine, "connect", _prepare_sqlite)

    def begin(connection: Connection) -> None:
        """A transaction that writes takes its lock at once: one that read before could not wait for it any more."""
        options = connection.get_execution_options()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(1000 * options.get(PATIENT, patience))}")
        connection.exec_driver_sql("BEGIN" if options.get(READS) else "BEGIN IMMEDIATE")

    event.listen(engine, "begin", begin)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # Another process turns the file over at this very moment, and SQLite does not wait here. The mode is the
        # file's own, so this connection has it, too.
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise


def _postgresql(url: URL, patience: float) -> Engine:
    arguments = {key: value for key, value in _CONNECT.items() if key not in url.query}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_timeout=PATIENCE, connect_args=arguments)

    def prepare(connection: Any, _: object) -> None:
        connection.autocommit = True
        connection.execute(_BOUNDS.format(1000 * patience))
        connection.autocommit = False

    def begin(connection: Connection) -> None:
        if patient := connection.get_execution_options().get(PATIENT):
            bound = int(1000 * patient)
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {bound}; SET LOCAL statement_timeout = {2 * bound}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine
