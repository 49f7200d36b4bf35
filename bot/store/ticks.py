"""Slots of a schedule, each given to one process."""

from datetime import datetime

from sqlalchemy import Connection

from bot.store.database import Database, insert
from bot.store.tables import ticks


class SqlTicks:
    """Claims on a job's slots, for ever: a job that is to run again needs a slot of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, name: str, slot: datetime, now: datetime) -> bool:
        """Whether the slot was free: then it is the caller's. UnavailableError if the database can't be had."""
        with self._database.writing() as connection:
            return claimed(connection, name, slot, now)


def claimed(connection: Connection, name: str, slot: datetime, now: datetime) -> bool:
    """Claim within a transaction: the claim is kept with what is done about it, or not at all."""
    into = insert(connection, ticks).values(name=name, slot=slot, at=now)
    # Not every driver counts rows that a conflict kept out; what comes back is certain.
    return connection.execute(into.on_conflict_do_nothing().returning(ticks.c.name)).first() is not None
