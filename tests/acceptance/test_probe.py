"""A host asked in Slack, from the typed command to the verdict: a bot in a process, a local Slack, simulated hosts."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.simulator import (
    Delay,
    FaultMoment,
    InventoryEntry,
    Refuse,
    Silence,
    SimHost,
    SimPool,
    Simulator,
    SimUser,
    release,
)
from tests.acceptance.bots import HTTP, SOCKET, Bot, procfile
from tests.acceptance.conftest import StartBot
from tests.acceptance.fleet import GRANT, NO_GRANT, configured
from tests.acceptance.lab import BOT_USER, Json, LocalSlack
from tests.acceptance.waiting import free_port, until
from tests.simulated import HOSTILE

ASKING = "Asking lab-a … (at most 30 seconds)"
VERDICT = (
    "Pool lab (asked lab-a): 1 of 2 hosts gets no security updates, 1 of 2 hosts has known holes, "
    "cannot tell if patched: 1 of 2 hosts"
)
LOGIN = "session.login_with_password"
SECRET = "a-password-of-the-lab"
CHAT = [sys.executable, "-m", "bot", "serve", "--part", "chat"]
"""Without sweeps: the hosts are asked by nobody but the test."""


class Lab(NamedTuple):
    """What a test holds."""

    bot: Bot
    slack: LocalSlack
    hosts: Simulator


@pytest.fixture
def hosts() -> Iterator[Simulator]:
    """A pool of two, asked as lab-a; one of them has a name that means harm."""
    members = (SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"), label=HOSTILE))
    pool = SimPool(
        members, name="lab", entries=(InventoryEntry("lab-a", "xen-1"),), users=(SimUser("xocompat", SECRET),)
    )
    with Simulator([pool]) as simulator:
        yield simulator


@pytest.fixture(params=["socket", "http", "gunicorn"])
def lab(
    request: pytest.FixtureRequest, binary: Path, tmp_path: Path, start_bot: StartBot, hosts: Simulator
) -> Iterator[Lab]:
    """A bot in each way to run it, whose configuration grants the usual person to probe."""
    yield from _started(binary, tmp_path, start_bot, hosts, request.param)


@pytest.fixture
def one_lab(binary: Path, tmp_path: Path, start_bot: StartBot, hosts: Simulator) -> Iterator[Lab]:
    """A bot in Socket Mode."""
    yield from _started(binary, tmp_path, start_bot, hosts, "socket")


@pytest.fixture
def denied(binary: Path, tmp_path: Path, start_bot: StartBot, hosts: Simulator) -> Iterator[Lab]:
    """The same, without any grant."""
    yield from _started(binary, tmp_path, start_bot, hosts, "socket", NO_GRANT)


def _started(
    binary: Path, folder: Path, start_bot: StartBot, hosts: Simulator, way: str, access: str = GRANT
) -> Iterator[Lab]:
    port = free_port()
    slack = LocalSlack(binary, folder, None if way == "socket" else f"http://127.0.0.1:{port}/slack/events")
    slack.start()
    environ = {**(SOCKET if way == "socket" else HTTP), **configured(folder, hosts, access, SECRET)}
    bot = start_bot(slack.address, environ, procfile("web") if way == "gunicorn" else CHAT, port)
    bot.wait_until_ready()
    yield Lab(bot, slack, hosts)
    slack.kill()


def _private(message: Json) -> bool:
    return message.get("subtype") == "ephemeral"


def test_a_typed_command_says_what_it_asks_and_then_the_verdict(lab: Lab) -> None:
    lab.slack.command("probe lab-a")
    lab.slack.wait_for(ASKING, also=_private)
    verdict = lab.slack.wait_for(VERDICT, also=_private)
    lab.slack.press(verdict, "Share to channel")
    shared = lab.slack.wait_for("shared by", also=lambda message: not _private(message))
    assert shared["text"] == VERDICT
    assert lab.hosts["xen-1"].seen.methods.count(LOGIN) == 1
    assert lab.hosts["xen-1"].sessions == ()
    assert "Traceback" not in lab.bot.told


def test_the_acknowledgement_and_the_verdict_come_at_once(one_lab: Lab) -> None:
    begun = time.monotonic()
    one_lab.slack.command("probe lab-a")
    one_lab.slack.wait_for(VERDICT)
    took = time.monotonic() - begun
    sys.stdout.write(f"from the typed command to the verdict: {took * 1000:.0f} ms\n")
    assert took < 1.5  # far from the longest that the verdict waits for its acknowledgement


def test_a_mention_is_answered_in_its_thread_in_one_message(lab: Lab) -> None:
    lab.hosts["xen-1"].fail(Delay(1.0, on=LOGIN))
    first = lab.slack.tell("message", text=f"<@{BOT_USER}> probe lab-a")["message"]
    asking = lab.slack.wait_for(ASKING, also=lambda message: message.get("thread_ts") == first["ts"])
    verdict = lab.slack.wait_for(VERDICT, also=lambda message: message.get("thread_ts") == first["ts"])
    assert verdict["ts"] == asking["ts"]
    assert len(lab.slack.messages()) == 1


def test_probing_again_changes_the_message_with_the_button(one_lab: Lab) -> None:
    one_lab.slack.command("probe lab-a")
    verdict = one_lab.slack.wait_for(VERDICT)
    one_lab.hosts["xen-1"].go_down()
    one_lab.slack.press(verdict, "Probe again")
    failed = one_lab.slack.wait_for("nothing listens on its address", also=_private)
    assert failed["ts"] == verdict["ts"]


def test_a_host_is_picked_from_a_list(lab: Lab) -> None:
    lab.slack.command("probe")
    until(lambda: "views.open" in json.dumps(lab.slack.log("web_api")), 10, "the picker opens")
    lab.slack.pick("host", "pick_host", "lab-a")
    lab.slack.wait_for(VERDICT, also=_private)


def test_ten_who_ask_at_once_are_one_probe_and_ten_answers(one_lab: Lab) -> None:
    one_lab.hosts["xen-1"].fail(Delay(2.0, on=LOGIN))
    for _ in range(10):
        one_lab.slack.command("probe lab-a")
    until(lambda: sum(m["text"] == VERDICT for m in one_lab.slack.messages()) == 10, 20, "ten verdicts")
    assert one_lab.hosts["xen-1"].seen.methods.count(LOGIN) == 1


def test_without_a_grant_nothing_is_asked(denied: Lab) -> None:
    denied.slack.command("probe lab-a")
    denied.slack.wait_for("that takes the right", also=_private)
    denied.slack.tell("message", text=f"<@{BOT_USER}> probe lab-a")
    until(lambda: len(denied.bot.events("asked")) == 2, 10, "both are in the log")
    assert {event["outcome"] for event in denied.bot.events("asked")} == {"refused"}
    assert denied.hosts["xen-1"].seen.connections == 0


def test_a_name_that_means_harm_pings_nobody_and_colours_nothing(one_lab: Lab) -> None:
    one_lab.slack.command("probe lab-a")
    shown = json.dumps(one_lab.slack.wait_for(VERDICT), ensure_ascii=False)
    assert "&lt;!channel&gt;" in shown
    assert not any(sign in shown for sign in ("<!channel", "\x1b", "\\u001b", "\u202e"))


def test_no_password_and_no_session_reference_is_in_the_log(one_lab: Lab) -> None:
    one_lab.slack.command("probe lab-a")
    one_lab.slack.wait_for(VERDICT)
    one_lab.hosts["xen-1"].fail(Refuse("SESSION_AUTHENTICATION_FAILED", on=LOGIN))
    one_lab.slack.command("probe lab-a")
    one_lab.slack.wait_for("refused the login of user xocompat")
    assert [event["outcome"] for event in one_lab.bot.events("asked")] == ["probe", "login_refused"]
    assert not any(secret in one_lab.bot.told for secret in (SECRET, "OpaqueRef", "/response/"))


def test_who_waits_when_the_process_is_stopped_is_told(lab: Lab) -> None:
    lab.hosts["xen-1"].fail(Silence(FaultMoment.REQUEST, on=LOGIN))
    lab.slack.command("probe lab-a")
    lab.slack.wait_for(ASKING)
    until(lambda: LOGIN in lab.hosts["xen-1"].seen.methods, 10, "the host is asked")
    begun = time.monotonic()
    assert lab.bot.stop() == 0, lab.bot.told
    assert time.monotonic() - begun < 10
    lab.slack.wait_for("xocompat restarts, and this was broken off")
