"""Which deliveries of Slack were taken on already, for processes on several machines."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.store.database import Database, insert
from bot.store.tables import seen

KEPT = timedelta(hours=1)
"""How long a claim is remembered; Slack gives up long before."""

PATIENCE = 1.0
"""Seconds. Slack wants an answer after three."""


class SqlSeen:
    """Claims, each given to one asker. Should the database fail, everything is new: better twice than not at all."""

    def __init__(self, log: FilteringBoundLogger, database: Database, now: Callable[[], datetime]) -> None:
        self._log = log
        self._database = database
        self._now = now

    def claim(self, key: str) -> bool:
        """True for a new key, or one that was claimed an hour ago."""
        now = self._now()
        old = or_(seen.c.at <= now - KEPT, seen.c.at > now + KEPT)
        try:
            with self._database.writing(patience=PATIENCE) as connection:
                into = insert(connection, seen).values(key=key, at=now)
                taken = into.on_conflict_do_update(index_elements=["key"], set_={"at": now}, where=old)
                return connection.execute(taken.returning(seen.c.key)).first() is not None
        except UnavailableError as error:
            self._log.warning("claims cannot be kept", reason=str(error))
            return True

    def release(self, key: str) -> None:
        """Give a claim back: the work failed, so a further delivery is to be answered."""
        try:
            with self._database.writing(patience=PATIENCE) as connection:
                connection.execute(delete(seen).where(seen.c.key == key))
        except UnavailableError as error:
            self._log.warning("a claim cannot be released", reason=str(error))
