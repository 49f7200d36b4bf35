"""What `serve` does with which tokens, where it listens then, and that it leaves no core dump behind."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.bots import HTTP, SOCKET, Bot, procfile
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import ROOT
from tests.acceptance.waiting import until
from tests.acceptance.watched import BEARER, WEB_TOKEN, Watch, web_api

UNTOLD = "SLACK_BOT_TOKEN is not set: alerts are kept, and nobody is told of them"
NOBODY: dict[str, str] = {"SLACK_BOT_TOKEN": "", "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": ""}
PR_GET_DUMPABLE = 3

_ASKED = f"""
import ctypes, signal, sys

def say(*_):
    sys.stderr.write("dumpable: %d\\n" % ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}, 0, 0, 0, 0))
    sys.stderr.flush()

signal.signal(signal.SIGRTMIN, say)
"""
"""Run by Python before anything else (`sitecustomize`): says on a signal what the process is."""


@pytest.fixture
def watch(watch_on: Callable[[str], Watch], tmp_path: Path) -> Watch:
    return watch_on(f"sqlite:///{tmp_path / 'fleet.db'}")


def test_without_any_token_all_but_chat_runs_and_says_that_nobody_is_told(watch: Watch) -> None:
    bot = watch.bot(None, **NOBODY, XOCOMPAT_WEB_TOKEN=f"{WEB_TOKEN}\n")  # as a file with a newline at its end gives it
    until(lambda: bot.events("swept"), 20, "a sweep")
    assert bot.ask("GET", "/readyz") == (200, f"ready\n{UNTOLD}\n")
    assert bot.events("nobody is told")[0]["reason"] == UNTOLD
    assert bot.events("serving")[0]["way"] == "no chat"
    assert "xocompat_hosts" in bot.ask("GET", "/metrics")[1]
    assert "BEGIN:VCALENDAR" in bot.ask("GET", "/calendar.ics")[1]
    assert bot.ask("GET", "/metrics", headers={"x-forwarded-for": "192.0.2.1"})[0] == 403
    assert bot.ask("GET", "/metrics", headers={"x-forwarded-for": "192.0.2.1", **BEARER})[0] == 200
    assert bot.ask("POST", "/slack/events", b"ssl_check=1")[0] == 404
    assert bot.stop() == 0
    assert "Traceback" not in bot.told
    assert watch.messages == []


def test_what_was_kept_while_nobody_was_told_is_told_once_there_is_a_token(watch: Watch) -> None:
    bot = watch.bot(None, **NOBODY)
    until(lambda: bot.events("swept"), 20, "a sweep")
    assert bot.stop() == 0
    watch.bot()
    until(lambda: any("XCP-ng 8.2" in message.text for message in watch.messages), 20, "the alerts are told")


@pytest.mark.parametrize(
    ("tokens", "part", "lines"),
    [
        ({}, "all", ["SLACK_APP_TOKEN: is not set"]),
        ({"SLACK_BOT_TOKEN": "", **HTTP}, "all", ["SLACK_BOT_TOKEN: is not set"]),
        ({"SLACK_BOT_TOKEN": "", **SOCKET}, "schedule", ["SLACK_BOT_TOKEN: is not set"]),
        ({"SLACK_BOT_TOKEN": ""}, "chat", ["SLACK_BOT_TOKEN: is not set", "SLACK_APP_TOKEN: is not set"]),
    ],
)
def test_a_token_without_its_other_half_is_asked_for(
    start_bot: StartBot, tokens: dict[str, str], part: str, lines: list[str]
) -> None:
    bot = start_bot("http://127.0.0.1:9", tokens, [sys.executable, "-m", "bot", "serve", "--part", part])
    assert bot.ended(20) == 2
    told = bot.told.splitlines()
    assert [each.startswith(f"xocompat: {line}") for each, line in zip(told, lines, strict=True)] == [True] * len(lines)


@pytest.mark.parametrize(
    ("way", "host", "shown"),
    [
        (HTTP, "", "0.0.0.0:{}, [::]:{}"),
        (SOCKET, "", "127.0.0.1:{}, [::1]:{}"),
        ({"SLACK_BOT_TOKEN": ""}, "", "127.0.0.1:{}, [::1]:{}"),
        (SOCKET, "0.0.0.0", "0.0.0.0:{}"),
        (HTTP, "127.0.0.1,::1", "127.0.0.1:{}, [::1]:{}"),
    ],
)
def test_it_listens_where_it_has_to_be_reached_or_where_the_setting_says(
    start_bot: StartBot, way: dict[str, str], host: str, shown: str
) -> None:
    with web_api() as slack:
        bot = start_bot(slack.api.removesuffix("/api/"), {**way, "XOCOMPAT_WEB__LISTEN": host})
        (event,) = until(lambda: bot.events("serving"), 20, "it serves")
        assert event["at"] == shown.format(bot.port, bot.port)
        assert bot.ask("GET", "/healthz") == (200, "ok\n")


def test_an_address_of_another_machine_is_told_in_one_line(start_bot: StartBot) -> None:
    bot = start_bot("http://127.0.0.1:9", {"SLACK_BOT_TOKEN": "", "XOCOMPAT_WEB__LISTEN": "192.0.2.1"})
    assert bot.ended(20) == 1
    last = bot.told.splitlines()[-1]
    assert last.startswith("xocompat: 192.0.2.1 cannot be listened on (")
    assert last.endswith("): set `web.listen` to addresses of this machine.")


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize("kind", ["serve", "gunicorn"])
def test_it_leaves_no_core_dump_behind(tmp_path: Path, start_bot: StartBot, kind: str) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "sitecustomize.py").write_text(_ASKED)
    assert ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1  # else the test would show nothing
    with web_api() as slack:
        environ = {**HTTP, "PYTHONPATH": f"{tmp_path / 'before'}{os.pathsep}{ROOT}"}
        command = procfile("web") if kind == "gunicorn" else None
        bot = start_bot(slack.api.removesuffix("/api/"), environ, command)
        bot.wait_until_ready()
        for process in _with_children(bot):
            limits = Path(f"/proc/{process}/limits").read_text()
            assert next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")) == ["0", "0"]
        _signal_last(bot)
        until(lambda: "dumpable: " in bot.told, 10, "it says so")
        assert "dumpable: 0" in bot.told


def _with_children(bot: Bot) -> list[int]:
    children = Path(f"/proc/{bot.pid}/task/{bot.pid}/children").read_text().split()
    return [bot.pid, *map(int, children)]


def _signal_last(bot: Bot) -> None:
    """`serve` itself, or one of gunicorn's workers."""
    os.kill(_with_children(bot)[-1], signal.SIGRTMIN)
