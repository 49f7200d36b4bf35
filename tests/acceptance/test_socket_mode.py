"""`xocompat serve` in Socket Mode, against a local Slack: what people do, and what Slack does to us."""

import json
import re
import signal
import sys
import time
from datetime import UTC, datetime

from tests.acceptance.bots import SOCKET, Bot, limited
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import APP_TOKEN, BOT_TOKEN, BOT_USER, LocalSlack
from tests.acceptance.waiting import free_port, until

RECOVERY = 20.0
"""Seconds that the contract allows after Slack is back."""


def _ephemeral(message: dict[str, object]) -> bool:
    return message.get("subtype") == "ephemeral"


def test_a_slash_command_is_answered_for_the_asker(bot: Bot, slack: LocalSlack) -> None:
    slack.command("XenServer 7.2")
    reply = slack.wait_for("XenServer 7.2: partial support, no security updates", also=_ephemeral)
    assert "13 Apr 2018" in json.dumps(reply)
    (asked,) = bot.events("asked")
    assert (asked["way"], asked["command"], asked["words"]) == ("command", "check", "XenServer 7.2")


def test_a_mention_is_answered_in_its_thread(bot: Bot, slack: LocalSlack) -> None:  # noqa: ARG001 - it must run
    first = slack.tell("message", text=f"<@{BOT_USER}> XCP-ng 8.3")["message"]
    slack.wait_for("XCP-ng 8.3 LTS", also=lambda message: message.get("thread_ts") == first["ts"])
    slack.tell("message", text=f"<@{BOT_USER}> XenServer 8", threadTs=first["ts"], thread_ts=first["ts"])
    slack.wait_for("XenServer 8: full support")


def test_what_is_written_to_the_bot_is_answered_in_its_thread_without_a_name(bot: Bot, slack: LocalSlack) -> None:
    here = slack.direct()
    first = slack.tell("message", channel=here, text="XCP-ng 8.3")["message"]
    slack.wait_for("XCP-ng 8.3 LTS", channel=here, also=lambda message: message.get("thread_ts") == first["ts"])
    slack.tell("message", channel=here, text="XenServer 8", threadTs=first["ts"], thread_ts=first["ts"])
    slack.wait_for("XenServer 8: full support", channel=here)
    slack.tell("message", channel=here, text=f"<@{BOT_USER}> XenServer 7.2")
    slack.wait_for("XenServer 7.2: partial support", channel=here)
    slack.tell("message", text="XCP-ng 8.2, says somebody to somebody")
    slack.command("XCP-ng 8.1")
    slack.wait_for("XCP-ng 8.1", also=_ephemeral)
    assert len(slack.messages(here)) == 3
    assert [event["way"] for event in bot.events("asked")] == [*["direct message"] * 3, "command"]


def test_a_button_asks_on_and_another_shows_the_reply_to_all(bot: Bot, slack: LocalSlack) -> None:  # noqa: ARG001 - as above
    slack.command("XenServer 7.2")
    reply = slack.wait_for("XenServer 7.2", also=_ephemeral)
    slack.press(reply, "Upgrade path")
    slack.wait_for("XenServer 7.2 → XenServer 8", also=_ephemeral)
    slack.press(reply, "Share to channel")
    shared = slack.wait_for("shared by", also=lambda message: not _ephemeral(message))
    assert shared["text"] == reply["text"]
    own = slack.wait_for("Shared to the channel.", also=_ephemeral)
    assert "Share to channel" not in json.dumps(own)


def test_the_whole_list_arrives(bot: Bot, slack: LocalSlack) -> None:  # noqa: ARG001 - as above
    slack.command("list")
    shown = json.dumps(slack.wait_for("Host Compatibility List"), ensure_ascii=False)
    assert all(label in shown for label in ("XCP-ng 7.4", "XenServer 6.1 and 6.2", "XenServer 5.x"))


def test_after_slack_was_away_commands_are_heard_again(bot: Bot, slack: LocalSlack) -> None:
    slack.kill()
    until(lambda: bot.events("Slack does not connect"), 10, "the bot notices")
    assert bot.ask("GET", "/healthz") == (200, "ok\n")
    why = "Slack cannot be reached: the connection was refused\n"
    until(lambda: bot.ask("GET", "/readyz") == (503, why), 10, "not ready")
    slack.start()
    _measure(slack, "Slack was away")
    assert bot.events("connected to Slack")


def test_a_slack_that_falls_silent_is_noticed_and_heard_again(bot: Bot, slack: LocalSlack) -> None:
    slack.freeze()
    until(lambda: bot.events("Slack is silent: connecting again"), 30, "the bot notices the silence")
    slack.thaw()
    _measure(slack, "Slack was silent")


def _measure(slack: LocalSlack, what: str) -> None:
    """Ask again and again, as people do, until there is an answer; the time it took is printed."""
    back = time.monotonic()

    def answered() -> bool:
        slack.command("8.2")
        return bool(slack.messages())

    until(answered, RECOVERY, "heard again")
    sys.stdout.write(f"{what}: heard again after {time.monotonic() - back:.1f} seconds\n")


def test_slack_may_be_away_at_the_start(slack: LocalSlack, start_bot: StartBot) -> None:
    slack.kill()
    bot = start_bot(slack.address, SOCKET)
    until(lambda: bot.events("Slack does not connect"), 20, "the bot tries")
    slack.start()
    _measure(slack, "Slack was away at the start")


def test_a_bot_that_gets_nothing_from_slack_ends_with_1_and_one_line(start_bot: StartBot) -> None:
    bot = start_bot(f"http://127.0.0.1:{free_port()}", SOCKET, limited(lost_after=1.5))
    assert bot.ended(20) == 1
    (line,) = [line for line in bot.told.splitlines() if not line.startswith("{")]
    assert re.fullmatch(
        r"xocompat: Slack was not heard for 2 seconds \(.*refused\): ending, to be started again\.", line
    )


def test_a_bot_that_gets_nothing_any_more_ends_too(slack: LocalSlack, start_bot: StartBot) -> None:
    bot = start_bot(slack.address, SOCKET, limited(lost_after=4.0))
    bot.wait_until_ready()
    slack.freeze()
    assert bot.ended(30) == 1
    slack.thaw()


def test_sigterm_and_sigint_end_it_with_0_within_10_seconds(slack: LocalSlack, start_bot: StartBot) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        bot = start_bot(slack.address, SOCKET)
        bot.wait_until_ready()
        begun = time.monotonic()
        assert bot.stop(number) == 0, bot.told
        assert time.monotonic() - begun < 10
        assert bot.events("stopped")[0]["all_done"] is True
        assert "Traceback" not in bot.told


def test_a_command_is_acknowledged_at_once(bot: Bot, slack: LocalSlack) -> None:  # noqa: ARG001 - as above
    for _ in range(20):
        slack.command("XenServer 7.2")
    log = until(lambda: _acks(slack, 20), 10, "20 acknowledgements")
    sys.stdout.write(f"acknowledged after {log} ms\n")
    assert max(log) < 3000


def _acks(slack: LocalSlack, count: int) -> list[int] | None:
    """Milliseconds from each command to its acknowledgement, by Slack's own log."""
    log = slack.get("/_control/log")["log"]
    sent = [entry["time"] for entry in log if entry["kind"] == "slash_commands"]
    acked = [entry["time"] for entry in log if entry["kind"] == "ack"]
    return [ack - at for at, ack in zip(sent, acked, strict=False)] if len(acked) >= count else None


def test_no_token_is_in_the_log(bot: Bot, slack: LocalSlack) -> None:
    slack.command(f"what is {BOT_TOKEN} and {APP_TOKEN}")
    until(lambda: bot.events("asked"), 10, "asked")
    assert BOT_TOKEN not in bot.told
    assert APP_TOKEN not in bot.told


def test_the_day_is_the_day_in_utc(bot: Bot, slack: LocalSlack) -> None:  # noqa: ARG001 - as above
    today = datetime.now(UTC).date()
    slack.command("XCP-ng 8.3")
    reply = json.dumps(slack.wait_for("As of"))
    assert any(f"As of {day.day} {day:%b} {day.year}" in reply for day in (today, datetime.now(UTC).date()))
