"""Sockets to listen on: a port of some addresses, of both families of IP where the machine has both."""

import errno
import socket
from collections.abc import Iterable, Iterator, Sequence

from bot.errors import UnavailableError

LOOPBACK = ("127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")
"""All addresses of the machine. Each family has a socket of its own, so that IPv4's peers have IPv4's addresses."""

BACKLOG = 1024
_NO_FAMILY = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT})
_Address = tuple[socket.AddressFamily, tuple[str, int]]


def listen(port: int, hosts: Sequence[str]) -> tuple[socket.socket, ...]:
    """Sockets that listen on the port of all hosts, names or addresses; port 0 is any that is free.

    `::1` and `::` are left out where the machine has no IPv6 and something else is listened on. UnavailableError if
    a host or the port cannot be listened on.
    """
    opened: list[socket.socket] = []
    missing: list[UnavailableError] = []
    try:
        for family, (host, number) in dict.fromkeys(_addresses(hosts, port)):
            try:
                opened.append(_open(family, host, number or (opened[0].getsockname()[1] if opened else 0)))
            except OSError as error:
                why = _why(host, port, error)
                if error.errno not in _NO_FAMILY or host not in (LOOPBACK[1], EVERYWHERE[1]):
                    raise why from error
                missing.append(why)
        if missing and not opened:
            raise missing[0]
    except UnavailableError:
        close(opened)
        raise
    return tuple(opened)


def close(sockets: Iterable[socket.socket]) -> None:
    """Close them all."""
    for each in sockets:
        each.close()


def shown(sockets: Iterable[socket.socket]) -> str:
    """Where they listen, for people: `127.0.0.1:3000, [::1]:3000`."""
    places = [each.getsockname()[:2] for each in sockets]
    return ", ".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in places)


def _addresses(hosts: Iterable[str], port: int) -> Iterator[_Address]:
    for host in hosts:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except OSError as error:
            raise _why(host, port, error) from error
        for family, _, _, _, address in found:
            if family in (socket.AF_INET, socket.AF_INET6):
                yield family, (str(address[0]), int(address[1]))


def _open(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((host, port))
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _why(host: str, port: int, error: OSError) -> UnavailableError:
    why = str(error.strerror).lower()
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        return UnavailableError(f"Port {port} cannot be listened on ({why}): set PORT to a free one.")
    return UnavailableError(f"{host} cannot be listened on ({why}): set `web.listen` to addresses of this machine.")
