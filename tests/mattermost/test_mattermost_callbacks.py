"""Presses and dialogs in Mattermost, which sign nothing: what is forged, replayed, or another's is refused."""

import base64
import copy
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.alerts.alert import AlertState
from bot.chat.session.conversation import Conversation
from bot.chat.session.once import WAITED
from tests.acceptance.waiting import until
from tests.app.conftest import House
from tests.mattermost.conftest import CHANNEL, Crew, Side
from tests.mattermost.state import EPHEMERAL, Post

pytestmark = pytest.mark.usefixtures("side")


@pytest.fixture
def alert(side: Side, people: Crew) -> Post:
    """An alert's post, with its buttons."""
    side.deliver()
    return next(post for post in people.server.posts(people.ops) if "XCP-ng 8.2" in post.message and post.actions)


def _states(house: House) -> dict[str, AlertState]:
    return {alert.subject.name: alert.state for alert in house.open(CHANNEL)}


def _stored(people: Crew, post: Post, name: str) -> dict[str, Any]:
    """A context as it lies in Mattermost's database."""
    kept = people.server.state.posts.get(post.id) or people.server.state.ephemerals[post.id][1]
    action = next(each for each in kept.actions if each["name"] == name)
    return dict(copy.deepcopy(action["integration"]["context"]))


def _now(people: Crew, post: Post) -> Post:
    found = people.server.post(post.id)
    assert found
    return found


def test_an_alert_is_acknowledged_by_a_press_and_its_one_post_says_so(
    side: Side, people: Crew, house: House, alert: Post
) -> None:
    pressed = people.pressed(alert, "Acknowledge")
    assert pressed.told
    assert "acknowledged" in pressed.told.message
    assert _states(house)["XCP-ng 8.2 LTS"] is AlertState.ACKNOWLEDGED
    side.deliver()
    assert "acknowledged by @ann" in _now(people, alert).message
    assert house.store.audit.find((), 1)[0].who == "mattermost:ann"
    assert house.store.audit.find((), 1)[0].where == CHANNEL


def test_rights_are_looked_at_when_it_is_pressed(people: Crew, house: House, alert: Post) -> None:
    pressed = people.pressed(alert, "Acknowledge", people.bob)
    assert pressed.told
    assert "the right `operate`" in pressed.told.message
    assert _states(house)["XCP-ng 8.2 LTS"] is AlertState.FIRING
    assert people.pressed(alert, "Acknowledge").status == 200  # what one may not do keeps no other from it
    assert _states(house)["XCP-ng 8.2 LTS"] is AlertState.ACKNOWLEDGED


def test_what_only_shows_is_shown_as_often_as_it_is_pressed(people: Crew, alert: Post) -> None:
    for _ in range(2):
        shown = people.pressed(alert, "Show hosts")
        assert shown.told
        assert "xen-2" in shown.told.message


def test_a_second_press_does_nothing_twice(side: Side, people: Crew, house: House, alert: Post) -> None:
    people.pressed(alert, "Acknowledge")
    again = people.pressed(alert, "Acknowledge")
    assert again.told
    assert "pressed already" in again.told.message
    side.settle()
    assert [entry.command for entry in house.store.audit.find((), 10)].count("ack") == 1


def test_a_press_that_was_changed_is_refused(side: Side, people: Crew, house: House, alert: Post) -> None:
    right = _stored(people, alert, "Acknowledge")
    unsigned = {key: value for key, value in right.items() if key != "sig"}
    wrong: list[Any] = [None, {}, "words", [], unsigned, {**right, "sig": ""}, {**right, "sig": 7}]
    wrong += [
        {**right, key: value} for key, value in {"words": "ack 2", "post": "x", "more": "1", "kind": "ask"}.items()
    ]
    wrong += [{**right, "channel": people.server.direct(people.bob).id}]
    for context in wrong:
        assert people.server.press(alert, "Acknowledge", people.ann, context=context or {"none": "none"}).status == 403
    for body in (b"{", b"[]", b"", json.dumps({"context": right}).encode()):
        assert requests.post(f"{side.callback}/mattermost/action", body, timeout=5).status_code == 403
    assert set(_states(house).values()) == {AlertState.FIRING}


@pytest.mark.parametrize("signature", ["\ud800", "é", "\x00", "a" * 100_000])
def test_a_signature_of_whatever_characters_is_a_4xx(side: Side, people: Crew, alert: Post, signature: str) -> None:
    context = {**_stored(people, alert, "Acknowledge"), "sig": signature}
    assert requests.post(f"{side.callback}/mattermost/action", json={"context": context}, timeout=5).status_code == 403
    state = _state({"ends": "9999999999", "sig": signature})
    assert requests.post(f"{side.callback}/mattermost/dialog", json={"state": state}, timeout=5).status_code == 403


def test_a_context_of_whatever_depth_is_a_4xx(side: Side) -> None:
    """Some depth can be read and not be written again: which, depends on where in the program that is done."""
    for depth in range(940, 1_000):
        body = '{"context": {"sig": "x", "a": ' + '{"a": ' * depth + "1" + "}" * (depth + 2)
        assert requests.post(f"{side.callback}/mattermost/action", body, timeout=5).status_code == 403, depth


def test_a_press_counts_on_its_own_post_in_its_own_channel_by_who_is_there(
    side: Side, people: Crew, house: House, alert: Post
) -> None:
    """A context that somebody learned, sent to us with what they like around it."""
    context, elsewhere = _stored(people, alert, "Acknowledge"), people.server.channel("else", members=[people.ann])
    eve = people.server.user("eve")
    body = {"user_id": people.ann.id, "channel_id": people.ops.id, "post_id": alert.id, "context": context}
    others = people.server.say(people.bob, people.ops, "nothing", props={"xocompat": {"key": context["post"]}})
    forged = [
        {"channel_id": elsewhere.id},
        {"post_id": others.id},
        {"post_id": "a" * 26},
        {"post_id": "../users/me"},
        {"user_id": eve.id},
        {"user_id": "a" * 26},
        {"user_id": ""},
    ]
    for change in forged:
        answer = requests.post(f"{side.callback}/mattermost/action", json=body | change, timeout=5)
        assert answer.status_code == 403, change
    assert set(_states(house).values()) == {AlertState.FIRING}


def test_a_menu_does_only_what_was_in_it(people: Crew, house: House, alert: Post) -> None:
    context = _stored(people, alert, "Snooze")
    for choice in ("99", "-1", "ack 1", ""):
        pressed = people.server.press(alert, "Snooze", people.ann, context={**context, "selected_option": choice})
        assert pressed.status == 400
    people.pressed(alert, "Snooze", choice="for 1 week")
    assert _states(house)["XCP-ng 8.2 LTS"] is AlertState.SNOOZED


def test_a_private_replys_button_is_for_the_one_who_sees_it(people: Crew) -> None:
    reply = people.answered("XenServer 7.2", people.bob)
    context = _stored(people, reply, "Share to channel")
    assert people.server.press(reply, "Share to channel", people.ann, context=context).status in (403, None)
    pressed = people.pressed(reply, "Share to channel", people.bob)
    assert pressed.told
    assert "Shared" in pressed.told.message
    (shared,) = people.server.posts(people.ops)
    assert shared.user_id == people.server.bot.id
    assert "shared by @bob" in shared.message
    again = people.pressed(reply, "Share to channel", people.bob)
    assert again.told
    assert "already" in again.told.message
    assert len(people.server.posts(people.ops)) == 1


def test_where_the_bot_is_not_in_the_channel_it_is_shared_in_the_askers_name(people: Crew) -> None:
    alone = people.server.channel("alone", members=[people.bob])
    reply = people.answered("XenServer 7.2", people.bob, alone)
    people.pressed(reply, "Share to channel", people.bob)
    (shared,) = people.server.posts(alone)
    assert shared.user_id == people.bob.id
    assert "XenServer 7.2" in shared.message


def _state(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _snoozing(people: Crew, alert: Post) -> Any:
    people.pressed(alert, "Snooze", choice="until a date …")
    return people.server.wait_dialog(people.ann)


def test_a_moment_is_chosen_in_a_dialog(side: Side, people: Crew, house: House, alert: Post) -> None:
    dialog = _snoozing(people, alert)
    assert people.server.submit_dialog(people.ann, {"value": "2020-01-01T09:00:00Z"}).errors == {
        "value": "That is over already: choose a moment after now."
    }
    assert people.server.submit_dialog(people.ann, {"value": "2026-12-24T09:00:00Z"}).closed
    side.settle()
    assert _states(house)["XCP-ng 8.2 LTS"] is AlertState.SNOOZED
    assert people.told("snoozed").user_id == people.server.bot.id
    assert people.server.submit_dialog(people.ann, {"value": "2026-12-25T09:00:00Z"}, dialog=dialog).error


def test_a_dialog_is_for_one_person_and_ends(side: Side, people: Crew, house: House, alert: Post) -> None:
    """Its state lies open in its user's client, and any user can send any state."""
    dialog = _snoozing(people, alert)
    chosen = {"value": "2026-12-24T09:00:00Z"}
    inner = json.loads(base64.urlsafe_b64decode(dialog.state))
    assert people.server.token not in json.dumps(inner)
    wrong = [{"user": people.bob.id}, {"sig": None}, {"sig": ""}, {"sig": "0" * 64}, {"ends": "9999999999"}]
    for state in ("", ".", "x", "é", _state([]), _state("x"), *(_state(inner | change) for change in wrong)):
        assert people.server.submit_dialog(people.bob, chosen, state=state, dialog=dialog).status == 403
    assert people.server.submit_dialog(people.bob, chosen, dialog=dialog).status == 403  # Ann's, whole
    body = {"type": "dialog_submission", "state": dialog.state, "user_id": people.ann.id, "submission": chosen}
    elsewhere = body | {"channel_id": people.server.direct(people.ann).id}
    assert requests.post(f"{side.callback}/mattermost/dialog", json=elsewhere, timeout=5).status_code == 403
    assert set(_states(house).values()) == {AlertState.FIRING}


def test_a_note_is_typed_in_a_dialog(side: Side, people: Crew, alert: Post) -> None:
    people.pressed(alert, "Acknowledge")
    side.deliver()
    people.pressed(_now(people, alert), "Add a note")
    people.server.wait_dialog(people.ann)
    assert people.server.submit_dialog(people.ann, {"value": "new hardware @all"}).closed
    side.settle()
    side.deliver()
    assert "new hardware" in _now(people, alert).message
    assert "@all" not in _now(people, alert).message


def test_a_press_that_takes_longer_is_answered_in_their_conversation(people: Crew) -> None:
    reply = people.answered("probe xen-1")
    answer = people.server.wait_post(people.ann, people.ops, "XCP-ng 8.3")
    again = next(each["name"] for each in answer.actions if "again" in each["name"].lower())
    assert reply.type == EPHEMERAL
    pressed = people.pressed(answer, again)
    assert pressed.told
    seen = [each.message for each in people.server.ephemerals(people.ann)]
    people.server.wait(lambda: len(people.server.ephemerals(people.ann)) > len(seen), "the answer")


@pytest.fixture
def hanging(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Claims in the database hang until this is set."""
    goes_on, seen = threading.Event(), type(house.store.seen)
    claim = seen.claim
    monkeypatch.setattr(seen, "claim", lambda self, key: goes_on.wait(60) and claim(self, key))
    yield goes_on
    goes_on.set()


def test_a_database_that_hangs_holds_no_press(
    people: Crew, house: House, alert: Post, hanging: threading.Event
) -> None:
    begun = time.monotonic()
    pressed = people.pressed(alert, "Acknowledge")
    assert time.monotonic() - begun < 3
    assert pressed.told
    assert "does not answer, so I did nothing" in pressed.told.message
    hanging.set()

    def acknowledged() -> bool:
        again = people.pressed(alert, "Acknowledge").told
        return again is not None and "acknowledged" in again.message

    until(acknowledged, 10, "what was claimed too late is given back")
    assert _states(house)["XCP-ng 8.2 LTS"] is AlertState.ACKNOWLEDGED


def test_a_reply_that_is_late_holds_no_press(people: Crew, alert: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conversation, "press", lambda *_: None)
    monkeypatch.setattr("bot.chat.session.once.WAITED", WAITED)
    begun = time.monotonic()
    pressed = people.pressed(alert, "Acknowledge")
    assert time.monotonic() - begun < 3
    assert (pressed.status, pressed.error, pressed.told) == (200, None, None)


def _labels(post: Post) -> list[str]:
    return [action["name"] for action in post.actions]


def test_a_press_on_a_private_reply_is_answered_with_buttons_that_can_be_pressed(people: Crew) -> None:
    reply = people.answered("XenServer 7.2", people.bob)
    for _ in range(2):
        assert people.pressed(reply, "Upgrade path", people.bob).told is None
    _, first, _ = _upgrades(people, 3)
    assert "Share to channel" in _labels(first)
    context = _stored(people, first, "Share to channel")
    assert people.server.press(first, "Share to channel", people.ann, context=context).status in (403, None)
    shared = people.pressed(first, "Share to channel", people.bob).told
    assert shared
    assert "Shared" in shared.message
    assert "shared by @bob" in people.server.posts(people.ops)[0].message


def test_where_no_more_fits_into_an_address_a_press_is_answered_in_words(people: Crew) -> None:
    """Which say what to type in place of its buttons. An address takes five replies."""
    reply = people.answered("XenServer 7.2", people.bob)
    for _ in range(5):
        assert people.pressed(reply, "Upgrade path", people.bob).told is None
    told = people.pressed(reply, "Upgrade path", people.bob).told
    assert told
    assert "To go on: `/xocompat " in told.message
    assert told.actions == []
    assert len(_upgrades(people, 7)) == 7


def test_where_the_bot_may_make_no_ephemeral_post_a_press_on_an_alert_is_answered_in_words(
    people: Crew, alert: Post
) -> None:
    in_words = people.pressed(alert, "Show hosts").told
    assert in_words
    assert in_words.actions == []
    assert "| xen-2 " in in_words.message
    refused = len(people.server.requested("POST /posts/ephemeral"))
    assert refused == 1
    people.pressed(alert, "Show hosts")
    assert len(people.server.requested("POST /posts/ephemeral")) == refused, "it is not asked for at each press"


@pytest.fixture
def trusted(people: Crew) -> None:
    """The bot has the right that few servers give to one."""
    people.server.state.users[people.server.bot.id].roles = "system_user system_admin"


@pytest.mark.usefixtures("trusted")
def test_with_the_right_to_make_ephemeral_posts_a_press_on_an_alert_has_buttons(people: Crew, alert: Post) -> None:
    assert people.pressed(alert, "Show hosts").told is None
    (shown,) = people.server.ephemerals(people.ann)
    assert "| xen-2 " in shown.message
    assert _labels(shown)
    again = next(label for label in _labels(shown) if label != "Share to channel")
    assert people.pressed(shown, again).status == 200


def test_a_press_in_ones_conversation_with_the_bot_is_answered_by_a_post_there(people: Crew, listening: Side) -> None:
    direct = people.server.direct(people.bob)
    people.server.say(people.bob, direct, "XenServer 7.2")
    answer = people.server.wait_post(people.bob, direct, "partial")
    before = len(people.server.posts(direct))
    assert people.pressed(answer, "Upgrade path", people.bob).told is None
    (new,) = people.server.posts(direct)[before:]
    assert new.root_id == answer.root_id
    assert _labels(new)
    listening.settle()


def _upgrades(people: Crew, count: int) -> list[Post]:
    """What Bob alone was shown of upgrades, the reply that was pressed on among it, once there is so much of it."""

    def found() -> list[Post] | None:
        shown = [each for each in people.server.ephemerals(people.bob) if "XenServer 8" in each.message]
        return shown if len(shown) >= count else None

    return people.server.wait(found, "upgrades")
