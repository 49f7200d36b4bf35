"""App Home, and windows that say something, as Slack draws them. Pure."""

from collections.abc import Sequence

from bot.catalogue import say
from bot.chat.reply import Reply
from bot.slack.actions import Json, label_of
from bot.slack.blocks import SlackMessage, messages, size

BLOCKS_MAX = 100
BUDGET = 200_000
"""Blocks of a view, and characters of it as JSON: Slack takes 250 kB."""


def home_view(parts: Sequence[Reply]) -> Json:
    """App Home from the parts of the page. Should it be too much for Slack, the last alert messages are left out."""
    shown = [*parts]
    while True:
        blocks: list[Json] = []
        for part in shown:
            blocks += [{"type": "divider"}] if blocks else []
            blocks += messages(part, most=1)[0].blocks
        if len(blocks) <= BLOCKS_MAX and size(blocks) <= BUDGET:
            return {"type": "home", "blocks": blocks}
        shown.pop(next(at for at in reversed(range(len(shown))) if shown[at].kind == "bulletin"))


def window(message: SlackMessage) -> Json:
    """A modal that says something: what a press in App Home brings, as there is no channel to say it in."""
    return {
        "type": "modal",
        "title": label_of("xocompat"),
        "close": label_of(say("Close")),
        "blocks": [*message.blocks],
    }
