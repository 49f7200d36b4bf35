"""Buttons and what they carry: the words that pressing one asks, the day they are asked for, what was kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.chat.reply import Ask, Button, Pick, Share
from bot.slack.mrkdwn import plain_text

BUTTONS_MAX = 3
LABEL_MAX = 75
VALUE_MAX = 2000
ASK = "ask"
SHARE = "share"
PICK = "pick"


@dataclass(frozen=True, slots=True)
class Days:
    """The days that buttons ask about; None is the day of the press. `kept`: where the reply to share is kept."""

    share: date | None
    ask: date | None
    kept: str | None = None


DAY_OF_PRESS = Days(None, None)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a pressed button asks. `on` is None where it means the day of the press.

    `kept` is the key of the very reply that is to be shared, where asking again might give another one.
    """

    words: str
    on: date | None
    kept: str | None = None


def buttons(wanted: Iterable[Button], days: Days, shared: bool) -> list[dict[str, Any]]:
    """The elements of an actions block, at most three. A button with more words than Slack carries is left out.

    `shared`: the message is in the channel already, so there is nothing to share.
    """
    useful = [b for b in wanted if isinstance(b, Ask | Pick) or (isinstance(b, Share) and not shared)]
    elements = (_element(button, days, at) for at, button in enumerate(useful[:BUTTONS_MAX], 1))
    return [element for element in elements if len(element["value"]) <= VALUE_MAX]


def _element(button: Button, days: Days, at: int) -> dict[str, Any]:
    shares = isinstance(button, Share)
    kind = SHARE if shares else PICK if isinstance(button, Pick) else ASK
    carried = Pressed(button.words, days.share, days.kept) if shares else Pressed(button.words, days.ask)
    name = plain_text(button.label, LABEL_MAX) or "Ask"
    return {
        "type": "button",
        "action_id": f"{kind}_{at}",
        "text": {"type": "plain_text", "text": name, "emoji": False},
        "value": encode(carried),
        "accessibility_label": plain_text(f"{name}: {button.words}", LABEL_MAX),
    }


def encode(pressed: Pressed) -> str:
    """The value of a button."""
    more = {"on": pressed.on.isoformat() if pressed.on else None, "kept": pressed.kept}
    return json.dumps({"words": pressed.words, **{key: value for key, value in more.items() if value}})


def decode(value: object) -> Pressed | None:
    """What a button's value asks; None for a value that is none of ours."""
    try:
        data = json.loads(value) if isinstance(value, str) else None
        if not isinstance(data, dict) or not isinstance(data.get("words"), str):
            return None
        kept = data.get("kept")
        day = date.fromisoformat(data["on"]) if "on" in data else None
        return Pressed(data["words"], day, kept if isinstance(kept, str) else None)
    except (ValueError, TypeError, RecursionError):
        return None
