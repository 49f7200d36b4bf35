"""What the listeners share: where they ask, who may, and the ways an answer takes."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from bot.chat.audit import AuditEntry, AuditTrail
from bot.chat.reply import Code, RichText, line
from bot.errors import UnavailableError
from bot.slack.access import Access
from bot.slack.blocks import SlackMessage, notice
from bot.slack.executor import BoundedExecutor, Task
from bot.slack.mrkdwn import plain_text
from bot.slack.payload import Actor
from bot.slack.post import SlackClient, UndeliveredError
from bot.slack.reply_cache import ReplyCache
from bot.slack.request import Request
from bot.slack.responder import UNAVAILABLE, RenderedReply, Responder, private, unavailable
from bot.slack.seen import SeenEvents

BUSY = notice(line("I am busy: too many questions at once. Ask again in a minute."))
WORDS_LOGGED = 80


@dataclass(frozen=True, slots=True)
class SessionServices:
    """`work` sends what takes a while; `notices` is a small pool beside it that tells people that `work` is full.

    `trail` is told of each question beside the log; `now` is the time in UTC. `kept` has what can be shared.
    """

    log: FilteringBoundLogger
    answers: Responder
    access: Access
    post: SlackClient
    work: BoundedExecutor
    notices: BoundedExecutor
    seen: SeenEvents
    kept: ReplyCache
    trail: AuditTrail
    now: Callable[[], datetime]

    def answer(self, asked: Request) -> RenderedReply:
        """What the asker gets to see, a refusal too."""
        found = self.access.admit(asked.asker, asked.spec)
        if isinstance(found, RenderedReply):
            return found
        return self.answers.ask(asked.words, found.rights, asked.on, asked.caller(found))

    def later(self, asker: Actor, response_url: str | None, task: Task, key: str | None = None) -> bool:
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

    def tell(self, asker: Actor, response_url: str | None, message: SlackMessage) -> None:
        """Tell the asker alone, off this thread."""

        def undelivered(error: BaseException) -> None:
            if not isinstance(error, UndeliveredError):
                self.incident(error, asker)
            self.log.warning("not delivered", who=asker.user, where=asker.channel, reason=str(error))

        if not self.notices.take(lambda: self.post.privately(asker, response_url, message), undelivered):
            self.log.warning("not delivered", who=asker.user, where=asker.channel, reason="too many notices at once")

    def failed(self, asker: Actor, response_url: str | None, error: BaseException) -> None:
        """Work went wrong: the log has it, and the asker is told unless Slack itself is the trouble."""
        if isinstance(error, UndeliveredError):
            self.log.warning("not delivered", who=asker.user, where=asker.channel, reason=str(error))
        else:
            self.tell(asker, response_url, self.explained(error, asker).messages[0])

    def explained(self, error: BaseException, asker: Actor) -> RenderedReply:
        """What the asker is told of work that went wrong; the log has it, too.

        A part that is not to be had says so in its own words; anything else is an incident.
        """
        if isinstance(error, UnavailableError):
            self.log.warning("unavailable", who=asker.user, where=asker.channel, reason=str(error))
            return unavailable(error)
        return private("incident", broken(self.incident(error, asker)))

    def incident(self, error: BaseException, asker: Actor | None = None) -> str:
        """Log an error that nobody expected, with its traceback; returns the id under which it is found."""
        number = secrets.token_hex(4)
        who, where = (asker.user, asker.channel) if asker else (None, None)
        self.log.error("incident", id=number, who=who, where=where, exc_info=error)
        return number

    def told(self, asked: Request, answer: RenderedReply | str) -> None:
        """The one event that log and trail have of each question, with the answer's outcome."""
        words, asker = asked.words, asked.asker
        entry = AuditEntry(
            at=self.now(),
            who=asker.user,
            team=asker.team,
            where=asker.channel,
            way=asked.way,
            command=asked.spec.name,
            words=words if len(words) <= WORDS_LOGGED and words.isprintable() else plain_text(words, WORDS_LOGGED),
            outcome=answer if isinstance(answer, str) else answer.outcome,
            ms=round((time.perf_counter() - asked.begun) * 1000, 2),
        )
        told = entry._asdict()
        del told["at"]  # the log has its own
        self.log.info("asked", **told)
        if isinstance(answer, RenderedReply) and answer.outcome == UNAVAILABLE:
            self.log.warning("unavailable", who=asker.user, where=asker.channel, reason=answer.messages[0].text)
        self.trail.record(entry)


def broken(number: str) -> RichText:
    """What the asker is told of an incident."""
    said = line("That did not work: something in xocompat broke. Try again; if it stays, tell whoever runs it the id ")
    return (*said, *line(Code(number), "."))
