"""One call over HTTP to an address of the operator's: bounded, never redirected, and to no link-local address.

What went wrong is said without the address, which may hold what is secret. How notifiers are told, and Mattermost.
"""

import json
import logging
import threading
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from bot import __version__
from bot.alerts.delivery.outcome import NotSent, Outcome, Refused, Unknown
from bot.web.answer_headers import retry_after

CONNECT, READ, WHOLE = 5.0, 10.0, 20.0
"""Seconds: to connect, between two reads, and for all of a call: less than a lease on a channel lasts."""

ANSWER_MAX, CHUNK = 64 * 1024, 16 * 1024
RETRY_AFTER_MAX = 6600.0
"""Seconds; a pause of a channel may last two hours (bot.store.leases.LONGEST), and a longer one is asked for again."""

POOL = 16
"""Connections of a session to one server."""

QUIET = ("urllib3", "apprise")
"""Loggers that write addresses, and what is said, into the log: nothing below a warning gets out of them."""

_FORBIDDEN = tuple(map(ip_network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128")))
"""Link-local addresses, where clouds keep their metadata, and the one of AWS that is none."""


class CallAnswer(NamedTuple):
    """A status with headers (names in lower case). `body` may be cut, where the connection was, or at ANSWER_MAX."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def data(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class CallError(Exception):
    """A call that has no answer: why, in words. `is_doubtful`: what was sent may have arrived all the same."""

    def __init__(self, reason: str, code: str = "", is_doubtful: bool = False, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.code, self.is_doubtful, self.is_final = reason, code, is_doubtful, is_final

    def outcome(self, knows_repeats: bool) -> Outcome:
        """What it means for the message: to who knows repeats, doubt is no harm."""
        if self.is_final:
            return Refused(self.code, self.reason)
        if self.is_doubtful and not knows_repeats:
            return Unknown(self.reason)
        return NotSent(self.code, self.reason)


def quieten() -> None:
    """Keep libraries from logging addresses, whatever level the log has."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def refuse_forbidden(address: str) -> None:
    """CallError for an address at which no notifier is: one that is link-local."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return  # a name, or a path of a socket
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip in network for network in _FORBIDDEN):
        raise CallError("its address is link-local, where no notifier is", "refused_address", is_final=True)


class CallBounds(NamedTuple):
    """Seconds to connect, between two reads, and for all of a call; bytes of an answer's body that are read."""

    connect: float
    read: float
    whole: float
    size: int


def call(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] = MappingProxyType({}),
    ca: Path | None = None,
    bounds: CallBounds | None = None,
    session: requests.Session | None = None,
) -> CallAnswer:
    """Ask once. CallError where there is no answer. A `session` of `call_session` keeps its connections.

    On a thread of its own: a server that gives a byte now and then never runs into a limit between two reads.
    """
    limits = bounds or CallBounds(CONNECT, READ, WHOLE, ANSWER_MAX)
    found: list[CallAnswer | CallError] = []

    def ask() -> None:
        if session:
            found.append(_tried(session, method, url, body, headers, ca, limits))
            return
        with call_session() as single:
            found.append(_tried(single, method, url, body, headers, ca, limits))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(limits.whole)
    answer = found[0] if found else CallError(f"it took longer than {limits.whole:g} seconds", is_doubtful=True)
    if isinstance(answer, CallError):
        raise answer
    return answer


def _tried(
    session: requests.Session,
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    ca: Path | None,
    limits: CallBounds,
) -> CallAnswer | CallError:
    try:
        refuse_forbidden(urlsplit(url).hostname or "")
        with session.request(
            method, url, data=body or None, headers={**headers}, stream=True, allow_redirects=False,
            timeout=(limits.connect, limits.read), verify=str(ca) if ca else True,
        ) as response:  # fmt: skip
            said = {name.lower(): value for name, value in response.headers.items()}
            return CallAnswer(response.status_code, said, _body(response, limits.size))
    except CallError as error:
        return error
    except requests.exceptions.SSLError:
        return CallError("its certificate does not hold: set `ca`, or look at the clock", "tls_untrusted")
    except requests.exceptions.ProxyError:
        return CallError("the proxy refuses: look at HTTPS_PROXY")
    except requests.exceptions.ConnectTimeout:
        return CallError("it did not answer in time")
    except requests.exceptions.ReadTimeout:
        return CallError("it did not answer in time", is_doubtful=True)
    except requests.exceptions.ConnectionError as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
            return CallError("it cannot be reached")
        return CallError("the connection broke before it answered", is_doubtful=True)
    except (requests.RequestException, HTTPError, ValueError):
        return CallError("it gave no proper answer", is_doubtful=True)
    except OSError as error:  # a CA file that cannot be read
        return CallError(f"`ca` cannot be used ({error.strerror or type(error).__name__})", "unreadable_ca")


def _body(response: requests.Response, size: int) -> bytes:
    """What comes of the answer; its status stands already, so half of it is better than none."""
    body = bytearray()
    try:
        while len(body) < size and (more := response.raw.read(CHUNK, decode_content=True)):
            body += more
    except (HTTPError, OSError):
        pass
    return bytes(body[:size])


def failure(answer: CallAnswer, knows_repeats: bool) -> Outcome | None:
    """What an answer's status means for the message, where it was not taken; None for success.

    3xx is none: where the operator's address leads is for the operator to say (Standard Webhooks).
    """
    status = answer.status
    code, said = f"http_{status}", f"it answered {status}"
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Refused(code, f"{said}, which leads elsewhere: set the address that it leads to")
    if (after := retry_after(answer.headers, RETRY_AFTER_MAX)) is not None and status in (
        408,
        425,
        429,
        500,
        502,
        503,
        504,
    ):
        return NotSent(code, said, after)
    if status in (401, 403, 404, 405, 407, 410):
        return Refused(code, f"{said}: look at its address, and at what it is to know us by")
    if status in (500, 502, 504) and not knows_repeats:
        return Unknown(said)
    return NotSent("" if status in (408, 425, 429) or status >= 500 else code, said)


def call_session() -> requests.Session:
    """Proxies and CAs as the environment has them; no cookies, and no passwords out of a .netrc."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = lambda request: request
    session.headers.update({"User-Agent": f"xocompat/{__version__}", "Accept-Encoding": "identity"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, _VettingAdapter(pool_maxsize=POOL))
    return session


class _Vetted(HTTPConnection):
    """Connects, and goes no further where a name leads to an address that is forbidden."""

    def _new_conn(self) -> Any:
        connected = super()._new_conn()
        try:
            refuse_forbidden(connected.getpeername()[0])
        except CallError:
            connected.close()
            raise
        return connected


class _VettedTls(_Vetted, HTTPSConnection):
    pass


class _VettedPool(HTTPConnectionPool):
    ConnectionCls = _Vetted


class _VettedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _VettedTls


class _VettingAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _VettedPool, "https": _VettedTlsPool}
