"""Names to addresses, and spellings that mean the same."""

import socket
import time

import pytest

from bot.xapi.address import SocketAddress, is_ip, normal, resolve, same_host
from bot.xapi.bounds import Deadline
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.fake import FakeXapi
from tests.xapi.network import Clock, FakeNetwork
from tests.xapi.probing import prober, seen, target
from tests.xapi.server import Request


def _soon() -> Deadline:
    return Deadline(time.monotonic, 5.0)


def test_numbers_are_not_looked_up() -> None:
    assert resolve("192.0.2.1", 443, _soon()) == [SocketAddress(socket.AF_INET, ("192.0.2.1", 443))]
    assert resolve("2001:db8::1", 443, _soon()) == [SocketAddress(socket.AF_INET6, ("2001:db8::1", 443, 0, 0))]


def test_a_name_is_looked_up_once_for_each_address() -> None:
    found = resolve("localhost", 443, _soon())
    assert SocketAddress(socket.AF_INET, ("127.0.0.1", 443)) in found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.10", False),
        ("2001:db8::1", "[2001:0DB8:0::1]", True),
        ("2001:db8::1", "2001:db8::10", False),
        ("XEN-1.example.org", "xen-1.example.org.", True),
        ("xen-1", "xen-1.example.org", False),
        ("::ffff:192.0.2.1", "192.0.2.1", False),
        ("192.0.2.1", "192.0.2.01", False),
        ("192.0.2.1", "3221225985", False),
        ("fe80::1%eth0", "fe80::1%eth0", True),
        ("fe80::1%eth0", "fe80::1", False),
        ("", "192.0.2.1", False),
    ],
)
def test_spellings_are_compared_as_what_they_mean(one: str, other: str, same: bool) -> None:
    assert same_host(one, other) is same
    assert same_host(other, one) is same


def test_a_name_stays_a_name() -> None:
    assert normal(" Xen-1. ") == "xen-1"
    assert not is_ip("xen-1")


@pytest.mark.parametrize(
    ("host", "port", "authority"),
    [
        ("192.0.2.1", 443, "192.0.2.1"),
        ("192.0.2.1", 8443, "192.0.2.1:8443"),
        ("2001:db8::1", 443, "[2001:db8::1]"),
        ("fe80::1%eth0", 8443, "[fe80::1]:8443"),
    ],
)
def test_the_host_header_names_the_endpoint(host: str, port: int, authority: str) -> None:
    asked, xapi = list[str](), FakeXapi()

    def answer(request: Request) -> bytes:
        asked.append(request.headers["host"])
        return xapi.answer(request)

    seen(prober(connect=FakeNetwork(answer)).probe(target(Endpoint(host, port, Trust(TlsMode.INSECURE)))))
    assert asked == [authority] * 4


def test_a_deadline_is_the_sooner_of_two() -> None:
    clock = Clock()
    whole = Deadline(clock, 10.0)
    assert whole.within(3.0).seconds == 3.0
    clock.now += 8.0
    assert whole.within(3.0) is whole
    assert whole.left() == 2.0
    clock.now += 2.0
    with pytest.raises(TimeoutError):
        whole.left()
