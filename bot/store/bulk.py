"""Many rows in one statement: a sweep writes some for each host.

PostgreSQL gets them in one parameter, as JSON: a parameter for each value costs several times as much there and in
SQLAlchemy. SQLite takes values that are ready for it four times as fast as it takes JSON apart, so it gets those where
a sweep waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from json import dumps
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    String,
    Table,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import JSON

from bot.store.columns import moment_text, storable
from bot.store.database import insert

Rows = Sequence[Mapping[str, Any]]
SqlInsert = tuple[str, tuple[str, ...]]


def add(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows that are new, in their order: in one parameter on SQLite too, for requests are answered meanwhile.

    After each statement the driver takes Python's lock anew, and who waits for it makes the thread that has it pay.
    """
    if rows:
        values = select(*_values(connection, table, rows).values())
        connection.execute(table.insert().from_select(list(rows[0]), values))


def upsert(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, in place of those with the same primary key.

    Values are texts, numbers, truth values and moments; every row has the same columns, and a key of its own.
    """
    if not rows:
        return
    names, key = list(rows[0]), [each.name for each in table.primary_key]
    changed = tuple(name for name in names if name not in key)
    if connection.dialect.name == "sqlite":
        _each(connection, _insert_sql(table, tuple(names), changed), rows)
        return
    into = insert(connection, table).from_select(names, select(*_values(connection, table, rows).values()))
    new = {name: into.excluded[name] for name in changed}
    connection.execute(into.on_conflict_do_update(index_elements=key, set_=new))


def renew(connection: Connection, table: Table, rows: Rows) -> None:
    """Set some columns of rows that are there, found by their primary key."""
    if not rows:
        return
    new = select(*(value.label(name) for name, value in _values(connection, table, rows).items())).subquery("new")
    key = [each.name for each in table.primary_key]
    values = {name: new.c[name] for name in rows[0] if name not in key}
    connection.execute(table.update().where(*(table.c[name] == new.c[name] for name in key)).values(values))


@lru_cache(64)
def _insert_sql(table: Table, names: tuple[str, ...], changed: tuple[str, ...]) -> SqlInsert:
    """An INSERT for SQLite, and the order of its values; where a key is there already, what is `changed` is set."""
    into = sqlite.insert(table).values({name: bindparam(name) for name in names})
    if changed:
        key = [each.name for each in table.primary_key]
        into = into.on_conflict_do_update(index_elements=key, set_={name: into.excluded[name] for name in changed})
    compiled = into.compile(dialect=sqlite.dialect())
    return str(compiled), tuple(compiled.positiontup or ())


def _each(connection: Connection, into: SqlInsert, rows: Rows) -> None:
    """Run an INSERT for each row, with values as SQLite has them."""
    sql, names = into
    ready = [
        tuple(
            storable(value) if isinstance(value, str) else moment_text(value) if isinstance(value, datetime) else value
            for value in map(row.__getitem__, names)
        )
        for row in rows
    ]
    connection.exec_driver_sql(sql, ready)


def _values(connection: Connection, table: Table, rows: Rows) -> dict[str, ColumnElement[Any]]:
    """The columns of rows that stand in a parameter."""
    given = literal(_json(rows), String)
    listed: FromClause
    if connection.dialect.name == "postgresql":
        columns = (column(name, table.c[name].type) for name in rows[0])
        listed = func.json_to_recordset(cast(given, JSON)).table_valued(*columns).render_derived(with_types=True)
        return {name: listed.c[name] for name in rows[0]}
    listed = func.json_each(given).table_valued("value")
    return {name: func.json_extract(listed.c.value, f"$.{name}", type_=table.c[name].type) for name in rows[0]}


def _json(rows: Rows) -> str:
    """Rows with storable texts. Only what JSON escapes can be anything else, so few rows are looked through."""
    text = dumps(rows, default=_moment)
    if "\\u" not in text:
        return text
    plain = [{name: storable(v) if isinstance(v, str) else v for name, v in row.items()} for row in rows]
    return dumps(plain, default=_moment)


def _moment(value: object) -> str | None:
    if isinstance(value, datetime):
        return moment_text(value)
    raise TypeError(f"no column holds a {type(value).__name__}")
