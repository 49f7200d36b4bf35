"""Pressed buttons, through signed requests."""

import pytest

from bot.chat.button_value import ActionValue, encode
from tests.slack.blockkit import complaints
from tests.slack.conftest import Furnish, Room
from tests.slack.runners import Broken, Gate, Long
from tests.slack.signed import press
from tests.slack.standin import Said, StandIn

ASK = encode(ActionValue("upgrade XenServer 7.2"))


def _share(day: str | None = None) -> str:
    return f'{{"words": "XCP-ng 8.2"{f", {chr(34)}on{chr(34)}: {chr(34)}{day}{chr(34)}" if day else ""}}}'


def test_asking_on_gives_a_new_reply_for_the_presser_alone(room: Room, standin: StandIn) -> None:
    response = room.post(press("ask_1", ASK, standin.response_url))
    assert (response.status, response.body) == (200, "")
    (call,) = standin.wait("respond")
    assert call.fields["text"] == "XenServer 7.2 → XenServer 8: 2 steps, joined from several texts"
    assert (call.fields["response_type"], call.fields["replace_original"]) == ("ephemeral", False)
    assert complaints(call.fields) == []


def test_sharing_shows_the_reply_to_the_channel_with_who_shared_it(room: Room, standin: StandIn) -> None:
    room.post(press("share_3", _share(), standin.response_url))
    (call,) = standin.wait("respond")
    assert (call.fields["response_type"], call.fields["replace_original"]) == ("in_channel", False)
    assert call.fields["blocks"][-1]["elements"][-1]["text"] == "shared by <@U0000001>"
    assert "Share" not in str(call.fields)
    assert complaints(call.fields) == []


def test_sharing_keeps_the_day_that_was_asked_about(room: Room, standin: StandIn) -> None:
    room.post(press("share_3", _share("2024-11-14"), standin.response_url))
    (call,) = standin.wait("respond")
    assert "no security updates" not in call.fields["text"]
    assert "As of 14 Nov 2024" in str(call.fields["blocks"][-1])


def test_sharing_twice_shows_it_once(room: Room, standin: StandIn) -> None:
    room.post(press("share_3", _share(), standin.response_url))
    room.post(press("share_3", _share(), standin.response_url))
    calls = standin.wait("respond", 2)
    assert sorted(call.fields["response_type"] for call in calls) == ["ephemeral", "in_channel"]
    assert "It is in the channel already." in {call.fields["text"] for call in calls}


OWN = {"type": "message", "message_ts": "1.2", "channel_id": "C0000001", "is_ephemeral": True}


def test_what_was_shared_has_no_button_to_share_it_any_more(room: Room, standin: StandIn) -> None:
    room.post(press("share_3", _share(), standin.response_url, container=OWN))
    shared, own = standin.wait("respond", 2)
    assert (shared.fields["response_type"], shared.fields["replace_original"]) == ("in_channel", False)
    assert (own.fields["response_type"], own.fields["replace_original"]) == ("ephemeral", True)
    assert own.fields["text"] == shared.fields["text"]
    labels = [
        e["text"]["text"] for block in own.fields["blocks"] if block["type"] == "actions" for e in block["elements"]
    ]
    assert labels
    assert not any("Share" in label for label in labels)
    assert "Shared to the channel." in str(own.fields["blocks"][-1])
    assert complaints(own.fields) == []


def test_what_did_not_get_to_the_channel_keeps_its_button(room: Room, standin: StandIn) -> None:
    standin.answers["respond"] = Said("no_service", 500)
    room.post(press("share_3", _share(), standin.response_url, container=OWN))
    room.settle()
    assert {call.fields["replace_original"] for call in standin.of("respond")} == {False}


def test_what_is_shown_in_several_messages_stays_and_says_so(furnish: Furnish, standin: StandIn) -> None:
    room = furnish(Long())
    room.post(press("share_3", _share(), standin.response_url, container=OWN))
    room.settle()
    assert {call.fields["response_type"] for call in standin.of("respond")} == {"in_channel"}
    room.post(press("share_3", _share(), standin.response_url, container=OWN))
    room.settle()
    assert standin.of("respond")[-1].fields["text"] == "It is in the channel already."


def test_sharing_that_failed_can_be_tried_again(room: Room, standin: StandIn) -> None:
    standin.answers["respond"] = Said("no_service", 500)
    room.post(press("share_3", _share(), standin.response_url))
    room.settle()
    standin.answers["respond"] = Said("ok")
    room.post(press("share_3", _share(), standin.response_url))
    assert standin.wait("respond", 2)[1].fields["response_type"] == "in_channel"


def test_a_button_in_a_thread_is_answered_in_that_thread(room: Room, standin: StandIn) -> None:
    place = {"message_ts": "1795434045.000200", "thread_ts": "1795434045.000100"}
    room.post(press("ask_1", ASK, standin.response_url, container=place))
    assert standin.wait("respond")[0].fields["thread_ts"] == "1795434045.000100"


def test_without_a_response_url_the_presser_is_told_by_name(room: Room, standin: StandIn) -> None:
    room.post(press("ask_1", ASK, None))
    (call,) = standin.wait("chat.postEphemeral")
    assert (call.fields["channel"], call.fields["user"]) == ("C0000001", "U0000001")


@pytest.mark.parametrize("value", ["", "words", "[]", '{"on": "2024-01-01"}', '{"words": "x", "on": "soon"}'])
def test_a_value_that_is_none_of_ours_is_told_and_asks_nothing(room: Room, standin: StandIn, value: str) -> None:
    room.post(press("ask_1", value, standin.response_url))
    assert "another version" in standin.wait("respond")[0].fields["text"]


def test_a_presser_from_another_workspace_is_refused_alone(room: Room, standin: StandIn) -> None:
    stranger = {"id": "U9999999", "team_id": "T9999999"}
    room.post(press("share_3", _share(), standin.response_url, user=stranger))
    (call,) = standin.wait("respond")
    assert call.fields["response_type"] == "ephemeral"
    assert "Only members" in call.fields["text"]


def test_a_crowd_is_told_that_the_bot_is_busy(furnish: Furnish, standin: StandIn, gate: Gate) -> None:
    room = furnish(gate, threads=1, waiting=0)
    room.post(press("ask_1", ASK, standin.response_url))
    assert gate.asked.acquire(timeout=10)
    room.post(press("share_3", _share(), standin.response_url))
    assert standin.wait("respond")[0].fields["text"].startswith("I am busy")
    gate.open()
    room.settle()
    room.post(press("share_3", _share(), standin.response_url))  # what was refused may be pressed again
    assert standin.wait("respond", 3)[-1].fields["response_type"] == "in_channel"


def test_an_answer_that_breaks_is_told_to_the_presser(furnish: Furnish, standin: StandIn) -> None:
    furnish(Broken()).post(press("ask_1", ASK, standin.response_url))
    assert "something in xocompat broke" in standin.wait("respond")[0].fields["text"]


def test_an_address_that_is_none_is_let_go(room: Room, standin: StandIn) -> None:
    assert room.post(press("ask_1", ASK, "not an address")).status == 200
    room.settle()
    assert standin.of("respond") == []
