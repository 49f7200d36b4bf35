"""The picker, through signed requests: a list of what the asker may probe, and the verdict where it was opened."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import LogCapture

from bot.chat.command import Ports
from bot.chat.commands import COMMANDS
from bot.chat.home_page import home_page
from bot.chat.platform import Actor, Origin
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import Simulator, large_fleet
from bot.slack.modals import METADATA_MAX, metadata, picked
from tests.simulated import fleet_of
from tests.slack.blockkit import view_complaints
from tests.slack.conftest import Probing, Room
from tests.slack.homes import NOW
from tests.slack.signed import command, mention, press, submit, suggest
from tests.slack.standin import StandIn

JSON = "application/json"
TRIGGER = "1.2.trigger"


def _opened(room: Room, standin: StandIn) -> Any:
    answer = room.post(command("probe", standin.response_url, trigger_id=TRIGGER))
    assert (answer.status, answer.body) == (200, "")
    (call,) = standin.of("views.open")
    assert call.fields["trigger_id"] == TRIGGER
    view = call.fields["view"]
    return json.loads(view) if isinstance(view, str) else view


def test_the_command_alone_opens_a_list_of_hosts(probing: Probing, standin: StandIn) -> None:
    room = probing()
    view = _opened(room, standin)
    assert view_complaints(view) == []
    assert [option["value"] for option in view["blocks"][0]["element"]["options"]] == ["xen-1"]
    assert [entry.outcome for entry in room.trail.entries] == ["picker"]


def test_what_was_picked_is_probed_and_told_where_the_picker_was_opened(probing: Probing, standin: StandIn) -> None:
    room = probing()
    answer = room.post(submit(_opened(room, standin)["private_metadata"], "xen-1"))
    assert (answer.status, answer.body) == (200, "")
    asking, verdict = standin.wait("respond", 2)
    assert asking.fields["text"].startswith("Asking xen-1")
    assert (verdict.fields["text"][:8], verdict.fields["response_type"]) == ("Pool lab", "ephemeral")
    room.settle()
    assert [(e.way, e.where, e.outcome) for e in room.trail.entries][-1] == ("picker", "C0000001", "probe")


def test_on_the_bots_own_page_a_host_is_picked_and_the_verdict_comes_as_a_message(
    probing: Probing, standin: StandIn, simulator: Simulator, matrix: Matrix, reader: Reader
) -> None:
    known = Ports(matrix, reader, fleet_of(simulator))
    room = probing(home_page=lambda rights, lacking: home_page(known, rights, NOW, lacking))
    room.post(mention("", type="app_home_opened", tab="home", channel="D0000001"), JSON)
    buttons = standin.wait("views.publish")[0].fields["view"]["blocks"][1]["elements"]
    (button,) = [each for each in buttons if each["text"]["text"] == "Probe a host"]
    body = press(button["action_id"], button["value"], None, view={"type": "home"}, trigger_id=TRIGGER)
    assert room.post(body).status == 200
    (call,) = standin.wait("views.open")
    view = call.fields["view"]
    assert view["blocks"][0]["hint"]["text"] == "The reply comes as a message from me."
    room.post(submit(view["private_metadata"], "xen-1"))
    posted = standin.wait("chat.postMessage", 2)
    assert {each.fields["channel"] for each in posted} == {"U0000001"}
    assert posted[-1].fields["text"].startswith("Pool lab")


def test_the_right_is_looked_at_again_when_the_picker_is_sent_off(probing: Probing, standin: StandIn) -> None:
    room = probing()
    metadata = _opened(room, standin)["private_metadata"]
    room.post(submit(metadata, "xen-1", user={"id": "U0000002", "team_id": "T0000001"}))
    assert "the right probe" in standin.wait("respond")[0].fields["text"]


def test_a_word_that_was_in_no_list_is_no_host(probing: Probing, standin: StandIn, simulator: Simulator) -> None:
    room = probing()
    room.post(submit(_opened(room, standin)["private_metadata"], "127.0.0.1"))
    assert "never an address" in standin.wait("respond")[0].fields["text"]
    assert simulator["xen-1"].seen.connections == 0


def test_who_may_not_probe_gets_no_list(probing: Probing, standin: StandIn) -> None:
    answer = probing(grants=()).post(command("probe", standin.response_url, trigger_id=TRIGGER))
    assert "the right probe" in json.loads(answer.body)["text"]
    assert standin.of("views.open") == []


@pytest.mark.parametrize("error", ["expired_trigger_id", "invalid_arguments"])
def test_where_the_picker_does_not_open_the_names_are_told(
    probing: Probing, standin: StandIn, kept_log: LogCapture, error: str
) -> None:
    standin.answers["views.open"] = {"ok": False, "error": error}
    said = json.loads(probing().post(command("probe", standin.response_url, trigger_id=TRIGGER)).body)
    assert said["text"] == "Which host? I can ask these:"
    assert "xen-1" in json.dumps(said["blocks"])
    assert "the picker does not open" in {entry["event"] for entry in kept_log.entries}


def test_a_mention_alone_is_told_the_names_with_buttons(probing: Probing, standin: StandIn) -> None:
    probing().post(mention("<@U0000BOT> probe"), JSON)
    (call,) = standin.wait("chat.postMessage")
    assert [button["text"]["text"] for button in call.fields["blocks"][-1]["elements"]] == ["Probe xen-1"]


def test_a_button_opens_the_picker_and_the_verdict_replaces_its_message(probing: Probing, standin: StandIn) -> None:
    room = probing()
    said = json.loads(room.post(command("probe xen-9", standin.response_url)).body)
    pick = next(b for b in said["blocks"][-2]["elements"] if b["text"]["text"] == "Pick a host")
    place = {"type": "message", "message_ts": "1.2", "channel_id": "C0000001", "is_ephemeral": True}
    room.post(press(pick["action_id"], pick["value"], standin.response_url, container=place, trigger_id=TRIGGER))
    view = standin.wait("views.open")[0].fields["view"]
    room.post(submit((json.loads(view) if isinstance(view, str) else view)["private_metadata"], "xen-1"))
    assert [call.fields["replace_original"] for call in standin.wait("respond", 2)] == [True, True]


def test_more_than_a_hundred_hosts_are_suggested_as_one_types(probing: Probing, standin: StandIn) -> None:
    with Simulator(large_fleet(101)) as large:
        room = probing(fleet_of(large))
        view = _opened(room, standin)
        assert view["blocks"][0]["element"]["type"] == "external_select"
        assert view_complaints(view) == []
        all_of_them = json.loads(room.post(suggest(view["private_metadata"], "")).body)["options"]
        some = json.loads(room.post(suggest(view["private_metadata"], "0010")).body)["options"]
        stranger = {"id": "U0000002", "team_id": "T0000001"}
        none = json.loads(room.post(suggest(view["private_metadata"], "", user=stranger)).body)["options"]
    assert len(all_of_them) == 100
    assert [option["value"] for option in some] == ["sim-00010", "sim-00100", "sim-00101"]
    assert none == []


@pytest.mark.parametrize("metadata", ["", "[]", "{}", '{"command": "rm", "original": "NONE"}', '{"original": 1}'])
def test_a_modal_that_is_none_of_ours_asks_nothing(probing: Probing, standin: StandIn, metadata: str) -> None:
    room = probing()
    assert room.post(submit(metadata, "xen-1")).status == 200
    assert json.loads(room.post(suggest(metadata, "x")).body) == {"options": []}
    room.settle()
    assert standin.calls == []


@pytest.mark.parametrize("picked", [None, 7, ""])
def test_a_modal_without_a_pick_asks_nothing(probing: Probing, standin: StandIn, picked: object) -> None:
    room = probing()
    assert room.post(submit(_opened(room, standin)["private_metadata"], picked)).status == 200
    room.settle()
    assert standin.of("respond") == []


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(["probe", "NONE", "OURS", "C0000001", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["command", "channel", "thread", "url", "original"]), inner, max_size=5),
    ),
)


@given(st.one_of(_json.map(json.dumps), st.text(), st.just("[" * 3000)))
def test_any_metadata_is_an_origin_or_none_of_ours(told: str) -> None:
    user = {"id": "U1", "team_id": "T1"}
    found = picked({"view": {"private_metadata": told}, "user": user})
    if found:
        assert found.command in COMMANDS
        again = metadata(found.origin, command=found.command)
        assert picked({"view": {"private_metadata": again}, "user": user}) == found


@given(_json)
def test_any_view_has_a_pick_or_none(view: object) -> None:
    assert picked({"view": view}) is None or isinstance(view, dict)


def test_an_address_too_long_for_the_metadata_is_left_out() -> None:
    told = metadata(Origin(Actor("U1", "T1", "C1"), "https://hooks.slack.com/" + "x" * METADATA_MAX), command="probe")
    assert len(told) <= METADATA_MAX
    assert json.loads(told) == {"command": "probe", "channel": "C1", "thread": None, "original": "NONE"}
