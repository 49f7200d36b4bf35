"""Who asked, where, and what of it Slack's payloads tell. Payloads are signed, but their shape is not relied on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Payload = Mapping[str, Any]

_ID = re.compile(r"[A-Z0-9]{2,40}", re.ASCII)
_TS = re.compile(r"[0-9]{1,15}\.[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a place. `team` is the asker's own workspace, None where Slack does not tell it."""

    user: str
    team: str | None
    channel: str | None
    thread: str | None = None


def of_command(body: Payload) -> Actor:
    """The asker of a slash command; commands can't be used in threads."""
    return Actor(_id(body.get("user_id")) or "", _id(body.get("team_id")), _id(body.get("channel_id")))


def of_event(body: Payload) -> Actor:
    """The asker of a mention. Its answer belongs below the message, or into the thread that the message is in.

    In a channel shared with another workspace `user_team` is the asker's (an organisation's id in Enterprise Grid).
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
        thread=_ts(event.get("thread_ts")) or _ts(event.get("ts")),
    )


def of_press(body: Payload) -> Actor:
    """Who pressed a button. `thread` is that of the message with the button, None outside of threads."""
    user, message, container = (_part(body, key) for key in ("user", "message", "container"))
    return Actor(
        user=_id(user.get("id")) or "",
        team=_id(user.get("team_id")) or _id(_part(body, "team").get("id")),
        channel=_id(_part(body, "channel").get("id")) or _id(container.get("channel_id")),
        thread=_ts(container.get("thread_ts")) or _ts(message.get("thread_ts")),
    )


def of_view(body: Payload, origin: Payload) -> Actor:
    """Who uses a modal; `origin` is what we noted of the place where it was opened."""
    user = _part(body, "user")
    return Actor(
        user=_id(user.get("id")) or "",
        team=_id(user.get("team_id")) or _id(_part(body, "team").get("id")),
        channel=_id(origin.get("channel")),
        thread=_ts(origin.get("thread")),
    )


def _part(body: Payload, key: str) -> Payload:
    part = body.get(key)
    return part if isinstance(part, Mapping) else {}


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _ts(value: object) -> str | None:
    return value if isinstance(value, str) and _TS.fullmatch(value) else None
