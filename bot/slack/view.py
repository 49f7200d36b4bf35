"""App Home and modals as Slack draws them. Pure."""

from collections.abc import Sequence

from bot.chat.reply import Reply
from bot.slack.button import Json, label_of
from bot.slack.message import Message, messages, size

BLOCKS_MAX = 100
BUDGET = 200_000
"""Blocks of a view, and characters of it as JSON: Slack takes 250 kB."""

_DIVIDER: Json = {"type": "divider"}


def home(parts: Sequence[Reply]) -> Json:
    """App Home from the parts of the page. Should it be too much for Slack, the last bulletins are left out."""
    kept = [*parts]
    while not _fits(blocks := _blocks(kept)):
        last = next(at for at in reversed(range(len(kept))) if kept[at].kind == "bulletin")
        kept.pop(last)
    return {"type": "home", "blocks": blocks}


def notice_home(said: Sequence[Message]) -> Json:
    """App Home that only says why there is nothing to see."""
    return {"type": "home", "blocks": [block for message in said for block in message.blocks]}


def said(message: Message) -> Json:
    """A modal that tells something: what a press in App Home brings, as there is no channel to say it in."""
    return {"type": "modal", "title": label_of("xocompat"), "close": label_of("Close"), "blocks": [*message.blocks]}


def _blocks(parts: Sequence[Reply]) -> list[Json]:
    found: list[Json] = []
    for part in parts:
        if found:
            found.append(_DIVIDER)
        found += messages(part, most=1)[0].blocks
    return found


def _fits(blocks: Sequence[Json]) -> bool:
    return len(blocks) <= BLOCKS_MAX and size(blocks) <= BUDGET
