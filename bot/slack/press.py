"""Pressed buttons: a further question for the presser's eyes, or the reply shown to the whole channel."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse

from bot.chat.reply import line
from bot.slack.actions import PICK, SHARE, ActionValue, decode
from bot.slack.blocks import notice
from bot.slack.jobs import BackgroundJobs
from bot.slack.payload import of_press
from bot.slack.picker import Picker, PickerOrigin
from bot.slack.reply_target import ChannelTarget, EphemeralTarget, Original, ReplyTarget
from bot.slack.request import Request, request_of
from bot.slack.responder import RenderedReply
from bot.slack.services import BUSY, SessionServices

_STALE = notice(line("This button is from another version of xocompat. Type the question instead."))
_SHARED = notice(line("It is in the channel already."))
_AGAIN = "asked again to be shared: the reply that was shown is not kept any more"


@dataclass(frozen=True, slots=True)
class ActionListener:
    """Hears the buttons below replies. Rights are looked at when a button is pressed, whoever saw it before."""

    kit: SessionServices
    errands: BackgroundJobs
    picker: Picker

    def hear(self, body: dict[str, Any], action: dict[str, Any]) -> BoltResponse:
        """Acknowledged at once; what follows is sent from a pool."""
        asker, pressed = of_press(body), decode(action.get("value"))
        given = body.get("response_url")
        url = given if isinstance(given, str) else None
        kind = str(action.get("action_id"))
        if pressed is None:
            self.kit.tell(asker, url, _STALE)
        elif kind.startswith(SHARE):
            self._share(body, request_of("share button", asker, pressed.words, pressed.on), url, pressed)
        elif kind.startswith(PICK):
            self._pick(body, request_of("pick button", asker, pressed.words), url)
        else:
            self._ask(body, request_of("ask button", asker, pressed.words, pressed.on), url)
        return BoltResponse(status=200)

    def _ask(self, body: Mapping[str, Any], asked: Request, url: str | None) -> None:
        """A slow question is answered in place of the message with the button, if nobody else sees that."""
        if asked.spec.slow:
            self._run(asked, EphemeralTarget(self.kit.post, asked.asker, url, _original(body)), url)
        else:
            self.kit.later(asked.asker, url, lambda: self._answer(asked, url))

    def _answer(self, asked: Request, url: str | None) -> None:
        answer = self.kit.answer(asked)
        self.kit.told(asked, answer)
        for message in answer.messages:
            self.kit.post.privately(asked.asker, url, message)

    def _pick(self, body: Mapping[str, Any], asked: Request, url: str | None) -> None:
        origin = PickerOrigin(asked.spec.name, asked.asker, url, _original(body))
        if instead := self.picker.open(asked, body.get("trigger_id"), origin):
            self.kit.told(asked, instead)
            for message in instead.messages:
                self.kit.tell(asked.asker, url, message)

    def _share(self, body: Mapping[str, Any], asked: Request, url: str | None, pressed: ActionValue) -> None:
        """Once for each message: whoever presses twice has shared it once."""
        asker = asked.asker
        container = body.get("container")
        place = container.get("message_ts") if isinstance(container, Mapping) else None
        what = hashlib.sha256(f"{asker.user} {asker.channel} {place} {pressed}".encode()).hexdigest()
        key = f"share:{what}"
        if place and not self.kit.seen.claim(key):
            self.kit.told(asked, "shared_already")
            self.kit.tell(asker, url, _SHARED)
            return
        kept = self.kit.kept.get(pressed.kept, asker.user)
        if asked.spec.slow and kept is None:
            self._run(asked, ChannelTarget(self.kit.post, asker, url, _AGAIN), url, key)
        else:
            self.kit.later(asker, url, lambda: self._show(asked, url, kept, key), key)

    def _show(self, asked: Request, url: str | None, kept: RenderedReply | None, key: str) -> None:
        """A reply that was kept tells of hosts: whoever shares it must have the right to ask them still."""
        if kept:
            rights = self.kit.access.admit(asked.asker, asked.spec)
            answer = rights if isinstance(rights, RenderedReply) else kept
        else:
            answer = self.kit.answer(asked)
        self.kit.told(asked, answer)
        ChannelTarget(self.kit.post, asked.asker, url).finish(answer)
        if answer.private:
            self.kit.seen.release(key)

    def _run(self, asked: Request, place: ReplyTarget, url: str | None, key: str | None = None) -> None:
        if not self.errands.take(asked, place, key=key):
            self.kit.told(asked, "busy")
            self.kit.tell(asked.asker, url, BUSY)


def _original(body: Mapping[str, Any]) -> Original:
    """Whether the message with the button is the presser's alone: Slack says so of its container."""
    container, message = body.get("container"), body.get("message")
    ephemeral = isinstance(container, Mapping) and container.get("is_ephemeral") is True
    marked = isinstance(message, Mapping) and message.get("subtype") == "ephemeral"
    return Original.OURS if ephemeral or marked else Original.OTHERS
