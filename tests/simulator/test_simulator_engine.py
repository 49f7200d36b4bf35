"""Where pools listen, also where the system has but one loopback address, as macOS has."""

import errno
import os
import socket
from contextlib import ExitStack

from bot.simulator.engine import bound_to, bound_together


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
            open_ones.enter_context(member).getsockname()
            for member in bound_together(3, 0, bind=bound_to_the_first_alone)
        ]
    assert {host for host, _ in names} == {"127.0.0.1"}
    assert len({port for _, port in names}) == 3


def test_pools_apart_from_each_other_share_the_port_that_is_wished_for() -> None:
    with ExitStack() as open_ones:
        (first,) = map(open_ones.enter_context, bound_together(1, 0, 300))
        host, port = first.getsockname()
        others = [
            open_ones.enter_context(member).getsockname() for member in bound_together(2, 0, offset=301, wish=port)
        ]
    assert host == "127.0.1.45"
    assert others == [("127.0.1.46", port), ("127.0.1.47", port)]


def test_a_port_that_is_wished_for_and_taken_is_another_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, ExitStack() as open_ones:
        wish = taken.getsockname()[1]
        (member,) = map(open_ones.enter_context, bound_together(1, 0, wish=wish))
        assert member.getsockname()[1] not in (0, wish)
