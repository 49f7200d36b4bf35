"""What a Xen Orchestra says of its own version. Nobody has to log in for that, so no token is sent.

First over a WebSocket, as its own pages do: `system.getServerVersion` gives the number of xo-server. Where a proxy lets
no WebSocket through, the description of its REST API gives the number of that.
"""

import json
import re
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha1
from os import urandom
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.catalogue import number, say
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import BAD_REPLY, TOO_LARGE, ProbeError
from bot.xapi.http import OK, Upgraded, Wire
from bot.xapi.observation import Failure
from bot.xapi.tls import TlsContexts
from bot.xo.errors import NO_VERSION, NO_WEBSOCKET, SUBJECT, VERSION_TIMED_OUT, error_of_status
from bot.xo.orchestra import Orchestra
from bot.xo.part import part_of

if TYPE_CHECKING:
    from websocket import WebSocket

BOUNDS = ProbeBounds(whole=20.0, login=10.0)
"""`login` bounds the WebSocket, so that time is left for the other way; `reply` what is read of the description."""

FRAMES = 64 * 1024
"""Bytes that are read of a WebSocket; the answer has some fifty."""

MESSAGES = 16
"""Messages that may come before the answer: a Xen Orchestra may tell something else unasked."""

_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}(?:[-+][0-9A-Za-z.+-]{1,40})?", re.ASCII)
_QUESTION = '{"jsonrpc":"2.0","id":1,"method":"system.getServerVersion","params":{}}'
_TEXT = 0x1
"""The opcode of a text (RFC 6455, 11.8)."""

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server puts behind the key (RFC 6455, 1.3)."""


class OrchestraVersion(NamedTuple):
    """What a Xen Orchestra is. `url` is where it is, without secrets; `xo_server` and `rest_api` are numbers as told.

    With a `failure` it could not be asked at `asked_at`. As it is stored, the numbers are then those of `known_at`,
    when it last told some: a number that is known to have holes does not become unknown by a time-out.
    """

    name: str
    url: str
    xo_server: str | None
    rest_api: str | None
    asked_at: datetime
    failure: Failure | None = None
    known_at: datetime | None = None


def ask_version(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    clock: Clock = time.monotonic,
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
) -> OrchestraVersion:
    """Ask it. Blocks, `bounds.whole` seconds at most; whatever goes wrong is the version's failure."""
    ends = Deadline(clock, bounds.whole)
    connection = Connection(connect or TlsConnect(TlsContexts()), orchestra.endpoint, bounds)
    server, api, failure = None, None, None
    try:
        connection.open(ends)
        try:
            server = _over_websocket(connection, orchestra.path, ends)
        except (ProbeError, TimeoutError) as error:
            connection.close()
            api = _from_description(connection, orchestra.path, ends, error)
    except TimeoutError:
        failure = ProbeError(VERSION_TIMED_OUT, f"{bounds.whole:.3g}")
    except ProbeError as error:
        failure = error
    finally:
        connection.close()
    at = now()
    return OrchestraVersion(
        name=orchestra.name,
        url=orchestra.url,
        xo_server=server,
        rest_api=api,
        asked_at=at,
        failure=failure.failure(orchestra.name, orchestra.endpoint, subject=SUBJECT) if failure else None,
        known_at=None if failure else at,
    )


def _over_websocket(connection: Connection, path: str, ends: Deadline) -> str:
    """xo-server's number. ProbeError or TimeoutError where it is not told."""
    deadline = ends.within(connection.bounds.login)
    key = b64encode(urandom(16)).decode()
    answered = connection.open(deadline).upgrade(f"{path}/api/", key, deadline)
    if answered.status != 101:
        raise ProbeError(NO_WEBSOCKET, say("HTTP status {status}", status=answered.status))
    wanted = b64encode(sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()
    if answered.accept != wanted:
        raise ProbeError(NO_WEBSOCKET, say("another answer than one to the handshake"))

    from websocket import WebSocket, WebSocketException, WebSocketTimeoutException  # a look-up has no use for it

    socket = WebSocket()
    wire: Any = _BoundedSocket(answered, deadline)
    socket.sock, socket.connected = wire, True
    try:
        socket.send(_QUESTION)
        version = _answer(socket)
        with suppress(WebSocketException, OSError):
            socket.send_close()
    except (TimeoutError, WebSocketTimeoutException):
        raise TimeoutError from None
    except (WebSocketException, OSError, ValueError, RecursionError):
        raise ProbeError(BAD_REPLY, say("broke off, or spoke no WebSocket, at /api/")) from None
    return version


def _answer(socket: "WebSocket") -> str:
    for _ in range(MESSAGES):
        kind, data = socket.recv_data()
        message = json.loads(data) if kind == _TEXT else None
        if not isinstance(message, dict):
            break
        if message.get("id") == 1:
            return _number(message.get("result"))
    raise ProbeError(BAD_REPLY, say("gave no answer at /api/"))


def _number(told: object) -> str:
    """A version as it was told; nothing else of what a server sends is kept."""
    if isinstance(told, str) and _VERSION.fullmatch(told):
        return told
    raise ProbeError(NO_VERSION)


def _from_description(connection: Connection, path: str, ends: Deadline, before: Exception) -> str:
    """The REST API's number; where that is not told either, why the WebSocket did not tell xo-server's."""
    try:
        reply = connection.get(f"{path}/rest/v0/docs/swagger.json", None, ends)
        if reply.status != OK:
            raise error_of_status(reply.status)
        info = part_of(reply.pieces, "info")
        return _number((info or {}).get("version"))
    except ProbeError:
        raise before from None


class _BoundedSocket:
    """A wire as websocket-client takes a socket: whatever it wants, within a deadline and so many bytes."""

    def __init__(self, upgraded: Upgraded, deadline: Deadline) -> None:
        self._wire: Wire = upgraded.wire
        self._begun = bytearray(upgraded.begun)
        self._deadline = deadline
        self._left = FRAMES

    def gettimeout(self) -> float:
        return self._deadline.left()

    def settimeout(self, _: float | None) -> None:
        """The deadline is what counts."""

    def recv(self, size: int) -> bytes:
        if self._begun:
            piece = bytes(self._begun[:size])
            del self._begun[:size]
        else:
            self._wire.settimeout(self._deadline.left())
            piece = self._wire.recv(min(size, self._left + 1))
        self._left -= len(piece)
        if self._left < 0:
            raise ProbeError(TOO_LARGE, say("more than {most} bytes at /api/", most=number(FRAMES)))
        return piece

    def send(self, data: bytes) -> int:
        self._wire.settimeout(self._deadline.left())
        return self._wire.send(data)

    def close(self) -> None:
        """Its connection closes the wire."""
