"""What a database's errors mean, in plain words. No statement, no value and no URL is ever told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError, TimeoutError

from bot.errors import UnavailableError

_LOCKED = "is locked by another process: try again, or stop what holds it (another serve, a backup, a database shell)."
_FULL = "cannot be written, as its disk is full: make room, then try again. Nothing that was kept is lost."
_UNREADABLE = "cannot be opened: its folder must exist, and this user must be able to write to both."
_ALIEN = "holds tables of another program: give xocompat a database of its own. Nothing was changed."
_REACH = "cannot be reached"

_SQLITE: Mapping[str, str] = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_CANTOPEN": _UNREADABLE,
    "SQLITE_PERM": _UNREADABLE,
    "SQLITE_READONLY": "cannot be written: this user needs the right to write to it and to its folder.",
    "SQLITE_NOTADB": "is no SQLite database: name another file in `database`, or move this one away.",
    "SQLITE_CORRUPT": "is damaged: put a backup in its place (`xocompat db check` says more).",
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
    ("role", f"{_REACH}: it does not know the user."),
    ("does not exist", f"{_REACH}: the server has no database of that name."),
    ("pg_hba.conf", f"{_REACH}: the server does not let this machine or user in (pg_hba.conf)."),
    ("connection refused", f"{_REACH}: nothing listens there. Is the server up?"),
    ("no such file", f"{_REACH}: nothing listens there. Is the server up?"),
    ("resolve host", f"{_REACH}: no such host is known."),
    ("translate host", f"{_REACH}: no such host is known."),
    ("timeout", f"{_REACH}: the server does not answer."),
    ("ssl", f"{_REACH}: the encrypted connection fails. Look at sslmode and sslrootcert in the URL."),
    ("starting up", f"{_REACH}: it is still starting."),
    ("too many", f"{_REACH}: it has no connection left. Raise its max_connections, or stop other programs."),
)
"""By what libpq says, as a connection that fails has no SQLSTATE."""


@contextmanager
def in_plain_words(name: str) -> Iterator[None]:
    """Whatever SQLAlchemy raises inside becomes an UnavailableError; `name` is the database's, safe to show."""
    try:
        yield
    except SQLAlchemyError as error:
        what = _words(error)
        # What has no words of its own is a fault of ours, and its cause is wanted. It shows no values (engine.py).
        raise UnavailableError(f"{name} {what or _refusal(error)}") from (None if what else error)


def _words(error: SQLAlchemyError) -> str | None:
    if isinstance(error, TimeoutError):
        return "is too busy: all connections are in use."
    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return "has a URL that cannot be read: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME are."
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    if name := getattr(error.orig, "sqlite_errorname", None):
        return _ALIEN if "already exists" in str(error.orig) else _SQLITE.get("_".join(name.split("_")[:2]))
    if state := getattr(error.orig, "sqlstate", None):
        return _STATES.get(state) or _by_class(state)
    return _connecting(error)


def _by_class(state: str) -> str | None:
    return f"{_REACH}: the connection broke." if state.startswith("08") else None


def _connecting(error: DBAPIError) -> str | None:
    if type(error.orig).__name__ not in ("OperationalError", "ConnectionTimeout", "InterfaceError"):
        return None
    said = str(error.orig).casefold()
    return next((words for sign, words in _CONNECTING if sign in said), f"{_REACH}: the connection broke.")


def _refusal(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    return f"refused what was asked of it ({type(cause).__name__}). This should not happen: please report it."
