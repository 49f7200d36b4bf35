"""Who asked for which right."""

from datetime import datetime

from sqlalchemy import or_, select

from bot.alerts.delivery.outbox import DeliveryKind
from bot.chat.access_request import ASKED_AGAIN, AccessRequest
from bot.store.alerts import OutboxMessage, queue
from bot.store.database import Repository, insert
from bot.store.tables import access_requests


class SqlAccessRequests(Repository):
    """bot.chat.access_request.AccessRequests."""

    def ask(self, request: AccessRequest, channel: str) -> datetime | None:
        asked_at, row = access_requests.c.asked_at, {"who": request.who, "right": request.right}
        # What lies further ahead than clocks of several machines differ was written by a wrong one.
        is_over = or_(asked_at <= request.at - ASKED_AGAIN, asked_at > request.at + ASKED_AGAIN)
        with self._database.writing() as connection:
            claimed = (
                insert(connection, access_requests)
                .values(**row, asked_at=request.at)
                .on_conflict_do_update(index_elements=[*row], set_={"asked_at": request.at}, where=is_over)
                .returning(asked_at)
            )
            if connection.execute(claimed).first():
                queue(connection, [OutboxMessage(channel, DeliveryKind.ACCESS, payload=request.to_data())], request.at)
                return None
            before: datetime = connection.execute(select(asked_at).filter_by(**row)).scalar_one()
            return before
