"""A database: engines, transactions, what errors mean in plain words, and statements about many rows.

Transactions that read see one moment, those that write wait for each other where they have to. No statement, no value
and no URL is ever shown.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from enum import IntEnum
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    Table,
    cast,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError, TimeoutError
from sqlalchemy.types import JSON

from bot.errors import UnavailableError
from bot.store.breaker import AwayError, CircuitBreaker
from bot.store.columns import MalformedError, storable
from bot.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_LOCKED = "is locked by another process: try again, or stop what holds it (another serve, a backup, a database shell)."
_FULL = "cannot be written, as its disk is full: make room, then try again. Nothing that was kept is lost."
_UNREADABLE = "cannot be opened: its folder must exist, and this user must be able to write to both."
_ALIEN = "holds tables of another program: give xocompat a database of its own. Nothing was changed."
_REACH = "cannot be reached"
_DAMAGED = "is damaged: put a backup in its place (`xocompat db check` says more)."

_SQLITE: Mapping[str, str] = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_CANTOPEN": _UNREADABLE,
    "SQLITE_PERM": _UNREADABLE,
    "SQLITE_READONLY": "cannot be written: this user needs the right to write to it and to its folder.",
    "SQLITE_NOTADB": "is no SQLite database: name another file in `database`, or move this one away.",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_FORMAT": _DAMAGED,
    "SQLITE_TOOBIG": _DAMAGED,
    "SQLITE_IOERR": "cannot be read or written: the disk fails. Look at the system's log.",
}
"""By the first two words of an error's name in SQLite."""

_STATES: Mapping[str, str] = {
    "55P03": _LOCKED,
    "40P01": _LOCKED,
    "57014": "took too long to answer: it is overloaded, or another process holds what is needed.",
    "53100": _FULL,
    "53300": f"{_REACH}: it has no connection left. Raise its max_connections, or stop other programs.",
    "57P01": f"{_REACH}: it is being shut down.",
    "57P02": f"{_REACH}: it crashed and is coming back.",
    "57P03": f"{_REACH}: it is still starting.",
    "25006": "cannot be written: it is a read-only copy.",
    "42501": "refuses: its user needs the right to make and change tables.",
    "42P07": _ALIEN,
    "42P01": "lacks a table: run `xocompat db upgrade`.",
}
"""By PostgreSQL's SQLSTATE."""

_CONNECTING: tuple[tuple[str, str], ...] = (
    ("password authentication failed", f"{_REACH}: it refuses the user or the password."),
    ("no password supplied", f"{_REACH}: it wants a password, and the URL has none."),
    ("local user", f"{_REACH}: this process's user has no name here, so the URL must have one (postgresql://USER:…)."),
    ("role", f"{_REACH}: it does not know the user."),
    ("does not exist", f"{_REACH}: the server has no database of that name."),
    ("pg_hba.conf", f"{_REACH}: the server does not let this machine or user in (pg_hba.conf)."),
    ("connection refused", f"{_REACH}: nothing listens there. Is the server up?"),
    ("no such file", f"{_REACH}: nothing listens there. Is the server up?"),
    ("resolve host", f"{_REACH}: no such host is known."),
    ("translate host", f"{_REACH}: no such host is known."),
    ("timeout", f"{_REACH}: it does not answer. Try again in a minute; if it stays so, see whether its server hangs."),
    ("ssl", f"{_REACH}: the encrypted connection fails. Look at sslmode and sslrootcert in the URL."),
    ("starting up", f"{_REACH}: it is still starting."),
    ("too many", f"{_REACH}: it has no connection left. Raise its max_connections, or stop other programs."),
)
"""By what libpq says, as a connection that fails has no SQLSTATE."""


class DamagedError(UnavailableError):
    """The database holds what nobody wrote: no further try will find it well."""


class RefusedError(UnavailableError):
    """The database refused what it was given, and would again: a fault of ours, or a value that nobody foresaw."""


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Whatever SQLAlchemy raises inside becomes an UnavailableError; `name` is the database's, safe to show."""
    try:
        yield
    except SQLAlchemyError as error:
        if what := _words(error):
            kind = DamagedError if what is _DAMAGED else AwayError if _is_away(error, what) else UnavailableError
            raise kind(f"{name} {what}") from None
        # What has no words of its own is a fault of ours, and its cause is wanted. It shows no values: hide_parameters.
        cause = type(getattr(error, "orig", None) or error).__name__
        said = f"{name} refused what was asked of it ({cause}). This should not happen: please report it."
        raise RefusedError(said) from error
    except (MalformedError, UnicodeDecodeError):  # not even what SQLite says of the damage may be text
        raise DamagedError(f"{name} {_DAMAGED}") from None


def _words(error: SQLAlchemyError) -> str | None:
    """What an error means, and what to do about it; None for what we did wrong."""
    if isinstance(error, TimeoutError):
        return "is too busy: all connections are in use."
    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return "has a URL that cannot be read: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME are."
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    text, broken = str(error.orig), f"{_REACH}: the connection broke."
    is_torn = "no such column" in text or "has no column named" in text  # ours are there, unless it lost them
    if (
        text.startswith("Could not decode to UTF-8")
        or text.removeprefix("no such table: ") in metadata.tables
        or is_torn
    ):
        return _DAMAGED
    if name := getattr(error.orig, "sqlite_errorname", None):
        return _ALIEN if "already exists" in text else _SQLITE.get("_".join(name.split("_")[:2]))
    if state := getattr(error.orig, "sqlstate", None):
        return _STATES.get(state) or (broken if state.startswith("08") else None)
    if type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout", "InterfaceError"):
        return next((words for sign, words in _CONNECTING if sign in text.casefold()), broken)
    return None


def _is_away(error: SQLAlchemyError, what: str) -> bool:
    """Whether whoever asks next would wait as long, for nothing. In PostgreSQL a lock is on some rows alone."""
    if isinstance(error, TimeoutError) or what.startswith(_REACH):
        return True
    return what is _LOCKED and isinstance(getattr(error, "orig", None), sqlite3.Error)


PATIENCE = 10.0
"""Seconds to wait for a lock that another connection holds."""

STATEMENT = 60.0
"""Seconds that PostgreSQL gives a statement where nobody is in a hurry."""

GRACE = 1.0
"""Seconds more until a server that does not say so itself is given up."""

READS = "xocompat_reads"
PATIENT = "xocompat_patience"
"""Execution options: the transaction only reads; how long it waits for locks, in seconds."""

_MEMORY = (None, "", ":memory:")
_NO_URL = "The database's URL cannot be read: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME are."
_CONNECT = {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 20_000, "application_name": "xocompat"}
_BOUNDS = (
    "SET lock_timeout = '{:.0f}ms'; SET statement_timeout = '{:.0f}s'; SET idle_in_transaction_session_timeout = '60s'"
)


def read_url(url: str) -> URL:
    """A URL with the driver that we use. UnavailableError if it is none; it never repeats what it was given."""
    try:
        read = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise UnavailableError(_NO_URL) from None
    if read.drivername in ("sqlite", "sqlite+pysqlite"):
        if read.database in _MEMORY:  # each connection would have its own, and one for all would wait for itself
            raise UnavailableError("A database in memory cannot be used: name a file, as in sqlite:///xocompat.db.")
        return read.set(drivername="sqlite+pysqlite")
    if read.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        read = read.set(drivername="postgresql+psycopg")
        # A password may stand among the options, too; there, SQLAlchemy would show it.
        given = read.query.get("password")
        return read.difference_update_query(["password"]).set(password=given) if isinstance(given, str) else read
    raise UnavailableError(_NO_URL)


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
    from bot.store.patient import ANSWERS, PatientConnection  # SQLite needs no driver of PostgreSQL's

    arguments = {key: value for key, value in _CONNECT.items() if key not in url.query}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_timeout=PATIENCE, connect_args=arguments)

    def connect(_: object, __: object, args: Sequence[Any], options: Mapping[str, Any]) -> PatientConnection:
        return PatientConnection.connect(*args, **options)

    def prepare(connection: Any, _: object) -> None:
        connection.autocommit = True
        connection.execute(_BOUNDS.format(1000 * patience, STATEMENT))
        connection.autocommit = False

    def begin(connection: Connection) -> None:
        patient = connection.get_execution_options().get(PATIENT)
        driver: Any = connection.connection.driver_connection
        driver.bound = (2 * patient if patient else STATEMENT) + GRACE
        if patient:
            bound = int(1000 * patient)
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {bound}; SET LOCAL statement_timeout = {2 * bound}")

    def check_in(connection: Any, _: object) -> None:
        if connection is not None:  # one that broke is none any more
            connection.bound = ANSWERS

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", check_in)
    return engine


class WriteLock(IntEnum):
    """What is written by one process at a time. The numbers are locks of PostgreSQL; SQLite has one for everything."""

    MIGRATION = 0x786F_0001
    FLEET = 0x786F_0002
    ALERTS = 0x786F_0003
    PUBLISHED = 0x786F_0004


class Database:
    """A database, with its connections. Its URL may hold a password, so nothing shows it; `name` is safe to show.

    `patience` is how many seconds a transaction waits for a lock. UnavailableError if the URL cannot be read.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.url = read_url(url)
        is_sqlite = self.url.get_backend_name() == "sqlite"
        where = "" if is_sqlite else f" at {self.url.host or self.url.query.get('host', 'the local server')}"
        self.name = f"The database {self.url.database or ''}{where}"
        with plain_errors(self.name):
            self.engine = _sqlite(self.url, patience) if is_sqlite else _postgresql(self.url, patience)
        self._reader = self._reading()
        self._is_hurried = False
        self._readers = CircuitBreaker()
        self._writers = CircuitBreaker() if is_sqlite else self._readers  # a file that is locked can still be read

    def _reading(self) -> Engine:
        one_moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if self.is_postgresql else {}
        return self.engine.execution_options(**{READS: True}, **one_moment)

    def hurried(self, patience: float) -> "Database":
        """The same database, with the same connections, for those who wait only so many seconds for a lock.

        While it is away they are told at once (bot.store.breaker): a crowd that waits would take all threads.
        """
        other = copy(self)
        other._is_hurried = True
        other.engine = self.engine.execution_options(**{PATIENT: patience})
        other._reader = other._reading()
        return other

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @property
    def is_missing(self) -> bool:
        """Whether it is a file that is not there yet; the first connection makes it."""
        return not (self.is_postgresql or Path(self.url.database or "").exists())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment, and changes nothing. UnavailableError if it could not be made."""
        with self._guarded(self._readers), plain_errors(self.name), self._reader.connect() as connection:
            yield connection

    def _guarded(self, breaker: CircuitBreaker) -> AbstractContextManager[None]:
        """Work that nobody waits for has a thread of its own, and as much patience as it was given."""
        return breaker.guarding() if self._is_hurried else nullcontext()

    @contextmanager
    def writing(self, lock: WriteLock | None = None, patience: float | None = None) -> Iterator[Connection]:
        """A transaction, stored as a whole or not at all. UnavailableError if it could not be made.

        `lock` is held against other processes; `patience` in seconds, where waiting for locks must be short.
        """
        engine = self.engine if patience is None else self.engine.execution_options(**{PATIENT: patience})
        with self._guarded(self._writers), plain_errors(self.name), engine.begin() as connection:
            if lock is not None and self.is_postgresql:
                connection.execute(select(func.pg_advisory_xact_lock(literal(int(lock)))))
            yield connection

    @contextmanager
    def rehearsing(self) -> Iterator["Database"]:
        """The same database for what is only tried: all is done in one transaction, and undone at the end.

        It holds the locks of the fleet and of alerts, so it has to be short. UnavailableError if it could not be made.
        """
        with (
            self._guarded(self._writers),
            plain_errors(self.name),
            self.engine.connect() as connection,
            connection.begin() as whole,
        ):
            if self.is_postgresql:
                for lock in (WriteLock.FLEET, WriteLock.ALERTS):
                    connection.execute(select(func.pg_advisory_xact_lock(literal(int(lock)))))
            yield _Rehearsal(self, connection)
            whole.rollback()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def __repr__(self) -> str:
        return f"Database({self.name!r})"


class _Rehearsal(Database):
    """A database within one transaction of another: what is written in it is read in it, and nowhere else."""

    def __init__(self, whole: Database, connection: Connection) -> None:
        self.url, self.name, self.engine = whole.url, whole.name, whole.engine
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with plain_errors(self.name):
            yield self._connection

    @contextmanager
    def writing(self, turn: WriteLock | None = None, patience: float | None = None) -> Iterator[Connection]:  # noqa: ARG002 # the whole has all locks
        with plain_errors(self.name), self._connection.begin_nested():
            yield self._connection


class Repository:
    """The rows of one subject. Every method is a transaction of its own; UnavailableError if it could not be made."""

    def __init__(self, database: Database) -> None:
        self._database = database


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can have ON CONFLICT; both databases write it alike."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # 2 MB that SQLite needs none of

    return postgresql.insert(table)


def among(connection: Connection, column: Column[Any], values: Collection[str | int]) -> ColumnElement[bool]:
    """Whether a column is one of however many values: one parameter, as databases bound the number of those."""
    return column.in_(listed(connection, column, values))


def listed(connection: Connection, column: Column[Any], values: Collection[str | int]) -> Select[Any]:
    """Values that stand in one parameter, as a query; they are of a column's type."""
    given = dumps([storable(value) if isinstance(value, str) else value for value in values])
    if connection.dialect.name != "postgresql":
        return select(func.json_each(literal(given, String)).table_valued("value").c.value)
    found = func.json_array_elements_text(cast(literal(given, String), JSON)).table_valued("value")
    return select(cast(found.c.value, column.type))
