"""Weekly digests: who wants none, and which were queued."""

from datetime import datetime

from sqlalchemy import select

from bot.alerts.delivery.outbox import DeliveryKind
from bot.store import leases
from bot.store.alerts import OutboxMessage, queue
from bot.store.bulk import upsert
from bot.store.database import Repository
from bot.store.leases import LeaseKind, slot_name
from bot.store.tables import digests


class SqlDigests(Repository):
    """bot.alerts.ports.Digests."""

    def turn(self, channel: str, on: bool, by: str, now: datetime) -> None:
        with self._database.writing() as connection:
            upsert(connection, digests, [{"channel": channel, "is_on": on, "by": by, "at": now}])

    def is_on(self, channel: str) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(digests.c.is_on).where(digests.c.channel == channel)).scalar() is not False

    def queue(self, channel: str, slot: datetime, text: dict[str, object], now: datetime) -> bool:
        with self._database.writing() as connection:
            if not leases.claim(connection, LeaseKind.SLOT, slot_name(f"digest:{channel}", slot), "", now):
                return False
            queue(connection, [OutboxMessage(channel, DeliveryKind.DIGEST, payload=text)], now)
            return True
