"""What all requests share: the answers, who may, threads with bounds, the audit, what is said of failures."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from bot.chat.access import Granted
from bot.chat.audit import AuditEntry, AuditTrail
from bot.chat.command import Right
from bot.chat.commands import ACCESS, HELP
from bot.chat.platform import Actor, Origin, Platform
from bot.chat.reply import Code, Reply, notice, plain, say_line
from bot.chat.session.access import Access
from bot.chat.session.executor import BoundedExecutor as BoundedExecutor
from bot.chat.session.executor import InTime, Task
from bot.chat.session.pace import Pace
from bot.chat.session.reply_target import UndeliveredError, delivered
from bot.chat.session.request import Request
from bot.chat.session.responder import UNAVAILABLE, Answer, ReplyCache, Responder, private, unavailable
from bot.errors import UnavailableError
from bot.text import shown

WORDS_LOGGED, WORDS_DONE = 80, 400
"""Characters of a request's words that are recorded, and of one that did something: a note among them."""

STORING, IN_LINE = 8, 100
"""Questions to the database at once, and in line."""

Begun = Answer | Callable[[], Answer]
"""An answer, or how to get it from the database, which may take its time."""


def busy() -> Reply:
    """What somebody is told for whom there is no place."""
    return notice(say_line("I am busy: too many questions at once. Ask again in a minute."))


def slow_down() -> Reply:
    """What somebody is told who asks more than one person may."""
    return notice(say_line("Slow down: that is more than I answer one person in a minute. Ask again in a minute."))


class SeenEvents(Protocol):
    """Claims on deliveries, by their id: a platform delivers again what it thinks lost, to any of our processes.

    A claim is given once, until it is released or an hour has passed.
    """

    def claim(self, key: str) -> bool:
        """Whether the delivery is new: then it is the caller's to answer."""

    def release(self, key: str) -> None:
        """Give a claim back: the work failed, so a further delivery is to be answered."""


@dataclass(frozen=True, slots=True)
class SessionServices:
    """`work` sends what takes a while; `notices` is a small pool beside it, which says to people that `work` is full.
    Whatever asks the database does so on `database`: where that hangs, nothing else stands in line behind it.

    `trail` records each request beside the log; `now` is the time in UTC. `replies` has what can be shared. `wake` is
    called after what may have queued messages for channels.
    """

    log: FilteringBoundLogger
    responder: Responder
    access: Access
    platform: Platform
    work: BoundedExecutor
    notices: BoundedExecutor
    seen: SeenEvents
    replies: ReplyCache
    trail: AuditTrail
    now: Callable[[], datetime]
    wake: Callable[[], None] = lambda: None
    pace: Pace = field(default_factory=lambda: Pace(time.monotonic))
    database: InTime = field(default_factory=lambda: InTime(BoundedExecutor(STORING, IN_LINE, "database")))

    def refusals(self, request: Request) -> int:
        """0 where a request may be answered; else how many of the actor's were refused within this minute.

        The first of them is recorded, and is to be told; what a flood leaves behind is bounded by that.
        """
        refused = self.pace.refusals(f"{request.actor.team} {request.actor.user}")
        if refused == 1:
            self.record(request, "too_fast")
        return refused

    def begin(self, request: Request) -> Begun:
        """What the actor gets to see, a refusal too, as far as that can be said without the database.

        Look-ups are answered without asking what else somebody may do, unless that could change the answer.
        """
        rights = self.access.admit(request.actor, request.spec)
        if isinstance(rights, Answer):
            return rights
        if request.spec.right is not Right.LOOKUP or request.spec.follows:
            return lambda: self.responder.answer(request, rights)
        answer = self.responder.answer(request, rights)
        if not answer.reply.depends_on_rights:
            return answer
        more = self.access.admit(request.actor, HELP)
        if isinstance(more, Answer) or more.rights <= rights.rights:
            return answer

        def anew() -> Answer:
            known = self.responder.anew(request, more)
            return answer if known.outcome == UNAVAILABLE else known  # a look-up needs no database

        return anew

    def answer_later(
        self, request: Request, show: Callable[[Answer], None], key: str | None = None, after: Task = lambda: None
    ) -> None:
        """Answer on the pools, record and show it. What was claimed by `key` already is left alone.

        `after` is done at the end, whatever came of it.
        """

        def answer() -> None:
            if key and not self.seen.claim(key):
                self.log.info("delivered again", who=request.actor.user, where=request.actor.channel)
            else:
                self.finish(request, self.begin(request), show, key, after)

        self.later(request.origin, answer, key)

    def finish(
        self,
        request: Request,
        begun: Begun,
        show: Callable[[Answer], None],
        key: str | None = None,
        after: Task = lambda: None,
    ) -> None:
        """Get the answer, where there is none yet from the database; record and show it."""

        def end() -> None:
            try:
                answer = begun if isinstance(begun, Answer) else begun()
                self.record(request, answer)
                show(answer)
            finally:
                after()

        if isinstance(begun, Answer):
            end()
        else:
            self.later(request.origin, end, key, self.database.executor)

    def opening(self, request: Request) -> tuple[Granted, Reply] | Answer:
        """Of a slow command: what may be done and what to show meanwhile; or the answer, if nothing is waited for."""
        rights = self.access.admit(request.actor, request.spec)
        if isinstance(rights, Answer):
            return rights
        said = self.responder.opening(request, rights)
        return said if isinstance(said, Answer) else (rights, said)

    def later(
        self, origin: Origin, task: Task, key: str | None = None, executor: BoundedExecutor | None = None
    ) -> bool:
        """Do a task on the pool, or answer that it is busy (False). A claim by `key` is released on failure."""

        def failed(error: BaseException) -> None:
            if key:
                self.seen.release(key)
            self.failed(origin, error)

        taken = None
        try:
            taken = (executor or self.work).submit(task, failed)
        finally:
            if taken is None and key:
                self.seen.release(key)  # it was not even refused: what broke is raised
        if not taken:
            self.log.warning("busy", who=origin.actor.user, where=origin.actor.channel)
            self.respond(origin, busy())
        return taken

    def respond(self, origin: Origin, reply: Reply) -> None:
        """Show a reply to the actor alone, off this thread."""
        actor = origin.actor

        def undelivered(error: BaseException) -> None:
            if not isinstance(error, UndeliveredError):
                self.incident(error, actor)
            self._log_undelivered(actor, str(error))

        def show() -> None:
            delivered(self.platform.respond(origin, reply))

        if not self.notices.submit(show, undelivered):
            self._log_undelivered(actor, "too many notices at once")

    def failed(self, origin: Origin, error: BaseException) -> None:
        """Work went wrong: it is logged, and the actor gets to know it unless the platform itself is the trouble."""
        if isinstance(error, UndeliveredError):
            self._log_undelivered(origin.actor, str(error))
        else:
            self.respond(origin, self.explained(error, origin.actor).reply)

    def explained(self, error: BaseException, actor: Actor) -> Answer:
        """The answer to work that went wrong, which is logged, too.

        A part that could not be reached says so in its own words; anything else is an incident.
        """
        if isinstance(error, UnavailableError):
            self.log.warning("unavailable", who=actor.user, where=actor.channel, reason=str(error))
            return unavailable(error)
        said = say_line(
            "That did not work: something in xocompat broke. "
            "Try again; if it stays, tell whoever runs it the id {incident}.",
            incident=Code(self.incident(error, actor)),
        )
        return private("incident", said)

    def incident(self, error: BaseException, actor: Actor | None = None) -> str:
        """Log an error that nobody expected, with its traceback; returns the id under which it is found."""
        number = secrets.token_hex(4)
        who, where = (actor.user, actor.channel) if actor else (None, None)
        self.log.error("incident", id=number, who=who, where=where, exc_info=error)
        return number

    def record(self, request: Request, outcome: Answer | str) -> None:
        """Write the one entry that log and audit trail have of each request, once it is answered."""
        words, actor = request.words, request.origin.actor
        done = request.spec.right is Right.OPERATE and isinstance(outcome, Answer) and not outcome.failed
        most = WORDS_DONE if done else WORDS_LOGGED
        entry = AuditEntry(
            at=self.now(),
            who=actor.user,
            team=actor.team,
            where=actor.channel,
            way=request.way,
            command=request.spec.name,
            words=words if len(words) <= most and words.isprintable() else shown(words, most),
            outcome=outcome if isinstance(outcome, str) else outcome.outcome,
            ms=round((time.perf_counter() - request.begun) * 1000, 2),
        )
        logged = entry._asdict()
        del logged["at"]  # the log has its own
        logged["words"] = shown(entry.words, WORDS_LOGGED) if done else entry.words
        self.log.info("asked", **logged)
        if isinstance(outcome, Answer) and outcome.outcome == UNAVAILABLE:
            reason = plain(outcome.reply.headline)
            self.log.warning("unavailable", who=actor.user, where=actor.channel, reason=reason)
        self.trail.record(entry)
        if request.spec.right is Right.OPERATE or request.spec is ACCESS:
            self.wake()

    def _log_undelivered(self, actor: Actor, reason: str) -> None:
        self.log.warning("not delivered", who=actor.user, where=actor.channel, reason=reason)
