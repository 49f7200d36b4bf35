"""The picker as Slack draws it: a modal with one list. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse
from slack_sdk import WebClient

from bot.chat.command import Choice
from bot.chat.commands import COMMANDS
from bot.chat.reply import line
from bot.slack.errors import FAILURES, slack_error
from bot.slack.jobs import BackgroundJobs
from bot.slack.mrkdwn import plain_text
from bot.slack.payload import Actor, of_view
from bot.slack.reply_target import EphemeralTarget, Original
from bot.slack.request import Request, request_of
from bot.slack.responder import RenderedReply, private
from bot.slack.services import BUSY, SessionServices

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


METADATA_MAX = 3000


@dataclass(frozen=True, slots=True)
class PickerOrigin:
    """Where a picker was opened, and so where its reply goes. It travels through Slack in the modal's metadata."""

    command: str
    asker: Actor
    url: str | None
    original: Original = Original.NONE

    def encode(self) -> str:
        """Without the address to reply by if Slack would not carry it: the reply then goes by name and channel."""
        told = {"command": self.command, "channel": self.asker.channel, "thread": self.asker.thread}
        whole = json.dumps({**told, "url": self.url, "original": self.original.name})
        return whole if len(whole) <= METADATA_MAX else json.dumps({**told, "original": Original.NONE.name})


def origin_of(body: Mapping[str, Any]) -> PickerOrigin | None:
    """The origin that a modal tells, with whoever uses it now; None if it is none of ours."""
    view = body.get("view")
    try:
        told = json.loads(str(view.get("private_metadata"))) if isinstance(view, Mapping) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    command, original, url = (told.get(key) for key in ("command", "original", "url"))
    if not isinstance(command, str) or command not in COMMANDS or not isinstance(original, str):
        return None
    known = Original.__members__.get(original)
    return PickerOrigin(command, of_view(body, told), url if isinstance(url, str) else None, known) if known else None


@dataclass(frozen=True, slots=True)
class Picker:
    """`client` is quick: a trigger_id lives for three seconds."""

    kit: SessionServices
    errands: BackgroundJobs
    client: WebClient

    def open(self, asked: Request, trigger: object, origin: PickerOrigin) -> RenderedReply | None:
        """Open the modal; or the answer to give instead, such as names to type."""
        found = self.kit.access.admit(asked.asker, asked.spec)
        if isinstance(found, RenderedReply):
            return found
        choices = self.kit.answers.choices(asked.spec.name, found.rights)
        if choices and isinstance(trigger, str):
            try:
                self.client.views_open(trigger_id=trigger, view=modal(choices, origin.encode()))
            except FAILURES as error:
                self.kit.log.warning("the picker does not open", reason=slack_error(error, "SLACK_BOT_TOKEN").text)
            else:
                self.kit.told(asked, "picker")
                return None
        said = self.kit.answers.opening(asked.spec.name, found.rights, None, asked.caller(found))
        return said if isinstance(said, RenderedReply) else private("usage", line("Say what to ask."))

    def submit(self, body: dict[str, Any]) -> BoltResponse:
        """What was picked is asked where the picker was opened. An empty acknowledgement closes the modal."""
        origin, word = origin_of(body), _picked(body)
        if origin and word:
            asked = request_of("picker", origin.asker, f"{origin.command} {word}")
            place = EphemeralTarget(self.kit.post, origin.asker, origin.url, origin.original)
            if not self.errands.take(asked, place):
                self.kit.told(asked, "busy")
                self.kit.tell(origin.asker, origin.url, BUSY)
        return BoltResponse(status=200)

    def suggest(self, body: dict[str, Any]) -> BoltResponse:
        """The options of a list too long to be sent as a whole, as far as they match what was typed."""
        origin = origin_of(body)
        found: list[dict[str, Any]] = []
        if origin:
            granted = self.kit.access.admit(origin.asker, COMMANDS[origin.command])
            if not isinstance(granted, RenderedReply):
                found = options(self.kit.answers.choices(origin.command, granted.rights), str(body.get("value") or ""))
        return BoltResponse(status=200, body=json.dumps({"options": found}))


def _picked(body: Mapping[str, Any]) -> str | None:
    found: Any = body
    for key in ("view", "state", "values", HOST, PICK_HOST, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) and found else None
