"""HTTP as xapi's own little server speaks it: requests in, responses out, each as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Final, NamedTuple

from bot.simulator.stream import Stream

MAX_BODY: Final = 300 * 1024
"""Bytes of a call's body that xapi reads (`http_limit_max_rpc_size`)."""
END: Final = b"\r\n\r\n"

_UNLIMITED: Final = 1024 * 1024  # what "no limit" on headers means here, so that memory stays bounded


class Patience(NamedTuple):
    """Seconds that a connection's first request may take, and each read of it (`header_total_timeout_tcp`)."""

    total: float = 60.0
    read: float = 10.0


PATIENCE: Final = Patience()

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
        return "\r\n".join(lines).encode() + END

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
        """Whether the client wants the connection closed after the answer."""
        asked = self.headers.get("connection", "").lower()
        return asked == "close" or (self.version == "1.0" and asked != "keep-alive")


class HttpRefused(Exception):
    """A request that the server does not take; the connection closes after the answer."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        body = f"<html><body><h1>HTTP {status} {reason.lower()}</h1>{escape(detail)}</body></html>"
        self.response = SimResponse(status, reason, (("content-type", "text/html"),), body.encode(), close=True)


def internal_error(detail: str) -> HttpRefused:
    """What xapi answers where its code raised: a missing Content-Length, a body that it cannot read."""
    return HttpRefused(500, "Internal Error", detail)


class Requests:
    """Reads the requests of one connection, one after the other."""

    def __init__(self, stream: Stream, header_limit: int | None, patience: Patience = PATIENCE) -> None:
        self._stream = stream
        self._limit = header_limit
        self._buffer = bytearray()
        self._patience = patience if header_limit is not None else None

    async def next(self) -> SimRequest | None:
        """The next request; None if the client left. Raises Refused, after which nothing more can be read."""
        head = await self._timed_head()
        if head is None:
            return None
        method, target, version, headers = _parsed(head)
        path, _, query = target.partition("?")
        body = await self._body(headers) if method in ("POST", "PUT") else b""
        return None if body is None else SimRequest(method, path, version, headers, body, query)

    async def _timed_head(self) -> bytes | None:
        """The time is limited for a connection's first request only, and only where the size is."""
        patience, self._patience = self._patience, None
        try:
            total, read = patience or (None, None)
            return await self._stream.within(total, self._head(read))
        except TimeoutError:
            raise HttpRefused(408, "Request Timeout", "Timed out waiting for the request.") from None

    async def _head(self, seconds: float | None) -> bytes | None:
        limit = self._limit or _UNLIMITED
        while (end := self._buffer.find(END)) < 0:
            if len(self._buffer) >= limit:
                break
            if not await self._stream.within(seconds, self._fill()):
                return None
        if end < 0 or end + len(END) > limit:
            raise HttpRefused(431, "Request Header Fields Too Large", "Exceeded the maximum header size.")
        return self._take(end + len(END))

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


def _parsed(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise internal_error("The HTTP headers could not be parsed.")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    return words[0], words[1], words[2].removeprefix("HTTP/"), headers
