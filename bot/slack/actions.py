"""Buttons and menus as Slack draws them, and what a press of one says: the words that it stands for.

Messages stay in channels for years: values of earlier versions are read, too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.catalogue import message, say
from bot.chat.button_value import ACT, ASK, FIND, MENU, PICK, SHARE, ActionValue, carried, decode, encode
from bot.chat.command import Choice
from bot.chat.reply import Asks, Button, Find, Menu, MenuEntry
from bot.slack.mrkdwn import plain_text

TYPED_MIN = 2
"""Characters that are typed into a field before it is asked what there is."""

LABEL_MAX = 75
VALUE_MAX = 2000
OPTION_MAX = 150
FOUND_MAX = 100
NAMELESS = message("Ask")
Json = dict[str, Any]

_IDS = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*", re.ASCII)
_OLD_BUTTONS = {"ack": "ack {}", "hosts": "alerts {}"}
OLD_MENU = "snooze"
_OLD_OPTIONS = {"1d": "snooze {} 1d", "7d": "snooze {} 7d", "threshold": "snooze {} next", "date": "snooze {}"}
"""Until 2026-11 values of buttons below alerts were the alerts' ids; options had a name before them."""

FOUND = re.compile(rf"^{FIND}_[0-9]$")
ACTION_ID = re.compile(rf"^(({ASK}|{ACT}|{SHARE}|{PICK}|{MENU}|{FIND})_[0-9]|{'|'.join(_OLD_BUTTONS)}|{OLD_MENU})$")
"""A kind of button; a number follows, as no two of a message may be the same."""


def elements(chosen: Iterable[Button]) -> list[Json]:
    """The elements of an actions block. A button with more words than Slack carries is left out."""
    drawn = (_element(button, at) for at, button in enumerate(chosen, 1))
    return [element for element in drawn if element]


def _element(button: Button, at: int) -> Json | None:
    match button:
        case Menu():
            return _menu(f"{MENU}_{at}", button.label, button.entries)
        case Find():
            names = {"action_id": f"{FIND}_{at}", "placeholder": label_of(button.label)}
            return {"type": "external_select", "min_query_length": TYPED_MIN, **names}
    kind, value = carried(button)
    if len(encoded := encode(value)) > VALUE_MAX:
        return None
    return {
        "type": "button",
        "action_id": f"{kind}_{at}",
        "text": label_of(button.label),
        "value": encoded,
        "accessibility_label": plain_text(f"{button.label or say(NAMELESS)}: {button.words}", LABEL_MAX),
    }


def _menu(action_id: str, label: str, entries: Iterable[MenuEntry]) -> Json | None:
    """A menu; None for more words than its options can carry."""
    values = {entry: encode(carried(entry)[1], compact=True) for entry in entries}
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
    return {"type": "plain_text", "text": plain_text(text, LABEL_MAX) or say(NAMELESS), "emoji": False}


def kind_of_action(action: Mapping[str, Any]) -> str:
    """The kind of button that was pressed (bot.chat.button_value)."""
    kind = str(action.get("action_id")).partition("_")[0]
    return MENU if kind == OLD_MENU else ACT if kind in _OLD_BUTTONS else kind


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
