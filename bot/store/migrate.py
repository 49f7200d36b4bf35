"""Brings a database to this version of the tables: one process does it, others wait and find it done."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.errors import UnavailableError
from bot.store.database import Database, WriteLock

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")
"""All that there are, the oldest first: so a start with nothing to do needs no Alembic. A test holds them together."""

PATIENCE = 60.0
"""Seconds to wait for another process that migrates."""

FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database) -> bool:
    """Whether there was something to do. UnavailableError if it failed, or if the database is newer than we."""
    if not database.is_postgresql:
        # For this user alone: what runs where, and who asked, is nobody else's business.
        with suppress(OSError):  # what is wrong with it comes out when it is opened
            Path(database.url.database or "").touch(0o600, exist_ok=False)
    with database.reading() as connection:
        if _is_ours(database, connection):
            return False
    with database.writing(WriteLock.MIGRATION, PATIENCE) as connection:
        if _is_ours(database, connection):  # another process was quicker
            return False
        from alembic import command
        from alembic.config import Config

        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        command.upgrade(config, "head")
    return True


def is_current(database: Database) -> bool:
    """Whether a database has all tables of this version. UnavailableError if it is newer, or could not be reached."""
    with database.reading() as connection:
        return _is_ours(database, connection)


def revision(connection: Connection) -> str | None:
    """The revision that a database has; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return str(found[0]) if found else None


def _is_ours(database: Database, connection: Connection) -> bool:
    found = revision(connection)
    if found is not None and found not in REVISIONS:
        raise UnavailableError(newer(database.name, found))
    return found == REVISIONS[-1]


def newer(name: str, found: str) -> str:
    """What to say of a database with a revision that we do not know."""
    return f"{name} was made by a newer xocompat (revision {found[:40]!a}): upgrade this one. Nothing was changed."
