"""Where the web routes listen: both families of IP, where there are both."""

import errno
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.errors import UnavailableError
from bot.web.health import health
from bot.web.listen import EVERYWHERE, LOOPBACK, close, listen, shown
from bot.web.server import Server, wsgi

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture
def no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine whose kernel knows IPv4 alone."""
    made = socket.socket

    def make(family: int = -1, *args: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return made(family, *args)

    monkeypatch.setattr("bot.web.listen.socket.socket", make)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("hosts", [LOOPBACK, EVERYWHERE, ("localhost",)])
def test_one_port_of_both_families(hosts: tuple[str, ...], stack: ExitStack) -> None:
    sockets = listen(0, hosts)
    stack.callback(close, sockets)
    port = sockets[0].getsockname()[1]
    assert {each.getsockname()[1] for each in sockets} == {port}
    for host in ("127.0.0.1", *(["::1"] if _has_ipv6() and hosts != ("localhost",) else [])):
        socket.create_connection((host, port), timeout=10).close()


@pytest.mark.usefixtures("no_ipv6")
@pytest.mark.parametrize("hosts", [LOOPBACK, EVERYWHERE])
def test_a_machine_without_ipv6_listens_on_what_it_has(hosts: tuple[str, ...], stack: ExitStack) -> None:
    (only,) = listen(0, hosts)
    stack.callback(close, [only])
    assert shown([only]) == f"{hosts[0]}:{only.getsockname()[1]}"


@pytest.mark.usefixtures("no_ipv6")
def test_where_nothing_else_is_listened_on_a_missing_ipv6_is_told() -> None:
    with pytest.raises(UnavailableError, match=r"^::1 cannot be listened on \(.*\): set `web.listen`"):
        listen(0, ["::1"])


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_of_this_machine_is_told(host: str) -> None:
    with pytest.raises(UnavailableError, match=f"^{host} cannot be listened on .*: set `web.listen`"):
        listen(0, ["127.0.0.1", host])


def test_a_port_that_is_taken_is_told_with_what_to_do(stack: ExitStack) -> None:
    taken = listen(0, ["127.0.0.1"])
    stack.callback(close, taken)
    port = taken[0].getsockname()[1]
    with pytest.raises(UnavailableError, match=f"Port {port} cannot be listened on .*: set PORT to a free one"):
        listen(port, LOOPBACK)


def test_an_ipv6_address_is_shown_in_brackets(stack: ExitStack) -> None:
    if not _has_ipv6():
        pytest.skip("no IPv6 on this machine")
    sockets = listen(0, ["::1"])
    stack.callback(close, sockets)
    assert shown(sockets) == f"[::1]:{sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_images_health_check_finds_it_on_either_family_and_through_no_proxy(host: str) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("no IPv6 on this machine")
    (found,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    _, *command = json.loads(found)
    sockets = listen(0, [host])
    server = Server(wsgi(health({})), sockets)
    environ = {
        **os.environ,
        "PYTHONPATH": str(DOCKERFILE.parent),
        "PORT": str(sockets[0].getsockname()[1]),
        "http_proxy": "http://127.0.0.1:1",
    }
    server.start()
    try:
        done = subprocess.run([sys.executable, *command], env=environ, capture_output=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    finally:
        server.stop(5)
    done = subprocess.run([sys.executable, *command], env=environ, capture_output=True, timeout=20, check=False)
    assert done.returncode == 1
