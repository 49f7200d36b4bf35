"""The row that a channel has once something is sent to it: who may send, from when on, and whether it is stopped."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_

from bot.store.database import insert
from bot.store.tables import channels

LONGEST = timedelta(hours=2)
"""Nothing is leased or paused for longer. What lies further ahead was written before the clock was turned back."""

INTACT = channels.c.stopped_code.is_(None)
"""The channel is not stopped."""


def in_time(now: datetime) -> ColumnElement[bool]:
    """The channel may be sent to as far as its pause goes."""
    pause = channels.c.not_before
    return or_(pause.is_(None), pause <= now, pause > now + LONGEST)


def free(now: datetime) -> ColumnElement[bool]:
    """Nobody holds the lease."""
    until = channels.c.leased_until
    return or_(until.is_(None), until <= now, until > now + LONGEST)


def held(by: str, now: datetime) -> ColumnElement[bool]:
    """The lease is that process's, and not over."""
    return and_(channels.c.leased_by == by, channels.c.leased_until > now)


def lease(connection: Connection, channel: str, by: str, now: datetime, seconds: float) -> bool:
    """Take the lease or renew it; False if another process has it."""
    terms = {"leased_by": by, "leased_until": now + timedelta(seconds=seconds)}
    taken = (
        insert(connection, channels)
        .values(channel=channel, **terms)
        .on_conflict_do_update(
            index_elements=[channels.c.channel], set_=terms, where=or_(channels.c.leased_by == by, free(now))
        )
        .returning(channels.c.channel)
    )
    return connection.execute(taken).first() is not None


def put(connection: Connection, channel: str, **values: object) -> None:
    """Set columns of a channel's row, whether or not there is one."""
    row = insert(connection, channels).values(channel=channel, **values)
    connection.execute(row.on_conflict_do_update(index_elements=[channels.c.channel], set_=values))
