"""Buttons and menus as Slack draws them, and what a press of one says: the words that it stands for.

Messages stay in channels for years: values of earlier versions are read, too.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from bot.chat.command import Choice
from bot.chat.reply import Act, Ask, Asks, Button, Find, Menu, MenuEntry, Pick, Share
from bot.slack.mrkdwn import plain_text

BUTTONS_MAX, MENUS_MAX = 3, 3
TYPED_MIN = 2
"""Characters that are typed into a field before it is asked what there is."""

LABEL_MAX = 75
VALUE_MAX = 2000
OPTION_MAX = 150
FOUND_MAX = 100
ASK, ACT, SHARE, PICK, MENU, FIND = "ask", "act", "share", "pick", "menu", "find"
"""What an action_id begins with; a number follows, as no two of a message may be the same."""

NAMELESS = "Ask"
Json = dict[str, Any]

_IDS = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*", re.ASCII)
_OLD_BUTTONS = {"ack": "ack {}", "hosts": "alerts {}"}
OLD_MENU = "snooze"
_OLD_OPTIONS = {"1d": "snooze {} 1d", "7d": "snooze {} 7d", "threshold": "snooze {} next", "date": "snooze {}"}
"""Until 2026-11 values of buttons below alerts were the alerts' ids; options had a name before them."""

FOUND = re.compile(rf"^{FIND}_[0-9]$")
ACTION_ID = re.compile(rf"^(({ASK}|{ACT}|{SHARE}|{PICK}|{MENU}|{FIND})_[0-9]|{'|'.join(_OLD_BUTTONS)}|{OLD_MENU})$")


class ActionValue(NamedTuple):
    """The words that a button stands for. `on` is None where it means the day of the press.

    `reply_key` is the key of the very reply that is to be shared, where asking again might give another one.
    `asks` is what is to be asked for first.
    """

    words: str
    on: date | None = None
    reply_key: str | None = None
    asks: Asks | None = None


_ASKS = {"day": Asks.MOMENT, "note": Asks.NOTE}
"""What is to be asked for, by the key that says so in a value; until 2026-11 it was a day alone."""


def elements(wanted: Iterable[Button], shared: bool) -> list[Json]:
    """The elements of an actions block: at most three buttons, and menus besides.

    A button with more words than Slack carries is left out. `shared`: the message is in the channel already, so there
    is nothing to share.
    """
    useful = [button for button in wanted if not (shared and isinstance(button, Share))]
    menus = [button for button in useful if isinstance(button, Menu | Find)][:MENUS_MAX]
    others = [button for button in useful if not isinstance(button, Menu | Find)][:BUTTONS_MAX]
    kept = [button for button in useful if button in menus or button in others]
    drawn = (_element(button, at) for at, button in enumerate(kept, 1))
    return [element for element in drawn if element]


def _element(button: Button, at: int) -> Json | None:
    match button:
        case Menu(label, _, entries):
            return _menu(f"{MENU}_{at}", label, entries)
        case Find():
            names = {"action_id": f"{FIND}_{at}", "placeholder": label_of(button.label)}
            return {"type": "external_select", "min_query_length": TYPED_MIN, **names}
        case Ask(_, words, on):
            kind, value = ASK, ActionValue(words, on)
        case Act(_, words, asks):
            kind, value = ACT, ActionValue(words, asks=asks)
        case Share(words, on, reply_key):
            kind, value = SHARE, ActionValue(words, on, reply_key)
        case Pick(words):
            kind, value = PICK, ActionValue(words)
    if len(carried := encode(value)) > VALUE_MAX:
        return None
    return {
        "type": "button",
        "action_id": f"{kind}_{at}",
        "text": label_of(button.label),
        "value": carried,
        "accessibility_label": plain_text(f"{button.label or NAMELESS}: {words}", LABEL_MAX),
    }


def _menu(action_id: str, label: str, entries: Iterable[MenuEntry]) -> Json | None:
    """A menu; None for more words than its options can carry."""
    values = {entry: encode(ActionValue(entry.words, asks=entry.asks), compact=True) for entry in entries}
    if not values or max(map(len, values.values())) > OPTION_MAX:
        return None
    options = [{"text": label_of(entry.label), "value": value} for entry, value in values.items()]
    return {"type": "static_select", "action_id": action_id, "placeholder": label_of(label), "options": options}


def found_options(words: str, found: Iterable[Choice]) -> list[Json]:
    """What a field to find something in offers: each option stands for `words` with a name behind them."""
    options: list[Json] = []
    for choice in found:
        value = encode(ActionValue(f"{words} {choice.word}"), compact=True)
        if len(value) <= OPTION_MAX and len(options) < FOUND_MAX:
            about = {"description": label_of(choice.about)} if plain_text(choice.about, LABEL_MAX) else {}
            options.append({"text": label_of(choice.word), "value": value, **about})
    return options


def label_of(text: str) -> Json:
    """Text where Slack reads no mark-up."""
    return {"type": "plain_text", "text": plain_text(text, LABEL_MAX) or NAMELESS, "emoji": False}


def encode(value: ActionValue, compact: bool = False) -> str:
    """The value of a button; `compact` for an option, which carries little."""
    data: Json = {"words": value.words}
    if value.on:
        data["on"] = value.on.isoformat()
    if value.reply_key:
        data["kept"] = value.reply_key
    data |= {key: 1 for key, asks in _ASKS.items() if asks is value.asks}
    return json.dumps(data, separators=(",", ":") if compact else None)


def decode(value: object) -> ActionValue | None:
    """What a button's value asks; None for a value that is none of ours."""
    try:
        data = json.loads(value) if isinstance(value, str) else None
        if not isinstance(data, dict) or not isinstance(data.get("words"), str):
            return None
        key = data.get("kept")
        day = date.fromisoformat(data["on"]) if "on" in data else None
        asks = next((asks for name, asks in _ASKS.items() if data.get(name) == 1), None)
        return ActionValue(data["words"], day, key if isinstance(key, str) else None, asks)
    except (ValueError, TypeError, RecursionError):
        return None


def pressed(action: Mapping[str, Any]) -> ActionValue | None:
    """What a pressed button or a chosen option asks; None for one that is none of ours."""
    option, action_id = action.get("selected_option"), str(action.get("action_id"))
    if isinstance(option, Mapping):
        value = option.get("value")
        name, _, ids = value.partition(" ") if isinstance(value, str) else ("", "", "")
        old = old_words(_OLD_OPTIONS.get(name), ids) if action_id == OLD_MENU else None
        return ActionValue(old, asks=Asks.MOMENT if name == "date" else None) if old else decode(value)
    value = action.get("value")
    old = old_words(_OLD_BUTTONS.get(action_id), value)
    return ActionValue(old) if old else decode(value)


def old_words(form: str | None, ids: object) -> str | None:
    """The words that a value of an earlier version stood for: alerts' ids, separated by commas."""
    if form is None or not isinstance(ids, str) or len(ids) > VALUE_MAX or not _IDS.fullmatch(ids):
        return None
    return form.format(ids.replace(",", " "))
