"""HTTP as xapi's own little server speaks it: sockets under an event loop, requests in, responses out.

TLS comes from `ssl` itself: asyncio's own moves every byte through Python; this way a handshake costs half as much,
which is what a simulator of thousands of hosts spends its time on.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

MAX_BODY: Final = 300 * 1024
"""Bytes of a call's body that xapi reads (`http_limit_max_rpc_size`)."""

_END: Final = b"\r\n\r\n"
_UNLIMITED: Final = 1024 * 1024  # what "no limit" on headers means here, so that memory stays bounded
_CHUNK: Final = 65536
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SimResponse:
    """A response. `headers` are without length and connection, which `head` adds."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    close: bool = False
    version: str = "1.1"

    @property
    def head(self) -> bytes:
        """Status line and headers, with the blank line."""
        return self.head_for(len(self.body))

    @property
    def wire(self) -> bytes:
        return self.head + self.body

    def head_for(self, length: int | None) -> bytes:
        """The head for a body of that length; None: it ends when the connection closes."""
        close = self.close or length is None
        lines = [f"HTTP/{self.version} {self.status} {self.reason}"]
        lines += [f"content-length: {length}"] if length is not None else []
        lines += [f"connection: {'close' if close else 'keep-alive'}", "cache-control: no-cache, no-store"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode() + _END

    def with_header(self, name: str, value: str) -> "SimResponse":
        return replace(self, headers=(*(pair for pair in self.headers if pair[0] != name), (name, value)))


class SimRequest(NamedTuple):
    """A request. Header names are in lower case; `query` is what follows a question mark, as it came."""

    method: str
    path: str
    version: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""

    @property
    def close(self) -> bool:
        """Whether the client wants the connection closed after the response."""
        wanted = self.headers.get("connection", "").lower()
        return wanted == "close" or (self.version == "1.0" and wanted != "keep-alive")


class HttpRefused(Exception):
    """A request that the server does not take; the connection closes after the response."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        body = f"<html><body><h1>HTTP {status} {reason.lower()}</h1>{escape(detail)}</body></html>"
        self.response = SimResponse(status, reason, (("content-type", "text/html"),), body.encode(), close=True)


def internal_error(detail: str) -> HttpRefused:
    """What xapi answers where its code raised: a missing Content-Length, a body that it cannot read."""
    return HttpRefused(500, "Internal Error", detail)


class Stream:
    """One accepted connection. Reads and writes raise OSError where it breaks. To be used by one task at a time.

    `on_bytes`, once it is set, is called with the number of bytes of each read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        self._loop = loop
        self._socket = connection
        self.on_bytes: Callable[[int], None] | None = None

    async def handshake(self, context: ssl.SSLContext) -> None:
        secured = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = secured
        await self._until_done(secured.do_handshake)

    async def read(self) -> bytes:
        """Some bytes; none at the end."""
        data = await self._until_done(lambda: self._socket.recv(_CHUNK))
        if self.on_bytes is not None:
            self.on_bytes(len(data))
        return data

    async def write(self, data: bytes) -> None:
        """All of it, at the pace of the reader."""
        left = memoryview(data)
        while left:
            left = left[await self._until_done(partial(self._socket.send, left)) :]

    async def until_closed(self) -> None:
        """Reads and discards what comes, until the client has closed."""
        with suppress(OSError):
            while await self.read():
                pass

    def close_tls(self) -> None:
        """Sends TLS's close_notify, and does not wait for the client's."""
        if isinstance(self._socket, ssl.SSLSocket):
            with suppress(OSError):
                self._socket.unwrap()

    async def write_last(self, data: bytes) -> None:
        """Writes, then waits for the client to close: a close with bytes unread would lose what was written."""
        await self.write(data)
        self.close_tls()
        self.on_bytes = None
        self._socket.shutdown(socket.SHUT_WR)
        await self.until_closed()

    def reset(self) -> None:
        """Makes the close a reset."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def close(self) -> None:
        self._socket.close()

    async def _until_done(self, act: Callable[[], T]) -> T:
        """The result of an act on the socket, tried again whenever the socket is ready."""
        while True:
            try:
                return act()
            except (BlockingIOError, ssl.SSLWantReadError):
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
            except ssl.SSLWantWriteError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        ready = self._loop.create_future()
        number = self._socket.fileno()
        add(number, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            remove(number)


class RequestTimeouts(NamedTuple):
    """Seconds that a connection's first request may take, and each read of it (`header_total_timeout_tcp`)."""

    total: float = 60.0
    read: float = 10.0


TIMEOUTS: Final = RequestTimeouts()


class RequestReader:
    """Reads the requests of one connection, one after the other.

    `header_limit` is how many bytes a head may have; None: no limit, and no timeouts either.
    """

    def __init__(self, stream: Stream, header_limit: int | None, timeouts: RequestTimeouts = TIMEOUTS) -> None:
        self._stream = stream
        self._limit = header_limit
        self._buffer = bytearray()
        self._timeouts = timeouts if header_limit is not None else None

    async def next(self) -> SimRequest | None:
        """The next request; None if the client left. Raises HttpRefused, after which nothing more can be read."""
        (total, read), self._timeouts = self._timeouts or (None, None), None  # they hold for the first request only
        try:
            async with asyncio.timeout(total):
                head = await self._head(read)
        except TimeoutError:
            raise HttpRefused(408, "Request Timeout", "Timed out waiting for the request.") from None
        if head is None:
            return None
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        words = first.split()
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            raise internal_error("The HTTP headers could not be parsed.")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
        method, target, version = words
        path, _, query = target.partition("?")
        body = await self._body(headers) if method in ("POST", "PUT") else b""
        return None if body is None else SimRequest(method, path, version.removeprefix("HTTP/"), headers, body, query)

    async def _head(self, seconds: float | None) -> bytes | None:
        limit = self._limit or _UNLIMITED
        while (end := self._buffer.find(_END)) < 0:
            if len(self._buffer) >= limit:
                break
            async with asyncio.timeout(seconds):
                if not await self._fill():
                    return None
        if end < 0 or end + len(_END) > limit:
            raise HttpRefused(431, "Request Header Fields Too Large", "Exceeded the maximum header size.")
        return self._take(end + len(_END))

    async def _body(self, headers: Mapping[str, str]) -> bytes | None:
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise internal_error("A Content-Length is required.")
        if int(length) > MAX_BODY:
            raise internal_error("The body is larger than the limit.")
        while len(self._buffer) < int(length):
            if not await self._fill():
                return None
        return self._take(int(length))

    async def _fill(self) -> bool:
        data = await self._stream.read()
        self._buffer += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken
