"""Shortcuts and the window to check a release, through signed requests."""

import json
from typing import Any

import pytest

from bot.chat.access import Grant
from bot.chat.command import Right
from bot.chat.reply import Reply, line
from bot.matrix.matrix import Matrix
from bot.slack.modals import check_window
from tests.slack.blockkit import complaints
from tests.slack.conftest import Furnish, Probing, Room
from tests.slack.runners import LONG, Gate
from tests.slack.signed import check, shortcut, suggest_release
from tests.slack.standin import StandIn

STRANGER = {"id": "U0000009", "team_id": "T0STRANGE"}
FORM = ["release", "check_day"]


def _on_message(text: object, standin: StandIn, **more: Any) -> str:
    message = {"type": "message", "text": text, "user": "U0000002", "ts": "1795434045.000100"}
    there = {"channel": {"id": "C0000001"}, "response_url": standin.response_url, "message": message}
    return shortcut("check_message", **{**there, **more})


def _view(standin: StandIn) -> Any:
    return standin.wait("views.open")[0].fields["view"]


def _updated(room: Room, body: str) -> Any:
    answer = room.post(body)
    assert answer.status == 200
    told = json.loads(answer.body)
    assert told["response_action"] == "update"
    view = told["view"]
    assert [block.get("block_id") for block in view["blocks"][:2]] == FORM
    assert complaints({"text": "x", "blocks": view["blocks"][2:]}) == []
    return view


def test_the_global_shortcut_opens_a_window_with_a_release_and_a_day(room: Room, standin: StandIn) -> None:
    answer = room.post(shortcut("check_release"))
    assert (answer.status, answer.body) == (200, "")
    view = _view(standin)
    assert standin.calls[-1].fields["trigger_id"] == "1.2.trigger"
    assert view["submit"]["text"] == "Check"
    release, day = view["blocks"]
    assert (release["element"]["type"], release["element"]["min_query_length"]) == ("external_select", 0)
    assert (day["element"]["type"], day["optional"]) == ("datepicker", True)
    room.settle()
    assert [(e.way, e.command, e.outcome) for e in room.trail.entries] == [("shortcut", "check", "picker")]


def test_every_release_is_an_option_and_typing_narrows_them(room: Room, matrix: Matrix) -> None:
    every = json.loads(room.post(suggest_release("")).body)["options"]
    assert [option["value"] for option in every] == [release.base_name for release in matrix.releases]
    assert len(every) <= 100
    for typed in ("server 7.2", "xen 7.2", " XENSERVER  7.2 "):
        some = json.loads(room.post(suggest_release(typed)).body)["options"]
        assert [option["value"] for option in some] == ["XenServer 7.2"]
    assert some[0]["description"]["text"].startswith("no security updates")
    assert json.loads(room.post(suggest_release("no such thing")).body)["options"] == []


def test_who_may_not_look_up_gets_neither_window_nor_options_nor_verdict(room: Room, standin: StandIn) -> None:
    room.post(shortcut("check_release", user=STRANGER))
    assert "Only members of the workspace" in json.dumps(_view(standin))
    assert json.loads(room.post(suggest_release("", user=STRANGER)).body)["options"] == []
    view = _updated(room, check("XCP-ng 8.3", user=STRANGER))
    assert "Only members of the workspace" in json.dumps(view)


def test_the_verdict_is_shown_in_the_window_below_the_choice(room: Room) -> None:
    view = _updated(room, check("XenServer 7.2"))
    assert "*XenServer 7.2*" in view["blocks"][2]["text"]["text"]
    assert "actions" not in [block["type"] for block in view["blocks"]]
    assert [(e.way, e.words, e.outcome) for e in room.trail.entries] == [
        ("check window", "check XenServer 7.2", "check")
    ]


def test_a_day_that_was_chosen_is_the_day_that_is_asked_about(room: Room) -> None:
    assert "1 Dec 2028" in json.dumps(_updated(room, check("XCP-ng 8.3", "2028-12-01")))


@pytest.mark.parametrize(("release", "day"), [(None, None), ("", None), (7, None), ("XCP-ng 8.3", "soon")])
def test_without_a_release_the_window_stays_and_says_so(room: Room, release: object, day: str | None) -> None:
    told = json.loads(room.post(check(release, day)).body)
    assert told == {"response_action": "errors", "errors": {"release": "Choose a release."}}


def test_what_no_list_had_is_no_release(room: Room) -> None:
    assert "XCP-ng 99" in json.dumps(_updated(room, check("XCP-ng 99")))


def test_a_database_that_hangs_does_not_keep_the_window_waiting_and_the_verdict_follows(
    furnish: Furnish, standin: StandIn, gate: Gate
) -> None:
    """Who may see the fleet gets its hosts in the verdict, which takes the database."""

    class Hosts(Gate):
        def run(self, *asked: Any) -> Reply:
            has_hosts = Right.FLEET in asked[2]
            if has_hosts:
                gate.pass_through()
            return Reply("check", line("with hosts" if has_hosts else "without"), depends_on_rights=True)

    room = furnish(Hosts(), grants=(Grant("U0000001", None, frozenset({Right.FLEET})),))
    view = _updated(room, check("XCP-ng 8.3"))
    assert "the answer comes as a message from me" in json.dumps(view)
    gate.open()
    (call,) = standin.wait("chat.postMessage")
    assert (call.fields["channel"], call.fields["text"]) == ("U0000001", "with hosts")


def test_a_window_that_does_not_open_is_made_up_for_by_a_message(room: Room, standin: StandIn) -> None:
    standin.answers["views.open"] = {"ok": False, "error": "expired_trigger_id"}
    room.post(shortcut("check_release"))
    (call,) = standin.wait("chat.postMessage")
    assert call.fields["channel"] == "U0000001"
    assert "/xocompat XenServer 7.2" in json.dumps(call.fields)


def test_the_message_shortcut_answers_what_the_message_says_to_who_used_it(room: Room, standin: StandIn) -> None:
    assert room.post(_on_message("we still have XenServer 7.2 here", standin)).status == 200
    (call,) = standin.wait("respond")
    assert call.fields["text"] == "XenServer 7.2: partial support, no security updates"
    assert (call.fields["response_type"], call.fields["replace_original"]) == ("ephemeral", False)
    assert complaints(call.fields) == []
    room.settle()
    assert [(e.way, e.where, e.outcome) for e in room.trail.entries] == [("message shortcut", "C0000001", "check")]


@pytest.mark.parametrize(
    "text", ["probe xen-1", "sweep", "ack 1", "snooze 1 7d", "watch all", "unwatch all", "access fleet"]
)
def test_a_message_is_never_a_command(probing: Probing, standin: StandIn, text: str) -> None:
    room = probing(grants=(Grant("U0000001", None, frozenset(Right)),))
    room.post(_on_message(text, standin))
    standin.wait("respond")
    room.settle()
    assert {entry.command for entry in room.trail.entries} <= {"check", "list", "issues", "feature", "upgrade"}


@pytest.mark.parametrize("text", ["", "  ", None, {"text": "8.2"}])
def test_a_message_without_text_is_told_to_have_none(room: Room, standin: StandIn, text: object) -> None:
    room.post(_on_message(text, standin))
    assert "no text that I can read" in standin.wait("respond")[0].fields["text"]


def test_a_shortcut_without_a_person_or_message_breaks_nothing(room: Room, standin: StandIn) -> None:
    for body in (
        shortcut("check_release", user={}, trigger_id=None),
        shortcut("check_message", message={}),
        shortcut("check_something"),
    ):
        assert room.post(body).status == 200
    room.settle()
    assert standin.of("views.open", "respond") == []


def test_a_long_reply_fits_into_the_window() -> None:
    view = check_window(LONG)
    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view)) < 250_000
