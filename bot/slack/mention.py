"""A mention: answered in its thread, for everybody; what concerns the asker alone is told to the asker alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse

from bot.slack.identity import Identity
from bot.slack.jobs import BackgroundJobs
from bot.slack.payload import of_event
from bot.slack.reply_target import ThreadTarget
from bot.slack.request import Request, request_of
from bot.slack.services import BUSY, SessionServices

_MENTION = re.compile(r"<@([A-Z0-9]{2,40})(?:\|[^<>]*)?>")


@dataclass(frozen=True, slots=True)
class MentionListener:
    """Hears `@xocompat WORDS`."""

    kit: SessionServices
    errands: BackgroundJobs
    identity: Identity

    def hear(self, body: dict[str, Any]) -> BoltResponse:
        """Taken on once, however often and to whichever process Slack delivers it; answered from the pool."""
        event = body.get("event")
        asker = of_event(body)
        if not isinstance(event, Mapping) or _from_a_bot(event) or not (asker.user and asker.channel and asker.thread):
            return BoltResponse(status=200)
        key = f"{body.get('api_app_id')}:{body.get('event_id') or (asker.channel, event.get('ts'))}"
        if not self.kit.seen.claim(key):
            self.kit.log.info("delivered again", who=asker.user, where=asker.channel)
            return BoltResponse(status=200)
        asked = request_of("mention", asker, self._words(str(event.get("text") or "")))
        place = ThreadTarget(self.kit.post, asker, asker.channel, asker.thread)
        if not asked.spec.slow:
            self.kit.later(asker, None, lambda: self._answer(asked, place), key)
        elif not self.errands.take(asked, place, key=key):
            self.kit.told(asked, "busy")
            self.kit.tell(asker, None, BUSY)
        return BoltResponse(status=200)

    def _words(self, text: str) -> str:
        """The text without the bot's own mention; before Slack told who the bot is, without the first one."""
        home = self.identity.known
        mention = next((found for found in _MENTION.finditer(text) if not home or found[1] == home.bot_user), None)
        return f"{text[: mention.start()]} {text[mention.end() :]}".strip() if mention else text.strip()

    def _answer(self, asked: Request, place: ThreadTarget) -> None:
        answer = self.kit.answer(asked)
        self.kit.told(asked, answer)
        place.aside(answer)


def _from_a_bot(event: Mapping[str, Any]) -> bool:
    """Bots that answer each other's mentions would never end."""
    return bool(event.get("bot_id") or event.get("bot_profile") or event.get("subtype") == "bot_message")
