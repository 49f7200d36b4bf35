"""A WebSocket server that does only what a test tells it: it greets, sends texts, falls silent, or hangs up."""

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Line:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._file = connection.makefile("rb")
        self._sending = threading.Lock()
        self.silent = False
        self.heard: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def greet(self) -> None:
        """The opening handshake."""
        key = b""
        while (header := self._file.readline().strip()) != b"":
            name, _, value = header.partition(b":")
            key = value.strip() if name.lower() == b"sec-websocket-key" else key
        self.accept(key)

    def accept(self, key: bytes) -> None:
        """The answer to a handshake with this key."""
        accept = base64.b64encode(hashlib.sha1(key + _GUID.encode()).digest()).decode()
        self._socket.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )

    def say(self, message: object) -> None:
        self._send(TEXT, (message if isinstance(message, str) else json.dumps(message)).encode())

    def ping(self) -> None:
        self._send(PING, b"")

    def hear(self, text: bytes) -> None:
        """What the other end said is kept."""
        with self.changed:
            self.heard.append(json.loads(text))
            self.changed.notify_all()

    def hang_up(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)

    def listen(self) -> None:
        """Answers pings unless it is silent, and keeps what is said, until the other end has gone."""
        while head := self._file.read(2):
            kind, size = head[0] & 15, head[1] & 127
            size = int.from_bytes(self._file.read(2)) if size == 126 else size
            size = int.from_bytes(self._file.read(8)) if size == 127 else size
            mask, data = self._file.read(4), self._file.read(size)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
            if kind == PING and not self.silent:
                self._send(PONG, data)
            elif kind == TEXT:
                self.hear(data)
            elif kind == CLOSE:
                return

    def wait(self, count: int) -> list[dict[str, Any]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, 10)
            return self.heard

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _send(self, kind: int, data: bytes) -> None:
        if len(data) < 126:
            size = bytes([len(data)])
        elif len(data) < 65536:
            size = bytes([126]) + len(data).to_bytes(2)
        else:
            size = bytes([127]) + len(data).to_bytes(8)
        with self._sending:
            self._socket.sendall(bytes([128 | kind]) + size + data)


class Server:
    """Accepts connections and does `then` with each once it is open. Use it as a context."""

    def __init__(self, then: Callable[[Line], None]) -> None:
        self._then = then
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept)
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self.lines: list[Line] = []

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._listening.getsockname()[1]}/link?ticket=secret"

    def line(self, number: int) -> Line:
        """The n-th connection, as soon as there is one."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.lines) >= number, 15)
            return self.lines[number - 1]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(Line(connection),)))
            self._threads[-1].start()

    def _serve(self, line: Line) -> None:
        try:
            line.greet()
            self._then(line)  # before a test has the line: what it says then comes second
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
            line.listen()
        except OSError:
            pass  # the other end has gone, which is what some tests are about
        finally:
            line.close()

    def __enter__(self) -> "Server":
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in (self._accepting, *self._threads):
            thread.join(10)
