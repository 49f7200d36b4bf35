"""From an endpoint to a wire that its certificate allows to be spoken on."""

import errno
import socket
import ssl
from collections.abc import Sequence
from typing import Protocol

from bot.xapi import errors
from bot.xapi.address import Resolve, SocketAddress, resolve
from bot.xapi.bounds import Deadline, ProbeBounds, Secret
from bot.xapi.http import Http, HttpReply, Incoming, Wire
from bot.xapi.target import Endpoint
from bot.xapi.tls import TlsContexts, secure


class Connect(Protocol):
    """Gives a wire to an endpoint whose certificate passed, or raises Trouble; the seam between probe and network."""

    def __call__(self, endpoint: Endpoint, deadline: Deadline) -> Wire:
        """Connect now. Nothing but the TLS handshake was sent when it returns."""


class TlsConnect:
    """The real way: TCP to the addresses of the endpoint's host in turn, then TLS."""

    def __init__(self, contexts: TlsContexts, look_up: Resolve = resolve) -> None:
        self._contexts = contexts
        self._look_up = look_up

    def __call__(self, endpoint: Endpoint, deadline: Deadline) -> ssl.SSLSocket:
        """A TLS socket, as Wire has it."""
        context = self._contexts.of(endpoint.trust)
        try:
            return secure(self._dial(endpoint, deadline), endpoint, context, deadline)
        except TimeoutError:
            raise errors.connect_timeout(deadline.seconds) from None

    def _dial(self, endpoint: Endpoint, deadline: Deadline) -> socket.socket:
        try:
            addresses = self._look_up(endpoint.host, endpoint.port, deadline)
        except TimeoutError:
            raise
        except (OSError, ValueError):
            raise errors.name_not_found(endpoint.host) from None
        try:
            return _first_that_answers(addresses, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            refused = error.errno in (errno.ECONNREFUSED, errno.ECONNRESET)
            raise (errors.connection_refused() if refused else errors.no_route()) from None


def _first_that_answers(addresses: Sequence[SocketAddress], deadline: Deadline) -> socket.socket:
    """Each address gets its share of the time, so that a dead one does not take that of the next."""
    failed: OSError = OSError(errno.EADDRNOTAVAIL, "no address")
    for number, address in enumerate(addresses):
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.settimeout(deadline.left() / (len(addresses) - number))
            sock.connect(address.address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed


class Connection:
    """HTTP with an endpoint. Every connection that it opens has passed the endpoint's own certificate check."""

    def __init__(self, connect: Connect, endpoint: Endpoint, bounds: ProbeBounds) -> None:
        self.endpoint = endpoint
        self.bounds = bounds
        self._connect = connect
        self._http: Http | None = None
        self._asked = 0

    def open(self, deadline: Deadline) -> Http:
        """The connection. Trouble if the endpoint cannot be reached or its certificate does not pass."""
        if self._http is None or not self._http.usable:
            self.close()
            wire = self._connect(self.endpoint, deadline.within(self.bounds.connect))
            self._http = Http(wire, _authority(self.endpoint), self.bounds)
        return self._http

    def post(self, path: str, kind: str, body: bytes, deadline: Deadline) -> HttpReply:
        """A request and its reply. Trouble or TimeoutError if there is none; it is never sent twice."""
        return self.open(deadline).post(path, kind, body, deadline)

    def get(self, path: str, cookie: Secret, deadline: Deadline) -> Incoming:
        """A question with a cookie, and the reply as it comes. As with `post`; the cookie follows no redirect."""
        return self.open(deadline).get(path, cookie, deadline)

    def number(self) -> int:
        """The number of the next question, from 1."""
        self._asked += 1
        return self._asked

    def close(self) -> None:
        """Hangs up; the next request opens a new connection."""
        if self._http is not None:
            self._http.close()
            self._http = None


def _authority(endpoint: Endpoint) -> str:
    """The endpoint for the `host` header: without the zone of a link-local address, which means nothing elsewhere."""
    return str(endpoint._replace(host=endpoint.host.partition("%")[0]))
