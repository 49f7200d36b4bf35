"""As much of HTTP/1.1 as XAPI needs, within bounds: a POST, and a reply that is read whole or refused.

RFC 9112. XAPI takes no chunked requests and at most 1024 bytes of request headers, with lower-case names. Redirects are
not followed, nothing is decompressed. A reply that breaks the rules is refused, not guessed at.
"""

import re
from typing import NamedTuple

from bot.xapi import trouble
from bot.xapi.bounds import Bounds, Deadline
from bot.xapi.dial import Wire
from bot.xapi.trouble import Trouble

USER_AGENT = "xocompat"
OK = 200
_PIECE = 16 * 1024
"""A record of TLS holds no more (RFC 8446, 5.1), and every thread of a sweep has room for one."""
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: |\Z)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_LONGEST_LINE = 256
"""Of the lines that chunks begin with, and of trailers."""


class HttpReply(NamedTuple):
    """A reply; `kind` is its content type in lower case without parameters, empty if it has none.

    The body of any other status than 200 is not read, and empty here: nothing in it would be believed.
    """

    status: int
    kind: str
    body: bytes


class _Head(NamedTuple):
    """What the headers say of the body. `length` is None for one that lasts until the connection ends."""

    status: int
    kind: str
    length: int | None
    chunked: bool
    keep: bool


class Http:
    """A keep-alive connection over a wire that is trusted. One request at a time; not thread-safe."""

    def __init__(self, wire: Wire, host: str, bounds: Bounds) -> None:
        self._wire = wire
        self._host = host
        self._bounds = bounds
        self._buffer = bytearray()
        self._taken = 0
        self.usable = True

    def post(self, path: str, kind: str, body: bytes, deadline: Deadline) -> HttpReply:
        """Send a request and read its reply. Trouble or TimeoutError if there is none; `usable` ends with those."""
        self.usable = False
        self._taken = 0
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self._host}\r\nuser-agent: {USER_AGENT}\r\n"
            f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._send(head.encode("ascii") + body, deadline)
        found = self._head(deadline)
        if found.status != OK:
            return HttpReply(found.status, found.kind, b"")
        content = self._body(found, deadline)
        self.usable = found.keep and not self._buffer
        return HttpReply(found.status, found.kind, content)

    def close(self) -> None:
        """Lets go of the wire."""
        self.usable = False
        self._wire.close()

    def _send(self, data: bytes, deadline: Deadline) -> None:
        try:
            while data:
                self._wire.settimeout(deadline.left())
                data = data[self._wire.send(data) :]
        except TimeoutError:
            raise
        except OSError:
            raise trouble.bad_reply("broke the connection off") from None

    def _fill(self, deadline: Deadline) -> bool:
        """Some more bytes into the buffer; False at the end. Counts what a reply takes, whatever its framing."""
        try:
            self._wire.settimeout(deadline.left())
            piece = self._wire.recv(_PIECE)
        except TimeoutError:
            raise
        except OSError:
            raise trouble.bad_reply("broke the connection off") from None
        self._taken += len(piece)
        if self._taken > self._bounds.reply + self._bounds.head:
            raise _too_large(self._bounds)
        self._buffer += piece
        return bool(piece)

    def _need(self, deadline: Deadline) -> None:
        if not self._fill(deadline):
            raise trouble.bad_reply("broke off in the middle")

    def _head(self, deadline: Deadline) -> _Head:
        searched = 0
        while (end := self._buffer.find(b"\r\n\r\n", max(searched - 3, 0))) < 0:
            searched = len(self._buffer)
            if searched > self._bounds.head:
                raise trouble.bad_reply("has endless headers")
            if self._buffer[:7] != b"HTTP/1."[:searched]:
                raise trouble.not_xapi("with something else than HTTP")
            if not self._fill(deadline):
                raise trouble.bad_reply("broke off in the middle" if self._buffer else "closed the connection instead")
        lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        return _read_head(lines, self._bounds)

    def _body(self, head: _Head, deadline: Deadline) -> bytes:
        if head.chunked:
            return self._chunks(deadline)
        if head.length is None:
            while self._fill(deadline):
                if len(self._buffer) > self._bounds.reply:
                    raise _too_large(self._bounds)
            return self._take(len(self._buffer))
        while len(self._buffer) < head.length:
            self._need(deadline)
        return self._take(head.length)

    def _chunks(self, deadline: Deadline) -> bytes:
        body = bytearray()
        while size := self._chunk_size(deadline):
            if len(body) + size > self._bounds.reply:
                raise _too_large(self._bounds)
            while len(self._buffer) < size + 2:
                self._need(deadline)
            if self._buffer[size : size + 2] != b"\r\n":
                raise trouble.bad_reply("is cut into pieces that do not fit")
            body += self._buffer[:size]
            del self._buffer[: size + 2]
        while self._line(deadline):
            pass  # trailers say nothing that is needed; _fill bounds them
        return bytes(body)

    def _chunk_size(self, deadline: Deadline) -> int:
        if found := _CHUNK.fullmatch(self._line(deadline)):
            return int(found[1], 16)
        raise trouble.bad_reply("is cut into pieces that do not fit")

    def _line(self, deadline: Deadline) -> bytes:
        while (end := self._buffer.find(b"\r\n", 0, _LONGEST_LINE + 2)) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise trouble.bad_reply("is cut into pieces that do not fit")
            self._need(deadline)
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size]) if size < len(self._buffer) else bytes(self._buffer)
        del self._buffer[:size]
        return taken


def _read_head(lines: list[bytes], bounds: Bounds) -> _Head:
    status = _STATUS.match(lines[0])
    if not status:
        raise trouble.not_xapi("with something else than HTTP")
    if len(lines) - 1 > bounds.headers:
        raise trouble.bad_reply("has too many headers")
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        contradicts = name in _FRAMING and headers.get(name, value) != value
        if not colon or not name or name != name.strip() or contradicts:
            raise trouble.bad_reply("has headers that contradict each other, or are none")
        headers[name] = value
    length, chunked = _framing(headers, bounds)
    connection = headers.get(b"connection", b"").lower()
    keep = b"close" not in connection and (status[1] == b"1" or b"keep-alive" in connection)
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    framed = chunked or length is not None
    return _Head(int(status[2]), kind.decode("ascii", "replace"), length, chunked, keep and framed)


def _framing(headers: dict[bytes, bytes], bounds: Bounds) -> tuple[int | None, bool]:
    """Length and whether it is chunked. A reply that claims both is refused (RFC 9112, 6.3)."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None and (length is not None or coding.lower() != b"chunked"):
        raise trouble.bad_reply("does not say how long it is")
    if length is None:
        return None, coding is not None
    if not _LENGTH.fullmatch(length):
        raise trouble.bad_reply("does not say how long it is")
    if int(length) > bounds.reply:
        raise _too_large(bounds)
    return int(length), False


def _too_large(bounds: Bounds) -> Trouble:
    size = f"{bounds.reply >> 20} MiB" if bounds.reply >= 1 << 20 else f"{bounds.reply} bytes"
    return trouble.too_large(f"more than {size} at once")
