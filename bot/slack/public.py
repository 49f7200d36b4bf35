"""Places where a reply is for everybody: the thread of a mention, and a channel that it is shared with."""

from bot.slack.answers import Answer
from bot.slack.asker import Asker
from bot.slack.message import Message
from bot.slack.post import Post, UndeliveredError


class InThread:
    """For everybody, below a mention."""

    slower = 1.0

    def __init__(self, post: Post, asker: Asker, channel: str, thread: str) -> None:
        self._post = post
        self._asker = asker
        self._channel = channel
        self._thread = thread
        self._ts = ""

    def open(self, message: Message) -> None:
        self._ts = self._post.in_channel(self._channel, message, self._thread)

    def update(self, message: Message) -> None:
        if self._ts:
            self._post.change(self._channel, self._ts, message)

    def finish(self, answer: Answer) -> None:
        first, *others = answer.messages
        self._put(first)
        for message in others:
            self._post.in_channel(self._channel, message, self._thread)

    def aside(self, answer: Answer) -> None:
        """Below the mention, save what concerns the asker alone."""
        for message in answer.messages:
            if answer.private:
                self._post.privately(self._asker, None, message)
            else:
                self._post.in_channel(self._channel, message, self._thread)

    def _put(self, message: Message) -> None:
        try:
            self.update(message) if self._ts else self.open(message)
        except UndeliveredError as error:
            if error.fault.code != "message_not_found":  # somebody has deleted it meanwhile
                raise
            self.open(message)


class Shared:
    """A reply that is shown to the whole channel. What concerns the presser alone is told to the presser alone."""

    slower = 1.0

    def __init__(self, post: Post, asker: Asker, url: str | None, remark: str = "") -> None:
        self._post = post
        self._asker = asker
        self._url = url
        self._remark = remark

    def open(self, message: Message) -> None:
        self._post.privately(self._asker, self._url, message)

    def update(self, message: Message) -> None:
        """The presser was told already; the channel is told the result."""

    def finish(self, answer: Answer) -> None:
        if answer.failed or not self._url:
            return self.aside(answer)
        first, *others = answer.shared_by(self._asker.user, self._remark)
        if answer.reply and answer.reply.rest and self._with_thread(first, others):
            return None
        for message in (first, *others):
            self._post.answer(self._url, message, in_channel=True, thread=self._asker.thread)
        return None

    def aside(self, answer: Answer) -> None:
        for message in answer.messages:
            self._post.privately(self._asker, self._url, message)

    def _with_thread(self, first: Message, others: list[Message]) -> bool:
        """The rest into the thread of the first message; False where the bot is not in the channel to do that."""
        channel, thread = self._asker.channel, self._asker.thread
        try:
            if not channel or not (ts := self._post.in_channel(channel, first, thread)):
                return False
        except UndeliveredError as error:
            if error.fault.code in ("not_in_channel", "channel_not_found"):
                return False
            raise
        for message in others:
            self._post.in_channel(channel, message, thread or ts)
        return True
