"""The picker as Slack draws it: a modal with one list. Pure."""

from collections.abc import Iterable
from typing import Any

from bot.chat.command import Choice
from bot.slack.mrkdwn import plain_text

CALLBACK = "pick"
HOST = "host"
PICK_HOST = "pick_host"
OPTIONS_MAX = 100
"""Options of a list. A longer one is asked for as it is typed into."""

TEXT_MAX = 75

Json = dict[str, Any]


def modal(choices: tuple[Choice, ...], metadata: str) -> Json:
    """The view to open. `metadata` comes back with what was picked, at most 3000 characters."""
    element: Json = {
        "action_id": PICK_HOST,
        "placeholder": _plain("Choose or type a name"),
        "focus_on_load": True,
    }
    if len(choices) <= OPTIONS_MAX:
        element |= {"type": "static_select", "options": options(choices)}
    else:
        element |= {"type": "external_select", "min_query_length": 0}
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": metadata,
        "title": _plain("Ask a host"),
        "submit": _plain("Probe"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": HOST,
                "label": _plain("Host"),
                "hint": _plain("The reply comes where you asked, for your eyes only."),
                "element": element,
            }
        ],
    }


def options(choices: Iterable[Choice], typed: str = "") -> list[Json]:
    """The first hundred that match what was typed, those that begin with it first."""
    wanted = typed.strip().casefold()
    matching = [choice for choice in choices if wanted in f"{choice.word} {choice.about}".casefold()]
    matching.sort(key=lambda choice: not choice.word.casefold().startswith(wanted))
    return [_option(choice) for choice in matching[:OPTIONS_MAX]]


def _option(choice: Choice) -> Json:
    about = plain_text(choice.about, TEXT_MAX)
    return {
        "text": _plain(plain_text(choice.word, TEXT_MAX)),
        "value": choice.word,
        **({"description": _plain(about)} if about else {}),
    }


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
