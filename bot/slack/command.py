"""The slash command: answered in the acknowledgement itself, for the asker's eyes."""

import time
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse

from bot.slack.answers import ack_body
from bot.slack.asker import of_command
from bot.slack.kit import BUSY, Kit
from bot.slack.message import Message


@dataclass(frozen=True, slots=True)
class Command:
    """Hears `/xocompat WORDS`."""

    kit: Kit

    def hear(self, body: dict[str, Any]) -> BoltResponse:
        """A look-up takes well under a millisecond, so its answer is the acknowledgement.

        A reply of several messages goes to the response_url as a whole: in order, which an acknowledgement and a post
        beside it would not promise.
        """
        begun = time.perf_counter()
        asker, words = of_command(body), str(body.get("text") or "")
        answer = self.kit.answer(asker, words)
        self.kit.told("command", asker, words, answer, begun)
        url = body.get("response_url")
        if len(answer.messages) == 1 or not url:
            return BoltResponse(status=200, body=answer.ack)

        def send() -> None:
            for message in answer.messages:
                self.kit.post.answer(url, message)

        taken = self.kit.work.take(send, lambda error: self.kit.failed(asker, url, error))
        return BoltResponse(status=200) if taken else say(BUSY)


def say(message: Message) -> BoltResponse:
    """An acknowledgement that shows a message to the asker."""
    return BoltResponse(status=200, body=ack_body(message))
