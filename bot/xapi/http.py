"""HTTP as far as a probe needs it (RFC 9112): one connection, within bounds. What breaks the rules is refused."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

from bot.catalogue import say
from bot.xapi.bounds import Deadline, ProbeBounds
from bot.xapi.errors import BAD_REPLY, NOT_XAPI, TOO_LARGE, ProbeError
from bot.xapi.target import Secret

USER_AGENT = "xocompat"
OK = 200
_PIECE = 16 * 1024
"""A record of TLS holds no more (RFC 8446, 5.1), and every thread of a sweep has room for one."""
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
_LONGEST_LINE = 256
"""Of the lines that chunks begin with, and of trailers."""
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: |\Z)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Head(NamedTuple):
    """A status, and what the headers say of the body. `length` is None for one that lasts until the connection ends.

    `accept` is what a server answers to the key of a WebSocket's handshake (RFC 6455, 4.2.2).
    """

    status: int
    kind: str
    length: int | None
    chunked: bool
    keep: bool
    date: str = ""
    accept: str = ""


def read_head(lines: list[bytes], bounds: ProbeBounds) -> Head:
    """The head of its lines, without the blank one. ProbeError if it breaks the rules or the bounds."""
    status = _STATUS.match(lines[0])
    if not status:
        raise ProbeError(NOT_XAPI, say("with something else than HTTP"))
    if len(lines) - 1 > bounds.headers:
        raise ProbeError(BAD_REPLY, say("has too many headers"))
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        contradicts = name in _FRAMING and headers.get(name, value) != value
        if not colon or not name or name != name.strip() or contradicts:
            raise ProbeError(BAD_REPLY, say("has headers that contradict each other, or are none"))
        headers[name] = value
    length, chunked = _framing(headers, bounds)
    connection = headers.get(b"connection", b"").lower()
    keep = b"close" not in connection and (status[1] == b"1" or b"keep-alive" in connection)
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    framed = chunked or length is not None
    date = headers.get(b"date", b"").decode("ascii", "replace")
    accept = headers.get(b"sec-websocket-accept", b"").decode("ascii", "replace")
    return Head(int(status[2]), kind.decode("ascii", "replace"), length, chunked, keep and framed, date, accept)


def _framing(headers: dict[bytes, bytes], bounds: ProbeBounds) -> tuple[int | None, bool]:
    """Length and whether it is chunked. A reply that claims both is refused (RFC 9112, 6.3)."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None and (length is not None or coding.lower() != b"chunked"):
        raise ProbeError(BAD_REPLY, say("does not say how long it is"))
    if length is None:
        return None, coding is not None
    if not _LENGTH.fullmatch(length):
        raise ProbeError(BAD_REPLY, say("does not say how long it is"))
    if int(length) > bounds.reply:
        raise _too_large(bounds)
    return int(length), False


def _too_large(bounds: ProbeBounds) -> ProbeError:
    """A reply has more bytes than are read."""
    size = f"{bounds.reply >> 20} MiB" if bounds.reply >= 1 << 20 else say("{count} bytes", count=bounds.reply)
    return ProbeError(TOO_LARGE, say("more than {size} at once", size=size))


class HttpReply(NamedTuple):
    """A reply; `kind` is its content type in lower case without parameters, empty if it has none.

    The body of any other status than 200 is not read, and empty here: nothing in it would be believed.
    """

    status: int
    kind: str
    body: bytes


class Incoming(NamedTuple):
    """A reply whose body is on its way: `pieces` gives it as it comes, or ProbeError or TimeoutError where it breaks.

    The body of any other status than 200 is not read, and empty here, but for those whose body was asked for. `date` is
    the `Date` header as it was sent.
    """

    status: int
    kind: str
    pieces: Iterator[bytes]
    date: str = ""


class Upgraded(NamedTuple):
    """What a server answered to the handshake of a WebSocket: a status, and what it made of the key.

    With 101 the `wire` is no HTTP any more, and `begun` is what has come of it already.
    """

    status: int
    accept: str
    wire: "Wire"
    begun: bytes


class Wire(Protocol):
    """What is spoken on: as much of a TLS socket as is needed. Tests put their own bytes behind it."""

    def settimeout(self, seconds: float, /) -> None:
        """Bounds the next operation."""

    def send(self, data: bytes, /) -> int:
        """Sends some of it, and says how much. OSError if it cannot."""

    def recv(self, size: int, /) -> bytes:
        """Some bytes, none at the end. OSError if it cannot."""

    def getpeercert(self, binary_form: Literal[True], /) -> bytes | None:
        """The DER of the certificate that the peer showed."""

    def close(self) -> None:
        """Closes it."""


class Http:
    """A keep-alive connection over a wire that is trusted. One request at a time; not thread-safe."""

    def __init__(self, wire: Wire, host: str, bounds: ProbeBounds) -> None:
        self._wire = wire
        self._common = f"HTTP/1.1\r\nhost: {host}\r\nuser-agent: {USER_AGENT}\r\n"
        self._bounds = bounds
        self._buffer = bytearray()
        self._taken = 0
        self.usable = True

    def post(self, path: str, kind: str, body: bytes, deadline: Deadline) -> HttpReply:
        """Send a request and read its reply. ProbeError or TimeoutError if there is none; `usable` ends with those."""
        head = f"POST {path} {self._common}content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        found = self._exchange(head.encode("ascii") + body, deadline)
        if found.status != OK:
            return HttpReply(found.status, found.kind, b"")
        content = self._body(found, deadline)
        self.usable = found.keep and not self._buffer
        return HttpReply(found.status, found.kind, content)

    def get(
        self, path: str, cookie: Secret | None, deadline: Deadline, errors: frozenset[int] = frozenset()
    ) -> Incoming:
        """Ask for something, with a cookie if there is one. As with `post`; `usable` comes back once the last piece was
        taken.

        A body that lasts until the connection ends is refused: cut off, it would pass for a shorter one. `errors` are
        statuses whose body is wanted as well.
        """
        sent = f"cookie: {cookie.reveal()}\r\n" if cookie else ""
        head = f"GET {path} {self._common}accept: */*\r\n{sent}\r\n"
        found = self._exchange(head.encode("ascii"), deadline)
        pieces = self._pieces(found, deadline) if found.status == OK or found.status in errors else iter(())
        return Incoming(found.status, found.kind, pieces, found.date)

    def upgrade(self, path: str, key: str, deadline: Deadline) -> Upgraded:
        """Ask for a WebSocket (RFC 6455, 4.1); `key` is 16 random bytes in base 64. No HTTP is spoken afterwards."""
        wanted = f"upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}"
        found = self._exchange(f"GET {path} {self._common}{wanted}\r\n\r\n".encode("ascii"), deadline)
        return Upgraded(found.status, found.accept, self._wire, self._take(len(self._buffer)))

    def close(self) -> None:
        """Closes the wire."""
        self.usable = False
        self._wire.close()

    def _exchange(self, request: bytes, deadline: Deadline) -> Head:
        """Sends a request, and reads the head of its reply."""
        self.usable = False
        self._taken = 0
        try:
            while request:
                self._wire.settimeout(deadline.left())
                request = request[self._wire.send(request) :]
        except TimeoutError:
            raise
        except OSError:
            raise ProbeError(BAD_REPLY, say("broke the connection off")) from None
        return self._head(deadline)

    def _fill(self, deadline: Deadline) -> bool:
        """Some more bytes into the buffer; False at the end. Counts what a reply takes, whatever its framing."""
        try:
            self._wire.settimeout(deadline.left())
            piece = self._wire.recv(_PIECE)
        except TimeoutError:
            raise
        except OSError:
            raise ProbeError(BAD_REPLY, say("broke the connection off")) from None
        self._taken += len(piece)
        if self._taken > self._bounds.reply + self._bounds.head:
            raise _too_large(self._bounds)
        self._buffer += piece
        return bool(piece)

    def _need(self, deadline: Deadline) -> None:
        if not self._fill(deadline):
            raise ProbeError(BAD_REPLY, say("broke off in the middle"))

    def _head(self, deadline: Deadline) -> Head:
        searched = 0
        while (end := self._buffer.find(b"\r\n\r\n", max(searched - 3, 0))) < 0:
            searched = len(self._buffer)
            if searched > self._bounds.head:
                raise ProbeError(BAD_REPLY, say("has endless headers"))
            if self._buffer[:7] != b"HTTP/1."[:searched]:
                raise ProbeError(NOT_XAPI, say("with something else than HTTP"))
            if not self._fill(deadline):
                how = say("broke off in the middle") if self._buffer else say("closed the connection instead")
                raise ProbeError(BAD_REPLY, how)
        lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        return read_head(lines, self._bounds)

    def _body(self, head: Head, deadline: Deadline) -> bytes:
        if head.chunked:
            return b"".join(self._chunks(deadline))
        if head.length is None:
            while self._fill(deadline):
                if len(self._buffer) > self._bounds.reply:
                    raise _too_large(self._bounds)
            return self._take(len(self._buffer))
        while len(self._buffer) < head.length:
            self._need(deadline)
        return self._take(head.length)

    def _pieces(self, head: Head, deadline: Deadline) -> Iterator[bytes]:
        if head.chunked:
            yield from self._chunks(deadline)
        elif head.length is None:
            raise ProbeError(BAD_REPLY, say("does not say how long it is"))
        else:
            yield from self._as_it_comes(head.length, deadline)
        self.usable = head.keep and not self._buffer

    def _chunks(self, deadline: Deadline) -> Iterator[bytes]:
        total = 0
        while True:
            found = _CHUNK.fullmatch(self._line(deadline))
            if not found:
                raise ProbeError(BAD_REPLY, say("is cut into pieces that do not fit"))
            size = int(found[1], 16)
            if not size:
                break
            total += size
            if total > self._bounds.reply:
                raise _too_large(self._bounds)
            yield from self._as_it_comes(size, deadline)
            while len(self._buffer) < 2:
                self._need(deadline)
            if self._take(2) != b"\r\n":
                raise ProbeError(BAD_REPLY, say("is cut into pieces that do not fit"))
        while self._line(deadline):
            pass  # trailers say nothing that is needed; _fill bounds them

    def _as_it_comes(self, size: int, deadline: Deadline) -> Iterator[bytes]:
        while size:
            if not self._buffer:
                self._need(deadline)
            piece = self._take(min(size, len(self._buffer)))
            size -= len(piece)
            yield piece

    def _line(self, deadline: Deadline) -> bytes:
        while (end := self._buffer.find(b"\r\n", 0, _LONGEST_LINE + 2)) < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise ProbeError(BAD_REPLY, say("is cut into pieces that do not fit"))
            self._need(deadline)
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size]) if size < len(self._buffer) else bytes(self._buffer)
        del self._buffer[:size]
        return taken
