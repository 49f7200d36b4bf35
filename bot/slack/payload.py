"""Who asked, where, and what of it Slack's payloads say. Payloads are signed, but their shape is not relied on."""

import re
from collections.abc import Mapping
from typing import Any

from bot.chat.platform import Actor, Origin, Original

Payload = Mapping[str, Any]

_ID = re.compile(r"[A-Z0-9]{2,40}", re.ASCII)
_TS = re.compile(r"[0-9]{1,15}\.[0-9]{1,9}", re.ASCII)
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}", re.ASCII)
_GROUP = "S"


def is_channel(text: str) -> bool:
    """Whether a text is the id of a channel, a group or a conversation."""
    return _CHANNEL.fullmatch(text) is not None


def is_direct(channel: str) -> bool:
    """Whether a channel is one person's conversation with the bot."""
    return channel.startswith("D")


def is_group(text: str) -> bool:
    """Whether the id of somebody with a grant is a user group's."""
    return text.startswith(_GROUP)


def command_origin(body: Payload) -> Origin:
    """Where a slash command was typed; commands can't be used in threads."""
    actor = Actor(_id(body.get("user_id")) or "", _id(body.get("team_id")), _id(body.get("channel_id")))
    return Origin(actor, text_of(body.get("response_url")), text_of(body.get("trigger_id")))


def event_actor(body: Payload) -> Actor:
    """Who mentioned the bot. The answer belongs below the message, or into the thread that the message is in.

    In a channel shared with another workspace `user_team` is the person's (an organisation's id in Enterprise Grid).
    """
    event = _part(body, "event")
    shared = body.get("is_ext_shared_channel") is True
    teams = (
        event.get("user_team"),
        event.get("source_team"),
        event.get("team"),
        None if shared else body.get("team_id"),
    )
    return Actor(
        user=_id(event.get("user")) or "",
        team=next(filter(None, map(_id, teams)), None),
        channel=_id(event.get("channel")),
        thread=_id(event.get("thread_ts"), _TS) or _id(event.get("ts"), _TS),
    )


def press_origin(body: Payload) -> Origin:
    """Where a button was pressed or a shortcut used, and by whom. The thread is that of the message.

    Slack says of a message's container whether the presser alone sees it.
    """
    user, message, container = (_part(body, key) for key in ("user", "message", "container"))
    actor = Actor(
        user=_id(user.get("id")) or "",
        team=_id(user.get("team_id")) or _id(_part(body, "team").get("id")),
        channel=_id(_part(body, "channel").get("id")) or _id(container.get("channel_id")),
        thread=_id(container.get("thread_ts"), _TS) or _id(message.get("thread_ts"), _TS),
    )
    alone = container.get("is_ephemeral") is True or message.get("subtype") == "ephemeral"
    return Origin(
        actor=actor,
        address=text_of(body.get("response_url")),
        trigger=text_of(body.get("trigger_id")),
        original=Original.OURS if alone else Original.OTHERS,
        on_home_page=_part(body, "view").get("type") in ("home", "modal") or body.get("type") == "shortcut",
    )


def assisted_actor(said: object) -> Actor | None:
    """For whom Slack's own assistant calls a tool, as `_meta.slack` of a signed request says it; None if it does not.

    Where `team_id` is null, as in an organisation's own installation, the person is nobody of this workspace.
    """
    body = said if isinstance(said, Mapping) else {}
    user = _id(body.get("user_id"))
    return Actor(user, _id(body.get("team_id")), None) if user else None


def message_text(body: Payload) -> str:
    """The text of the message that a shortcut was used on; empty where it has none."""
    return text_of(_part(body, "message").get("text")) or ""


def actor_in_view(body: Payload, noted: Payload) -> Actor:
    """Who uses a modal; `noted` is what we wrote down of the place where it was opened."""
    user = _part(body, "user")
    return Actor(
        user=_id(user.get("id")) or "",
        team=_id(user.get("team_id")) or _id(_part(body, "team").get("id")),
        channel=_id(noted.get("channel")),
        thread=_id(noted.get("thread"), _TS),
    )


def text_of(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def _part(body: Payload, key: str) -> Payload:
    part = body.get(key)
    return part if isinstance(part, Mapping) else {}


def _id(value: object, form: re.Pattern[str] = _ID) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None
