"""Addresses: names to numbers within a deadline, and whether two spellings mean the same host."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple

from bot.xapi.bounds import Deadline

MOST = 8
"""Addresses of one name that are tried."""


class SocketAddress(NamedTuple):
    """Where to connect to: a family, and the address as its sockets take it."""

    family: socket.AddressFamily
    address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


Resolve = Callable[[str, int, Deadline], list[SocketAddress]]
"""The addresses of a host and port. OSError (socket.gaierror) or ValueError if there are none, TimeoutError."""


def resolve(host: str, port: int, deadline: Deadline) -> list[SocketAddress]:
    """Numbers stand for themselves; a name is looked up in a thread of its own, as nothing can interrupt getaddrinfo.

    A look-up that is given up ends when the system's resolver does; its thread keeps no process alive.
    """
    if number := _ip(host):
        if isinstance(number, ipaddress.IPv4Address):
            return [SocketAddress(socket.AF_INET, (host, port))]
        return _looked_up(host, port, socket.AI_NUMERICHOST)
    answers: queue.SimpleQueue[list[SocketAddress] | OSError | ValueError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_looked_up(host, port, 0))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _looked_up(host: str, port: int, flags: int) -> list[SocketAddress]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(SocketAddress(family, address) for family, _, _, _, address in found))[:MOST]


def same_host(one: str, other: str) -> bool:
    """Whether both are the same name or the same IP address, however they are spelt. Names are not looked up."""
    return normal(one) == normal(other)


def normal(host: str) -> str:
    """The one spelling of a host: `[2001:DB8:0::1]` is `2001:db8::1`, `Xen-1.` is `xen-1`."""
    host = host.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    number = _ip(host)
    return str(number) if number else host.removesuffix(".").lower()


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_ip(host: str) -> bool:
    """Whether it is a number, not a name."""
    return _ip(host) is not None
