"""The server inside the process: answers over a real socket, and stops without cutting an answer off."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from waitress import wasyncore  # type: ignore[import-untyped] # waitress has no types
from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped] # as above

from bot.web.access import PageAccess, guarded
from bot.web.connections import WebListener
from bot.web.documents import Document, documents
from bot.web.listen import listen
from bot.web.server import HttpRequest, HttpResponse, HttpRoute, Server, Wsgi, wsgi
from tests.acceptance.waiting import until


class Slow:
    """A handler that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def __call__(self, _: HttpRequest) -> HttpResponse:
        self.asked.set()
        assert self.go.wait(10)
        return HttpResponse(200, "slow but sure")


class Running(Server):
    """A server that runs, on a port of its own."""

    def __init__(self, application: Wsgi) -> None:
        sockets = listen(0, ["127.0.0.1"])
        self.port = int(sockets[0].getsockname()[1])
        super().__init__(application, sockets)
        self.start()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def server(slow: Slow) -> Iterator[Running]:
    routes = {
        "/": HttpRoute("GET", lambda _: HttpResponse(200, "hello")),
        "/slow": HttpRoute("GET", slow),
        "/fleet": HttpRoute("GET", guarded(lambda _: HttpResponse(200, "xen-1"), PageAccess(lambda: "let-me-in"))),
        "/echo": HttpRoute("POST", lambda request: HttpResponse(200, str(len(request.body)))),
        "/data/": HttpRoute("GET", documents(lambda: {"/data/a.json": Document.of("{}", "application/json")})),
    }
    running = Running(wsgi(routes))
    yield running
    slow.go.set()
    running.stop(5)


def _get(server: Running, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_answers(server: Running) -> None:
    assert _get(server, "/") == (200, b"hello")
    assert _get(server, "/nowhere")[0] == 404


def test_an_answer_that_is_on_its_way_is_finished_before_it_stops(server: Running, slow: Slow) -> None:
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


def test_a_request_that_nobody_got_to_does_not_keep_it_from_stopping(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection ends with the server, and so does the socket that is listened on: nobody waits for nothing."""
    monkeypatch.setattr("bot.web.server.THREADS", 1)
    server = Running(wsgi({"/slow": HttpRoute("GET", slow)}))
    with ExitStack() as stack:
        asked = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10)) for _ in range(2)]
        for each in asked:
            each.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: len(server._dispatcher.queue) == 1 and slow.asked.is_set(), 10, "one is answered, one waits")
        server.stop(0.1)
        assert not server.is_running
        assert [each.recv(100) for each in asked] == [b"", b""]
        slow.go.set()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 10)


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"\x16\x03\x01\x02\x00garbage\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_proper_request_is_a_4xx(server: Running, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(raw)
        assert connection.recv(100).split()[1].startswith(b"4")


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\ncontent-length: 5",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chunked\r\n identity",
        b"Content-Length: 5\r\nTRANSFER-ENCODING: Chunked",
    ],
)
def test_what_could_be_read_in_two_ways_is_a_4xx_and_ends_the_connection(server: Running, framing: bytes) -> None:
    """A proxy that reads it in the other way would pass somebody's request on as a part of it."""
    smuggled = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n0\r\n\r\n" + smuggled)
        answer = b""
        with suppress(ConnectionError):
            while piece := connection.recv(65_536):
                answer += piece
    assert answer.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))
    assert b"hello" not in answer


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"GET /fleet HTTP/1.1\r\nHost: localhost\r\n", b"200"),
        (b"GET /fleet HTTP/1.1\r\nHost: localhost\r\nX_Forwarded_For: 192.0.2.1\r\n", b"403"),
        (b"GET /fleet HTTP/1.1\r\nX_Real-IP:192.0.2.1\r\nHost: localhost\r\n", b"403"),
        (b"GET http://evil.example/fleet HTTP/1.1\r\nHost: localhost\r\n", b"403"),
    ],
)
def test_what_the_application_does_not_see_of_a_request_makes_nobody_local(
    server: Running, asked: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(asked + b"Connection: close\r\n\r\n")
        assert connection.recv(65536)[9:12] == status


@pytest.mark.parametrize("coding", [b"xchunked", b"gzip, chunked", b"chunked, xchunked", b"identity"])
def test_a_coding_that_nobody_knows_is_a_4xx(server: Running, coding: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n")
        assert connection.recv(100).split()[1].startswith(b"4")


def test_a_request_that_does_not_arrive_in_its_time_is_closed_however_it_trickles(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.connections.ARRIVES_WITHIN", 0.0)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET / HT")
        with suppress(ConnectionResetError):  # by what was sent and nobody read
            assert connection.recv(100) == b""
    assert _get(server, "/") == (200, b"hello")


def test_a_new_connection_does_not_end_with_an_old_one_whose_number_it_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one is closed and the new one accepted in one round, which asked the system for news of the old one."""
    application = wsgi({"/": HttpRoute("GET", lambda _: HttpResponse(200, "hello"))})
    [listening] = listen(0, ["127.0.0.1"])
    everything: dict[int, Any] = {}
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(1)
    listener = WebListener(application, everything, _sock=listening, dispatcher=dispatcher, bind_socket=False)

    def round_() -> None:
        wasyncore.loop(timeout=1, use_poll=True, map=everything, count=1)

    try:
        with socket.create_connection(listening.getsockname(), timeout=10) as old:
            old.sendall(b"GET / HT")
            round_()  # it is accepted
            round_()  # its bytes are read
            [number] = listener.active_channels
            with socket.create_connection(listening.getsockname(), timeout=10) as new:
                new.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                monkeypatch.setattr("bot.web.connections.ARRIVES_WITHIN", 0.0)
                listener.next_channel_cleanup = 0
                round_()
                assert list(listener.active_channels) == [number], "the case is not the one that is meant"
                monkeypatch.undo()
                round_()
                assert new.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        dispatcher.shutdown()
        wasyncore.close_all(everything)


def test_a_connection_without_any_request_is_closed_in_its_time(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.connections.IDLE", 0.0)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        assert connection.recv(100) == b""


def test_requests_that_hold_too_much_memory_go_the_oldest_first(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.connections.HELD_MAX", 150_000)
    head, part = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n", b"x" * 100_000
    with ExitStack() as stack:
        both = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10)) for _ in range(2)]
        for each in both:
            each.sendall(head + part)
        with suppress(ConnectionResetError):  # by the rest of what was sent
            assert both[0].recv(100) == b""
        both[1].sendall(b"x")
        assert both[1].recv(100).split()[1] == b"200"


def test_a_connection_that_is_kept_answers_again_and_again(server: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/echo", b"abc")
        assert connection.getresponse().read() == b"3"
    connection.close()


def test_a_copy_that_is_current_is_not_sent_again_and_the_connection_goes_on(server: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/data/a.json")
    first = connection.getresponse()
    assert (first.status, first.read()) == (200, b"{}")
    for _ in range(2):
        connection.request("GET", "/data/a.json", headers={"if-none-match": str(first.headers["etag"])})
        again = connection.getresponse()
        assert (again.status, again.read(), again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["content-length"] in (None, "0", "2")
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    connection.close()
