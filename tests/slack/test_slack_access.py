"""Grants in Slack, through signed requests: who is refused, who is not, and what the audit trail has of it."""

import json
from typing import Any

import pytest
from slack_bolt import BoltResponse

from bot.chat.access import Grant
from bot.chat.command import Right
from bot.simulator import Simulator
from tests.slack.conftest import Probing, Room
from tests.slack.signed import command, mention
from tests.slack.standin import StandIn

JSON = "application/json"
PROBE = frozenset({Right.PROBE})
OF_GROUP = (Grant("S0000001", None, PROBE, is_of_group=True),)


def _shown(response: BoltResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.body)
    return body


def _asks(room: Room, standin: StandIn) -> bool:
    """Whether a probe is begun."""
    return str(_shown(room.post(command("probe xen-1", standin.response_url)))["text"]).startswith("Asking xen-1")


def test_without_a_grant_nobody_probes_and_the_refusal_says_what_lacks_and_whom_to_ask(
    probing: Probing, standin: StandIn, simulator: Simulator
) -> None:
    room = probing(grants=())
    said = _shown(room.post(command("probe xen-1", standin.response_url)))
    assert (said["response_type"], said["text"]) == (
        "ephemeral",
        "You may not ask a host what it runs here: that takes the right probe. "
        "Whoever runs xocompat can grant it under access in its configuration. You may look releases up.",
    )
    assert simulator["xen-1"].seen.connections == 0
    assert [(entry.command, entry.outcome) for entry in room.trail.entries] == [("probe", "refused")]


@pytest.mark.parametrize(
    ("grant", "may"),
    [
        (Grant("U0000001", None, PROBE), True),
        (Grant("U0000002", None, PROBE), False),
        (Grant("*", None, PROBE), True),
        (Grant("*", "C0000001", PROBE), True),
        (Grant("*", "C0000002", PROBE), False),
        (Grant("*", None, frozenset({Right.FLEET, Right.OPERATE})), False),
    ],
    ids=["me", "another", "everybody", "everybody here", "everybody elsewhere", "other rights"],
)
def test_a_grant_is_for_whom_where_and_what_it_names(
    probing: Probing, standin: StandIn, grant: Grant, may: bool
) -> None:
    assert _asks(probing(grants=(grant,)), standin) is may


def test_a_refusal_of_a_mention_is_for_the_asker_alone(probing: Probing, standin: StandIn) -> None:
    probing(grants=()).post(mention("<@U0000BOT> probe xen-1"), JSON)
    assert "the right probe" in standin.wait("chat.postEphemeral")[0].fields["text"]
    assert standin.of("chat.postMessage") == []


@pytest.mark.parametrize("everyone", [True, False])
def test_people_of_other_workspaces_are_never_granted_anything(
    probing: Probing, standin: StandIn, everyone: bool
) -> None:
    room = probing(grants=(Grant("*", None, frozenset(Right)), *OF_GROUP), everyone=everyone)
    stranger = {"user_team": "T9999999", "user": "U9999999"}
    room.post(mention("<@U0000BOT> probe xen-1", **stranger), JSON)
    said = standin.wait("chat.postEphemeral")[0].fields["text"]
    assert ("members of the workspace" in said) or said.startswith("Only members")
    assert standin.of("usergroups.users.list", "chat.postMessage") == []


def test_members_of_a_group_are_asked_of_slack_once_in_some_minutes(probing: Probing, standin: StandIn) -> None:
    standin.answers["usergroups.users.list"] = {"ok": True, "users": ["U0000001"]}
    room = probing(grants=OF_GROUP)
    assert _asks(room, standin)
    assert _asks(room, standin)
    assert [call.fields["usergroup"] for call in standin.of("usergroups.users.list")] == ["S0000001"]
    standin.answers["usergroups.users.list"] = {"ok": True, "users": ["U0000002"]}
    room.clock.ahead += 301
    assert not _asks(room, standin)


def test_look_ups_never_ask_slack_for_groups(probing: Probing, standin: StandIn) -> None:
    probing(grants=OF_GROUP).post(command("XenServer 7.2"))
    assert standin.of("usergroups.users.list") == []


def test_where_slack_does_not_tell_who_is_in_a_group_it_is_denied_and_said_why(
    probing: Probing, standin: StandIn
) -> None:
    standin.answers["usergroups.users.list"] = {"ok": False, "error": "missing_scope"}
    room = probing(grants=OF_GROUP)
    said = _shown(room.post(command("probe xen-1", standin.response_url)))["text"]
    assert "Slack does not tell me who is in it (the bot lacks the scope usergroups:read)" in said
    _asks(room, standin)
    assert len(standin.of("usergroups.users.list")) == 1
    room.clock.ahead += 31
    _asks(room, standin)
    assert len(standin.of("usergroups.users.list")) == 2


def test_while_slack_does_not_say_who_is_at_home_nobody_is_granted_anything(probing: Probing, standin: StandIn) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": "internal_error"}
    said = _shown(probing(everyone=True).post(command("probe xen-1", standin.response_url)))["text"]
    assert "Slack did not say which workspace is mine" in said


def test_help_names_what_the_asker_may_run(probing: Probing) -> None:
    assert "/xocompat probe HOST" in probing().post(command("help")).body
    assert "/xocompat probe HOST" not in probing(grants=()).post(command("help")).body


def test_the_audit_trail_has_who_where_what_outcome_and_how_long(
    probing: Probing, standin: StandIn, simulator: Simulator
) -> None:
    room = probing()
    simulator["xen-1"].go_down()
    room.post(command("XenServer 7.2"))
    room.post(command("probe xen-1", standin.response_url))
    room.settle()
    told = [(e.who, e.team, e.where, e.way, e.command, e.words, e.outcome) for e in room.trail.entries]
    whence = ("U0000001", "T0000001", "C0000001", "command")
    assert told == [
        (*whence, "check", "XenServer 7.2", "check"),
        (*whence, "probe", "probe xen-1", "unreachable"),
    ]
    assert all(0 <= entry.ms < 10_000 for entry in room.trail.entries)
