"""A slow command in Slack, through signed requests and against simulated hosts: asked, then told in its place."""

import json
import threading
from typing import Any

import pytest
from slack_bolt import BoltResponse
from structlog.testing import LogCapture

from bot.chat.command import Progress
from bot.chat.reply import Reply, line
from bot.simulator import PASSWORD, Delay, Simulator, large_fleet
from bot.slack.listeners import is_sent
from tests.simulated import fleet_of
from tests.slack.blockkit import complaints
from tests.slack.conftest import MAY_PROBE, Furnish, Probing, Room
from tests.slack.runners import Broken, Gate, Saying
from tests.slack.signed import command, headers, mention, press
from tests.slack.standin import Said, StandIn

JSON = "application/json"
VERDICT = (
    "Pool lab (asked xen-1): 1 of 2 hosts gets no security updates, 1 of 2 hosts has known holes, "
    "cannot tell if patched: 1 of 2 hosts"
)
EPHEMERAL = {"type": "message", "message_ts": "1795434045.000200", "channel_id": "C0000001", "is_ephemeral": True}


def _shown(response: BoltResponse) -> dict[str, Any]:
    assert response.status == 200
    body: dict[str, Any] = json.loads(response.body)
    return body


def _button(fields: Any, label: str) -> dict[str, Any]:
    buttons = [e for block in fields["blocks"] if block["type"] == "actions" for e in block["elements"]]
    return next(button for button in buttons if button["text"]["text"] == label)


def _verdict(room: Room, standin: StandIn) -> Any:
    """Probe by a slash command; what Slack is told at the end."""
    room.post(command("probe xen-1", standin.response_url))
    return standin.wait("respond")[0].fields


def test_a_command_is_acknowledged_with_what_is_asked_and_the_verdict_takes_its_place(
    probing: Probing, standin: StandIn
) -> None:
    room = probing()
    asking = _shown(room.post(command("probe xen-1", standin.response_url)))
    assert (asking["response_type"], asking["text"]) == ("ephemeral", "Asking xen-1 … (at most 30 seconds)")
    (call,) = standin.wait("respond")
    assert (call.fields["response_type"], call.fields["replace_original"]) == ("ephemeral", True)
    assert call.fields["text"] == VERDICT
    assert complaints(call.fields) == []


def test_the_verdict_waits_until_the_acknowledgement_is_on_its_way(probing: Probing, standin: StandIn) -> None:
    room = probing()
    body = command("probe xen-1", standin.response_url)
    answer = room.verifier.receive(body.encode(), headers(body))
    assert not room.jobs.executor.wait_until_idle(0.5)
    assert standin.of("respond") == []
    is_sent(answer)
    standin.wait("respond")


def test_a_name_that_means_harm_is_text_and_nothing_else(probing: Probing, standin: StandIn) -> None:
    fields = _verdict(probing(), standin)
    text = json.dumps(fields, ensure_ascii=False)
    assert "&lt;!channel&gt;" in text
    assert not any(sign in text for sign in ("<!channel", "\x1b", "\u202e", "[31m", "*bold*"))
    assert complaints(fields) == []


def test_what_needs_no_waiting_is_the_acknowledgement(probing: Probing, standin: StandIn, simulator: Simulator) -> None:
    room = probing()
    assert _shown(room.post(command("probe xen-9", standin.response_url)))["text"].startswith('I know no host "xen-9".')
    assert "never an address" in _shown(room.post(command("probe 127.0.0.1", standin.response_url)))["text"]
    room.settle()
    assert standin.of("respond") == []
    assert simulator["xen-1"].seen.connections == 0


def test_a_mention_is_told_what_is_asked_and_that_message_becomes_the_verdict(
    probing: Probing, standin: StandIn
) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1795434046.000300"}
    probing().post(mention("<@U0000BOT> probe xen-1"), JSON)
    (changed,) = standin.wait("chat.update")
    (asked,) = standin.of("chat.postMessage")
    assert (asked.fields["text"], asked.fields["thread_ts"]) == (
        "Asking xen-1 … (at most 30 seconds)",
        "1795434045.000100",
    )
    assert (changed.fields["channel"], changed.fields["ts"]) == ("C0000001", "1795434046.000300")
    assert changed.fields["text"].startswith("Pool lab")


def test_where_the_message_was_deleted_meanwhile_the_verdict_is_a_new_one(probing: Probing, standin: StandIn) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1795434046.000300"}
    standin.answers["chat.update"] = {"ok": False, "error": "message_not_found"}
    probing().post(mention("<@U0000BOT> probe xen-1"), JSON)
    assert standin.wait("chat.postMessage", 2)[1].fields["text"].startswith("Pool lab")


def test_probing_again_replaces_a_message_that_the_presser_alone_sees(probing: Probing, standin: StandIn) -> None:
    room = probing()
    again = _button(_verdict(room, standin), "Probe again")
    room.post(press(again["action_id"], again["value"], standin.response_url, container=EPHEMERAL))
    asking, verdict = standin.wait("respond", 3)[1:]
    assert [call.fields["replace_original"] for call in (asking, verdict)] == [True, True]
    assert asking.fields["text"].startswith("Asking xen-1")
    assert verdict.fields["text"].startswith("Pool lab")


def test_probing_again_never_overwrites_what_others_see(probing: Probing, standin: StandIn) -> None:
    room = probing()
    again = _button(_verdict(room, standin), "Probe again")
    room.post(press(again["action_id"], again["value"], standin.response_url))
    for call in standin.wait("respond", 3)[1:]:
        assert (call.fields["replace_original"], call.fields["response_type"]) == (False, "ephemeral")


def test_the_right_is_looked_at_when_the_button_is_pressed(
    probing: Probing, standin: StandIn, simulator: Simulator
) -> None:
    room = probing()
    again = _button(_verdict(room, standin), "Probe again")
    asked = simulator["xen-1"].seen.connections
    other = {"id": "U0000002", "team_id": "T0000001"}
    room.post(press(again["action_id"], again["value"], standin.response_url, container=EPHEMERAL, user=other))
    refused = standin.wait("respond", 2)[1].fields
    assert "the right probe" in refused["text"]
    assert refused["replace_original"] is False
    assert simulator["xen-1"].seen.connections == asked


def test_sharing_shows_the_very_reply_that_was_seen(probing: Probing, standin: StandIn, simulator: Simulator) -> None:
    room = probing()
    seen = _verdict(room, standin)
    share = _button(seen, "Share to channel")
    simulator["xen-1"].go_down()
    room.post(press(share["action_id"], share["value"], standin.response_url, container=EPHEMERAL))
    shared = standin.wait("respond", 2)[1].fields
    assert (shared["response_type"], shared["replace_original"]) == ("in_channel", False)
    assert shared["blocks"][0] == seen["blocks"][0]
    assert shared["blocks"][-1]["elements"][-1]["text"] == "shared by <@U0000001>"
    assert "asked again" not in json.dumps(shared)


def test_sharing_a_reply_that_is_kept_no_more_asks_again_and_says_so(probing: Probing, standin: StandIn) -> None:
    room = probing()
    share = _button(_verdict(room, standin), "Share to channel")
    room.clock.ahead += 1801
    room.post(press(share["action_id"], share["value"], standin.response_url, container=EPHEMERAL))
    asking, shared = standin.wait("respond", 3)[1:]
    assert (asking.fields["response_type"], asking.fields["text"][:12]) == ("ephemeral", "Asking xen-1")
    assert shared.fields["response_type"] == "in_channel"
    assert "asked again to be shared" in json.dumps(shared.fields["blocks"][-1])


def test_somebody_else_cannot_share_what_was_shown_to_one(probing: Probing, standin: StandIn) -> None:
    room = probing(grants=(MAY_PROBE, MAY_PROBE._replace(who="U0000002")))
    share = _button(_verdict(room, standin), "Share to channel")
    other = {"id": "U0000002", "team_id": "T0000001"}
    room.post(press(share["action_id"], share["value"], standin.response_url, user=other))
    assert standin.wait("respond", 2)[1].fields["text"].startswith("Asking xen-1")


def test_who_may_not_probe_any_more_may_not_share_either(probing: Probing, standin: StandIn) -> None:
    room = probing(grants=(MAY_PROBE._replace(who="S0000001", is_of_group=True),))
    standin.answers["usergroups.users.list"] = {"ok": True, "users": ["U0000001"]}
    share = _button(_verdict(room, standin), "Share to channel")
    standin.answers["usergroups.users.list"] = {"ok": True, "users": []}
    room.clock.ahead += 301
    room.post(press(share["action_id"], share["value"], standin.response_url, container=EPHEMERAL))
    refused = standin.wait("respond", 2)[1].fields
    assert (refused["response_type"], "the right probe" in refused["text"]) == ("ephemeral", True)


def test_a_share_that_failed_is_told_to_the_presser_and_can_be_tried_again(
    probing: Probing, standin: StandIn, simulator: Simulator
) -> None:
    room = probing()
    share = _button(_verdict(room, standin), "Share to channel")
    room.clock.ahead += 1801
    simulator["xen-1"].go_down()
    pressed = press(share["action_id"], share["value"], standin.response_url, container=EPHEMERAL)
    room.post(pressed)
    room.settle()
    assert standin.of("respond")[-1].fields["response_type"] == "ephemeral"
    simulator["xen-1"].come_up()
    room.post(pressed)
    room.settle()
    assert [call.fields["response_type"] for call in standin.of("respond")][-2:] == ["in_channel", "ephemeral"]


def test_ten_who_ask_at_once_are_one_probe_and_ten_answers(
    probing: Probing, standin: StandIn, simulator: Simulator
) -> None:
    simulator["xen-1"].fail(Delay(1.0))
    room = probing(threads=12)
    for _ in range(10):
        assert _shown(room.post(command("probe xen-1", standin.response_url)))["text"].startswith("Asking")
    verdicts = standin.wait("respond", 10, 20)
    assert {call.fields["text"] for call in verdicts} == {VERDICT}
    assert simulator["xen-1"].seen.methods.count("session.login_with_password") == 1


def test_over_the_limit_the_reply_is_when_to_ask_again(probing: Probing, standin: StandIn) -> None:
    room = probing()
    for _ in range(7):
        room.post(command("probe xen-1", standin.response_url))
        room.settle()
    texts = [call.fields["text"] for call in standin.of("respond")]
    assert [text.startswith("Pool lab") for text in texts] == [True] * 6 + [False]
    assert "6 times within a minute" in texts[-1]
    assert room.trail.entries[-1].outcome == "busy"


def test_a_crowd_is_told_that_the_bot_is_busy_and_look_ups_go_on(
    furnish: Furnish, standin: StandIn, gate: Gate
) -> None:
    room = furnish(gate, threads=1, waiting=0, grants=(MAY_PROBE,))
    assert _shown(room.post(command("probe lab-a", standin.response_url)))["text"] == "Asking lab-a …"
    assert gate.asked.acquire(timeout=10)
    assert _shown(room.post(command("probe lab-a", standin.response_url)))["text"].startswith("I am busy")
    room.post(mention("<@U0000BOT> XenServer 7.2"), JSON)
    assert gate.asked.acquire(timeout=10)
    gate.open()


def test_the_rest_of_a_large_pool_follows_privately(probing: Probing, standin: StandIn) -> None:
    with Simulator(large_fleet(40, 40)) as large:
        probing(fleet_of(large)).post(command("probe sim-00001", standin.response_url))
        first, second = (call.fields for call in standin.wait("respond", 2))
    assert (first["replace_original"], second["replace_original"]) == (True, False)
    assert (json.dumps(first).count("sim-00001-"), json.dumps(second).count("sim-00001-")) == (20, 20)
    assert "Hosts 21 to 40 of 40" in json.dumps(second)
    assert [complaints(first), complaints(second)] == [[], []]


def test_the_rest_of_a_shared_reply_goes_into_its_thread(probing: Probing, standin: StandIn) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1795434046.000300"}
    with Simulator(large_fleet(40, 40)) as large:
        room = probing(fleet_of(large))
        room.post(command("probe sim-00001", standin.response_url))
        share = _button(standin.wait("respond", 2)[0].fields, "Share to channel")
        room.post(press(share["action_id"], share["value"], standin.response_url, container=EPHEMERAL))
        first, second = (call.fields for call in standin.wait("chat.postMessage", 2))
    assert ("thread_ts" in first, second["thread_ts"]) == (False, "1795434046.000300")


def test_where_the_bot_is_not_in_the_channel_the_rest_of_a_shared_reply_follows_it(
    probing: Probing, standin: StandIn
) -> None:
    standin.answers["chat.postMessage"] = {"ok": False, "error": "not_in_channel"}
    with Simulator(large_fleet(40, 40)) as large:
        room = probing(fleet_of(large))
        room.post(command("probe sim-00001", standin.response_url))
        share = _button(standin.wait("respond", 2)[0].fields, "Share to channel")
        room.post(press(share["action_id"], share["value"], standin.response_url, container=EPHEMERAL))
        assert [c.fields["response_type"] for c in standin.wait("respond", 4)[2:]] == ["in_channel"] * 2


def test_a_probe_that_breaks_says_so_in_place_of_what_is_asked(furnish: Furnish, standin: StandIn) -> None:
    furnish(Broken(), grants=(MAY_PROBE,)).post(command("probe lab-a", standin.response_url))
    (call,) = standin.wait("respond")
    assert call.fields["replace_original"] is True
    assert "something in xocompat broke" in call.fields["text"]


def test_who_still_waits_when_the_process_ends_is_told(furnish: Furnish, standin: StandIn, gate: Gate) -> None:
    room = furnish(gate, threads=1, waiting=5, grants=(MAY_PROBE,))
    for _ in range(3):
        room.post(command("probe lab-a", standin.response_url))
    assert gate.asked.acquire(timeout=10)
    assert not room.jobs.drain(0.05)
    told = standin.wait("respond", 3)
    assert {call.fields["text"] for call in told} == {
        "xocompat restarts, and this was broken off. Ask again in a minute."
    }
    gate.open()
    room.settle()
    assert len(standin.of("respond")) == 3
    assert [entry.outcome for entry in room.trail.entries] == ["broken_off"] * 3


def test_an_answer_that_slack_does_not_take_is_in_the_log(
    probing: Probing, standin: StandIn, kept_log: LogCapture
) -> None:
    standin.answers["respond"] = Said("no_service", 500)
    room = probing()
    room.post(command("probe xen-1", standin.response_url))
    room.settle()
    assert kept_log.entries[-1]["event"] == "not delivered"


def test_an_address_that_is_used_up_is_no_reason_to_lose_the_verdict(probing: Probing, standin: StandIn) -> None:
    standin.answers["respond"] = Said('{"ok":false,"error":"used_url"}', 404)
    probing().post(command("probe xen-1", standin.response_url))
    assert standin.wait("chat.postEphemeral")[0].fields["text"].startswith("Pool lab")


def test_no_password_and_no_session_reference_is_in_the_log(
    probing: Probing, standin: StandIn, simulator: Simulator, kept_log: LogCapture
) -> None:
    room = probing()
    _verdict(room, standin)
    simulator["xen-1"].go_down()
    room.post(command("probe xen-1", standin.response_url))
    room.settle()
    assert kept_log.entries
    assert not any(secret in str(kept_log.entries) for secret in (f"'{PASSWORD}'", "OpaqueRef"))


class Stages(Saying):
    """Comes as far as a test lets it; `tell` is what it tells progress by."""

    def __init__(self) -> None:
        self.tell: Any = None
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def run(self, *asked: Any) -> Reply:
        self.tell = asked[-1]
        self.begun.set()
        assert self.may_end.wait(10)
        return Reply("sweep", line("done"))


@pytest.fixture
def stages() -> Any:
    stages = Stages()
    yield stages
    stages.may_end.set()


def _far(count: int) -> Progress:
    return Progress(line("Asked"), count, 40)


def test_progress_at_once_is_not_shown(furnish: Furnish, standin: StandIn, stages: Stages) -> None:
    room = furnish(stages, grants=(MAY_PROBE,))
    room.post(command("probe lab-a", standin.response_url))
    assert stages.begun.wait(10)
    for at in range(20):
        stages.tell(_far(at))
    stages.may_end.set()
    room.settle()
    assert [call.fields["text"] for call in standin.of("respond")] == ["done"]
