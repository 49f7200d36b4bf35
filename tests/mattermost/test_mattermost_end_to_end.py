"""Slack and Mattermost in one process, each with its own: a bot as operators start it, from words to an alert's end."""

import sys
from pathlib import Path

from bot.simulator import PASSWORD, PASSWORD_VARIABLE, Simulator, as_yaml
from tests.acceptance.bots import HTTP
from tests.acceptance.conftest import StartBot, start_bot
from tests.acceptance.lab import BOT_TOKEN, CHANNEL
from tests.acceptance.waiting import free_port, until
from tests.acceptance.watched import NEVER_AGAIN, POOLS
from tests.alerts.delivery.slack import Slack
from tests.mattermost.conftest import Crew
from tests.mattermost.state import EPHEMERAL

__all__ = ["start_bot"]

CONFIG = f"""
mattermost: {{{{url: "{{url}}", callback_url: "{{callback}}"}}}}
sweep: {{{{every: {NEVER_AGAIN}}}}}
alerts: {{{{channel: "mattermost:lab/ops", lead: [30d, 0d], routes: [{{{{pools: [prod], channel: {CHANNEL}}}}}]}}}}
security: {{{{tell: none}}}}
access: {{{{grants: [{{{{who: "mattermost:ann", may: [probe, fleet, operate]}}}}]}}}}
"""


def test_a_bot_on_both_platforms(people: Crew, start_bot: StartBot, tmp_path: Path) -> None:
    port = free_port()
    callback = f"http://127.0.0.1:{port}"
    command = people.server.command("xocompat", f"{callback}/mattermost/command")
    with Slack() as slack, Simulator(POOLS) as hosts:
        slack.tokens.add(BOT_TOKEN)
        slack.room(CHANNEL)
        config = tmp_path / "xocompat.yaml"
        config.write_text(as_yaml(hosts.targets) + CONFIG.format(url=people.server.url, callback=callback))
        secrets = {"MATTERMOST_TOKEN": people.server.token, "MATTERMOST_COMMAND_TOKEN": command.token}
        about = {**HTTP, **secrets, "XOCOMPAT_CONFIG": str(config), PASSWORD_VARIABLE: PASSWORD}
        bot = start_bot(slack.api.removesuffix("/api/"), about, port=port)
        bot.wait_until_ready()
        people.server.wait_connected()

        assert "partial" in people.answered("XenServer 7.2", people.bob).message
        asked = people.server.say(people.bob, people.ops, "@xocompat XCP-ng 8.3?")
        said = people.server.wait(lambda: people.server.posts(people.ops, asked), "an answer in the thread")
        assert "XCP-ng 8.3" in said[0].message

        alert = people.server.wait_post(people.ann, people.ops, "Acknowledge", 20)
        assert "XenServer 7.2" in alert.message
        pressed = people.pressed(alert, "Acknowledge")
        assert pressed.told
        assert "acknowledged" in pressed.told.message
        people.server.wait_edit(alert, "acknowledged by @ann")
        until(lambda: len(slack.room(CHANNEL).messages) == 2, 20, "the other channel's own")
        mattermosts = [each.message for each in people.server.posts(people.ops) if not each.root_id]
        assert sum("XenServer 7.2" in text and "reached" in text for text in mattermosts) == 1
        assert not any("XCP-ng 8.2" in text for text in mattermosts)
        slacks = " ".join(each.text for each in slack.room(CHANNEL).messages)
        assert "XCP-ng 8.2" in slacks
        assert "XenServer 7.2" not in slacks

        for path in ("command", "action", "dialog"):
            assert 400 <= bot.ask("POST", f"/mattermost/{path}", b"{}")[0] < 500
        assert bot.stop() == 0
        for secret in secrets.values():
            assert secret not in bot.told
        assert "incident" not in bot.told
    assert alert.type != EPHEMERAL


def test_a_bot_on_mattermost_alone(people: Crew, start_bot: StartBot, tmp_path: Path) -> None:
    """The part that chats, as a process of its own: it answers, and leaves alerts to another one."""
    port = free_port()
    callback = f"http://127.0.0.1:{port}"
    command = people.server.command("xocompat", f"{callback}/mattermost/command")
    config = tmp_path / "xocompat.yaml"
    config.write_text(f'mattermost: {{url: "{people.server.url}", callback_url: "{callback}"}}')
    about = {"SLACK_BOT_TOKEN": "", "MATTERMOST_TOKEN": people.server.token, "XOCOMPAT_CONFIG": str(config)}
    about["MATTERMOST_COMMAND_TOKEN"] = command.token
    part = [sys.executable, "-m", "bot", "serve", "--part", "chat"]
    bot = start_bot("http://127.0.0.1:9", about, part, port)
    bot.wait_until_ready()
    assert "partial" in people.answered("XenServer 7.2").message
    assert bot.stop() == 0
    assert "SLACK" not in bot.told
