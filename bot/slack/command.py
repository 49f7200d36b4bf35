"""The slash command: answered in the acknowledgement itself, for the asker's eyes, or begun there."""

from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse

from bot.slack.acknowledgement import Acknowledgement
from bot.slack.blocks import SlackMessage
from bot.slack.jobs import BackgroundJobs
from bot.slack.payload import of_command
from bot.slack.picker import Picker, PickerOrigin
from bot.slack.reply_target import EphemeralTarget, Original
from bot.slack.request import Request, request_of
from bot.slack.responder import RenderedReply, ack_body
from bot.slack.services import BUSY, SessionServices


@dataclass(frozen=True, slots=True)
class CommandListener:
    """Hears `/xocompat WORDS`."""

    kit: SessionServices
    errands: BackgroundJobs
    picker: Picker

    def hear(self, body: dict[str, Any]) -> BoltResponse:
        """A look-up takes well under a millisecond, so its answer is the acknowledgement."""
        asked = request_of("command", of_command(body), str(body.get("text") or ""))
        given = body.get("response_url")
        url = given if isinstance(given, str) and given else None
        if not asked.spec.slow:
            return self._answer(asked, self.kit.answer(asked), url)
        if asked.spec.picks and not asked.rest:
            instead = self.picker.open(asked, body.get("trigger_id"), PickerOrigin(asked.spec.name, asked.asker, url))
            return self._answer(asked, instead, url) if instead else BoltResponse(status=200)
        return self._begin(asked, url)

    def _begin(self, asked: Request, url: str | None) -> BoltResponse:
        """Slow: the acknowledgement says what is being done, and the reply follows."""
        opened = self.errands.opening(asked)
        if isinstance(opened, RenderedReply):
            return self._answer(asked, opened, url)
        rights, said = opened
        acknowledgement = Acknowledgement(ack_body(said))
        place = EphemeralTarget(self.kit.post, asked.asker, url, Original.OURS, acknowledgement.sent)
        if self.errands.take(asked, place, rights):
            return acknowledgement
        self.kit.told(asked, "busy")
        return say(BUSY)

    def _answer(self, asked: Request, answer: RenderedReply, url: str | None) -> BoltResponse:
        """A reply of several messages goes to the response_url as a whole: in order, which an acknowledgement and a
        post beside it would not promise.
        """
        self.kit.told(asked, answer)
        if len(answer.messages) == 1 or not url:
            return BoltResponse(status=200, body=answer.ack)

        def send() -> None:
            for message in answer.messages:
                self.kit.post.answer(url, message)

        taken = self.kit.work.take(send, lambda error: self.kit.failed(asked.asker, url, error))
        return BoltResponse(status=200) if taken else say(BUSY)


def say(message: SlackMessage) -> BoltResponse:
    """An acknowledgement that shows a message to the asker."""
    return BoltResponse(status=200, body=ack_body(message))
