"""Databases of the tests, with all tables: a SQLite file as the product opens it, and a real PostgreSQL."""

import sqlite3
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event, insert
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.tables import metadata
from bot.store.transaction import READS


def opened(url: str) -> Engine:
    """An engine. SQLite writes ahead, and its transactions begin as writers, so that none fails half-way."""
    engine = sqlalchemy.create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begun)
    return engine


def _connected(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA foreign_keys = ON")


def _begun(connection: Connection) -> None:
    reads = connection.get_execution_options().get(READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def emptied(engine: Engine) -> Engine:
    """All tables, new."""
    metadata.drop_all(engine)
    metadata.create_all(engine)
    return engine


def keep(engine: Engine, table: sqlalchemy.Table, **values: Any) -> int:
    """Insert a row; its id."""
    with engine.begin() as connection:
        key = connection.execute(insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])
