"""Whoever holds connections open keeps nobody else out: `serve` over HTTP and in Socket Mode, and gunicorn."""

import resource
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.bots import HTTP, SOCKET, Bot, procfile
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import SECRET, LocalSlack
from tests.slack.signed import command, headers

IDLE, HALF = 300, 300
WITHIN = 3.0

HALF_HEADERS = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Le"
HALF_BODY = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nto"
HALF_CHUNK = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nto"


class Crowd:
    """Connections that were opened and that nobody closes on this side."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[socket.socket] = []
        self._trickling: list[socket.socket] = []
        self._gone = threading.Event()
        self._trickler = threading.Thread(target=self._trickle, daemon=True)

    def join(self, count: int, said: bytes = b"", trickles: bool = False) -> None:
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            one.sendall(said)
            self._open.append(one)
            if trickles:
                self._trickling.append(one)

    def trickle(self) -> None:
        self._trickler.start()

    def _trickle(self) -> None:
        """A byte now and then, on all that trickle, so that none of them is ever silent."""
        while not self._gone.wait(0.5):
            for one in self._trickling:
                try:
                    one.send(b"a")
                except OSError:
                    continue  # closed by the other side, as it should be

    def leave(self) -> None:
        self._gone.set()
        if self._trickler.is_alive():
            self._trickler.join(10)
        for one in self._open:
            one.close()

    @property
    def still_open(self) -> int:
        """How many the other side has not closed."""
        poll = select.poll()
        for one in self._open:
            poll.register(one, select.POLLIN | select.POLLHUP)
        return len(self._open) - len(poll.poll(0))


@pytest.fixture
def crowd_at() -> Iterator[Callable[[int], Crowd]]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with ExitStack() as stack:

        def made(port: int) -> Crowd:
            crowd = Crowd(port)
            stack.callback(crowd.leave)
            return crowd

        yield made


@pytest.fixture(params=["http", "socket mode", "gunicorn"])
def served(request: pytest.FixtureRequest, binary: Path, tmp_path: Path, start_bot: StartBot) -> Iterator[Bot]:
    slack = LocalSlack(binary, tmp_path)
    slack.start()
    kind = request.param
    way = {**SOCKET, "SLACK_SIGNING_SECRET": SECRET} if kind == "socket mode" else HTTP
    bot = start_bot(slack.address, way, procfile("web") if kind == "gunicorn" else None)
    bot.wait_until_ready()
    yield bot
    slack.kill()


def _answers(bot: Bot) -> None:
    """Health, and a signed command, each within its time."""
    body = command("XenServer 7.2")
    signed = headers(body, secret=SECRET)
    for asked in (("GET", "/healthz"), ("POST", "/slack/events", body.encode(), signed)):
        begun = time.monotonic()
        assert bot.ask(*asked)[0] == 200
        assert time.monotonic() - begun < WITHIN


@pytest.mark.parametrize("said", [HALF_HEADERS, HALF_BODY, HALF_CHUNK], ids=["headers", "bodies", "chunks"])
def test_idle_and_half_sent_connections_keep_nobody_out(
    served: Bot, crowd_at: Callable[[int], Crowd], said: bytes
) -> None:
    crowd = crowd_at(served.port)
    crowd.join(IDLE)
    crowd.join(HALF // 2, said)
    crowd.join(HALF // 2, said, trickles=True)
    crowd.trickle()
    for _ in range(3):
        _answers(served)
    assert "Traceback" not in served.told


def test_more_connections_than_there_is_room_for_drop_the_oldest_not_the_newcomer(
    binary: Path, tmp_path: Path, start_bot: StartBot, crowd_at: Callable[[int], Crowd]
) -> None:
    slack = LocalSlack(binary, tmp_path)
    slack.start()
    command = ["sh", "-c", f"ulimit -n 128; exec {sys.executable} -m bot serve"]
    bot = start_bot(slack.address, HTTP, command)
    bot.wait_until_ready()
    crowd = crowd_at(bot.port)
    crowd.join(IDLE, HALF_HEADERS, trickles=True)
    crowd.trickle()
    _answers(bot)
    assert 0 < crowd.still_open <= 64
    assert "Traceback" not in bot.told
    slack.kill()
