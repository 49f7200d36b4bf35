"""Rows for the outbox, written within the transaction of what they tell of. Sending them is bot.store.outbox's."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, select

from bot.alerts.outbox import Kind
from bot.store.database import among, insert
from bot.store.tables import outbox

PENDING = "pending"


class Message(NamedTuple):
    """Something to send to a channel; `bulletin` is None for what stands alone."""

    channel: str
    kind: Kind
    bulletin: int | None = None
    payload: Mapping[str, Any] = {}


def queue(connection: Connection, messages: Iterable[Message], now: datetime) -> None:
    """Queue messages in their order. An edit of a bulletin that has one waiting is that one."""
    if rows := [_row(message, now) for message in messages]:
        connection.execute(insert(connection, outbox).on_conflict_do_nothing(), rows)


def unposted(connection: Connection, bulletins: Collection[int]) -> set[int]:
    """Those of some bulletins that nobody began to post: they are rendered when they are, so they need no edit."""
    waiting = select(outbox.c.bulletin).where(
        outbox.c.kind == Kind.BULLETIN.value, outbox.c.state == PENDING, among(connection, outbox.c.bulletin, bulletins)
    )
    return set(connection.execute(waiting).scalars())


def _row(message: Message, now: datetime) -> dict[str, Any]:
    return {
        "key": uuid4().hex,
        "channel": message.channel,
        "bulletin": message.bulletin,
        "kind": message.kind.value,
        "payload": dict(message.payload),
        "state": PENDING,
        "created_at": now,
    }
