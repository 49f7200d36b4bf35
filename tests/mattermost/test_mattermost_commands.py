"""Slash commands in Mattermost: the same words as in Slack, proved by their token, answered for one person's eyes."""

import os
import re
import socket
import time

import pytest
import requests

from bot.alerts.delivery.retry import RetryPolicy
from bot.chat.session.pace import MINUTE, PER_MINUTE
from tests.acceptance.waiting import until
from tests.app.conftest import House
from tests.mattermost.conftest import Crew, Side
from tests.mattermost.faults import Fault, cut, limited, status
from tests.mattermost.state import EPHEMERAL

pytestmark = pytest.mark.usefixtures("side")


def test_a_look_up_is_answered_at_once_for_the_asker_alone(people: Crew) -> None:
    reply = people.answered("XenServer 7.2", people.bob)
    assert reply.type == EPHEMERAL
    assert "XenServer 7.2" in reply.message
    assert "partial" in reply.message
    assert "Share to channel" in [action["name"] for action in reply.actions]
    assert people.server.posts(people.ops) == []


def test_a_table_is_one_of_markdown(people: Crew) -> None:
    message = people.answered("fleet").message
    header, rule, *rows = [line for line in message.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in (header, rule, *rows)} == {header.count("|")}
    assert len(rows) == 3
    assert "xen-2" in message


def test_rights_are_those_of_mattermosts_names_alone(people: Crew) -> None:
    """Neither everybody of Slack's workspace nor one of Slack's ids gives anything here."""
    refused = people.answered("fleet", people.bob)
    assert "the right `fleet`" in refused.message
    people.server.config.groups_licensed = True
    mia = people.server.user("mia")
    mia.groups.add("keepers")
    people.server.join(mia, people.ops)
    assert "xen-1" in people.answered("fleet", mia).message
    everybodys = people.server.channel("open", members=[people.bob, people.server.bot])
    assert "No host leads to this channel" in people.answered("fleet", people.bob, everybodys).message


def test_where_groups_are_not_told_nobody_gets_a_right_by_one(people: Crew) -> None:
    refused = people.answered("fleet", people.bob).message
    assert "granted to a user group" in refused
    assert "Mattermost does not tell me who is in it" in refused


@pytest.mark.parametrize("stranger", ["guest", "remote"])
def test_a_guest_and_somebody_of_another_server_are_no_members(people: Crew, stranger: str) -> None:
    who = people.server.user("eve", guest=stranger == "guest", remote_id="r" if stranger == "remote" else None)
    people.server.join(who, people.ops)
    assert "Only members of the workspace" in people.answered("XenServer 7.2", who).message


def test_a_token_that_is_not_the_teams_is_refused(people: Crew, side: Side) -> None:
    who = {"user_id": people.ann.id, "user_name": "ann", "channel_id": people.ops.id, "channel_name": "ops"}
    wrong = {"team_domain": "lab", "text": "XCP-ng 8.3", **who}
    url = f"{side.callback}/mattermost/command"
    for form, headers in (
        (wrong, {}),
        (wrong | {"token": "x" * 26}, {}),
        (wrong, {"Authorization": f"Token {'x' * 26}"}),
        (wrong, {"Authorization": "Token é".encode().decode("latin-1")}),
    ):
        assert requests.post(url, data=form, headers=headers, timeout=5).status_code == 401
    right = next(iter(people.server.state.commands.values())).token
    assert requests.post(url, data=wrong | {"token": right, "team_domain": "other"}, timeout=5).status_code == 401
    for header in ({}, {"Authorization": "Bearer of-an-outgoing-connection"}):
        assert requests.post(url, data=wrong | {"token": right}, headers=header, timeout=5).status_code == 200


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"token=%ff", b"[]", b"&" * 100])
def test_what_is_no_command_is_a_4xx(side: Side, body: bytes) -> None:
    for path in ("command", "action", "dialog"):
        assert 400 <= requests.post(f"{side.callback}/mattermost/{path}", body, timeout=5).status_code < 500


def test_a_probe_begins_with_what_is_done_and_ends_for_the_same_eyes(people: Crew) -> None:
    asking = people.answered("probe xen-1")
    assert "xen-1" in asking.message
    answer = people.server.wait_post(people.ann, people.ops, "XCP-ng 8.3")
    assert answer.type == EPHEMERAL


def test_an_address_for_replies_leads_nowhere_but_to_the_server(people: Crew, side: Side) -> None:
    about = {"user_id": people.ann.id, "user_name": "ann", "channel_id": people.ops.id, "channel_name": "ops"}
    form = {**about, "team_domain": "lab", "text": "probe xen-1"}
    header = {"Authorization": f"Token {os.environ['MATTERMOST_COMMAND_TOKEN'].removeprefix('lab=')}"}
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        foreign.settimeout(0)
        place = f"127.0.0.1:{foreign.getsockname()[1]}"
        home = people.server.url.removeprefix("http://")
        for start in (place, f"{home}@{place}", f"{place}/{home}", f"{place}#@{home}", f"{place}\\@{home}"):
            asked = {**form, "response_url": f"http://{start}/hooks/commands/{'a' * 26}"}
            answer = requests.post(f"{side.callback}/mattermost/command", asked, headers=header, timeout=5)
            assert "Asking **xen-1**" in answer.json()["text"]
        side.settle()
        with pytest.raises(BlockingIOError):
            foreign.accept()
    assert people.server.requested("POST /hooks/commands/{hook_id}")


_PASSING = {
    "limited": [limited(1)],
    "errors": [status(500), status(503)] * 2,
    "cut": [cut(), cut(), cut()],
    "a long fault": [status(502), cut(), limited(1), status(500)],
    "a page of a proxy": [status(200)] * 2,
    "one that was done": [cut(done=True)],
}


@pytest.mark.parametrize("faults", _PASSING.values(), ids=_PASSING)
def test_an_answer_survives_a_passing_fault(
    people: Crew, side: Side, faults: list[Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the command's address, or, where that stays in doubt, as a direct message: "Asking …" does not stay alone."""
    monkeypatch.setattr("bot.chat.answer_queue.ANSWER_POLICY", RetryPolicy(pause=0.05, longest=0.2))
    people.server.fail("POST /hooks/commands/{hook_id}", *faults)
    people.server.fail("POST /posts", status(502), cut(done=True))
    people.answered("probe xen-1")

    def answers() -> int:
        here = [each for each in people.server.ephemerals(people.ann) if "XCP-ng 8.3" in each.message]
        direct = people.server.posts(people.server.direct(people.ann))
        return len(here) + sum("XCP-ng 8.3" in each.message for each in direct)

    until(lambda: answers() > 0, 10, "the answer")
    side.settle()
    assert side.service.queue
    assert side.service.queue.wait_until_idle(10)
    assert answers() == (2 if faults == _PASSING["one that was done"] else 1)


def test_while_the_api_is_away_a_look_up_is_still_answered(people: Crew) -> None:
    for route in ("GET /users/{user_id}", "GET /channels/{channel_id}", "GET /users/username/{username}"):
        people.server.fail(route, status(503), times=9)
    typed = people.typed("XenServer 7.2")
    assert typed.status == 200
    assert typed.reply
    assert "which workspace is mine" in typed.reply.message


def test_without_a_name_a_probe_asks_which_host_in_a_dialog(people: Crew) -> None:
    typed = people.typed("probe")
    assert typed.status == 200
    dialog = people.server.wait_dialog(people.ann)
    (element,) = dialog.dialog["elements"]
    assert "xen-2" in [each["value"] for each in element["options"]]
    assert people.server.submit_dialog(people.ann, {"value": "xen-2"}).closed
    assert people.server.wait_post(people.ann, people.ops, "XCP-ng 8.2").type == EPHEMERAL


def test_a_csv_is_a_file_in_the_askers_direct_messages(people: Crew) -> None:
    assert people.typed("fleet csv").status == 200
    told = people.server.wait_post(people.ann, people.ops, "is in your direct messages with me")
    assert told.type == EPHEMERAL
    (post,) = people.server.posts(people.server.direct(people.ann))
    (file,) = [people.server.state.files[id] for id in post.file_ids]
    assert file.name.endswith(".csv")
    assert b"xen-2" in file.content


def test_what_was_typed_is_data(people: Crew) -> None:
    message = people.answered("XenServer 7.2 @all ~town-square **bold** [x](http://evil)").message
    assert "@all" not in message
    assert "~town" not in message
    assert "[x](http" not in message


def test_a_command_works_where_the_bot_is_not(people: Crew, side: Side) -> None:
    """Its team has it in every channel, private ones and other people's direct messages among them."""
    places = [people.server.channel("secret", "P", [people.ann]), people.server.direct(people.ann, people.bob)]
    for place in places:
        reply = people.answered("XenServer 7.2", channel=place)
        assert "partial" in reply.message
        assert people.pressed(reply, "Upgrade path").told is None
        assert "XenServer 8" in people.server.wait_post(people.ann, place, "Upgrade").message
        people.answered("probe xen-1", channel=place)
        people.server.wait_post(people.ann, place, "certificate")
        people.pressed(reply, "Share to channel")
        (shared,) = people.server.wait(lambda place=place: people.server.posts(place), "the shared post")  # type: ignore[misc]
        assert shared.user_id == people.ann.id
        assert "shared by @ann" in shared.message
    side.settle()


def test_a_host_is_picked_where_the_bot_is_not(people: Crew, side: Side) -> None:
    secret = people.server.channel("secret", "P", [people.ann])
    assert people.typed("probe", channel=secret).error is None
    dialog = people.server.wait_dialog(people.ann)
    assert people.server.submit_dialog(people.ann, {dialog.names[0]: "xen-1"}).closed
    people.server.wait_post(people.ann, secret, "certificate")
    side.settle()


def test_a_look_up_is_answered_while_mattermost_tells_nothing_of_its_channels(people: Crew) -> None:
    people.server.fail("GET /channels/{channel_id}", status(502), times=3)
    assert "partial" in people.answered("XenServer 7.2").message


def test_a_group_message_is_answered_there(people: Crew, listening: Side) -> None:
    group = people.server.channel("a" * 40, "G", [people.ann, people.bob, people.server.bot])
    group.team_id = ""
    asked = people.server.say(people.ann, group, "@xocompat XenServer 7.2")
    reply = people.server.wait_post(people.bob, group, "partial")
    assert reply.root_id == asked.id
    listening.settle()


def test_how_far_a_sweep_has_come_is_shown_as_often_as_the_replies_leave_room(
    people: Crew, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command's address takes five replies, of which three are kept for the answer."""
    monkeypatch.setattr("bot.chat.session.jobs.PAUSE", 0.0)
    begun = people.answered("sweep")
    people.server.wait_post(people.ann, people.ops, "Sweep done")
    side.settle()
    first, *shown = [each.message for each in people.server.ephemerals(people.ann)]
    assert first == begun.message
    progress = [each for each in shown if re.search(r"[0-9] of [0-9]", each)]
    assert 1 <= len(progress) <= 2
    assert shown[: len(progress)] == progress
    assert "Sweep done" in shown[-1]
    assert people.server.posts(people.server.direct(people.ann)) == []


def test_no_post_is_longer_than_the_server_takes(people: Crew) -> None:
    people.server.config.max_post_size = 4_000
    long = people.answered("advisories", people.bob)
    shown = people.server.ephemerals(people.bob)
    assert long.message.splitlines()[0] == shown[-1].message.splitlines()[0]
    assert len(shown) > 1
    assert all(len(each.message) <= 4_000 for each in shown)


def test_one_persons_flood_is_bounded_and_leaves_others_alone(people: Crew, house: House) -> None:
    begun = time.monotonic()
    typed = [people.typed(f"XenServer 7.{at % 7}") for at in range(2 * PER_MINUTE)]
    assert all(each.status == 200 for each in typed)
    said = [each.reply.message for each in typed if each.reply]
    room = PER_MINUTE * (1 + (time.monotonic() - begun) / MINUTE) + 2  # it fills up all the while
    assert PER_MINUTE <= len(said) <= room < 2 * PER_MINUTE
    assert any("Slow down" in each for each in said)
    assert "partial support" in people.answered("XenServer 7.2", people.bob).message
    until(lambda: house.store.audit.find((), 1)[0].who == "mattermost:bob", 10, "the trail is written")
    assert len(house.store.audit.find(("mattermost:ann",), 1000)) <= room
