"""INSERT ... ON CONFLICT, which both databases have and SQLAlchemy spells once for each."""

from typing import TYPE_CHECKING, Union

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Upsert = Union["sqlite.Insert", "postgresql.Insert"]


def insert_into(connection: Connection, table: Table) -> Upsert:
    """An insert that knows `on_conflict_do_update` and `on_conflict_do_nothing`. Only one dialect is imported."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
