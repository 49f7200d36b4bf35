"""What a running `serve` shows: health, metrics, the calendar, and the audit trail of what people did."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.store.tables import alerts
from tests.acceptance.bots import Bot
from tests.acceptance.lab import CHANNEL, SECRET, USER
from tests.acceptance.waiting import until
from tests.acceptance.watched import BEARER, TOLD, WEB_TOKEN, Watch
from tests.slack.signed import command, headers, press

CALENDAR_TOKEN = "the-calendar-alone"


@pytest.fixture
def watch(watch_on: Callable[[str], Watch], tmp_path: Path) -> Watch:
    return watch_on(f"sqlite:///{tmp_path / 'fleet.db'}")


@pytest.fixture
def bot(watch: Watch) -> Bot:
    """A bot that has swept and told what it found."""
    bot = watch.bot(XOCOMPAT_CALENDAR_TOKEN=CALENDAR_TOKEN)
    until(lambda: len(watch.messages) == TOLD, 20, "all is told")
    bot.wait_until_ready()
    return bot


def test_pages_that_name_hosts_are_over_http_for_those_with_the_token_alone(bot: Bot) -> None:
    for path in ("/metrics", "/calendar.ics"):
        status, said = bot.ask("GET", path)
        assert status == 403
        assert "xen-1" not in said
        assert bot.ask("GET", path, headers=BEARER)[0] == 200
        assert bot.ask("GET", f"{path}?token={WEB_TOKEN}")[0] == 403
        assert bot.ask("HEAD", path, headers=BEARER) == (200, "")
        assert bot.ask("HEAD", path) == (403, "")
    assert bot.ask("GET", f"/calendar.ics?token={CALENDAR_TOKEN}")[0] == 200
    assert bot.ask("GET", f"/metrics?token={CALENDAR_TOKEN}")[0] == 403
    assert not any(token in bot.told for token in (WEB_TOKEN, CALENDAR_TOKEN))


def test_metrics_are_what_prometheus_reads(bot: Bot) -> None:
    families = {
        each.name: each for each in text_string_to_metric_families(bot.ask("GET", "/metrics", headers=BEARER)[1])
    }
    ours = {name for name in families if not name.startswith("process_")}
    assert all(name.startswith("xocompat_") for name in ours)
    ends = families["xocompat_host_eol_timestamp_seconds"].samples
    assert {sample.labels["host"] for sample in ends} == {"xen-1", "xen-2", "old-1"}
    (count,) = (s.value for s in families["xocompat_probe_duration_seconds"].samples if s.name.endswith("_count"))
    assert count == 3


def test_the_calendar_has_what_hosts_run(bot: Bot) -> None:
    told = bot.ask("GET", "/calendar.ics", headers=BEARER)[1]
    assert told.startswith("BEGIN:VCALENDAR\r\n")
    assert "SUMMARY:XCP-ng 8.2 LTS: end of life\r\n" in told
    assert "DTSTART;VALUE=DATE:20250916\r\n" in told


def test_health_is_for_everybody_and_names_no_host(bot: Bot) -> None:
    for path in ("/healthz", "/readyz"):
        status, said = bot.ask("GET", path, headers={"x-forwarded-for": "192.0.2.1"})
        assert status == 200
        assert "xen" not in said
        assert bot.ask("HEAD", path) == (200, "")


def test_a_channel_that_slack_does_not_take_messages_for_shows_with_its_remedy(watch: Watch) -> None:
    watch.slack.room(CHANNEL).member = False
    bot = watch.bot()
    said = "not_in_channel: the bot is not in the channel: type /invite @xocompat there"
    why = until(lambda: bot.ask("GET", "/readyz")[1] if said in bot.ask("GET", "/readyz")[1] else None, 20, "stopped")
    assert why.startswith(f"ready\n{CHANNEL}: Slack answered {said}")
    assert bot.ask("GET", "/readyz")[0] == 200
    assert said in bot.events("stopped")[0]["reason"]
    assert (
        f'xocompat_channel_stopped{{channel="{CHANNEL}",code="not_in_channel"}} 1.0'
        in bot.ask("GET", "/metrics", headers=BEARER)[1]
    )
    assert said in json.dumps(_say(bot, "alerts"))
    watch.slack.room(CHANNEL).member = True
    _say(bot, "sweep")
    until(lambda: len(watch.messages) == TOLD, 20, "all is told")
    until(lambda: bot.ask("GET", "/readyz") == (200, "ready\n"), 20, "nothing to notice")


def _say(bot: Bot, words: str) -> Any:
    body = command(words, channel_id=CHANNEL)
    status, answer = bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))
    assert status == 200
    return json.loads(answer)


def test_who_asked_and_who_pressed_is_in_the_audit_trail(watch: Watch, bot: Bot) -> None:
    _say(bot, "XCP-ng 8.3")
    bulletin = watch.messages[1]
    button = next(e for block in bulletin.blocks for e in block.get("elements", []) if e.get("action_id") == "act_1")
    pressed = press(button["action_id"], button["value"], watch.slack.response_url)
    assert bot.ask("POST", "/slack/events", pressed.encode(), headers(pressed, secret=SECRET))[0] == 200
    until(lambda: any(row.state == "acknowledged" for row in watch.rows(alerts)), 10, "acknowledged")
    said = until(lambda: _shown(bot, "act button"), 10, "it is in the trail")
    assert json.loads(button["value"])["words"] in said
    assert USER in said
    assert "check XCP-ng 8.3" in _shown(bot, "8.3")


def _shown(bot: Bot, words: str) -> str:
    """What the audit shows with some words; empty if it has nothing."""
    said = json.dumps(_say(bot, f"audit {words}"))
    return "" if "No entries" in said else said
