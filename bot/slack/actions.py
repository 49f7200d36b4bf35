"""Buttons and what they carry: the words that pressing one asks, the day they are asked for, what was kept."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bot.chat.reply import Act, Ask, Button, Pick, Share, Verb
from bot.slack.mrkdwn import plain_text

BUTTONS_MAX = 3
LABEL_MAX = 75
VALUE_MAX = 2000
OPTION_MAX = 150
ASK = "ask"
SHARE = "share"
PICK = "pick"
NAMELESS = "Ask"
Json = dict[str, Any]

_IDS = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*", re.ASCII)


class SnoozeFor(StrEnum):
    """How long an alert is silenced; the order is that of the menu."""

    DAY = "1d"
    WEEK = "7d"
    THRESHOLD = "threshold"
    DATE = "date"


SNOOZES = {
    SnoozeFor.DAY: "for 1 day",
    SnoozeFor.WEEK: "for 1 week",
    SnoozeFor.THRESHOLD: "until the next threshold",
    SnoozeFor.DATE: "until a date …",
}


@dataclass(frozen=True, slots=True)
class Days:
    """The days that buttons ask about; None is the day of the press. `kept`: where the reply to share is kept."""

    share: date | None
    ask: date | None
    kept: str | None = None


DAY_OF_PRESS = Days(None, None)


@dataclass(frozen=True, slots=True)
class ActionValue:
    """What a pressed button asks. `on` is None where it means the day of the press.

    `kept` is the key of the very reply that is to be shared, where asking again might give another one.
    """

    words: str
    on: date | None
    kept: str | None = None


def buttons(wanted: Iterable[Button], days: Days, shared: bool) -> list[Json]:
    """The elements of an actions block, at most three; of those that act on alerts one of a kind.

    A button with more words than Slack carries is left out. `shared`: the message is in the channel already, so there
    is nothing to share.
    """
    useful = [button for button in wanted if not (shared and isinstance(button, Share))]
    elements = (_element(button, days, at) for at, button in enumerate(useful[:BUTTONS_MAX], 1))
    return [*{element["action_id"]: element for element in elements if element}.values()]


def _element(button: Button, days: Days, at: int) -> Json | None:
    match button:
        case Act(label, Verb.SNOOZE, ids):
            return snooze_menu(label, ids)
        case Act(label, verb, ids):
            return _button(verb.value, label, encode_ids(ids), f"{label}: {_numbered(ids)}")
        case Ask(label, words):
            return _button(f"{ASK}_{at}", label, encode(ActionValue(words, days.ask)), f"{label or NAMELESS}: {words}")
        case Share(words, label):
            carried = ActionValue(words, days.share, days.kept)
            return _button(f"{SHARE}_{at}", label, encode(carried), f"{label or NAMELESS}: {words}")
        case Pick(words, label):
            return _button(f"{PICK}_{at}", label, encode(ActionValue(words, days.ask)), f"{label or NAMELESS}: {words}")


def _button(action_id: str, label: str, value: str, spoken: str) -> Json | None:
    if len(value) > VALUE_MAX:
        return None
    return {
        "type": "button",
        "action_id": action_id,
        "text": label_of(label),
        "value": value,
        "accessibility_label": plain_text(spoken, LABEL_MAX),
    }


def label_of(text: str) -> Json:
    """Text where Slack reads no mark-up."""
    return {"type": "plain_text", "text": plain_text(text, LABEL_MAX) or NAMELESS, "emoji": False}


def _numbered(ids: tuple[int, ...]) -> str:
    return f"alert{'s' * (len(ids) != 1)} {', '.join(map(str, ids))}"


def encode(pressed: ActionValue) -> str:
    """The value of a button."""
    more = {"on": pressed.on.isoformat() if pressed.on else None, "kept": pressed.kept}
    return json.dumps({"words": pressed.words, **{key: value for key, value in more.items() if value}})


def decode(value: object) -> ActionValue | None:
    """What a button's value asks; None for a value that is none of ours."""
    try:
        data = json.loads(value) if isinstance(value, str) else None
        if not isinstance(data, dict) or not isinstance(data.get("words"), str):
            return None
        kept = data.get("kept")
        day = date.fromisoformat(data["on"]) if "on" in data else None
        return ActionValue(data["words"], day, kept if isinstance(kept, str) else None)
    except (ValueError, TypeError, RecursionError):
        return None


def snooze_menu(label: str, ids: tuple[int, ...]) -> Json | None:
    """A menu of how long; None for more alerts than its options can carry."""
    values = {each: f"{each.value} {encode_ids(ids)}" for each in SNOOZES}
    if max(map(len, values.values())) > OPTION_MAX:
        return None
    options = [{"text": label_of(SNOOZES[each]), "value": value} for each, value in values.items()]
    return {"type": "static_select", "action_id": Verb.SNOOZE.value, "placeholder": label_of(label), "options": options}


def encode_ids(ids: Iterable[int]) -> str:
    """Numbers of alerts as a value."""
    return ",".join(map(str, ids))


def decode_ids(value: object) -> tuple[int, ...] | None:
    """The alerts that a value names; None for a value that is none of ours."""
    if not isinstance(value, str) or len(value) > VALUE_MAX or not _IDS.fullmatch(value):
        return None
    return tuple(map(int, value.split(",")))


def decode_snooze(value: object) -> tuple[SnoozeFor, tuple[int, ...]] | None:
    """What an option of the menu means; None for a value that is none of ours."""
    name, _, rest = value.partition(" ") if isinstance(value, str) else ("", "", "")
    ids = decode_ids(rest)
    return (SnoozeFor(name), ids) if ids and name in SNOOZES else None
