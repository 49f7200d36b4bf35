"""Where hosts listen: loopback addresses and ports, and what happens at them."""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address
from typing import Final

_FIRST: Final = IPv4Address("127.0.0.1")
_LAST_PORT: Final = 65535
_TRIES: Final = 50
_BACKLOG: Final = 512
_AT_ONCE: Final = 64  # connections taken before other work gets its turn
_PAUSE: Final = 0.2  # seconds without accepting once the process has no descriptors left

Visitor = Callable[[socket.socket], None]
Bind = Callable[[str, int], socket.socket]


class SimulatorError(Exception):
    """The simulation can't be: an address that is not there, too few file descriptors. The text says what to do."""


class Listener:
    """A host's address and port. Shut, it still holds the port, so that connections are refused and nobody takes it."""

    __slots__ = ("_loop", "_socket", "_visitor", "address", "port")

    def __init__(self, bound: socket.socket, loop: asyncio.AbstractEventLoop, visitor: Visitor) -> None:
        self._socket = bound
        self._loop = loop
        self._visitor = visitor
        self.address, self.port = bound.getsockname()

    def open(self) -> None:
        self._socket.listen(_BACKLOG)
        self._loop.add_reader(self._socket, self._accept)

    def shut(self) -> None:
        """Refuses connections from now on; those that wait to be accepted are reset."""
        self.close()
        self._socket = bound_to(self.address, self.port)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                self._loop.remove_reader(self._socket)
                self._loop.call_later(_PAUSE, self._resume, self._socket)
                return
            connection.setblocking(False)
            self._visitor(connection)

    def _resume(self, listening: socket.socket) -> None:
        if listening is self._socket and listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept)


def bound_to(address: str, port: int) -> socket.socket:
    """A socket at that address, not listening; port 0: a free one."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections get it from here
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def bound_together(count: int, port: int, offset: int = 0, wish: int = 0, bind: Bind = bound_to) -> list[socket.socket]:
    """Sockets for the members of a pool, all on one port, as HOST_IS_SLAVE gives none.

    Their addresses are 127.0.0.1 and up, or so many after it. `port` 0: the one wished for if it is free, or any.
    Where the system has but one loopback address, as macOS has, members get ports of their own: a client that is sent
    on to 127.0.0.1 has to know which of them is meant.
    """
    if port > _LAST_PORT:
        raise SimulatorError(f"There is no port {port}: they end at {_LAST_PORT}.")
    for tried in [port] if port else [wish, *[0] * _TRIES]:
        with suppress(OSError), ExitStack() as opened:
            bound = [opened.enter_context(member) for member in _members(count, tried, offset, bind)]
            opened.pop_all()
            return bound
    raise SimulatorError(f"Port {port or 'of any number'} is not free at {count} loopback addresses: try another one.")


def _members(count: int, port: int, offset: int, bind: Bind) -> Iterator[socket.socket]:
    common = port
    for number in range(offset, offset + count):
        try:
            member = bind(str(_FIRST + number), common)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            member = bind(str(_FIRST), 0)
        common = common or member.getsockname()[1]
        yield member
