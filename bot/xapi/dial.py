"""From an endpoint to a wire that its certificate allows to be spoken on."""

import errno
import socket
import ssl
from collections.abc import Sequence
from typing import Protocol

from bot.xapi import trouble
from bot.xapi.address import Resolve, SocketAddress, resolve
from bot.xapi.bounds import Deadline
from bot.xapi.target import Endpoint
from bot.xapi.tls import Contexts, secure


class Wire(Protocol):
    """What is spoken on: as much of a TLS socket as is needed. Tests put their own bytes behind it."""

    def settimeout(self, seconds: float, /) -> None:
        """Bounds the next operation."""

    def send(self, data: bytes, /) -> int:
        """Sends some of it, and says how much. OSError if it cannot."""

    def recv(self, size: int, /) -> bytes:
        """Some bytes, none at the end. OSError if it cannot."""

    def close(self) -> None:
        """Lets go of it."""


class Connect(Protocol):
    """Gives a wire to an endpoint whose certificate passed, or raises Trouble; the seam between probe and network."""

    def __call__(self, endpoint: Endpoint, deadline: Deadline) -> Wire:
        """Connect now. Nothing but the TLS handshake was sent when it returns."""


class TlsConnect:
    """The real way: TCP to the addresses of the endpoint's host in turn, then TLS."""

    def __init__(self, contexts: Contexts, look_up: Resolve = resolve) -> None:
        self._contexts = contexts
        self._look_up = look_up

    def __call__(self, endpoint: Endpoint, deadline: Deadline) -> ssl.SSLSocket:
        """A TLS socket, as Wire has it."""
        context = self._contexts.of(endpoint.trust)
        try:
            return secure(self._dial(endpoint, deadline), endpoint, context, deadline)
        except TimeoutError:
            raise trouble.slow_connect(deadline.seconds) from None

    def _dial(self, endpoint: Endpoint, deadline: Deadline) -> socket.socket:
        try:
            addresses = self._look_up(endpoint.host, endpoint.port, deadline)
        except TimeoutError:
            raise
        except (OSError, ValueError):
            raise trouble.no_such_name(endpoint.host) from None
        try:
            return _first_that_answers(addresses, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            refused = error.errno in (errno.ECONNREFUSED, errno.ECONNRESET)
            raise (trouble.nothing_listens() if refused else trouble.no_route()) from None


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
