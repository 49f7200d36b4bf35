"""The slash command, through signed requests: the answer is the acknowledgement."""

import json
from typing import Any

from slack_bolt import BoltResponse
from structlog.testing import LogCapture

from tests.slack.blockkit import complaints
from tests.slack.conftest import Furnish, Room
from tests.slack.runners import Away, Broken, Gate, Long
from tests.slack.signed import command, press
from tests.slack.standin import Said, StandIn


def _shown(response: BoltResponse) -> dict[str, Any]:
    assert response.status == 200
    body: dict[str, Any] = json.loads(response.body)
    assert complaints(body) == []
    return body


def test_a_look_up_is_answered_in_the_acknowledgement_for_the_asker_alone(room: Room, standin: StandIn) -> None:
    body = _shown(room.post(command("XenServer 7.2")))
    assert body["response_type"] == "ephemeral"
    assert body["text"] == "XenServer 7.2: partial support, no security updates"
    assert standin.of("respond", "chat.postMessage") == []


def test_no_words_and_help_get_the_help(room: Room) -> None:
    assert room.post(command("")).body == room.post(command("help")).body
    assert "/xocompat XenServer 7.2" in room.post(command("")).body


def test_the_same_question_gets_the_same_answer_again(room: Room) -> None:
    assert room.post(command("8.2")).body == room.post(command("8.2")).body


def test_words_that_make_no_command_are_answered_with_what_is_wrong(room: Room) -> None:
    assert _shown(room.post(command("check")))["text"] == "Say which release, for example: check XenServer 7.2."
    assert "too long" in _shown(room.post(command("x" * 2001)))["text"]


def test_a_long_reply_goes_to_the_response_url_in_order(furnish: Furnish, standin: StandIn) -> None:
    response = furnish(Long()).post(command("list", standin.response_url))
    assert (response.status, response.body) == (200, "")
    sent = standin.wait("respond", 3)
    assert [call.fields["response_type"] for call in sent] == ["ephemeral"] * 3
    assert [call.fields["blocks"][-1]["elements"][0]["text"][:6] for call in sent] == ["2 mess", "2 of 3", "3 of 3"]


def test_a_crowd_is_told_that_the_bot_is_busy(furnish: Furnish, standin: StandIn, gate: Gate) -> None:
    def slowly(_: object) -> Said:
        gate.pass_through()
        return Said("ok")

    standin.answers["respond"] = slowly
    room = furnish(Long(), threads=1, waiting=0)
    assert room.post(command("list", standin.response_url)).body == ""
    assert gate.asked.acquire(timeout=10)
    assert _shown(room.post(command("list", standin.response_url)))["text"].startswith("I am busy")
    gate.open()


def test_a_listener_that_breaks_says_so_with_an_id_that_the_log_has(furnish: Furnish, kept_log: LogCapture) -> None:
    said = _shown(furnish(Broken()).post(command("list")))["text"]
    (incident,) = [entry for entry in kept_log.entries if entry["event"] == "incident"]
    assert incident["id"] in said
    assert str(incident["exc_info"]) == "the drawer is stuck"
    assert incident["who"] == "U0000001"
    assert "stuck" not in said


def test_what_cannot_be_had_is_told_in_plain_words_and_is_no_incident(furnish: Furnish, kept_log: LogCapture) -> None:
    assert _shown(furnish(Away()).post(command("list")))["text"] == Away.SAID.replace("`", "")
    (asked,) = [entry for entry in kept_log.entries if entry["event"] == "asked"]
    assert asked["outcome"] == "unavailable"
    assert "incident" not in {entry["event"] for entry in kept_log.entries}


def test_a_button_that_cannot_have_what_it_needs_says_so(
    furnish: Furnish, standin: StandIn, kept_log: LogCapture
) -> None:
    assert furnish(Away()).post(press("ask_1", '{"words": "8.2"}', standin.response_url)).status == 200
    assert standin.wait("respond")[0].fields["text"] == Away.SAID.replace("`", "")
    assert "incident" not in {entry["event"] for entry in kept_log.entries}


def test_each_question_is_one_event_in_the_log(room: Room, kept_log: LogCapture) -> None:
    room.post(command("upgrade XenServer\n\x1b[31m 7.2" + "x" * 200))
    (entry,) = [entry for entry in kept_log.entries if entry["event"] == "asked"]
    assert (entry["way"], entry["who"], entry["team"], entry["where"]) == (
        "command",
        "U0000001",
        "T0000001",
        "C0000001",
    )
    assert entry["command"] == "upgrade"
    assert entry["outcome"] == "upgrade"
    assert len(entry["words"]) == 80
    assert entry["words"].isprintable()
    assert 0 <= entry["ms"] < 1000


def test_somebody_from_another_workspace_is_refused_and_told_whom_to_ask(room: Room, kept_log: LogCapture) -> None:
    said = _shown(room.post(command("XenServer 7.2", team_id="T9999999")))["text"]
    assert "Only members of the workspace" in said
    assert "ask whoever runs it" in said
    assert kept_log.entries[-1]["outcome"] == "refused"


def test_look_ups_can_be_opened_to_everybody(furnish: Furnish, standin: StandIn) -> None:
    said = _shown(furnish(everyone=True).post(command("XenServer 7.2", team_id="T9999999")))["text"]
    assert said.startswith("XenServer 7.2")
    assert standin.of("auth.test") == []


def test_nobody_is_answered_while_slack_does_not_say_who_belongs_here(room: Room, standin: StandIn) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": "internal_error"}
    assert "Try again in a minute" in _shown(room.post(command("XenServer 7.2")))["text"]


def test_what_nobody_listens_to_is_acknowledged(room: Room, kept_log: LogCapture) -> None:
    assert room.post(command("x", command="/other")).status == 200
    assert kept_log.entries[-1]["event"] == "not for us"
