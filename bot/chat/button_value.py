"""What a button of a Reply carries wherever it is drawn: the words that it stands for. Which buttons are drawn.

Messages stay in channels for years: values of earlier versions are read, too.
"""

import json
from datetime import date
from typing import Any, NamedTuple

from bot.catalogue import say
from bot.chat.reply import Act, Ask, Asks, Button, Find, Menu, MenuEntry, Pick, Reply, Share

BUTTONS_MAX, MENUS_MAX = 3, 3
ASK, ACT, SHARE, PICK, MENU, FIND = "ask", "act", "share", "pick", "menu", "find"
"""Kinds of buttons, as a platform tells them apart when one is pressed."""

_ASKS = {"day": Asks.MOMENT, "note": Asks.NOTE}
"""What is to be asked for, by the key that says so in a value; until 2026-11 it was a day alone."""


class ActionValue(NamedTuple):
    """The words that a button stands for. `on` is None where it means the day of the press.

    `reply_key` is the key of the very reply that is to be shared, where asking again might give another one.
    `asks` is what is to be asked for first.
    """

    words: str
    on: date | None = None
    reply_key: str | None = None
    asks: Asks | None = None


def offered(reply: Reply, shared: bool, without: tuple[type[Button], ...] = ()) -> list[Button]:
    """The buttons of a reply that are drawn: at most three, and three menus or fields besides.

    `shared`: the message is in the channel already, so there is nothing to share. `without`: what a platform has not.
    """
    as_picture = (Ask(say("As a picture"), reply.picture.words),) if reply.picture and reply.picture.words else ()
    left_out = (*without, Share) if shared else without
    useful = [button for button in (*as_picture, *reply.buttons) if not isinstance(button, left_out)]
    menus = [button for button in useful if isinstance(button, Menu | Find)][:MENUS_MAX]
    others = [button for button in useful if not isinstance(button, Menu | Find)][:BUTTONS_MAX]
    return [button for button in useful if button in menus or button in others]


def carried(button: Ask | Act | Share | Pick | Find | MenuEntry) -> tuple[str, ActionValue]:
    """The kind of a button, or of what an entry is in, and what it carries."""
    match button:
        case Ask():
            return ASK, ActionValue(button.words, button.on)
        case Act():
            return ACT, ActionValue(button.words, asks=button.asks)
        case MenuEntry():
            return MENU, ActionValue(button.words, asks=button.asks)
        case Share():
            return SHARE, ActionValue(button.words, button.on, button.reply_key)
        case Pick() | Find():  # a field to find one in has its own values; a button opens a window
            return PICK, ActionValue(button.words)


def encode(value: ActionValue, compact: bool = False) -> str:
    """The value of a button; `compact` for an option, which carries little."""
    data: dict[str, Any] = {"words": value.words}
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
