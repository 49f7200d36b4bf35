"""A grant for one channel, from Slack's request to the database: what is typed there, and what is pressed there."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.alert import AlertState
from bot.alerts.routing import AlertPlan, Route
from bot.app.slack import platform_of, service_of
from bot.settings import load_settings
from bot.slack.http import RequestVerifier
from bot.slack.service import Service
from tests.app.conftest import OPS, START, TEAM, House, Start
from tests.slack.signed import SECRET, command, headers, press
from tests.slack.standin import StandIn

PLAN = AlertPlan(OPS, routes=(Route(TEAM, (30, 0), tags=("lab",)),))
CONFIG = f"""
access:
  grants:
    - {{who: U0000001, where: {TEAM}, may: [fleet, operate]}}
    - {{who: U0000002, may: [fleet, operate]}}
"""


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def house(start: Start) -> House:
    """A fleet of which the lab's hosts lead to one channel, and all others to the other."""
    house = start(PLAN)
    house.sweep()
    return house


class Slack:
    """Types and presses as people do."""

    def __init__(self, service: Service, standin: StandIn) -> None:
        self._service = service
        self._standin = standin
        self._verifier = RequestVerifier(service.app, SECRET, time.time)

    def typed(self, words: str, user: str = "U0000001", channel: str = TEAM) -> str:
        """What is answered, in the acknowledgement or, as a table, behind it."""
        before = len(self._standin.of("respond"))
        body = command(words, self._standin.response_url, user_id=user, channel_id=channel)
        said = self._verifier.receive(body.encode(), headers(body)).body
        return said or json.dumps(self._standin.wait("respond", before + 1)[-1].fields)

    def press(self, verb: str, ids: list[int], user: str = "U0000001", channel: str = TEAM) -> None:
        who, where = {"id": user, "team_id": "T0000001"}, {"id": channel}
        value = ",".join(map(str, ids))
        body = press(verb, value, self._standin.response_url, user=who, channel=where)
        assert self._verifier.receive(body.encode(), headers(body)).status == 200

    def answers(self) -> list[str]:
        """What was answered to somebody alone, once all that was begun is done. Nothing is taken on after it."""
        assert self._service.drain(lambda _: None)
        return [json.dumps(call.fields) for call in self._standin.of("respond")]


@pytest.fixture
def slack(
    house: House, standin: StandIn, log: FilteringBoundLogger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Slack]:
    monkeypatch.setattr("bot.app.slack.today", START.date)  # as the fleet's clock has it
    file = tmp_path / "xocompat.yaml"
    file.write_text(CONFIG)
    tokens = {"SLACK_BOT_TOKEN": "xoxb-of-the-tests", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": standin.api}
    settings = load_settings(file, {"PATH": os.environ["PATH"], **tokens}, tmp_path)
    service = service_of(settings, log, False, platform_of(settings), house.watched)
    slack = Slack(service, standin)
    yield slack
    slack.answers()


def _ids(house: House, channel: str) -> list[int]:
    return [alert.id for alert in house.open(channel)]


def _states(house: House) -> set[AlertState]:
    return {alert.state for alert in house.store.alerts.open()}


def test_what_is_typed_reaches_the_channels_own(house: House, slack: Slack) -> None:
    others = _ids(house, OPS)
    assert others
    assert "no open alerts" in slack.typed("alerts")
    assert f"There is no alert {others[0]}." in slack.typed(f"ack {others[0]}")
    assert f"There is no alert {others[0]}." in slack.typed(f"snooze {others[0]} 7d")
    assert f"There is no alert {others[0]}." in slack.typed(f"alerts {others[0]}")
    assert _states(house) == {AlertState.FIRING}
    shown = slack.typed("fleet")
    assert "xen-1" in shown
    assert "xen-2" not in shown
    assert "old-1" not in shown
    assert OPS not in slack.typed("audit")


@pytest.mark.parametrize("verb", ["ack", "hosts"])
def test_what_is_pressed_reaches_the_channels_own(house: House, slack: Slack, verb: str) -> None:
    """The value of a button is Slack's to give back, and another client's to make up."""
    slack.press(verb, _ids(house, OPS))
    (said,) = slack.answers()
    assert "There is no" in said
    assert "old-1" not in said
    assert _states(house) == {AlertState.FIRING}


def test_to_whom_it_is_granted_everywhere_reaches_all_from_any_channel(house: House, slack: Slack) -> None:
    first, *others = _ids(house, OPS)
    assert "acknowledged" in slack.typed(f"ack {first}", user="U0000002")
    assert "old-1" in slack.typed("fleet", user="U0000002")
    slack.press("ack", others, user="U0000002")
    slack.answers()
    assert {alert.state for alert in house.open(OPS)} == {AlertState.ACKNOWLEDGED}


def test_in_another_channel_the_grant_is_none(slack: Slack) -> None:
    assert "the right `fleet`" in slack.typed("fleet", channel=OPS)
