"""A transaction, and what is said when the database can't be had."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, literal, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from bot.errors import UnavailableError

READS = "xocompat_reads"
"""The execution option by which an engine knows that a transaction takes no lock."""

ALERTS = 0x786F_0003
"""The lock that PostgreSQL gives to who changes alerts."""

_AWAY = (OperationalError, InterfaceError, NoConnectionError)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """All or nothing of what is done within. UnavailableError if the database is locked, full or away."""
    try:
        with engine.begin() as connection:
            yield connection
    except _AWAY as error:
        raise UnavailableError(f"The database cannot be used: {_reason(error)}") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that changes nothing, and so waits for no writer. UnavailableError if it can't be had."""
    with transaction(engine.execution_options(**{READS: True})) as connection:
        yield connection


def when_alerts_are_settled(connection: Connection) -> None:
    """Wait until nobody changes alerts, and keep others from it until this transaction ends.

    Whoever changes an alert looks whether a message waits that will tell it. In SQLite only one writes at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(literal(ALERTS))))


def _reason(error: Exception) -> str:
    """The driver's own words, one line, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
