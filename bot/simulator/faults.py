"""What can go wrong with a host on demand. Pure data; several may hold at once, and the first that fits an answer wins.

`on` names the method whose answer it spoils, such as `host.get_all_records`; with "" it spoils every answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from html import escape
from typing import Final, NamedTuple

from bot.simulator.http import SimResponse

LOGIN: Final = "session.login_with_password"

_DRIPS_A_SECOND: Final = 10
_FILLING: Final = b" " * 65536


class FaultMoment(Enum):
    """When a connection stops going well."""

    ACCEPT = "before the TLS handshake"
    HANDSHAKE = "after the TLS handshake"
    REQUEST = "after a request"


@dataclass(frozen=True, slots=True)
class Silence:
    """Takes everything and says nothing more, until the client leaves."""

    moment: FaultMoment = FaultMoment.REQUEST
    on: str = ""


@dataclass(frozen=True, slots=True)
class Reset:
    """Resets the connection."""

    moment: FaultMoment = FaultMoment.REQUEST
    on: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """Answers after that many seconds."""

    seconds: float
    on: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answers with an error of XAPI, in the shape of the request's protocol."""

    code: str
    params: tuple[str, ...] = ()
    on: str = ""


@dataclass(frozen=True, slots=True)
class Drip:
    """Answers at that many bytes a second."""

    bytes_per_second: float
    on: str = ""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Closes the connection, without TLS's close_notify, after that many bytes of the answer's body."""

    at: int
    on: str = ""


@dataclass(frozen=True, slots=True)
class Oversize:
    """Fills the answer's body up with spaces to `size` bytes: it stays well-formed. `declared`: with Content-Length."""

    size: int
    declared: bool = True
    on: str = ""


@dataclass(frozen=True, slots=True)
class ContentType:
    """Answers as usual under another content type."""

    value: str
    on: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """Answers with another body under the usual headers."""

    data: bytes
    on: str = ""


@dataclass(frozen=True, slots=True)
class FaultyAnswer:
    """Answers with another HTTP response, and keeps the connection."""

    response: SimResponse
    on: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """Answers with these bytes in place of an HTTP response, and closes the connection."""

    data: bytes
    on: str = ""


Fault = (
    Silence | Reset | Delay | Refuse | Drip | Truncate | Oversize | ContentType | Body | FaultyAnswer | Raw
)  # fmt: skip


def html_page(text: str = "Welcome to nginx", on: str = "") -> FaultyAnswer:
    """Something else answers at the address."""
    body = f"<html><head><title>{escape(text)}</title></head><body><h1>{escape(text)}</h1></body></html>"
    return FaultyAnswer(SimResponse(200, "OK", (("content-type", "text/html"),), body.encode()), on)


def http_redirect(location: str, status: int = 301, on: str = "") -> FaultyAnswer:
    """HTTP's way to send a client elsewhere, which no client of XAPI should follow."""
    return FaultyAnswer(SimResponse(status, "Moved", (("location", location),), b""), on)


def http_error(status: int = 500, reason: str = "Internal Error", on: str = "") -> FaultyAnswer:
    body = f"<html><body><h1>HTTP {status} {escape(reason)}</h1></body></html>"
    return FaultyAnswer(SimResponse(status, reason, (("content-type", "text/html"),), body.encode()), on)


def redirect_to(address: str) -> Refuse:
    """A login answered as by a supporter whose coordinator is at the address."""
    return Refuse("HOST_IS_SLAVE", (address,), LOGIN)


def slow_login(seconds: float) -> Delay:
    return Delay(seconds, LOGIN)


class ConnectionEnd(Enum):
    """What becomes of a connection after an answer."""

    KEEP = "keep"
    CLOSE = "close"
    CUT = "close without TLS's close_notify"


class FaultyDelivery(NamedTuple):
    """A response as it is sent: chunks, the seconds between them, and the end."""

    chunks: Iterator[bytes]
    pause: float
    ending: ConnectionEnd


def delivery(faults: tuple[Fault, ...], response: SimResponse) -> FaultyDelivery:
    """How a response is sent under the first of the faults that spoils responses; well if there is none."""
    ending = ConnectionEnd.CLOSE if response.close else ConnectionEnd.KEEP
    for fault in faults:
        match fault:
            case Drip(rate):
                data, size = response.wire, max(1, round(rate / _DRIPS_A_SECOND))
                chunks = (data[at : at + size] for at in range(0, len(data), size))
                return FaultyDelivery(chunks, size / rate, ending)
            case Truncate(at):
                return FaultyDelivery(iter([response.head + response.body[:at]]), 0, ConnectionEnd.CUT)
            case Oversize(size, declared):
                filled = _filled(response, size, declared)
                return FaultyDelivery(filled, 0, ending if declared else ConnectionEnd.CLOSE)
            case Raw(data):
                return FaultyDelivery(iter([data]), 0, ConnectionEnd.CLOSE)
            case ContentType(value):
                response = response.with_header("content-type", value)
                break
            case Body(data):
                response = replace(response, body=data)
                break
            case FaultyAnswer(other):
                response = replace(other, close=response.close)
                break
    return FaultyDelivery(iter([response.wire]), 0, ending)


def _filled(response: SimResponse, size: int, declared: bool) -> Iterator[bytes]:
    length = max(size, len(response.body))
    yield (response.head_for(length if declared else None)) + response.body
    left = length - len(response.body)
    while left > 0:
        yield _FILLING[:left]
        left -= len(_FILLING)
