"""Connections that somebody opens and holds."""

import resource
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

CrowdAt = Callable[[int], "Crowd"]


class Crowd:
    """Connections that were opened and that nobody closes on this side."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[socket.socket] = []
        self._trickling: list[socket.socket] = []
        self._gone = threading.Event()
        self._trickler = threading.Thread(target=self._trickle, daemon=True)

    def join(self, count: int, said: bytes = b"", trickles: bool = False) -> None:
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            one.sendall(said)
            self._open.append(one)
            if trickles:
                self._trickling.append(one)

    def trickle(self) -> None:
        self._trickler.start()

    def _trickle(self) -> None:
        """A byte now and then, on all that trickle, so that none of them is ever silent."""
        while not self._gone.wait(0.5):
            for one in self._trickling:
                try:
                    one.send(b"a")
                except OSError:
                    continue  # closed by the other side, as it should be

    def leave(self) -> None:
        self._gone.set()
        if self._trickler.is_alive():
            self._trickler.join(10)
        for one in self._open:
            one.close()

    @property
    def still_open(self) -> int:
        """How many the other side has not closed."""
        poll = select.poll()
        for one in self._open:
            poll.register(one, select.POLLIN | select.POLLHUP)
        return len(self._open) - len(poll.poll(0))


@pytest.fixture
def crowd_at() -> Iterator[CrowdAt]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with ExitStack() as stack:

        def made(port: int) -> Crowd:
            crowd = Crowd(port)
            stack.callback(crowd.leave)
            return crowd

        yield made
