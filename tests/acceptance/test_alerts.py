"""The fleet watched from Slack: a bot in a process that sweeps simulated hosts, a local Slack, alerts in a channel."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.simulator import LOGIN, Delay, SimHost, SimPool, Simulator, lone, release
from tests.acceptance.bots import HTTP, SOCKET, Bot
from tests.acceptance.conftest import StartBot
from tests.acceptance.fleet import configured
from tests.acceptance.lab import BOT_USER, CHANNEL, OTHER, SECRET, USER, Json, LocalSlack
from tests.acceptance.waiting import free_port, until
from tests.slack.signed import headers, press

OPERATOR = f"access: {{grants: [{{who: {USER}, may: [probe, fleet, operate]}}]}}\n"
WATCHFUL = f"{OPERATOR}alerts: {{channel: {CHANNEL}}}\nsweep: {{every: 1s}}\n"
CALM = f"{OPERATOR}alerts: {{channel: {CHANNEL}}}\n"
ENDED = "XCP-ng 8.2 LTS reached end of life on 16 Sep 2025"


class Lab(NamedTuple):
    """What a test holds."""

    bot: Bot
    slack: LocalSlack
    hosts: Simulator


@pytest.fixture
def hosts() -> Iterator[Simulator]:
    """A pool of two and a lone host; one of the pool runs what has ended."""
    pool = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"))), name="lab")
    with Simulator([pool, lone(SimHost("office-1", release("XCP-ng", "8.3")), "office-a", ("office",))]) as simulator:
        yield simulator


@pytest.fixture
def lab(slack: LocalSlack, tmp_path: Path, start_bot: StartBot, hosts: Simulator) -> Lab:
    """A bot that sweeps every second."""
    return _started(slack, tmp_path, start_bot, hosts, WATCHFUL)


@pytest.fixture
def calm(slack: LocalSlack, tmp_path: Path, start_bot: StartBot, hosts: Simulator) -> Lab:
    """A bot that sweeps when it starts, and then when it is asked."""
    return _started(slack, tmp_path, start_bot, hosts, CALM)


def _started(slack: LocalSlack, folder: Path, start_bot: StartBot, hosts: Simulator, more: str) -> Lab:
    bot = start_bot(slack.address, {**SOCKET, **configured(folder, hosts, more)})
    bot.wait_until_ready()
    return Lab(bot, slack, hosts)


def _private(message: Json) -> bool:
    return message.get("subtype") == "ephemeral"


def _bulletin(lab: Lab) -> Json:
    """The message about XCP-ng 8.2 that its channel got."""
    return lab.slack.wait_for(ENDED, 15, also=lambda m: not _private(m) and "thread_ts" not in m)


def _edited(lab: Lab, message: Json, text: str) -> Json:
    """The same message, once it holds a text."""
    return lab.slack.wait_for(text, 15, also=lambda m: m["ts"] == message["ts"])


def _shown(message: Json) -> str:
    return json.dumps(message, ensure_ascii=False)


def test_an_alert_is_told_acknowledged_and_resolved_in_one_message(lab: Lab) -> None:
    bulletin = _bulletin(lab)
    assert "1 host: xen-2 (lab)" in _shown(bulletin)
    assert "Next step:* upgrade to XCP-ng 8.3 LTS" in _shown(bulletin)

    lab.slack.press(bulletin, "Acknowledge")
    acknowledged = _edited(lab, bulletin, f"acknowledged by <@{USER}> on ")
    assert "Acknowledge" not in _shown(acknowledged["blocks"][-2])

    lab.hosts["xen-2"].upgrade(release("XCP-ng", "8.3"))
    resolved = _edited(lab, bulletin, "no host runs it any more")
    assert not any(block["type"] == "actions" for block in resolved["blocks"])
    news = lab.slack.wait_for("no host runs it any more", also=lambda m: m.get("thread_ts") == bulletin["ts"])
    assert news["text"].startswith("XCP-ng 8.2 LTS: no host runs it any more")
    assert "Traceback" not in lab.bot.told


def test_the_words_of_the_fleet_are_answered_to_the_asker(calm: Lab) -> None:
    _bulletin(calm)
    said = {
        "fleet": "3 hosts in 2 pools: 1 gets no security updates",
        "alerts": "open alert",
        "sweep": "Sweep done: all 2 targets answered",
        "watch XCP-ng 8.3": "is told about",
        "audit watch": "1 entry with watch",
    }
    for words, text in said.items():
        calm.slack.command(words)
        calm.slack.wait_for(text, also=_private)
    assert "watch XCP-ng 8.3" in _shown(calm.slack.wait_for("1 entry with watch"))


def test_a_sweep_counts_up_for_the_asker_and_in_a_thread_in_one_message(calm: Lab) -> None:
    _bulletin(calm)
    calm.hosts["office-1"].fail(Delay(4.0, on=LOGIN))
    calm.slack.command("sweep")
    first = calm.slack.tell("message", text=f"<@{BOT_USER}> sweep")["message"]
    asking = calm.slack.wait_for("Asking 2 targets …", also=lambda m: m.get("thread_ts") == first["ts"])
    _edited(calm, asking, "1 of 2")
    calm.slack.wait_for("1 of 2", also=_private)
    assert "Sweep done" in _edited(calm, asking, "Sweep done")["text"]


def test_app_home_shows_what_the_viewer_may_see(calm: Lab) -> None:
    _bulletin(calm)
    operator, other = (_home(calm, user) for user in (USER, OTHER))
    assert "3 hosts in 2 pools" in operator
    assert ENDED.removeprefix("XCP-ng 8.2 LTS") in operator
    assert "Acknowledge" in operator
    assert "What ends next" in other
    assert "Not shown: hosts and alerts" in other
    assert "xen-2" not in other


def test_a_press_in_app_home_shows_the_page_anew(
    binary: Path, tmp_path: Path, start_bot: StartBot, hosts: Simulator
) -> None:
    port = free_port()
    slack = LocalSlack(binary, tmp_path, f"http://127.0.0.1:{port}/slack/events")
    slack.start()
    try:
        bot = start_bot(slack.address, {**HTTP, **configured(tmp_path, hosts, CALM)}, port=port)
        bot.wait_until_ready()
        lab = Lab(bot, slack, hosts)
        bulletin = _bulletin(lab)
        button = next(e for block in bulletin["blocks"] if block["type"] == "actions" for e in block["elements"])
        home = {"view": {"type": "home", "id": "V0000001"}, "container": {"type": "view"}, "channel": None}
        body = press(button["action_id"], button["value"], None, **home)
        assert bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))[0] == 200
        until(lambda: "acknowledged by" in _shown(slack.home(USER) or {}), 10, "App Home anew")
        _edited(lab, bulletin, "acknowledged by")
    finally:
        slack.kill()


def _home(lab: Lab, user: str) -> str:
    lab.slack.tell("open-home", user=user)
    return _shown(until(lambda: lab.slack.home(user), 10, "App Home"))
