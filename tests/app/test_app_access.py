"""Asking for a right, from a press in Slack through the database to those who may grant it."""

import json
from collections.abc import Callable

import pytest
import yaml
from structlog.typing import FilteringBoundLogger

from bot.alerts.routing import AlertPlan
from bot.app.sending import senders_of
from bot.app.slack import platform_of
from bot.chat.channels import ChannelKind
from bot.settings.model import AccessSettings, Settings
from tests.app.conftest import OPS, House, OpenSlack, SlackChat, Start
from tests.slack.blockkit import complaints
from tests.slack.signed import mention
from tests.slack.standin import Call, StandIn

CONFIG = "access: {lookup: everyone, grants: [{who: U0000001, where: C0000009, may: [fleet]}]}"
STRANGER = {"id": "U0000009", "team_id": "T0STRANGE"}


@pytest.fixture
def config() -> str:
    return CONFIG


@pytest.fixture
def slack(open_slack: OpenSlack) -> SlackChat:
    return open_slack()


Send = Callable[[House], list[Call]]


@pytest.fixture
def send(standin: StandIn, settings: Settings, log: FilteringBoundLogger) -> Send:
    """Sends what waits, and has what was posted into the channel for alerts."""

    def send(house: House) -> list[Call]:
        platforms = {ChannelKind.SLACK: platform_of(settings).platform}
        senders = senders_of(settings, platforms, house.store, log, house.watched.dataset)
        assert senders
        senders.worker.pass_once()
        return [call for call in standin.of("chat.postMessage") if call.fields["channel"] == OPS]

    return send


def test_a_refusal_has_a_button_that_tells_those_who_may_grant_the_right(
    slack: SlackChat, standin: StandIn, send: Send
) -> None:
    refused = slack.typed("fleet")
    (button,) = refused["blocks"][-1]["elements"]
    assert (button["text"]["text"], json.loads(button["value"])["words"]) == ("Ask for access", "access fleet")
    assert complaints(refused) == []
    slack.press("access fleet")
    assert (
        "I tell those who run xocompat that you ask for the right fleet here."
        in standin.wait("respond")[0].fields["text"]
    )
    assert slack.done() == [("fleet", "fleet", "refused"), ("access", "access fleet", "access_told")]
    (told,) = send(slack.house)
    assert told.fields["text"] == "somebody asks for the right fleet in the channel"
    shown = json.dumps(told.fields["blocks"])
    assert "<@U0000001> asks for the right `fleet` in <#C0000001>" in shown
    assert "`- {who: U0000001, where: C0000001, may: [fleet]}`" in shown
    assert complaints(told.fields) == []


def test_what_is_to_be_pasted_is_a_grant_as_the_configuration_takes_it(slack: SlackChat, send: Send) -> None:
    slack.typed("access operate")
    (told,) = send(slack.house)
    (line,) = (
        part
        for block in told.fields["blocks"]
        for part in str(block.get("text", {}).get("text")).split("\n")
        if "{" in part
    )
    (grant,) = AccessSettings(grants=tuple(yaml.safe_load(line.strip("`")))).grants
    assert (grant.who, grant.where, *grant.may) == ("U0000001", "C0000001", "operate")


def test_of_a_flood_one_message_comes_and_each_press_is_answered(
    slack: SlackChat, standin: StandIn, send: Send
) -> None:
    for at in range(60):
        slack.press("access fleet", channel={"id": f"C00001{at:02}"})
    outcomes = [outcome for _, _, outcome in slack.done()]
    assert outcomes.count("access_told") == 1
    assert {*outcomes} == {"access_told", "access_told_before"}
    assert len(send(slack.house)) == 1
    assert any("You asked for the right fleet already" in call.fields["text"] for call in standin.of("respond"))


def test_the_message_survives_the_process_that_was_asked(slack: SlackChat, start: Start, send: Send) -> None:
    slack.typed("access fleet")
    assert slack.done()
    restarted = start(AlertPlan(OPS))
    assert len(send(restarted)) == 1
    assert len(send(restarted)) == 1  # sent once


def test_a_mention_asks_too_and_a_direct_message_is_named_as_such(slack: SlackChat, send: Send) -> None:
    slack.post(mention("<@U0000BOT> access probe"), "application/json")
    slack.post(
        mention("access operate", "Ev2", type="message", channel="D0000001", channel_type="im"), "application/json"
    )
    assert sorted(slack.done()) == [
        ("access", "access operate", "access_told"),
        ("access", "access probe", "access_told"),
    ]
    assert {call.fields["text"] for call in send(slack.house)} == {
        "somebody asks for the right probe in the channel",
        "somebody asks for the right operate in a direct message",
    }


def test_people_of_other_workspaces_ask_in_vain(slack: SlackChat, standin: StandIn, send: Send) -> None:
    refused = slack.typed("fleet", user_id="U0000009", team_id="T0STRANGE")
    assert "actions" not in [block["type"] for block in refused["blocks"]]
    slack.press("access fleet", user=STRANGER)
    (said,) = standin.wait("respond")
    assert "It can be granted to members of the workspace that runs xocompat only" in said.fields["text"]
    assert slack.done()[-1] == ("access", "access fleet", "refused")
    assert send(slack.house) == []


def test_while_slack_does_not_say_whose_workspace_it_is_nobody_is_told(
    slack: SlackChat, standin: StandIn, send: Send
) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": "internal_error"}
    assert "did not say which workspace is mine" in slack.typed("access fleet")["text"]
    assert slack.done() == [("access", "access fleet", "home_unknown")]
    assert send(slack.house) == []


def test_without_a_channel_for_alerts_the_asker_gets_the_line_to_send(open_slack: OpenSlack, send: Send) -> None:
    slack = open_slack(AlertPlan())
    said = slack.typed("access fleet")
    assert "Nobody is told: no channel for alerts is configured." in said["text"]
    assert "`- {who: U0000001, where: C0000001, may: [fleet]}`" in json.dumps(said["blocks"])
    assert slack.done() == [("access", "access fleet", "access_untold")]
    assert send(slack.house) == []


def test_where_the_channel_takes_no_messages_the_asker_gets_to_know(slack: SlackChat) -> None:
    slack.house.store.outbox.stop(OPS, "not_in_channel", "invite the bot", slack.house.clock())
    assert "their channel takes none now. Ask them yourself." in json.dumps(slack.typed("access fleet")["blocks"])


def test_who_has_the_right_there_asks_nobody(slack: SlackChat, send: Send) -> None:
    assert "You have the right fleet here already" in slack.typed("access fleet", channel_id="C0000009")["text"]
    overview = slack.typed("access", channel_id="C0000009")
    assert [element["text"]["text"] for element in overview["blocks"][-1]["elements"]] == [
        "Ask for probe",
        "Ask for operate",
    ]
    assert "Beside looking up: `fleet` (see the hosts and their alerts)." in json.dumps(overview["blocks"])
    assert slack.done() == [("access", "access fleet", "access_held"), ("access", "access", "access")]
    assert send(slack.house) == []


def test_what_is_no_right_is_said(slack: SlackChat) -> None:
    assert (
        "is no right that can be asked for: type access probe, access fleet or access operate"
        in slack.typed("access everything")["text"]
    )
