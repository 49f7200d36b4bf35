"""What the listeners share: where they ask, who may, and the ways an answer takes."""

import secrets
import time
from dataclasses import dataclass
from datetime import date

from structlog.typing import FilteringBoundLogger

from bot.chat.reply import Code, line
from bot.slack.access import LOOKUP, Access
from bot.slack.answers import Answer, Answers
from bot.slack.asker import Asker
from bot.slack.message import Message, notice
from bot.slack.mrkdwn import plain_text
from bot.slack.post import Post, UndeliveredError
from bot.slack.seen import SeenEvents
from bot.slack.work import Task, Work

BUSY = notice(line("I am busy: too many questions at once. Ask again in a minute."))
WORDS_LOGGED = 80


@dataclass(frozen=True, slots=True)
class Kit:
    """`work` sends what takes a while; `notices` is a small pool beside it that tells people that `work` is full."""

    log: FilteringBoundLogger
    answers: Answers
    access: Access
    post: Post
    work: Work
    notices: Work
    seen: SeenEvents

    def answer(self, asker: Asker, words: str, on: date | None = None) -> Answer:
        """What the asker gets to see, a refusal too."""
        return self.access.refusal(asker) or self.answers.ask(words, LOOKUP, on)

    def later(self, asker: Asker, response_url: str | None, task: Task, key: str | None = None) -> bool:
        """Do a task on the pool, or tell the asker that it is busy (False). A claim by `key` is released on failure."""

        def failed(error: BaseException) -> None:
            if key:
                self.seen.release(key)
            self.failed(asker, response_url, error)

        taken = None
        try:
            taken = self.work.take(task, failed)
        finally:
            if taken is None and key:
                self.seen.release(key)  # it was not even refused: whatever broke goes on its way
        if not taken:
            self.log.warning("busy", who=asker.user, where=asker.channel)
            self.tell(asker, response_url, BUSY)
        return taken

    def tell(self, asker: Asker, response_url: str | None, message: Message) -> None:
        """Tell the asker alone, off this thread."""

        def undelivered(error: BaseException) -> None:
            if not isinstance(error, UndeliveredError):
                self.incident(error, asker)
            self.log.warning("not delivered", who=asker.user, where=asker.channel, reason=str(error))

        if not self.notices.take(lambda: self.post.privately(asker, response_url, message), undelivered):
            self.log.warning("not delivered", who=asker.user, where=asker.channel, reason="too many notices at once")

    def failed(self, asker: Asker, response_url: str | None, error: BaseException) -> None:
        """Work went wrong: the log has it, and the asker is told unless Slack itself is the trouble."""
        if isinstance(error, UndeliveredError):
            self.log.warning("not delivered", who=asker.user, where=asker.channel, reason=str(error))
        else:
            self.tell(asker, response_url, broken(self.incident(error, asker)))

    def incident(self, error: BaseException, asker: Asker | None = None) -> str:
        """Log an error that nobody expected, with its traceback; returns the id under which it is found."""
        number = secrets.token_hex(4)
        who, where = (asker.user, asker.channel) if asker else (None, None)
        self.log.error("incident", id=number, who=who, where=where, exc_info=error)
        return number

    def told(self, way: str, asker: Asker, words: str, answer: Answer, begun: float) -> None:
        """The one event that the log has of each question; `begun` is from `time.perf_counter`."""
        self.log.info(
            "asked",
            way=way,
            who=asker.user,
            team=asker.team,
            where=asker.channel,
            command=answer.command,
            outcome=answer.outcome,
            words=words if len(words) <= WORDS_LOGGED and words.isprintable() else plain_text(words, WORDS_LOGGED),
            ms=round((time.perf_counter() - begun) * 1000, 2),
        )


def broken(number: str) -> Message:
    """What the asker is told of an incident."""
    said = line("That did not work: something in xocompat broke. Try again; if it stays, tell whoever runs it the id ")
    return notice((*said, *line(Code(number), ".")))
