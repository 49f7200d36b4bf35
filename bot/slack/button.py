"""Buttons and what they carry: the words that pressing one asks, and the day they are asked for."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.chat.reply import Ask, Button, Share
from bot.slack.mrkdwn import plain_text

BUTTONS_MAX = 3
LABEL_MAX = 75
VALUE_MAX = 2000
ASK = "ask"
SHARE = "share"


@dataclass(frozen=True, slots=True)
class Days:
    """The days that buttons ask about; None is the day of the press."""

    share: date | None
    ask: date | None


DAY_OF_PRESS = Days(None, None)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a pressed button asks. `on` is None where it means the day of the press."""

    words: str
    on: date | None


def buttons(wanted: Iterable[Button], days: Days, shared: bool) -> list[dict[str, Any]]:
    """The elements of an actions block, at most three. A button with more words than Slack carries is left out.

    `shared`: the message is in the channel already, so there is nothing to share.
    """
    useful = [button for button in wanted if isinstance(button, Ask) or (isinstance(button, Share) and not shared)]
    elements = (_element(button, days, at) for at, button in enumerate(useful[:BUTTONS_MAX], 1))
    return [element for element in elements if len(element["value"]) <= VALUE_MAX]


def _element(button: Button, days: Days, at: int) -> dict[str, Any]:
    asks = isinstance(button, Ask)
    name = plain_text(button.label, LABEL_MAX) or "Ask"
    return {
        "type": "button",
        "action_id": f"{ASK if asks else SHARE}_{at}",
        "text": {"type": "plain_text", "text": name, "emoji": False},
        "value": encode(Pressed(button.words, days.ask if asks else days.share)),
        "accessibility_label": plain_text(f"{name}: {button.words}", LABEL_MAX),
    }


def encode(pressed: Pressed) -> str:
    """The value of a button."""
    return json.dumps({"words": pressed.words, **({"on": pressed.on.isoformat()} if pressed.on else {})})


def decode(value: object) -> Pressed | None:
    """What a button's value asks; None for a value that is none of ours."""
    try:
        data = json.loads(value) if isinstance(value, str) else None
        if not isinstance(data, dict) or not isinstance(data.get("words"), str):
            return None
        return Pressed(data["words"], date.fromisoformat(data["on"]) if "on" in data else None)
    except (ValueError, TypeError):
        return None
