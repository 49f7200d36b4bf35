"""From an endpoint to HTTP with it, over TCP and a TLS handshake in which its certificate passed."""

import errno
import socket
import ssl
from collections.abc import Callable
from itertools import count

from bot.xapi.address import Resolve, resolve
from bot.xapi.bounds import Deadline, ProbeBounds
from bot.xapi.errors import CONNECT_TIMEOUT, CONNECTION_REFUSED, NAME_NOT_FOUND, NO_ROUTE, ProbeError
from bot.xapi.http import Http, HttpReply, Incoming, Wire
from bot.xapi.target import Endpoint, Secret
from bot.xapi.tls import TlsContexts, secure

Connect = Callable[[Endpoint, Deadline], Wire]
"""Connects to an endpoint whose certificate passes, or raises ProbeError; the seam between probe and network.

Nothing but the TLS handshake was sent when it returns.
"""


class TlsConnect:
    """The real one: TCP to the addresses of the endpoint's host in turn, then TLS."""

    def __init__(self, contexts: TlsContexts, look_up: Resolve = resolve) -> None:
        self._contexts = contexts
        self._look_up = look_up

    def __call__(self, endpoint: Endpoint, deadline: Deadline) -> ssl.SSLSocket:
        """A TLS socket, as Wire has it."""
        context = self._contexts.of(endpoint.trust)
        try:
            return secure(self._dial(endpoint, deadline), endpoint, context, deadline)
        except TimeoutError:
            raise ProbeError(CONNECT_TIMEOUT, f"{deadline.seconds:.3g}") from None

    def _dial(self, endpoint: Endpoint, deadline: Deadline) -> socket.socket:
        """Each address gets its share of the time, so that a dead one does not take that of the next."""
        try:
            addresses = self._look_up(endpoint.host, endpoint.port, deadline)
        except TimeoutError:
            raise
        except (OSError, ValueError):
            raise ProbeError(NAME_NOT_FOUND, endpoint.host) from None
        failed: OSError | None = None
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
        if isinstance(failed, TimeoutError):
            raise failed
        is_refused = failed is not None and failed.errno in (errno.ECONNREFUSED, errno.ECONNRESET)
        raise ProbeError(CONNECTION_REFUSED if is_refused else NO_ROUTE)


class Connection:
    """HTTP with an endpoint. Every connection that it opens has passed the endpoint's own certificate check.

    `numbers` gives each call its own, from 1.
    """

    def __init__(self, connect: Connect, endpoint: Endpoint, bounds: ProbeBounds) -> None:
        self.endpoint = endpoint
        self.bounds = bounds
        self._connect = connect
        self._wire: Wire | None = None
        self._http: Http | None = None
        self.numbers = count(1)

    def open(self, deadline: Deadline) -> Http:
        """The connection. ProbeError if the endpoint cannot be reached or its certificate does not pass."""
        if self._http is None or not self._http.usable:
            self.close()
            self._wire = self._connect(self.endpoint, deadline.within(self.bounds.connect))
            # The zone of a link-local address means nothing elsewhere.
            authority = str(self.endpoint._replace(host=self.endpoint.host.partition("%")[0]))
            self._http = Http(self._wire, authority, self.bounds)
        return self._http

    def post(self, path: str, kind: str, body: bytes, deadline: Deadline) -> HttpReply:
        """A request and its reply. ProbeError or TimeoutError if there is none; it is never sent twice."""
        return self.open(deadline).post(path, kind, body, deadline)

    def get(
        self, path: str, cookie: Secret | None, deadline: Deadline, errors: frozenset[int] = frozenset()
    ) -> Incoming:
        """A request, with a cookie if there is one, and the reply as it comes; `errors` as of Http.get.

        As with `post`; no redirect is followed.
        """
        return self.open(deadline).get(path, cookie, deadline, errors)

    @property
    def certificate(self) -> bytes:
        """The DER of the certificate that the endpoint has shown; nothing where no connection is open."""
        return (self._wire.getpeercert(True) if self._wire else None) or b""

    def close(self) -> None:
        """Closes the connection, if one is open; the next request opens a new one."""
        if self._http is not None:
            self._http.close()
            self._http = self._wire = None
