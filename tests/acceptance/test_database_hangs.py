"""A database that hangs under `serve`: no acknowledgement waits for it, and each question has one answer."""

import http.client
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.bots import HTTP, Bot
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import SECRET
from tests.acceptance.postgresql import OwnServer
from tests.acceptance.waiting import until
from tests.slack.signed import FORM, command, headers, mention, press
from tests.slack.standin import StandIn

JSON = "application/json"
ACKNOWLEDGED = 1.5
"""Seconds: what is promised (one), and room for a machine that does other things."""
SLACK_WAITS = 3.0

_SETTINGS = """
targets: [{name: lab-a, address: "127.0.0.1:9", username: u, password_env: LAB_A, tls: {insecure: true}}]
sweep: {every: 700d}
access: {grants: [{who: "*", may: [probe, fleet, operate]}]}
"""

ASKING = "Asking the database …"

_LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
"""Lets nobody write to a file of SQLite's until its input ends."""


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


class Acknowledged(NamedTuple):
    """`name` is what the request's response_url ends with."""

    seconds: float
    text: str
    name: str


class Asked:
    """A bot that answers over HTTP, and the Slack that it answers."""

    def __init__(self, bot: Bot, slack: StandIn) -> None:
        self.bot = bot
        self.slack = slack
        self.people = count(1)  # everybody asks once: nobody asks too much

    def post(self, body: str, kind: str = FORM, name: str = "") -> Acknowledged:
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.bot.port, timeout=60)
        try:
            connection.request("POST", "/slack/events", body.encode(), headers(body, kind, SECRET))
            response = connection.getresponse()
            raw = response.read().decode()
        finally:
            connection.close()
        assert response.status == 200
        text = json.loads(raw).get("text", "") if raw.startswith("{") else raw
        return Acknowledged(time.monotonic() - begun, text, name)

    def command(self, words: str, name: str = "") -> Acknowledged:
        """`name` is what its response_url ends with, so that its answers are known from others."""
        return self.post(
            command(words, f"{self.slack.address}/{name or 'other'}", user_id=f"U{next(self.people):07}"), name=name
        )

    def all_answered(self, names: list[str], seconds: float) -> Counter[str]:
        """How many answers each response_url has got, once each has one and no work is left."""
        until(lambda: all(self.slack.of(name) for name in names), seconds, "all have an answer")
        return Counter({name: len(self.slack.of(name)) for name in names})


@pytest.fixture
def start(tmp_path: Path, standin: StandIn, start_bot: StartBot) -> Callable[[str], Asked]:
    def start(url: str) -> Asked:
        config = tmp_path / "xocompat.yaml"
        config.write_text(_SETTINGS, encoding="utf-8")
        bot = start_bot(standin.address, {**HTTP, "XOCOMPAT_CONFIG": str(config), "DATABASE_URL": url, "LAB_A": "x"})
        bot.wait_until_ready()
        asked = Asked(bot, standin)
        assert asked.command("fleet").text != ASKING
        return asked

    return start


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    other = subprocess.Popen([sys.executable, "-c", _LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdin is not None
    try:
        assert other.stdout.readline() == b"held\n"
        yield
    finally:
        other.stdin.close()
        other.wait()
        other.stdout.close()


def _crowd(asked: Asked, words: str = "fleet") -> list[Acknowledged]:
    """Forty ask the same of the database at once, and twenty look something up, which is answered at once."""
    with ThreadPoolExecutor(60) as crowd:
        waiting = [crowd.submit(asked.command, words, f"{words.replace(' ', '-')}-{n}") for n in range(40)]
        look_ups = [crowd.submit(asked.command, f"XenServer 7.{n % 7}") for n in range(20)]
        looked_up = [each.result() for each in look_ups]
        assert max(each.seconds for each in looked_up) < SLACK_WAITS
        assert all("XenServer 7." in each.text for each in looked_up)
        return [each.result() for each in waiting]


def test_a_server_that_hangs_holds_no_acknowledgement(start: Callable[[str], Asked], own_server: OwnServer) -> None:
    asked = start(own_server.start())
    own_server.hang()
    try:
        said = _crowd(asked)
        assert max(each.seconds for each in said) < SLACK_WAITS
        waiting = [each.name for each in said if each.text == ASKING]
        assert waiting
        # Afterwards, one by one: nobody stands in line behind what hangs.
        for words in ("fleet", "alerts", "audit", "xen-12", "watches", "probe xen-12", "changes", "XCP-ng 8.3"):
            assert asked.command(words, "one-by-one").seconds < ACKNOWLEDGED, words
        assert asked.post(mention("<@U0000BOT> fleet", "Ev1"), JSON).seconds < ACKNOWLEDGED
        assert asked.post(press("ask_1", '{"words": "fleet"}', f"{asked.slack.address}/p")).seconds < ACKNOWLEDGED
        assert asked.post(press("share_1", '{"words": "8.3"}', f"{asked.slack.address}/s")).seconds < ACKNOWLEDGED
        home = json.loads(mention("")) | {"event_id": "Ev9"}
        home["event"] = {"type": "app_home_opened", "user": "U0000001", "tab": "home"}
        assert asked.post(json.dumps(home), JSON).seconds < ACKNOWLEDGED
        # Whoever was told to wait is told that it is away, and is not left with that.
        told = asked.all_answered(waiting, 30)
        assert set(told.values()) == {1}
        assert all("does not answer" in call.fields["text"] for name in waiting for call in asked.slack.of(name))
    finally:
        own_server.go_on()
    until(lambda: "host" in asked.command("fleet").text, 20, "the fleet again, without a restart")
    asked.bot.wait_until_ready()
    assert "Traceback" not in asked.bot.told


def test_a_server_that_goes_on_in_time_answers_once(start: Callable[[str], Asked], own_server: OwnServer) -> None:
    asked = start(own_server.start())
    own_server.hang()
    try:
        waiting = [each.name for each in _crowd(asked) if each.text == ASKING]
        ended = [asked.post(mention("<@U0000BOT> XCP-ng 8.3", "Ev1"), JSON).seconds for _ in range(3)]
        assert max(ended) < ACKNOWLEDGED
    finally:
        own_server.go_on()
    assert waiting
    assert set(asked.all_answered(waiting, 30).values()) == {1}
    asked.slack.wait("chat.postMessage")
    assert asked.bot.stop() == 0
    assert len(asked.slack.of("chat.postMessage")) == 1
    assert {len(asked.slack.of(name)) for name in waiting} == {1}
    assert "Traceback" not in asked.bot.told


def test_a_file_that_is_locked_holds_no_acknowledgement(start: Callable[[str], Asked], tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    asked = start(f"sqlite:///{path}")
    with _locked(path):
        # What only reads goes on; what writes, and the trail that `audit` writes first, has to wait.
        said = [*_crowd(asked, "fleet"), *_crowd(asked, "watch all"), *_crowd(asked, "audit")]
        assert max(each.seconds for each in said) < SLACK_WAITS
        waiting = [each.name for each in said if each.text == ASKING]
        for words in ("watch all", "ack 1", "fleet", "audit", "XCP-ng 8.3"):
            assert asked.command(words, "one-by-one").seconds < ACKNOWLEDGED, words
        assert set(asked.all_answered(waiting, 60).values()) <= {1}
    until(lambda: "locked" not in asked.command("watch all").text, 20, "written again, without a restart")
    asked.command("audit watch all", "trail")
    until(lambda: asked.slack.of("trail"), 20, "the trail is shown")
    assert "with watch all" in asked.slack.of("trail")[-1].fields["text"]
