"""Requests as Slack sends them: forms and JSON with a signature of now."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

SECRET = "a-signing-secret-of-the-tests"
FORM = "application/x-www-form-urlencoded"


def headers(body: str, content_type: str = FORM, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """Signed headers for a body."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "content-type": content_type,
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": f"v0={digest}",
    }


def command(text: str, response_url: str = "", **more: str) -> str:
    """The body of a slash command."""
    return urlencode(
        {
            "team_id": "T0000001",
            "channel_id": "C0000001",
            "user_id": "U0000001",
            "command": "/xocompat",
            "text": text,
            "response_url": response_url,
            "api_app_id": "A0000001",
            **more,
        }
    )


def mention(text: str, event_id: str = "Ev0000001", **event: Any) -> str:
    """The body of an app_mention."""
    told = {
        "type": "app_mention",
        "user": "U0000001",
        "user_team": "T0000001",
        "team": "T0000001",
        "channel": "C0000001",
        "ts": "1795434045.000100",
        "text": text,
        **event,
    }
    body = {
        "type": "event_callback",
        "team_id": "T0000001",
        "api_app_id": "A0000001",
        "event_id": event_id,
        "event": told,
    }
    return json.dumps(body)


def direct_message(text: str, event_id: str = "Ev0000001", **event: Any) -> str:
    """The body of a message that somebody writes to the bot."""
    there = {"type": "message", "channel": "D0000001", "channel_type": "im", "client_msg_id": "a-1", **event}
    return mention(text, event_id, **there)


def joined(user: str = "U0000BOT", channel: str = "C0000001", event_id: str = "Ev0000001") -> str:
    """The body of the news that somebody joined a channel."""
    told = {"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": "C", "team": "T0000001"}
    event = {**told, "inviter": "U0000001"}
    body = {"type": "event_callback", "team_id": "T0000001", "api_app_id": "A0000001", "event_id": event_id}
    return json.dumps({**body, "event": event})


def press(action_id: str, value: str, response_url: str | None, **more: Any) -> str:
    """The body of a pressed button."""
    payload = {
        "type": "block_actions",
        "team": {"id": "T0000001"},
        "user": {"id": "U0000001", "team_id": "T0000001"},
        "channel": {"id": "C0000001"},
        "container": {"type": "message", "message_ts": "1795434045.000200", "channel_id": "C0000001"},
        "actions": [{"type": "button", "action_id": action_id, "value": value, "block_id": "b"}],
        **({"response_url": response_url} if response_url else {}),
        **more,
    }
    return urlencode({"payload": json.dumps(payload)})


def _used(kind: str, metadata: str, view: dict[str, Any], **more: Any) -> str:
    payload = {
        "type": kind,
        "team": {"id": "T0000001"},
        "user": {"id": "U0000001", "team_id": "T0000001"},
        "view": {"type": "modal", "callback_id": "pick", "private_metadata": metadata, **view},
        **more,
    }
    return urlencode({"payload": json.dumps(payload)})


def shortcut(callback_id: str, **more: Any) -> str:
    """The body of a global shortcut; with a `message` and a channel, of one that was used on it."""
    payload = {
        "type": "message_action" if "message" in more else "shortcut",
        "callback_id": callback_id,
        "trigger_id": "1.2.trigger",
        "team": {"id": "T0000001"},
        "user": {"id": "U0000001", "team_id": "T0000001"},
        **more,
    }
    return urlencode({"payload": json.dumps(payload)})


def check(
    release: object, day: str | None = None, watch_in: object = None, watch_block: str | None = None, **more: Any
) -> str:
    """The body of a window that was sent off with a release chosen, and maybe a day, and a channel in its block."""
    option = {"value": release} if release is not None else None
    values = {
        "release": {"release": {"type": "external_select", "selected_option": option}},
        "check_day": {"check_day": {"type": "datepicker", "selected_date": day}},
    }
    if watch_block:
        values[watch_block] = {"watch_in": {"type": "conversations_select", "selected_conversation": watch_in}}
    return _used("view_submission", "", {"callback_id": "check", "id": "V1", "state": {"values": values}}, **more)


def suggest_release(typed: str, **more: Any) -> str:
    """The body of a question for releases."""
    view = {"callback_id": "check"}
    return _used("block_suggestion", "", view, action_id="release", block_id="release", value=typed, **more)


def submit(metadata: str, picked: object, **more: Any) -> str:
    """The body of a modal that was sent off with an option picked."""
    values = {"host": {"pick_host": {"type": "static_select", "selected_option": {"value": picked}}}}
    return _used("view_submission", metadata, {"state": {"values": values}}, **more)


def suggest(metadata: str, typed: str, **more: Any) -> str:
    """The body of a question for the options of a list."""
    return _used("block_suggestion", metadata, {}, action_id="pick_host", block_id="host", value=typed, **more)


def find(typed: str, user: str = "U0000001") -> str:
    """The body of a question for hosts, while somebody types into the field of a message."""
    who = {"id": user, "team_id": "T0000001"}
    asked = {"type": "block_suggestion", "action_id": "find_3", "block_id": "b", "value": typed, "user": who}
    where = {"team": {"id": "T0000001"}, "channel": {"id": "C0000001"}, "container": {"type": "message"}}
    return urlencode({"payload": json.dumps(asked | where)})
