"""An assistant asks: the same commands, rights and audit as in chat, and the same words where something goes wrong."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError
from structlog.typing import FilteringBoundLogger

from bot.chat.audit import AuditEntry
from bot.chat.command import Caller, CommandSpec, Right
from bot.chat.commands import ADVISORY
from bot.chat.reply import Reply
from bot.chat.runner import CommandRunner, refusal
from bot.chat.session.pace import Pace
from bot.chat.session.responder import UNAVAILABLE, WORDS_MAX, Answer, answered
from bot.chat.session.services import WORDS_LOGGED, busy, slow_down
from bot.errors import UnavailableError, UsageError, XocompatError
from bot.masks import masked
from bot.text import shown

WAY = "mcp"
"""How a request came, for the audit trail."""

ASKING_MAX = 24
"""Commands at once that ask a database or hosts, which may hang: look-ups keep the rest of the server's 40 threads."""

SIGNED = "xocompat.signed"
"""The key in the scope of an HTTP request of Slack's signature, if it came with one that holds."""


class Asker(NamedTuple):
    """For whom an assistant asks, for the audit trail; `team` is the person's workspace, where it is a person.

    `admit` says what they may do as far as a command needs to know it, or why they are not answered. It is called once
    for each request.
    """

    name: str
    team: str | None
    admit: Callable[[CommandSpec], frozenset[Right] | Answer]


def with_rights(name: str, rights: frozenset[Right]) -> Asker:
    """One who may do the same whoever they are: a shell's user, a token's holder."""
    return Asker(name, None, lambda spec: rights if spec.right in rights else answered(refusal(spec)))


@dataclass(frozen=True, slots=True)
class Assistant:
    """Runs commands for assistants. `asker` is for whom, unless `asking` says otherwise. For several threads.

    `by_slack` makes an Asker of a signature of Slack's that holds and of what the signed request says of its person.
    `runner` gives what runs a command with some rights; XocompatError says why that could not be had. `record` never
    raises.
    """

    asker: Asker
    runner: Callable[[CommandSpec, frozenset[Right]], AbstractContextManager[CommandRunner]]
    record: Callable[[AuditEntry], None]
    log: FilteringBoundLogger
    by_slack: Callable[[str, object], Asker] | None = None
    pace: Pace = field(default_factory=lambda: Pace(time.monotonic))
    _may_wait: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(ASKING_MAX))

    @contextmanager
    def asking(self, signature: str | None, said: object) -> Iterator[None]:
        """For the person that a request of Slack's names, within this context, threads that it starts included.

        Without a signature that was checked, what a request says of its person is the client's word, and ignored.
        """
        token = _ASKER.set(self.by_slack(signature, said) if self.by_slack and signature else self.asker)
        try:
            yield
        finally:
            _ASKER.reset(token)

    def ask(self, spec: CommandSpec, words: str = "", day: date | None = None) -> Reply:
        """The reply to a command. ToolError has the words that chat has where there is none: a right that is missing,
        words that can't be read, a host that does not answer."""
        asker = _ASKER.get(self.asker)
        if refused := self.pace.refusals(f"{asker.team} {asker.name}"):
            if refused == 1:
                self._note(asker, spec, words, "too_fast", 0.0)
            raise ToolError(slow_down().summary)
        begun = time.perf_counter()
        outcome = "incident"
        try:
            answer = self._answer(asker, spec, words, day)
            outcome = answer.outcome
        except UsageError as error:
            outcome = "usage"
            raise ToolError(str(error)) from error
        except XocompatError as error:
            outcome = UNAVAILABLE
            if isinstance(error, UnavailableError):
                self.log.warning("unavailable", who=asker.name, reason=str(error))
            raise ToolError(" ".join(error.lines)) from error
        finally:
            self._note(asker, spec, words, outcome, time.perf_counter() - begun)
        reply = answer.reply
        has_problems = "problems" in (reply.data or {})  # the answer of `changes` about a page that can't be read
        if answer.failed and not has_problems:
            raise ToolError(reply.summary)
        if reply.exit_status == 3 and "outcome" not in (reply.data or {}):
            raise ToolError(reply.summary)
        return reply

    def _answer(self, asker: Asker, spec: CommandSpec, words: str, day: date | None) -> Answer:
        rights = asker.admit(spec)
        if isinstance(rights, Answer):  # before anything is opened for it
            return rights
        if len(words) > WORDS_MAX:
            raise UsageError("That is too long to read: ask for fewer things at once.")
        if not _asks(spec):
            return self._run(asker, spec, rights, words, day)
        if not self._may_wait.acquire(blocking=False):
            return Answer("busy", busy(), private=True)
        try:
            return self._run(asker, spec, rights, words, day)
        finally:
            self._may_wait.release()

    def _run(self, asker: Asker, spec: CommandSpec, rights: frozenset[Right], words: str, day: date | None) -> Answer:
        with self.runner(spec, rights) as runner:
            return answered(runner.run(spec, masked(words), rights, day, Caller(asker.name)))

    def _note(self, asker: Asker, spec: CommandSpec, words: str, outcome: str, seconds: float) -> None:
        """Into log and audit trail, as chat does."""
        said, ms = shown(masked(words), WORDS_LOGGED), round(1000 * seconds, 2)
        self.log.info("asked", who=asker.name, way=WAY, command=spec.name, words=said, outcome=outcome, ms=ms)
        self.record(AuditEntry(datetime.now(UTC), asker.name, asker.team, None, WAY, spec.name, said, outcome, ms))


def _asks(spec: CommandSpec) -> bool:
    """Whether a command asks more than the data that are here. Which hosts an advisory is of is in the database."""
    return spec.right is not Right.LOOKUP or spec.slow or spec.follows or spec is ADVISORY


_ASKER: ContextVar[Asker] = ContextVar("asker")
"""For whom the request is that is answered now."""
