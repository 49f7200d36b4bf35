"""The people of the stand-in for Mattermost call the bot as the real server does, and see what it would show."""

from collections.abc import Iterator

import pytest
import requests

from tests.mattermost.integration import Integration
from tests.mattermost.standin import Mattermost
from tests.mattermost.state import Channel, Command, Json, Post, User


@pytest.fixture
def mattermost() -> Iterator[Mattermost]:
    with Mattermost() as server:
        yield server


@pytest.fixture
def integration() -> Iterator[Integration]:
    with Integration() as there:
        yield there


@pytest.fixture
def ann(mattermost: Mattermost) -> User:
    return mattermost.user("ann")


@pytest.fixture
def ben(mattermost: Mattermost) -> User:
    return mattermost.user("ben")


@pytest.fixture
def lab(mattermost: Mattermost, ann: User, ben: User) -> Channel:
    return mattermost.channel("lab", members=[ann, ben, mattermost.bot])


@pytest.fixture
def command(mattermost: Mattermost, integration: Integration) -> Command:
    return mattermost.command("xocompat", integration.url)


def test_a_command_arrives_as_the_form_that_the_server_sends(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User
) -> None:
    integration.says({"text": "**One.**", "skip_slack_parsing": True})
    root = mattermost.say(ann, lab, "here")
    typed = mattermost.type_command(ann, lab, "/xocompat  probe <lab> & @ben", thread=root)
    (got,) = integration.got
    assert got.headers["Authorization"] == f"Token {command.token}"
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert {name: values[0] for name, values in got.body.items()} == {
        "token": command.token,
        "team_id": mattermost.lab.id,
        "team_domain": "lab",
        "channel_id": lab.id,
        "channel_name": "lab",
        "user_id": ann.id,
        "user_name": "ann",
        "command": "/xocompat",
        "text": " probe <lab> & @ben",
        "trigger_id": typed.trigger_id,
        "response_url": typed.response_url,
        "root_id": root.id,
        "user_mentions": "ben",
        "user_mentions_ids": _named(mattermost, "ben").id,
    }
    assert typed.reply
    assert (typed.reply.message, typed.reply.root_id, typed.reply.user_id) == ("**One.**", root.id, ann.id)
    assert [post.message for post in mattermost.ephemerals(ann)] == ["**One.**"]
    assert mattermost.ephemerals(_named(mattermost, "ben")) == []


def _named(mattermost: Mattermost, name: str) -> User:
    return next(user for user in mattermost.state.users.values() if user.name == name)


def test_one_answer_may_be_several_posts(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User, ben: User
) -> None:
    more = [{"text": "Two.", "response_type": "in_channel"}, {"text": "Three."}]
    integration.says({"text": "One.", "extra_responses": more})
    typed = mattermost.type_command(ann, lab, f"/{command.trigger}\tlist")
    assert [post.message for post in typed.replies] == ["One.", "Two.", "Three."]
    assert [post.message for post in mattermost.sees(ben, lab)] == ["Two."]
    assert integration.got[0].body["text"] == ["list"]
    integration.says({"text": "x" * 16_384, "response_type": "in_channel"})
    too_long = mattermost.type_command(ann, lab, f"/{command.trigger} list").error
    assert too_long
    assert too_long.id == "api.command.execute_command.create_post_failed.app_error"


def test_who_answers_too_late_has_not_answered(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User
) -> None:
    integration.says({"text": "One."})
    integration.waits = 1.0
    mattermost.config.outgoing_integration_requests_timeout = 0.1
    typed = mattermost.type_command(ann, lab, f"/{command.trigger} list")
    integration.release()
    assert typed.error
    assert (typed.error.id, typed.replies) == ("api.command.execute_command.failed.app_error", ())


def test_slacks_markup_is_read_unless_it_is_told_not_to(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User
) -> None:
    integration.says({"text": "<!channel> <https://example.org|here>"})
    typed = mattermost.type_command(ann, lab, f"/{command.trigger} list")
    assert typed.reply
    assert typed.reply.message == "@channel [here](https://example.org)"


@pytest.mark.parametrize(
    ("status", "answer", "id"),
    [
        (500, b"", "api.command.execute_command.failed_resp.app_error"),
        (202, b"{}", "api.command.execute_command.failed_resp.app_error"),
        (200, b"", "api.command.execute_command.failed_empty.app_error"),
        (200, b"[]", "api.command.execute_command.failed.app_error"),
    ],
)
def test_anything_but_200_with_something_is_an_error_to_the_caller(
    mattermost: Mattermost,
    integration: Integration,
    command: Command,
    lab: Channel,
    ann: User,
    status: int,
    answer: bytes,
    id: str,
) -> None:
    integration.says(answer, status)
    typed = mattermost.type_command(ann, lab, f"/{command.trigger} list")
    assert typed.error
    assert (typed.error.id, typed.reply) == (id, None)


def test_who_may_not_post_there_calls_nobody(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User
) -> None:
    carl = mattermost.user("carl")
    typed = mattermost.type_command(carl, lab, f"/{command.trigger} list")
    assert typed.error
    assert typed.error.status == 403
    unknown = mattermost.type_command(ann, lab, "/other list")
    assert unknown.error
    assert unknown.error.status == 404
    assert integration.got == []


def test_a_response_url_takes_five_answers_within_half_an_hour(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User
) -> None:
    integration.says({"text": "wait"})
    url = mattermost.type_command(ann, lab, f"/{command.trigger} probe").response_url
    answer: Json = {"response_type": "in_channel", "text": "done", "props": {"from_bot": "true", "mine": 1}}
    for _ in range(5):
        assert requests.post(url, json=answer, timeout=5).status_code == 200
    sixth = requests.post(url, json=answer, timeout=5)
    assert (sixth.status_code, sixth.json()["id"]) == (400, "app.command_webhook.try_use.invalid")
    assert len(mattermost.posts(lab)) == 5
    assert mattermost.posts(lab)[0].props == {"mine": 1, "from_webhook": "true"}
    assert mattermost.posts(lab)[0].user_id == ann.id
    late = mattermost.type_command(ann, lab, f"/{command.trigger} probe").response_url
    mattermost.pass_time(30 * 60 + 1)
    gone = requests.post(late, json=answer, timeout=5)
    assert (gone.status_code, gone.json()["id"]) == (404, "app.command_webhook.get.missing")


def _alert(mattermost: Mattermost, integration: Integration, lab: Channel) -> Post:
    """A post of the bot's with a button and a menu."""
    snooze: Json = {"id": "snooze", "type": "select", "name": "Snooze", "options": [{"text": "7 days", "value": "7d"}]}
    snooze["integration"] = {"url": integration.url, "context": {"do": "snooze"}}
    ack = {"id": "ack", "name": "Acknowledge", "integration": {"url": integration.url, "context": {"do": "ack"}}}
    return mattermost.say(
        mattermost.bot, lab, "alert", props={"attachments": [{"text": "x", "actions": [ack, snooze]}]}
    )


def test_a_press_carries_the_stored_context_and_no_secret(
    mattermost: Mattermost, integration: Integration, lab: Channel, ann: User
) -> None:
    alert = _alert(mattermost, integration, lab)
    integration.says({"ephemeral_text": "Noted.", "update": {"message": "acknowledged"}})
    pressed = mattermost.press(alert, "Acknowledge", ann)
    (got,) = integration.got
    assert got.body == {
        "user_id": ann.id,
        "user_name": "ann",
        "channel_id": lab.id,
        "channel_name": "lab",
        "team_id": mattermost.lab.id,
        "team_domain": "lab",
        "post_id": alert.id,
        "trigger_id": pressed.trigger_id,
        "type": "button",
        "data_source": "",
        "context": {"do": "ack"},
    }
    assert "Authorization" not in got.headers
    assert pressed.told
    assert (pressed.told.message, pressed.told.root_id) == ("Noted.", alert.id)
    now = mattermost.post(alert.id)
    assert now
    assert (now.message, now.props) == ("acknowledged", alert.props)


def test_a_menu_sends_what_was_chosen(
    mattermost: Mattermost, integration: Integration, lab: Channel, ann: User
) -> None:
    alert = _alert(mattermost, integration, lab)
    integration.says({"error": {"message": "No such alert."}})
    assert mattermost.press(alert, "snooze", ann, "7 days").error == "No such alert."
    assert integration.got[0].body["context"] == {"do": "snooze", "selected_option": "7d"}
    assert mattermost.press(alert, "gone", ann).error == "api.post.do_action.action_id.app_error"
    carl = mattermost.user("carl")
    assert mattermost.press(alert, "ack", carl).error == "api.context.permissions.app_error"
    assert len(integration.got) == 1


def test_a_private_post_can_be_pressed_and_not_changed(
    mattermost: Mattermost, integration: Integration, command: Command, lab: Channel, ann: User
) -> None:
    share = {"id": "share", "name": "Share", "integration": {"url": integration.url, "context": {"do": "share"}}}
    integration.says({"text": "One.", "attachments": [{"actions": [share]}]})
    reply = mattermost.type_command(ann, lab, f"/{command.trigger} list").reply
    assert reply
    integration.says({"update": {"message": "changed"}})
    assert mattermost.press(reply, "Share", ann).error == "app.post.get.app_error"
    assert integration.got[-1].body["post_id"] == reply.id
    assert [post.message for post in mattermost.ephemerals(ann)] == ["One."]
    headers = {"Authorization": f"Bearer {mattermost.token}"}
    patched = requests.put(
        f"{mattermost.url}/api/v4/posts/{reply.id}/patch", headers=headers, json={"message": "x"}, timeout=5
    )
    assert patched.status_code == 403


def _open(mattermost: Mattermost, trigger_id: str, url: str) -> requests.Response:
    element = {"display_name": "Note", "name": "note", "type": "text"}
    dialog = {"callback_id": "ack", "title": "Acknowledge", "elements": [element], "state": "signed"}
    return requests.post(
        f"{mattermost.url}/api/v4/actions/dialogs/open",
        headers={"Authorization": f"Bearer {mattermost.token}"},
        json={"trigger_id": trigger_id, "url": url, "dialog": dialog},
        timeout=5,
    )


def test_a_dialog_is_opened_by_a_press_filled_in_and_may_be_forged(
    mattermost: Mattermost, integration: Integration, lab: Channel, ann: User, ben: User
) -> None:
    trigger = mattermost.press(_alert(mattermost, integration, lab), "ack", ann).trigger_id
    assert _open(mattermost, trigger, integration.url).json() == {"status": "OK"}
    integration.says({"errors": {"note": "Too rude."}})
    refused = mattermost.submit_dialog(ann, {"note": "no"})
    assert (refused.errors, refused.closed) == ({"note": "Too rude."}, False)
    shown = mattermost.wait_dialog(ann)
    integration.says(b"")
    carl = mattermost.user("carl")
    assert mattermost.submit_dialog(carl, {}, dialog=shown).error == "api.context.permissions.app_error"
    mattermost.submit_dialog(ben, {"note": "mine"}, dialog=shown, state="made up")
    assert {name: integration.got[-1].body[name] for name in ("user_id", "state")} == {
        "user_id": ben.id,
        "state": "made up",
    }
    assert mattermost.submit_dialog(ann, {"note": "yes"}, dialog=shown).closed
    assert integration.got[-1].body == {
        "type": "dialog_submission",
        "callback_id": "ack",
        "state": "signed",
        "user_id": ann.id,
        "channel_id": lab.id,
        "team_id": mattermost.lab.id,
        "submission": {"note": "yes"},
        "cancelled": False,
    }
    assert mattermost.dialog(ann) is None


def test_what_opens_a_dialog_ends_after_half_a_minute(
    mattermost: Mattermost, integration: Integration, lab: Channel, ann: User
) -> None:
    trigger = mattermost.press(_alert(mattermost, integration, lab), "ack", ann).trigger_id
    mattermost.pass_time(31)
    late = _open(mattermost, trigger, integration.url)
    assert (late.status_code, late.json()["id"]) == (400, "interactive_message.decode_trigger_id.expired")
    assert _open(mattermost, "no trigger", integration.url).status_code == 400
    assert mattermost.dialog(ann) is None
