"""Connections that others hold open: how long a request may take to arrive, and who goes when there are too many.

waitress reads all connections in one thread and gives its other threads whole requests alone. What it lacks is here:
its own bounds are on silence, which a byte now and then ends, and at its limit it turns away whoever comes next.
"""

import errno
import re
import resource
import socket
import time
from collections.abc import Iterable
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped] # waitress has no types
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped] # as above
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped] # as above

ARRIVES_WITHIN = 10.0
"""Seconds for a request, from its first byte to its last."""

IDLE = 60.0
"""Seconds that a connection is kept without a request."""

TAKEN_WITHIN = 300.0
"""Seconds for an answer to be read: that of a large fleet's metrics is megabytes long."""

_CODING = re.compile(rb"^transfer-encoding[^\S\r\n]*:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length[^\S\r\n]*:", re.IGNORECASE | re.MULTILINE)

_LEFT_OUT = re.compile(rb"^[^\s:]*_[^:\r\n]*:", re.MULTILINE)

UNSEEN = "XOCOMPAT_UNSEEN"
"""A header of ours, where a request has something that the application does not get to see, and a proxy may have sent:
a header with an underscore (which CGI's names cannot tell from a hyphen), or a host in the first line.
"""

CONNECTIONS_MAX = 1000
ROOM = 16
"""Connections beyond that, for the round in which an old one is still to be closed."""

HELD_MAX, HELD_EACH = 32 * 1024 * 1024, 16 * 1024
"""Bytes of requests that are not complete: of all connections together, and of one before the others are looked at."""


def connections_max() -> int:
    """How many connections are kept: half of the file descriptors at most, as hosts and databases need some, too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else max(16, min(CONNECTIONS_MAX, soft // 2))


class _Framed(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """Takes a request whose end is beyond doubt alone, and answers others with a 400, after which the connection ends.

    RFC 9112 lets a server read one with a length and a coding by its coding. A proxy that reads it by its length then
    passes on what follows as a part of it, which would be somebody else's request here. Whatever else is said of a
    coding than `chunked`, once, is the caller's fault: waitress' own answer to it is a 501.
    """

    def parse_header(self, header_plus: bytes) -> None:
        codings = _CODING.findall(header_plus)
        if codings and (
            [each.strip(b" \t").lower() for each in codings] != [b"chunked"] or _LENGTH.search(header_plus)
        ):
            raise ParsingError("Transfer-Encoding is not understood")
        super().parse_header(header_plus)
        if self.proxy_netloc or _LEFT_OUT.search(header_plus):
            self.headers[UNSEEN] = "1"


class HttpConnection(HTTPChannel):  # type: ignore[misc] # as above
    """A connection. All but `service` runs in the thread that reads."""

    parser_class = _Framed

    def __init__(self, *args: Any, **options: Any) -> None:
        self.waits_since = time.monotonic()
        """When it was made, or had its last request: a byte now and then does not make it young again."""
        self._begun_at: float | None = None
        super().__init__(*args, **options)

    @property
    def is_droppable(self) -> bool:
        """Whether nobody loses an answer when it is closed: none of its requests is complete."""
        return not (self.requests or self.will_close)

    @property
    def held(self) -> int:
        """Bytes of a request that is not complete."""
        partial = self.request
        return partial.header_bytes_received + partial.body_bytes_received if partial else 0

    def is_overdue(self, now: float) -> bool:
        """Whether its request does not arrive, its answer is not taken, or it has none. `now` is monotonic."""
        if self._begun_at is not None and now - self._begun_at > ARRIVES_WITHIN:
            return True
        return self.is_droppable and now - self.waits_since > (TAKEN_WITHIN if self.total_outbufs_len else IDLE)

    def readable(self) -> bool:
        """Whether it is read from. One that was closed in this round is not looked at: its number may be another's."""
        return bool(self._is_open and super().readable())

    def writable(self) -> bool:
        """Whether it is written to; as above."""
        return bool(self._is_open and super().writable())

    @property
    def _is_open(self) -> bool:
        """Whether it has its number still. `connected` is false of one, too, whose request was cancelled at the end: it
        is still to be closed.
        """
        return self._fileno is not None

    def received(self, data: bytes) -> bool:
        """Take what came."""
        taken: bool = super().received(data)
        if self.request is None:
            self._begun_at = None
        elif self._begun_at is None:
            self._begun_at = time.monotonic()
        if self.held > HELD_EACH:
            self.server.bound_memory()
        return taken

    def service(self) -> None:
        """Answer a request, in a thread for that."""
        self.waits_since = time.monotonic()
        super().service()
        self.waits_since = time.monotonic()


class WebListener(TcpWSGIServer):  # type: ignore[misc] # as above
    """A socket that is listened on. The map has the connections of all sockets of the same server."""

    channel_class = HttpConnection

    def accept(self) -> tuple[socket.socket, Any] | None:
        """A new connection, for which the one that waits for the longest time goes where there are too many."""
        if len(self._map) >= self.adj.connection_limit - ROOM:
            _drop_oldest(self._open())
        try:
            accepted: tuple[socket.socket, Any] | None = super().accept()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            _drop_oldest(self._open())
            return None  # whoever knocks is still there in the next round
        return accepted

    def maintenance(self, now: float) -> None:  # noqa: ARG002 - waitress' own, which a clock that is set would mislead
        """Close what is overdue. waitress calls this once a second, while no connection is being served."""
        moment = time.monotonic()
        for connection in self._open():
            if connection.is_overdue(moment):
                connection.handle_close()

    def bound_memory(self) -> None:
        """Where incomplete requests hold too much, the oldest of them goes."""
        partial = [each for each in self._open() if each.held and each.is_droppable]
        if sum(each.held for each in partial) > HELD_MAX:
            _drop_oldest(partial)

    def _open(self) -> list[HttpConnection]:
        return [each for each in list(self._map.values()) if isinstance(each, HttpConnection)]


def _drop_oldest(connections: Iterable[HttpConnection]) -> None:
    """Close the one that has waited for the longest time, in the next round of the loop.

    At once its number could be a new connection's, for which the rest of this round would take what is the old one's.
    """
    droppable = (each for each in connections if each.is_droppable)
    if oldest := min(droppable, key=lambda each: each.waits_since, default=None):
        oldest.will_close = True
