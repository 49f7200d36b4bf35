"""What people write to the bot itself, through signed requests: answered as a mention is, without its name."""

from typing import Any

import pytest
from structlog.testing import LogCapture

from bot.chat.access import Grant
from bot.chat.command import Right
from tests.slack.blockkit import complaints
from tests.slack.conftest import Furnish, Probing, Room
from tests.slack.runners import Gate
from tests.slack.signed import direct_message, mention
from tests.slack.standin import StandIn

JSON = "application/json"
HERE = {"channel": "D0000001", "channel_type": "im"}


def test_words_are_answered_in_their_thread_without_the_bots_name(room: Room, standin: StandIn) -> None:
    assert room.post(direct_message("XenServer 7.2"), JSON).status == 200
    (call,) = standin.wait("chat.postMessage")
    assert (call.fields["channel"], call.fields["thread_ts"]) == ("D0000001", "1795434045.000100")
    assert call.fields["text"] == "XenServer 7.2: partial support, no security updates"
    assert complaints(call.fields) == []
    room.settle()
    assert [(entry.way, entry.where, entry.words) for entry in room.trail.entries] == [
        ("direct message", "D0000001", "XenServer 7.2")
    ]


def test_in_a_thread_the_answer_is_in_that_thread(room: Room, standin: StandIn) -> None:
    room.post(direct_message("list", thread_ts="1795434000.000001"), JSON)
    assert standin.wait("chat.postMessage")[0].fields["thread_ts"] == "1795434000.000001"


def test_the_bots_name_may_be_there(room: Room, standin: StandIn) -> None:
    room.post(direct_message("<@U0000BOT> XCP-ng 8.3"), JSON)
    assert standin.wait("chat.postMessage")[0].fields["text"].startswith("XCP-ng 8.3 LTS")


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B0000BOT", "user": "U0000BOT"},
        {"bot_id": "B0000002"},
        {"bot_profile": {"id": "B0000002"}},
        {"subtype": "bot_message"},
        {"subtype": "message_changed", "message": {"text": "8.2", "user": "U0000001", "ts": "1795434045.000100"}},
        {"subtype": "message_deleted", "deleted_ts": "1795434045.000100"},
        {"subtype": "channel_join"},
        {"subtype": "thread_broadcast"},
        {"user": None},
        {"channel": "C0000001", "channel_type": "channel"},
        {"channel": "G0000001", "channel_type": "mpim"},
    ],
)
def test_bots_edits_and_channels_are_not_answered(room: Room, standin: StandIn, event: dict[str, Any]) -> None:
    assert room.post(direct_message("8.2", **event), JSON).status == 200
    room.settle()
    assert standin.of("chat.postMessage", "chat.postEphemeral") == []


def test_the_bots_own_message_is_not_answered_even_without_a_bots_id(room: Room, standin: StandIn) -> None:
    room.post(direct_message("8.2"), JSON)
    standin.wait("chat.postMessage")
    room.post(direct_message("8.3", event_id="Ev2", user="U0000BOT"), JSON)
    room.settle()
    assert len(standin.of("chat.postMessage")) == 1


def test_a_delivery_that_comes_again_is_answered_once(room: Room, standin: StandIn, kept_log: LogCapture) -> None:
    for _ in range(3):
        room.post(direct_message("8.2"), JSON)
    room.post(direct_message("8.3", event_id="Ev0000002"), JSON)
    room.settle()
    assert len(standin.of("chat.postMessage")) == 2
    assert [entry["event"] for entry in kept_log.entries].count("delivered again") == 2


def test_a_message_and_a_mention_in_it_are_answered_once(room: Room, standin: StandIn) -> None:
    room.post(mention("<@U0000BOT> 8.2", event_id="Ev1", **HERE), JSON)
    room.post(direct_message("<@U0000BOT> 8.2", event_id="Ev2"), JSON)
    room.settle()
    assert len(standin.of("chat.postMessage")) == 1


def test_a_refusal_stays_there_as_nobody_else_reads_it(probing: Probing, standin: StandIn) -> None:
    """A right for one channel does not count in a conversation with the bot."""
    only_there = Grant("U0000001", "C0000001", frozenset({Right.PROBE}))
    probing(grants=(only_there,)).post(direct_message("probe xen-1"), JSON)
    (call,) = standin.wait("chat.postMessage")
    assert (call.fields["channel"], call.fields["thread_ts"]) == ("D0000001", "1795434045.000100")
    assert "the right probe" in call.fields["text"]
    assert standin.of("chat.postEphemeral") == []


def test_a_slow_command_shows_that_it_is_under_way_and_then_its_reply(probing: Probing, standin: StandIn) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1795434046.000100"}
    probing().post(direct_message("probe xen-1"), JSON)
    assert standin.wait("chat.postMessage")[0].fields["text"].startswith("Asking xen-1")
    assert standin.wait("chat.update")[0].fields["text"].startswith("Pool lab")


def test_somebody_of_another_workspace_is_told_that_they_may_not_ask(room: Room, standin: StandIn) -> None:
    room.post(direct_message("8.2", user_team="T0000002", team="T0000002"), JSON)
    assert "Only members of the workspace" in standin.wait("chat.postMessage")[0].fields["text"]


def test_where_there_is_no_place_in_line_that_is_said_there(furnish: Furnish, standin: StandIn, gate: Gate) -> None:
    room = furnish(gate, threads=1, waiting=0)
    room.post(direct_message("8.2"), JSON)
    assert gate.asked.acquire(timeout=10)
    assert room.post(direct_message("8.3", event_id="Ev2"), JSON).status == 200
    assert standin.wait("chat.postMessage")[0].fields["text"].startswith("I am busy")
    gate.open()
