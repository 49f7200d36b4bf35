"""A modal that lets one pick what a command is about: `/xocompat probe` alone lists the hosts that may be probed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse
from slack_sdk import WebClient

from bot.chat.commands import COMMANDS
from bot.chat.reply import line
from bot.slack.answers import Answer, private
from bot.slack.asker import Asker, of_view
from bot.slack.errands import Errands
from bot.slack.fault import FAILURES, fault_of
from bot.slack.kit import BUSY, Kit
from bot.slack.modal import HOST, PICK_HOST, modal, options
from bot.slack.place import Original, Private
from bot.slack.question import Question, question

METADATA_MAX = 3000


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picker was opened, and so where its reply goes. It travels through Slack in the modal's metadata."""

    command: str
    asker: Asker
    url: str | None
    original: Original = Original.NONE

    def encode(self) -> str:
        """Without the address to reply by if Slack would not carry it: the reply then goes by name and channel."""
        told = {"command": self.command, "channel": self.asker.channel, "thread": self.asker.thread}
        whole = json.dumps({**told, "url": self.url, "original": self.original.name})
        return whole if len(whole) <= METADATA_MAX else json.dumps({**told, "original": Original.NONE.name})


def origin_of(body: Mapping[str, Any]) -> Origin | None:
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
    return Origin(command, of_view(body, told), url if isinstance(url, str) else None, known) if known else None


@dataclass(frozen=True, slots=True)
class Picker:
    """`client` is quick: a trigger_id lives for three seconds."""

    kit: Kit
    errands: Errands
    client: WebClient

    def open(self, asked: Question, trigger: object, origin: Origin) -> Answer | None:
        """Open the modal; or the answer to give instead, such as names to type."""
        rights = self.kit.access.admit(asked.asker, asked.spec)
        if isinstance(rights, Answer):
            return rights
        choices = self.kit.answers.choices(asked.spec.name, rights)
        if choices and isinstance(trigger, str):
            try:
                self.client.views_open(trigger_id=trigger, view=modal(choices, origin.encode()))
            except FAILURES as error:
                self.kit.log.warning("the picker does not open", reason=fault_of(error, "SLACK_BOT_TOKEN").text)
            else:
                self.kit.told(asked, "picker")
                return None
        said = self.kit.answers.opening(asked.spec.name, rights, None, asked.caller)
        return said if isinstance(said, Answer) else private("usage", line("Say what to ask."))

    def submit(self, body: dict[str, Any]) -> BoltResponse:
        """What was picked is asked where the picker was opened. An empty acknowledgement closes the modal."""
        origin, word = origin_of(body), _picked(body)
        if origin and word:
            asked = question("picker", origin.asker, f"{origin.command} {word}")
            place = Private(self.kit.post, origin.asker, origin.url, origin.original)
            if not self.errands.take(asked, place):
                self.kit.told(asked, "busy")
                self.kit.tell(origin.asker, origin.url, BUSY)
        return BoltResponse(status=200)

    def suggest(self, body: dict[str, Any]) -> BoltResponse:
        """The options of a list too long to be sent as a whole, as far as they match what was typed."""
        origin = origin_of(body)
        found: list[dict[str, Any]] = []
        if origin:
            rights = self.kit.access.admit(origin.asker, COMMANDS[origin.command])
            if not isinstance(rights, Answer):
                found = options(self.kit.answers.choices(origin.command, rights), str(body.get("value") or ""))
        return BoltResponse(status=200, body=json.dumps({"options": found}))


def _picked(body: Mapping[str, Any]) -> str | None:
    found: Any = body
    for key in ("view", "state", "values", HOST, PICK_HOST, "selected_option", "value"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) and found else None
