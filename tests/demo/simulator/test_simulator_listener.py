"""Where pools listen, also where the system has but one loopback address, as macOS has."""

import errno
import os
import socket
from contextlib import ExitStack

from bot.demo.simulator.listener import bound_to, bound_together


def bound_to_the_first_alone(address: str, port: int) -> socket.socket:
    if address != "127.0.0.1":
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return bound_to(address, port)


def test_members_share_a_port_at_addresses_of_their_own() -> None:
    with ExitStack() as open_ones:
        names = [open_ones.enter_context(member).getsockname() for member in bound_together(3, 0)]
    assert [host for host, _ in names] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert len({port for _, port in names}) == 1


def test_members_have_ports_of_their_own_where_there_is_one_address() -> None:
    with ExitStack() as open_ones:
        names = [
            open_ones.enter_context(member).getsockname() for member in bound_together(3, 0, bound_to_the_first_alone)
        ]
    assert {host for host, _ in names} == {"127.0.0.1"}
    assert len({port for _, port in names}) == 3
