"""Receiving through a WebSocket that we open, as long as the process lives, and from none that only looks alive."""

import select
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from structlog.typing import FilteringBoundLogger
from websocket import ABNF, WebSocket, WebSocketConnectionClosedException

TICK = 0.25
"""Seconds after which it is looked whether we stop, at most."""


class SilentError(Exception):
    """Nothing came for too long."""


class WhyNot(Protocol):
    """Why there is no connection, in words."""

    @property
    def text(self) -> str: ...


F = TypeVar("F", bound=WhyNot)


class SocketReceiver(ABC, Generic[F]):
    """Receives from `server` on a thread of its own, from `start` to `close`. `clock` is in seconds.

    `connected`: what is sent to us arrives. `fault`: why not, if that is known.
    """

    def __init__(self, log: FilteringBoundLogger, server: str, clock: Callable[[], float]) -> None:
        self._log = log
        self._server = server
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"from {server}", daemon=True)
        self._heard_at = clock()
        self.connected = False
        self.fault: F | None = None

    @property
    def age(self) -> float:
        """Seconds since the server sent anything, or since the start."""
        return self._clock() - self._heard_at

    def start(self) -> None:
        """Connect, now or as soon as the server is there."""
        self._heard_at = self._clock()
        self._thread.start()

    def close(self) -> None:
        """Receive nothing more."""
        self._stop.set()
        self._thread.join()

    @abstractmethod
    def _run(self) -> None:
        """Connect and receive, again and again, until we stop."""

    def _frames(
        self, socket: WebSocket, ping: Callable[[], object], every: float, silent: float
    ) -> Iterator[tuple[int, bytes]]:
        """Each frame as it comes, with its opcode, until the server closes or we stop.

        `ping` is called `every` so many seconds; SilentError where nothing came for `silent` seconds. OSError and
        WebSocketException where the connection breaks.
        """
        heard_at = next_ping = self._clock()
        while not self._stop.is_set():
            now = self._clock()
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
            self._heard_at = heard_at = self._clock()
            yield kind, data

    def _established(self) -> None:
        if not self.connected:
            self._log.info(f"connected to {self._server}")
        self.connected, self.fault = True, None

    def _failed(self, fault: F) -> None:
        if self.fault is None or fault.text != self.fault.text:
            self._log.warning(f"{self._server} does not connect", reason=fault.text)
        self.connected, self.fault = False, fault


def _readable(socket: WebSocket) -> bool:
    """Whether there is something to read; waits for it a moment. TLS may hold what select can't see."""
    raw = socket.sock
    if raw is None:
        raise WebSocketConnectionClosedException("closed")
    pending = getattr(raw, "pending", None)
    return bool((pending and pending()) or select.select([raw], [], [], TICK)[0])
