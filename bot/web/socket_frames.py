"""What comes through a WebSocket that we opened, until it ends, or is silent for too long, however alive it looks."""

import select
from collections.abc import Callable, Iterator
from threading import Event

from websocket import ABNF, WebSocket, WebSocketConnectionClosedException

TICK = 0.25
"""Seconds after which it is looked whether we stop, at most."""


class SilentError(Exception):
    """Nothing came for too long."""


def frames(
    socket: WebSocket, stop: Event, ping: Callable[[], object], every: float, silent: float, clock: Callable[[], float]
) -> Iterator[tuple[int, bytes]]:
    """Each frame as it comes, with its opcode, until the other side closes or we `stop`.

    `ping` is called `every` so many seconds; SilentError where nothing came for `silent` seconds. OSError and
    WebSocketException where the connection breaks.
    """
    heard_at = next_ping = clock()
    while not stop.is_set():
        now = clock()
        if now - heard_at > silent:
            raise SilentError
        if now >= next_ping:
            ping()
            next_ping = now + every
        if not _readable(socket):
            continue
        kind, data = socket.recv_data(control_frame=True)
        if kind == ABNF.OPCODE_CLOSE:
            return
        heard_at = clock()
        yield kind, data


def _readable(socket: WebSocket) -> bool:
    """Whether there is something to read; waits for it a moment. TLS may hold what select can't see."""
    raw = socket.sock
    if raw is None:
        raise WebSocketConnectionClosedException("closed")
    pending = getattr(raw, "pending", None)
    return bool((pending and pending()) or select.select([raw], [], [], TICK)[0])
