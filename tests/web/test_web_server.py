"""The server inside the process: answers over a real socket, and stops without cutting an answer off."""

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from bot.errors import UnavailableError
from bot.web.server import HttpRequest, HttpResponse, HttpRoute, Server, wsgi


class Slow:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def __call__(self, _: HttpRequest) -> HttpResponse:
        self.asked.set()
        assert self.go.wait(10)
        return HttpResponse(200, "slow but sure")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def server(slow: Slow) -> Iterator[Server]:
    routes = {
        "/": HttpRoute("GET", lambda _: HttpResponse(200, "hello")),
        "/slow": HttpRoute("GET", slow),
        "/echo": HttpRoute("POST", lambda request: HttpResponse(200, str(len(request.body)))),
    }
    running = Server(wsgi(routes), 0, "127.0.0.1")
    running.start()
    yield running
    slow.go.set()
    running.stop(5)


def _get(server: Server, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_answers(server: Server) -> None:
    assert _get(server, "/") == (200, b"hello")
    assert _get(server, "/nowhere")[0] == 404


def test_an_answer_that_is_on_its_way_is_finished_before_it_stops(server: Server, slow: Slow) -> None:
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(_get(server, "/slow")))
    asking.start()
    assert slow.asked.wait(10)
    stopping = threading.Thread(target=server.stop, args=(5,))
    stopping.start()
    slow.go.set()
    asking.join(10)
    stopping.join(10)
    assert answers == [(200, b"slow but sure")]


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"\x16\x03\x01\x02\x00garbage\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_proper_request_is_a_4xx(server: Server, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(raw)
        assert connection.recv(100).split()[1].startswith(b"4")


def test_a_port_that_is_taken_is_told_with_what_to_do(server: Server) -> None:
    with pytest.raises(UnavailableError, match=f"Port {server.port} cannot be listened on .*: set PORT to a free one"):
        Server(wsgi({}), server.port, "127.0.0.1")
