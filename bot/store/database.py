"""Transactions: those that read see one moment, those that write wait for each other where they have to."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import copy
from enum import IntEnum
from json import dumps
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Engine, Select, Table, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import JSON, String

from bot.store.columns import storable
from bot.store.engine import PATIENCE, PATIENT, READS, make_engine, plain_errors, read_url, shown_name


class WriteLock(IntEnum):
    """What is written by one process at a time. The numbers are locks of PostgreSQL; SQLite has one for everything."""

    MIGRATION = 0x786F_0001
    FLEET = 0x786F_0002
    ALERTS = 0x786F_0003
    PUBLISHED = 0x786F_0004


class Database:
    """The way to a database. Its URL may hold a password, so nothing shows it; `name` is safe to show."""

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self.url = read_url(url)
        self.name = shown_name(self.url)
        with plain_errors(self.name):
            self.engine: Engine = make_engine(url, patience)
        self._reader = self._reading()

    def _reading(self) -> Engine:
        one_moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if self.is_postgresql else {}
        return self.engine.execution_options(**{READS: True}, **one_moment)

    def hurried(self, patience: float) -> "Database":
        """The same database, with the same connections, for those who wait only so many seconds for a lock."""
        other = copy(self)
        other.engine = self.engine.execution_options(**{PATIENT: patience})
        other._reader = other._reading()
        return other

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @property
    def is_missing(self) -> bool:
        """Whether it is a file that is not there yet: whoever connects makes it."""
        return not (self.is_postgresql or Path(self.url.database or "").exists())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment, and changes nothing. UnavailableError if it can't be had."""
        with plain_errors(self.name), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, turn: WriteLock | None = None, patience: float | None = None) -> Iterator[Connection]:
        """A transaction, kept as a whole or not at all. UnavailableError if it can't be had.

        `turn` is waited for until other processes are done with it; `patience` in seconds, where waiting must be short.
        """
        engine = self.engine if patience is None else self.engine.execution_options(**{PATIENT: patience})
        with plain_errors(self.name), engine.begin() as connection:
            if turn is not None and self.is_postgresql:
                connection.execute(select(func.pg_advisory_xact_lock(literal(int(turn)))))
            yield connection

    @contextmanager
    def rehearsing(self) -> Iterator["Database"]:
        """The same database for what is only tried: all is done in one transaction, and undone at the end.

        It holds the locks of the fleet and of alerts, so it has to be short. UnavailableError if it can't be had.
        """
        with plain_errors(self.name), self.engine.connect() as connection, connection.begin() as whole:
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


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can have ON CONFLICT; both databases write it alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


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
