"""Whoever holds connections open keeps nobody else out: `serve` over HTTP and in Socket Mode, and gunicorn."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.bots import HTTP, SOCKET, Bot, procfile
from tests.acceptance.conftest import StartBot
from tests.acceptance.crowd import CrowdAt, crowd_at
from tests.acceptance.lab import SECRET, LocalSlack
from tests.slack.signed import command, headers

__all__ = ["crowd_at"]

IDLE, HALF = 300, 300
WITHIN = 3.0

HALF_HEADERS = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Le"
HALF_BODY = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nto"
HALF_CHUNK = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nto"


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
def test_idle_and_half_sent_connections_keep_nobody_out(served: Bot, crowd_at: CrowdAt, said: bytes) -> None:
    crowd = crowd_at(served.port)
    crowd.join(IDLE)
    crowd.join(HALF // 2, said)
    crowd.join(HALF // 2, said, trickles=True)
    crowd.trickle()
    for _ in range(3):
        _answers(served)
    assert "Traceback" not in served.told


def test_more_connections_than_there_is_room_for_drop_the_oldest_not_the_newcomer(
    binary: Path, tmp_path: Path, start_bot: StartBot, crowd_at: CrowdAt
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
