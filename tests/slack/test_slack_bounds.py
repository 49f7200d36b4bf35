"""What comes back from Slack is read within bounds, and nothing is sent to an address of somebody else's."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.alerts.delivery.outcome import Delivered, NotSent, Unknown
from bot.slack.bounded import ExceededError
from bot.slack.client import SIZE_MAX, web_client
from bot.slack.response_url import BOUNDS, REFUSED, ResponseUrl

LOCAL = "http://127.0.0.1:3999/api/"


class Server:
    """Answers every POST with what it is told to, piece by piece; counts the bytes that went out."""

    def __init__(self) -> None:
        self.pieces: Iterator[bytes] = iter(())
        self.head: tuple[int, dict[str, str]] = (200, {})
        self.sent = 0
        self.asked: list[str] = []
        self.over = threading.Event()


@contextmanager
def serving() -> Iterator[tuple[Server, str]]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append(self.path)
            status, headers = server.head
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in server.pieces:
                    self.wfile.write(piece)
                    server.sent += len(piece)
            except OSError:
                pass  # the caller has enough
            server.over.set()

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def _endless() -> Iterator[bytes]:
    for _ in range(400):
        yield b"x" * 2**20


def test_an_answer_of_400_megabytes_is_not_read() -> None:
    with serving() as (server, address):
        server.pieces = _endless()
        outcome = ResponseUrl(f"{address}/api/", 5, None).post(f"{address}/respond", {"text": "hi"})
        assert isinstance(outcome, Unknown)  # it may have been taken
        assert server.over.wait(10)
        assert server.sent < 16 * 2**20  # what the sockets hold


def test_no_more_is_taken_than_64_kb(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    read = HTTPResponse.read

    def counted(answer: HTTPResponse, size: int) -> bytes:
        taken.append(size)
        return read(answer, size)

    monkeypatch.setattr(HTTPResponse, "read", counted)
    with serving() as (server, address):
        server.pieces = iter([b"x" * 2**16, b"x"])
        assert isinstance(ResponseUrl(f"{address}/api/", 5, None).post(f"{address}/respond", {"text": "hi"}), Unknown)
        server.pieces = iter([b"x" * 2**16])
        assert ResponseUrl(f"{address}/api/", 5, None).post(f"{address}/respond", {"text": "hi"}) == Delivered(None)
    assert taken == [2**16 + 1] * 2


def test_the_web_api_is_not_read_without_end_either() -> None:
    with serving() as (server, address):
        server.pieces = _endless()
        with pytest.raises(ExceededError):
            web_client("xoxb-of-the-tests", f"{address}/api/").auth_test()
        assert server.over.wait(10)
        assert server.sent < SIZE_MAX + 16 * 2**20


@pytest.mark.parametrize("status", [200, 500])
def test_a_head_without_end_is_not_read(status: int) -> None:
    with serving() as (server, address):
        server.head = (status, {f"X-{at}": "y" * 10_000 for at in range(60)})
        outcome = ResponseUrl(f"{address}/api/", 5, None).post(f"{address}/respond", {"text": "hi"})
        assert isinstance(outcome, Unknown)


def test_an_answer_that_comes_byte_by_byte_ends_within_its_time() -> None:
    gate = threading.Event()

    def drips() -> Iterator[bytes]:
        while not gate.wait(0.2):
            yield b"x"

    with serving() as (server, address):
        server.pieces = drips()
        begun = time.monotonic()
        outcome = ResponseUrl(f"{address}/api/", 5, None).post(f"{address}/respond", {"text": "hi"})
        assert isinstance(outcome, Unknown)
        assert time.monotonic() - begun < BOUNDS.whole + 5
        gate.set()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with serving() as (server, address), serving() as (other, elsewhere):
        server.head = (status, {"Location": f"{elsewhere}/metadata"})
        outcome = ResponseUrl(f"{address}/api/", 5, None).post(f"{address}/respond", {"text": "hi"})
        assert isinstance(outcome, NotSent)
        assert other.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.slack.com/commands/T1/2/3",
        "https://hooks.slack.com:443/actions/T1/2/3",
        "https://example.slack.com/x",
        "https://hooks.slack-gov.com/commands/T1/2/3",
        "https://slack.com/x",
        "http://127.0.0.1:3999/commands/T1/2/3",
    ],
)
def test_an_address_of_slacks_is_allowed(address: str) -> None:
    assert ResponseUrl(LOCAL, 5, None).allows(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/commands/T1/2/3",
        "https://hooks.slack.com:8443/x",
        "https://hooks.slack.com.example.org/x",
        "https://notslack.com/x",
        "https://hooks.slack.com@example.org/x",
        "https://example.org/?hooks.slack.com",
        "https://example.org#.slack.com",
        "https://example.org\\.slack.com/x",
        "https://hooks.slack.com\n.example.org/x",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8080/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1:3999/x",
        "http://localhost:3999/x",
        "http://user@127.0.0.1:3999/x",
        "http://[::1]:3999/x",
        "file:///etc/passwd",
        "ftp://hooks.slack.com/x",
        "https://hooks.slack.com:x/y",
        "http://[bad/x",
        "",
        "//hooks.slack.com/x",
    ],
)
def test_an_address_of_somebody_elses_is_not(address: str) -> None:
    outcome = ResponseUrl(LOCAL, 5, None).post(address, {"text": "hi"})
    assert isinstance(outcome, NotSent)
    assert outcome.code == REFUSED


def test_a_wait_that_is_asked_for_is_told() -> None:
    with serving() as (server, address):
        hook = ResponseUrl(f"{address}/api/", 5, None)
        server.head = (429, {"Retry-After": "7"})
        assert hook.post(f"{address}/respond", {"text": "hi"})[2:] == (7.0,)
        server.head = (200, {})
        assert hook.post(f"{address}/respond", {"text": "hi"}) == Delivered(None)
