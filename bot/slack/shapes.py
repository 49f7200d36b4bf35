"""The shape that a payload must have before anybody reads it: Bolt takes much for granted, and fails with a 5xx.

Only what Bolt and our listeners rely on is looked at. Slack may leave out or null whatever it likes of the rest, and
send more.
"""

from collections.abc import Callable, Mapping
from typing import Any

Shape = Callable[[Any], bool]

COMMAND_HAS_NOT = frozenset(
    {"type", "event", "authorizations", "view", "message", "previous_message", "item", "assistant_thread", "container"}
    | {"function_data", "actions", "response_urls", "payload"}
)
"""Members of other payloads. In a command's form they would be text where Bolt expects an object."""


def is_payload(value: Any) -> bool:
    """Whether a value is a payload that can be handed on: an event, an interaction, or a kind that nobody knows yet."""
    if not (_object(value) and isinstance(value.get("type"), str)):
        return False
    needed = _NEEDED.get(value["type"], {})
    return all(shape(value.get(name)) for name, shape in needed.items())


def _object(value: Any) -> bool:
    """Whether it is an object, and the members of it that have the same meaning everywhere are what they must be."""
    return (
        isinstance(value, dict)
        and all(shape(value[name]) for name, shape in _ANYWHERE.items() if value.get(name) is not None)
        and value.get("response_urls", ()) is not None
    )


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _text_or_object(value: Any) -> bool:
    return isinstance(value, str) or _object(value)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(map(_object, value))


def _with(**shapes: Shape) -> Shape:
    """An object in which these members must be."""
    return lambda value: isinstance(value, dict) and all(shape(value.get(name)) for name, shape in shapes.items())


def _some(shape: Shape) -> Shape:
    """A list of at least one."""
    return lambda value: isinstance(value, list) and bool(value) and all(map(shape, value))


_ANYWHERE: Mapping[str, Shape] = {
    **dict.fromkeys(("event", "view", "message", "previous_message", "item", "container"), _object),
    **dict.fromkeys(("assistant_thread", "function_data", "workflow_step"), _object),
    **dict.fromkeys(("team", "enterprise", "user", "channel"), _text_or_object),
    **dict.fromkeys(("actions", "authorizations", "response_urls"), _objects),
    **dict.fromkeys(("type", "subtype", "callback_id", "action_id", "block_id", "command"), _text),
    **dict.fromkeys(("user_id", "team_id", "channel_id", "enterprise_id", "thread_ts", "response_url"), _text),
}

_VIEW = {"view": _with(callback_id=_text, type=_text)}
_CALLED_BACK = {"callback_id": _text}
_NEEDED: Mapping[str, Mapping[str, Shape]] = {
    "event_callback": {"event": _with(type=_text)},
    "block_actions": {"actions": _some(_with(action_id=_text))},
    "interactive_message": {"actions": _some(_object), **_CALLED_BACK},
    "block_suggestion": {"action_id": _text},
    "view_submission": _VIEW,
    "view_closed": _VIEW,
    "workflow_step_edit": {"workflow_step": _object, **_CALLED_BACK},
    **dict.fromkeys(("shortcut", "message_action"), _CALLED_BACK),
    **dict.fromkeys(("dialog_submission", "dialog_cancellation", "dialog_suggestion"), _CALLED_BACK),
}
"""What a payload of a type cannot do without."""
