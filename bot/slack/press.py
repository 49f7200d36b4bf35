"""Pressed buttons: a further question for the presser's eyes, or the reply shown to the whole channel."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse

from bot.chat.reply import line
from bot.slack.asker import Asker, of_press
from bot.slack.button import SHARE, Pressed, decode
from bot.slack.kit import Kit
from bot.slack.message import notice

_STALE = notice(line("This button is from another version of xocompat. Type the question instead."))
_SHARED = notice(line("It is in the channel already."))


@dataclass(frozen=True, slots=True)
class Press:
    """Hears the buttons below replies."""

    kit: Kit

    def hear(self, body: dict[str, Any], action: dict[str, Any]) -> BoltResponse:
        """Acknowledged at once; what follows is sent from the pool, beside the message with the button."""
        asker, pressed = of_press(body), decode(action.get("value"))
        given = body.get("response_url")
        url = given if isinstance(given, str) else None
        if pressed is None:
            self.kit.tell(asker, url, _STALE)
        elif str(action.get("action_id")).startswith(SHARE):
            self._share(body, asker, url, pressed)
        else:
            self.kit.later(asker, url, lambda: self._ask(asker, url, pressed))
        return BoltResponse(status=200)

    def _ask(self, asker: Asker, url: str | None, pressed: Pressed) -> None:
        begun = time.perf_counter()
        answer = self.kit.answer(asker, pressed.words, pressed.on)
        self.kit.told("ask button", asker, pressed.words, answer, begun)
        for message in answer.messages:
            self.kit.post.privately(asker, url, message)

    def _share(self, body: Mapping[str, Any], asker: Asker, url: str | None, pressed: Pressed) -> None:
        """Once for each message: whoever presses twice has shared it once."""
        container = body.get("container")
        place = container.get("message_ts") if isinstance(container, Mapping) else None
        what = hashlib.sha256(f"{asker.user} {asker.channel} {place} {pressed}".encode()).hexdigest()
        key = f"share:{what}"
        if place and not self.kit.seen.claim(key):
            self.kit.tell(asker, url, _SHARED)
        elif not self.kit.later(asker, url, lambda: self._show(asker, url, pressed), key):
            self.kit.seen.release(key)

    def _show(self, asker: Asker, url: str | None, pressed: Pressed) -> None:
        begun = time.perf_counter()
        answer = self.kit.answer(asker, pressed.words, pressed.on)
        self.kit.told("share button", asker, pressed.words, answer, begun)
        for message in answer.messages if answer.private else answer.shared_by(asker.user):
            if answer.private or not url:
                self.kit.post.privately(asker, url, message)
            else:
                self.kit.post.answer(url, message, in_channel=True, thread=asker.thread)
