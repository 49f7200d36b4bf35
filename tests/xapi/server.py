"""A raw server on loopback that does what a script says, byte by byte, over TLS or without."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable
from typing import NamedTuple

from bot.xapi.target import Endpoint, Trust

PATIENCE = 10.0
"""Seconds after which a script that waits for a client gives up: a test has failed by then."""


class Request(NamedTuple):
    """What a client asked: its first line, its headers by their names as they were sent, its body."""

    line: str
    headers: dict[str, str]
    body: bytes
    head_size: int


class Talk:
    """One connection, as a script sees it. `received` is every byte that came, decrypted."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.received = bytearray()
        self._read = 0

    def request(self) -> Request | None:
        """The next request; None once the client has hung up."""
        while (end := self.received.find(b"\r\n\r\n", self._read)) < 0:
            if not self._more():
                return None
        head = self.received[self._read : end].decode("ascii")
        line, *lines = head.split("\r\n")
        headers = dict(one.split(": ", 1) for one in lines)
        size = int(headers.get("content-length", 0))
        while len(self.received) < end + 4 + size:
            if not self._more():
                return None
        self._read = end + 4 + size
        return Request(line, headers, bytes(self.received[end + 4 : self._read]), len(head) + 4)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def wait_until_closed(self) -> None:
        """Say nothing until the client hangs up."""
        while self._more():
            pass

    def drip(self, data: bytes, seconds: float = 0.02) -> bool:
        """Send bytes one by one, each after so many seconds in which the client stayed; False if it hung up."""
        for byte in data:
            if select.select([self.sock], [], [], seconds)[0] and not self._more():
                return False
            self.send(bytes([byte]))
        return True

    def _more(self) -> bool:
        piece = self.sock.recv(65536)
        self.received += piece
        return bool(piece)


Script = Callable[[Talk], None]


class Server:
    """Listens on a free port of 127.0.0.1 and plays the script on each connection, in a thread of its own.

    `talks` are the connections whose TLS handshake (if any) was made, the first first. `accepted` counts all.
    """

    def __init__(self, script: Script, context: ssl.SSLContext | None) -> None:
        self.talks: list[Talk] = []
        self.accepted = 0
        self._script = script
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._wake, self._stop = socket.socketpair()
        self._spawn(self._accept)

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def endpoint(self, trust: Trust, host: str = "127.0.0.1") -> Endpoint:
        """Where it listens, with how it is to be trusted."""
        return Endpoint(host, self.port, trust)

    @property
    def received(self) -> bytes:
        """All that clients sent within TLS, over all connections, once they have hung up."""
        for thread in self._threads[1:]:
            thread.join(PATIENCE)
        return b"".join(bytes(talk.received) for talk in self.talks)

    def close(self) -> None:
        """Stop listening and end all connections; returns when no thread is left."""
        self._stop.close()
        self._threads[0].join(PATIENCE)
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(PATIENCE)
        for sock in (*self._open, self._listening, self._wake):
            sock.close()

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._listening, self._wake], [], [])
            if self._wake in ready:
                return
            sock, _ = self._listening.accept()
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as hosts do; else each probe takes 40 ms more
            self.accepted += 1
            self._open.append(sock)
            self._spawn(lambda sock=sock: self._play(sock))  # type: ignore[misc]  # mypy cannot see the bound argument

    def _play(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client hung up, or refused our certificate
            if self._context:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            talk = Talk(sock)
            self.talks.append(talk)
            self._script(talk)
        sock.close()
