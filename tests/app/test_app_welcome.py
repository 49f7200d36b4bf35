"""The welcome in a channel, from Slack's event to the database: what is told there, once, by any of the processes."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import AlertPlan, Route
from bot.app.slack import platform_of, service_of
from bot.settings import load_settings
from bot.slack.http import RequestVerifier
from tests.app.conftest import OPS, START, TEAM, House, Start
from tests.slack.blockkit import complaints
from tests.slack.signed import SECRET, headers, joined
from tests.slack.standin import StandIn

PLAN = AlertPlan(OPS, routes=(Route(TEAM, (30, 0), tags=("lab",)),))
OTHER = "C0000077"
Invite = Callable[[str], list[dict[str, object]]]


@pytest.fixture
def house(start: Start) -> House:
    return start(PLAN)


@pytest.fixture
def invite(house: House, log: FilteringBoundLogger, tmp_path: Path) -> Iterator[Invite]:
    """Invites the bot of a new process into a channel, and has what it posted."""
    with StandIn() as standin:
        (file := tmp_path / "xocompat.yaml").write_text("{}", encoding="utf-8")
        tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": standin.api}
        settings = load_settings(file, {"PATH": os.environ["PATH"], **tokens}, tmp_path)

        def invite(channel: str) -> list[dict[str, object]]:
            before = len(standin.of("chat.postMessage"))
            service = service_of(settings, log, False, platform_of(settings), house.watched)
            body = joined(channel=channel)
            answer = RequestVerifier(service.app, SECRET, time.time).receive(
                body.encode(), headers(body, "application/json")
            )
            assert answer.status == 200
            assert service.drain(lambda _: None)
            return [dict(call.fields) for call in standin.of("chat.postMessage")[before:]]

        yield invite


def test_a_channel_that_a_route_leads_to_is_told_that_and_what_to_type_once(invite: Invite) -> None:
    (said,) = invite(TEAM)
    shown = json.dumps(said["blocks"])
    assert "hosts with the tag lab: 30 days before and on the day" in shown
    for words in ("/xocompat XenServer 7.2", "/xocompat watch XCP-ng 8.3", "/xocompat help"):
        assert words in shown
    assert complaints(said) == []
    assert invite(TEAM) == []


def test_a_channel_that_watches_something_is_told_that(invite: Invite, house: House) -> None:
    watch = Watch(OTHER, WatchKind.RELEASE, "XCP-ng 8.3", "XCP-ng", "8.3", by="U0000001", at=START)
    house.store.watches.add(watch)
    (said,) = invite(OTHER)
    assert "with or without hosts" in json.dumps(said["blocks"])


def test_a_channel_that_is_told_nothing_gets_to_know_how_to_change_that(invite: Invite) -> None:
    (said,) = invite(OTHER)
    assert "Nothing is told here. To change that:" in json.dumps(said["blocks"])
