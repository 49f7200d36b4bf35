"""Messages in the outbox, as the book of alerts queues them."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy import Table, insert, select, update

from bot.alerts.delivery.outbox import DeliveryKind
from bot.store.database import Database
from bot.store.tables import alerts, bulletins, outbox

LAB = "C0000LAB"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Queue:
    """Puts messages into an outbox, and looks at its rows."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.url = database.url.render_as_string(hide_password=False)
        self._numbers = count(1)

    def bulletin(self, channel: str = LAB, alert: bool = True) -> int:
        """A bulletin that is to be posted; its id."""
        subject = f"release:XCP-ng:{next(self._numbers)}"
        number = self._store(bulletins, channel=channel, subject=subject, opened_at=NOW)
        if alert:
            self.alert(number, channel, subject)
        self.message(DeliveryKind.ALERT_MESSAGE, channel, number)
        return number

    def alert(self, bulletin: int, channel: str = LAB, subject: str = "s", **values: Any) -> int:
        """An alert of a bulletin; its id."""
        row = {
            "rule": "eol",
            "subject_name": "XCP-ng 8.2 LTS",
            "product": "XCP-ng",
            "release": "8.2",
            "hosts": [["u-1", "xen-1", "lab"]],
            "gone": [],
            "due": date(2027, 1, 1),
            "threshold_days": 90,
            "detail": None,
            "watched": False,
            "state": "firing",
            "reason": "new",
            "opened_at": NOW,
            "told_at": NOW,
        }
        return self._store(alerts, bulletin=bulletin, channel=channel, subject=subject, **(row | values))

    def message(self, kind: DeliveryKind, channel: str = LAB, bulletin: int | None = None, **payload: Any) -> str:
        """A message that waits; its key."""
        key = f"key-{next(self._numbers)}"
        row = {"kind": kind.value, "payload": payload, "state": "pending", "created_at": NOW}
        self._store(outbox, key=key, channel=channel, bulletin=bulletin, **row)
        return key

    def _store(self, table: Table, **values: Any) -> int:
        with self.database.writing() as connection:
            key = connection.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def rows(self, channel: str | None = None) -> list[Any]:
        """All messages in their order, sent or not."""
        found = select(outbox).order_by(outbox.c.id)
        with self.database.writing() as connection:
            rows = connection.execute(found).all()
        return [row for row in rows if channel in (None, row.channel)]

    def end(self, alert: int, at: datetime) -> None:
        """Resolve an alert."""
        with self.database.writing() as connection:
            ended = {
                "state": "resolved",
                "reason": "resolved",
                "resolved_at": at,
                "why_resolved": {"kind": "text", "text": "gone"},
            }
            connection.execute(update(alerts).where(alerts.c.id == alert).values(**ended))

    def close(self, bulletin: int, at: datetime) -> None:
        """Close a bulletin."""
        with self.database.writing() as connection:
            connection.execute(update(bulletins).where(bulletins.c.id == bulletin).values(closed_at=at))
