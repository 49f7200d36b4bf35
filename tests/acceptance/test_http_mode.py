"""Slack over HTTP, against a local Slack that signs: `xocompat serve`, and gunicorn as the Procfile has it."""

import http.client
import json
import shlex
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tests.acceptance.bots import HTTP, Bot, procfile
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import BOT_USER, SECRET, LocalSlack
from tests.acceptance.waiting import free_port, until
from tests.slack.signed import FORM, command, headers, mention

JSON = "application/json"
OTHERS = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "a-client-secret-of-the-lab"}
"""Set for an app that others install; Bolt reads them by itself and must not be led astray."""


Hear = Callable[..., tuple[Bot, LocalSlack]]


@pytest.fixture
def hear(binary: Path, tmp_path: Path, start_bot: StartBot) -> Iterator[Hear]:
    """Starts a bot that hears over HTTP, in one of the ways to run it, and the Slack that it hears."""
    started: list[LocalSlack] = []

    def hear(way: str, **environ: str) -> tuple[Bot, LocalSlack]:
        port = free_port()
        slack = LocalSlack(binary, tmp_path, f"http://127.0.0.1:{port}/slack/events")
        started.append(slack)
        slack.start()
        bot = start_bot(slack.address, {**HTTP, **OTHERS, **environ}, None if way == "serve" else procfile("web"), port)
        bot.wait_until_ready()
        return bot, slack

    yield hear
    for slack in started:
        slack.kill()


@pytest.fixture(params=["serve", "gunicorn"])
def heard(request: pytest.FixtureRequest, hear: Hear) -> tuple[Bot, LocalSlack]:
    """A bot in both ways to run it, and its Slack."""
    return hear(request.param)


def test_people_get_their_answers(heard: tuple[Bot, LocalSlack]) -> None:
    bot, slack = heard
    slack.command("XenServer 7.2")
    reply = slack.wait_for("XenServer 7.2: partial support", also=lambda message: message.get("subtype") == "ephemeral")
    slack.press(reply, "Upgrade path")
    slack.wait_for("XenServer 7.2 → XenServer 8")
    slack.press(reply, "Share to channel")
    slack.wait_for("shared by", also=lambda message: message.get("subtype") != "ephemeral")
    first = slack.tell("message", text=f"<@{BOT_USER}> XCP-ng 8.3")["message"]
    slack.wait_for("XCP-ng 8.3 LTS", also=lambda message: message.get("thread_ts") == first["ts"])
    slack.command("list")
    slack.wait_for("XenServer 6.1 and 6.2")
    assert bot.ask("GET", "/healthz") == (200, "ok\n")
    assert "Traceback" not in bot.told


@pytest.mark.parametrize("way", ["serve", "gunicorn"])
def test_a_translation_is_spoken_in_chat(way: str, hear: Hear, tmp_path: Path) -> None:
    """Of what the translation lacks English is said."""
    catalog = Catalog(locale="de")
    catalog.add("no security updates", "keine Sicherheitsupdates")
    catalog.add("{mark} since {day}", "{mark} seit {day}")
    catalog.add("End of life since {eol} ({distance}).", "Ende der Unterstützung: {eol} ({distance}).")
    with (tmp_path / "xocompat.de.mo").open("wb") as opened:
        write_mo(opened, catalog)
    _, slack = hear(way, XOCOMPAT_TRANSLATION=str(tmp_path / "xocompat.de.mo"))
    slack.command("XenServer 7.2")
    slack.wait_for("partial support, keine Sicherheitsupdates")
    slack.wait_for("Ende der Unterstützung: ")


def test_what_is_not_signed_is_turned_away(heard: tuple[Bot, LocalSlack]) -> None:
    bot, _ = heard
    body = command("list")
    good = headers(body, secret=SECRET)
    stale = headers(body, secret=SECRET, at=time.time() - 301)
    assert bot.ask("POST", "/slack/events", body.encode(), good)[0] == 200
    assert bot.ask("POST", "/slack/events", body.encode(), {**good, "x-slack-signature": "v0=" + "0" * 64})[0] == 401
    assert bot.ask("POST", "/slack/events", body.encode(), stale)[0] == 401
    assert bot.ask("POST", "/slack/events", body.encode(), {"content-type": FORM})[0] == 401
    assert bot.ask("GET", "/slack/events")[0] == 405
    assert bot.ask("POST", "/slack", body.encode())[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00",
        b"{",
        b'{"type":"url_verification","challenge":"x"}',
        b"ssl_check=1&command=x",
        b"payload=%7B",
    ],
    ids=["empty", "no text", "half JSON", "challenge", "ssl check", "half form"],
)
def test_unsigned_garbage_is_a_4xx(heard: tuple[Bot, LocalSlack], body: bytes) -> None:
    bot, _ = heard
    for kind in (JSON, FORM, "text/plain", "\xe9"):
        assert 400 <= bot.ask("POST", "/slack/events", body, {"content-type": kind})[0] < 500
    assert "Traceback" not in bot.told


def test_slacks_own_check_of_the_address_is_answered(heard: tuple[Bot, LocalSlack]) -> None:
    assert heard[0].ask("POST", "/slack/events", b"ssl_check=1", {"content-type": FORM}) == (200, "")


def test_a_coding_that_nobody_knows_is_a_4xx(heard: tuple[Bot, LocalSlack]) -> None:
    with socket.create_connection(("127.0.0.1", heard[0].port), timeout=10) as connection:
        connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n")
        assert connection.recv(100).split()[1] == b"400"


def test_both_families_of_ip_are_answered(heard: tuple[Bot, LocalSlack]) -> None:
    for host in ("127.0.0.1", "::1"):
        connection = http.client.HTTPConnection(host, heard[0].port, timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()


def test_under_gunicorn_the_setting_says_where_to_listen(binary: Path, tmp_path: Path, start_bot: StartBot) -> None:
    slack = LocalSlack(binary, tmp_path)
    slack.start()
    bot = start_bot(slack.address, {**HTTP, "XOCOMPAT_WEB__LISTEN": "127.0.0.2"}, procfile("web"))
    until(lambda: "Listening at: http://127.0.0.2:" in bot.told, 20, "it listens")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", bot.port), timeout=10)
    with socket.create_connection(("127.0.0.2", bot.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.recv(100).split()[1] == b"200"
    slack.kill()


def test_a_body_that_is_too_large_is_413_before_it_is_sent(heard: tuple[Bot, LocalSlack]) -> None:
    with socket.create_connection(("127.0.0.1", heard[0].port), timeout=10) as connection:
        connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n")
        assert connection.recv(100).split()[1] == b"413"


def test_signed_garbage_is_a_4xx_and_leaves_it_well(heard: tuple[Bot, LocalSlack]) -> None:
    bot, _ = heard
    for body in ("{", "[]", '{"event": 7}', "payload=x", "payload=%5B%5D"):
        assert bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))[0] == 400
    assert bot.ask("GET", "/readyz") == (200, "ready\n")


def test_sigterm_ends_it_with_0_within_10_seconds(heard: tuple[Bot, LocalSlack]) -> None:
    bot, _ = heard
    begun = time.monotonic()
    assert bot.stop() == 0, bot.told
    assert time.monotonic() - begun < 10
    assert "Traceback" not in bot.told


def test_slacks_question_whether_the_address_is_ours_is_answered(heard: tuple[Bot, LocalSlack]) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"})
    status, answer = heard[0].ask("POST", "/slack/events", body.encode(), headers(body, JSON, SECRET))
    assert (status, json.loads(answer)) == (200, {"challenge": "abc"})


def test_a_mention_with_a_name_that_is_not_ours_stays_a_question(heard: tuple[Bot, LocalSlack]) -> None:
    bot, slack = heard
    body = mention(f"<@{BOT_USER}> <!channel> 9", team_id="T0000001")
    assert bot.ask("POST", "/slack/events", body.encode(), headers(body, JSON, SECRET))[0] == 200
    shown = json.dumps(slack.wait_for("9", also=lambda message: bool(message.get("thread_ts"))))
    assert "<!channel>" not in shown


def test_the_procfile_has_the_two_ways() -> None:
    assert "gunicorn" in shlex.split(procfile("web")[2])
    assert procfile("worker")[2] == "exec python -m bot serve"
    assert procfile("release")[2] == "exec python -m bot db upgrade"
