"""The limits of xapi's HTTP server."""

import asyncio
import socket

import pytest

from bot.simulator.http import HttpRefused, RequestReader, RequestTimeouts, Stream
from tests.simulator.client import connected
from tests.simulator.conftest import OneHost

PING = b'{"method":"system.isAlive:x","params":["x"],"id":0}'
MOST = 1006


def padded(size: int) -> str:
    """A header that makes the whole head of a request that long."""
    bare = f"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: {len(PING)}\r\nUser-Agent: \r\n\r\n"
    return "User-Agent: " + "a" * (size - len(bare))


def test_headers_of_more_than_the_limit_are_refused_where_xapi_limits_them(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        assert connection.post("/jsonrpc", PING, padded(MOST)).status == 200
        assert connection.post("/jsonrpc", PING, padded(MOST + 1)).status == 431
    assert host.seen.methods == ("system.isAlive:x",)


def test_headers_that_do_not_end_are_refused_at_the_limit(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        connection.send(b"POST / HTTP/1.1\r\n" + b"a" * 1100)
        assert connection.reply().status == 431


def test_older_hosts_take_long_headers(one_host: OneHost) -> None:
    with connected(one_host("XCP-ng", "8.1").address) as connection:
        assert connection.post("/jsonrpc", PING, padded(5000)).status == 200


def test_a_body_without_its_length_is_an_internal_error(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        reply = connection.post("/jsonrpc", b"", "Transfer-Encoding: chunked", "content-length:")
        assert (reply.status, reply.headers["content-type"]) == (500, "text/html")
        assert reply.headers["connection"] == "close"


@pytest.mark.parametrize(("size", "status"), [(300 * 1024, 200), (300 * 1024 + 1, 500)])
def test_a_call_of_more_than_300_kib_is_refused(one_host: OneHost, size: int, status: int) -> None:
    with connected(one_host().address) as connection:
        assert connection.post("/jsonrpc", PING + b" " * (size - len(PING))).status == status


def test_a_connection_is_kept_until_the_client_wants_it_closed(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        for _ in range(3):
            assert connection.post("/jsonrpc", PING).status == 200
        assert connection.post("/jsonrpc", PING, "Connection: close").headers["connection"] == "close"
        assert connection.rest() == b""
    assert (host.seen.connections, len(host.seen.calls)) == (1, 4)


def test_http_1_0_is_answered_in_kind_and_closed(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        connection.send(b"POST /jsonrpc HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(PING) + PING)
        assert connection.rest().startswith(b"HTTP/1.0 200 OK\r\n")


@pytest.mark.parametrize(
    ("request_line", "status"), [("PATCH / HTTP/1.1", 501), ("GET /no HTTP/1.1", 404), ("GET /", 500)]
)
def test_what_is_no_call_has_its_status(one_host: OneHost, request_line: str, status: int) -> None:
    with connected(one_host().address) as connection:
        connection.send(f"{request_line}\r\n\r\n".encode())
        assert connection.reply().status == status


@pytest.mark.parametrize("timeouts", [RequestTimeouts(total=0.05), RequestTimeouts(read=0.05)])
def test_a_first_request_that_does_not_come_times_out_where_xapi_limits_headers(timeouts: RequestTimeouts) -> None:
    async def refused(limit: int | None) -> int | None:
        near, far = socket.socketpair()
        near.setblocking(False)
        with near, far:
            far.send(b"GET / HT")
            stream = Stream(asyncio.get_running_loop(), near)
            try:
                async with asyncio.timeout(0.2):
                    await RequestReader(stream, limit, timeouts).next()
            except HttpRefused as refusal:
                return refusal.response.status
            except TimeoutError:
                return None
        return 0

    assert asyncio.run(refused(MOST)) == 408
    assert asyncio.run(refused(None)) is None


def test_requests_sent_at_once_are_answered_in_order(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        for number in (1, 2, 3):
            body = PING.replace(b'"id":0', b'"id":%d' % number)
            connection.send(b"POST /jsonrpc HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert [connection.reply().json["id"] for _ in range(3)] == [1, 2, 3]
