"""A transaction, and what is said when the database can't be had."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from bot.errors import UnavailableError

_AWAY = (OperationalError, InterfaceError, NoConnectionError)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """All or nothing of what is done within. UnavailableError if the database is locked, full or away."""
    try:
        with engine.begin() as connection:
            yield connection
    except _AWAY as error:
        raise UnavailableError(f"The database cannot be used: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The driver's own words, one line, without the statement and its values."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
