"""Connections of assistants that others hold open: as bot.web.connections has it, on the server that speaks ASGI."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.web.connections import ARRIVES_WITHIN, HELD_EACH, HELD_MAX, IDLE, connections_max

LOOKED = 1.0
"""Seconds between two looks at whether a connection is overdue."""


class AssistantConnection(H11Protocol):
    """A connection. Nobody loses an answer when it is closed while its request has not arrived: one that takes too long
    for that is closed, and the one that waits for the longest time goes where there are too many."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waits_since = self.loop.time()
        """When it was made, or had its last request: a byte now and then does not make it young again."""
        self._begun_at: float | None = None
        self._came = 0

    @property
    def is_droppable(self) -> bool:
        """Whether it has no request, or one that has not arrived whole."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    @property
    def held(self) -> int:
        """Bytes of a request that is not whole. What is refused already is taken and dropped."""
        is_refused = self.cycle is not None and self.cycle.response_started
        return self._came if self._begun_at is not None and not is_refused else 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as it is there
        super().connection_made(transport)
        self._look()
        if len(self._all()) > connections_max():
            _drop_oldest(self._all())

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._came += len(data)
        if self._begun_at is None:
            self._begun_at = self.loop.time()
        super().data_received(data)
        if not self.is_droppable:
            self._begun_at, self._came = None, 0
        elif self.held > HELD_EACH:
            partial = [each for each in self._all() if each.held and each.is_droppable]
            if sum(each.held for each in partial) > HELD_MAX:
                _drop_oldest(partial)

    def on_response_complete(self) -> None:
        """Wait for the next request, a part of which may be here."""
        self.waits_since = self.loop.time()
        self._begun_at, self._came = None, 0
        if self.conn.trailing_data[0]:
            self._begun_at = self.waits_since
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no request, unless an answer was begun already. Who is at work on it has nobody to tell."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        now = self.loop.time()
        is_late = self._begun_at is not None and now - self._begun_at > ARRIVES_WITHIN
        if self.is_droppable and (is_late or now - self.waits_since > IDLE):
            self.transport.abort()
        else:
            self.loop.call_later(LOOKED, self._look)

    def _all(self) -> "list[AssistantConnection]":
        return [each for each in self.connections if isinstance(each, AssistantConnection)]


def _drop_oldest(connections: list[AssistantConnection]) -> None:
    """Close the one that has waited for the longest time."""
    droppable = (each for each in connections if each.is_droppable and not each.transport.is_closing())
    if oldest := min(droppable, key=lambda each: each.waits_since, default=None):
        oldest.transport.abort()
