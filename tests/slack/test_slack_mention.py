"""Mentions, through signed requests: answered once and in the thread; what is for one person goes to that person."""

import pytest
from structlog.testing import LogCapture

from tests.slack.blockkit import complaints
from tests.slack.conftest import Furnish, Room
from tests.slack.runners import Broken, Gate, Long
from tests.slack.signed import mention
from tests.slack.standin import Said, StandIn

JSON = "application/json"


def test_a_mention_is_answered_below_it_for_everybody(room: Room, standin: StandIn) -> None:
    assert room.post(mention("<@U0000BOT> XenServer 7.2"), JSON).status == 200
    (call,) = standin.wait("chat.postMessage")
    assert (call.fields["channel"], call.fields["thread_ts"]) == ("C0000001", "1795434045.000100")
    assert call.fields["text"] == "XenServer 7.2: partial support, no security updates"
    assert complaints(call.fields) == []


def test_a_mention_in_a_thread_is_answered_in_that_thread(room: Room, standin: StandIn) -> None:
    room.post(mention("<@U0000BOT> list", thread_ts="1795434000.000001"), JSON)
    assert standin.wait("chat.postMessage")[0].fields["thread_ts"] == "1795434000.000001"


@pytest.mark.parametrize(
    "text", ["<@U0000BOT> XCP-ng 8.3", "<@U0000BOT|xocompat>: XCP-ng 8.3", "is XCP-ng 8.3 ok <@U0000BOT>"]
)
def test_the_bots_own_mention_is_no_part_of_the_question(room: Room, standin: StandIn, text: str) -> None:
    room.post(mention(text), JSON)
    assert standin.wait("chat.postMessage")[0].fields["text"].startswith("XCP-ng 8.3 LTS")


def test_a_mention_without_words_gets_the_help(room: Room, standin: StandIn) -> None:
    room.post(mention("<@U0000BOT>"), JSON)
    assert "answers" in standin.wait("chat.postMessage")[0].fields["text"]


def test_a_long_reply_stays_in_the_thread(furnish: Furnish, standin: StandIn) -> None:
    furnish(Long()).post(mention("<@U0000BOT> list"), JSON)
    calls = standin.wait("chat.postMessage", 3)
    assert {call.fields["thread_ts"] for call in calls} == {"1795434045.000100"}


def test_a_delivery_that_comes_again_is_answered_once(room: Room, standin: StandIn, kept_log: LogCapture) -> None:
    for _ in range(3):
        assert room.post(mention("<@U0000BOT> 8.2"), JSON).status == 200
    room.post(mention("<@U0000BOT> 8.2", event_id="Ev0000002"), JSON)
    room.settle()
    assert len(standin.of("chat.postMessage")) == 2
    assert [entry["event"] for entry in kept_log.entries].count("delivered again") == 2


def test_a_delivery_whose_answer_was_lost_is_answered_when_it_comes_again(
    room: Room, standin: StandIn, kept_log: LogCapture
) -> None:
    standin.answers["chat.postMessage"] = Said("gateway", 502)
    room.post(mention("<@U0000BOT> 8.2"), JSON)
    room.settle()
    assert kept_log.entries[-1]["event"] == "not delivered"
    standin.answers.pop("chat.postMessage")
    room.post(mention("<@U0000BOT> 8.2"), JSON)
    standin.wait("chat.postMessage", 2)


def test_bots_are_not_answered(room: Room, standin: StandIn) -> None:
    room.post(mention("<@U0000BOT> 8.2", bot_id="B0000002"), JSON)
    room.post(mention("<@U0000BOT> 8.2", event_id="Ev2", subtype="bot_message"), JSON)
    room.post(mention("<@U0000BOT> 8.2", event_id="Ev3", bot_profile={"id": "B0000002"}), JSON)
    room.settle()
    assert standin.calls == []


def test_words_that_make_no_command_are_told_to_the_asker_alone(room: Room, standin: StandIn) -> None:
    room.post(mention("<@U0000BOT> upgrade"), JSON)
    (call,) = standin.wait("chat.postEphemeral")
    assert (call.fields["user"], call.fields["channel"]) == ("U0000001", "C0000001")
    assert call.fields["thread_ts"] == "1795434045.000100"
    assert call.fields["text"].startswith("Say from which release")


@pytest.mark.parametrize(
    "told", [{"user_team": "T9999999"}, {"user_team": "E9999999"}, {"user_team": None, "team": "T9999999"}]
)
def test_somebody_from_another_workspace_is_refused_alone(room: Room, standin: StandIn, told: dict[str, str]) -> None:
    room.post(mention("<@U0000BOT> 8.2", **told), JSON)
    assert "Only members" in standin.wait("chat.postEphemeral")[0].fields["text"]
    assert standin.of("chat.postMessage") == []


def test_a_crowd_is_told_that_the_bot_is_busy(furnish: Furnish, standin: StandIn, gate: Gate) -> None:
    room = furnish(gate, threads=1, waiting=0)
    room.post(mention("<@U0000BOT> 8.2"), JSON)
    assert gate.asked.acquire(timeout=10)
    assert room.post(mention("<@U0000BOT> 8.3", event_id="Ev2"), JSON).status == 200
    assert standin.wait("chat.postEphemeral")[0].fields["text"].startswith("I am busy")
    gate.open()
    assert standin.wait("chat.postMessage")[0].fields["text"] == "done"


def test_an_answer_that_breaks_is_told_to_the_asker_with_an_id_that_the_log_has(
    furnish: Furnish, standin: StandIn, kept_log: LogCapture
) -> None:
    furnish(Broken()).post(mention("<@U0000BOT> 8.2"), JSON)
    said = standin.wait("chat.postEphemeral")[0].fields["text"]
    (incident,) = [entry for entry in kept_log.entries if entry["event"] == "incident"]
    assert incident["id"] in said


def test_a_channel_that_the_bot_may_not_post_to_is_in_the_log_with_what_to_do(
    room: Room, standin: StandIn, kept_log: LogCapture
) -> None:
    standin.answers["chat.postMessage"] = {"ok": False, "error": "not_in_channel"}
    room.post(mention("<@U0000BOT> 8.2"), JSON)
    room.settle()
    assert "/invite @xocompat" in kept_log.entries[-1]["reason"]


def test_an_event_without_a_person_or_place_is_let_go(room: Room, standin: StandIn) -> None:
    for event in ({"user": None}, {"channel": {"id": "C0000001"}}, {"ts": "yesterday"}, {"user": {"id": "U1"}}):
        assert room.post(mention("<@U0000BOT> 8.2", **event), JSON).status == 200
    room.settle()
    assert standin.calls == []
