"""An assistant asks: the same commands, rights and audit as in chat, and the same words where something goes wrong."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from mcp.server.mcpserver.exceptions import ToolError
from structlog.typing import FilteringBoundLogger

from bot.chat.audit import AuditEntry
from bot.chat.command import Caller, CommandSpec, Right
from bot.chat.reply import Reply
from bot.chat.runner import CommandRunner, refusal
from bot.chat.session.pace import Pace
from bot.chat.session.responder import UNAVAILABLE, WORDS_MAX, answered
from bot.chat.session.services import WORDS_LOGGED, slow_down
from bot.errors import UnavailableError, UsageError, XocompatError
from bot.masks import masked
from bot.text import shown

WAY = "mcp"
"""How a request came, for the audit trail."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """Who asks (`name`, for the audit trail), and what they may do. For several threads.

    `runner` gives what runs a command; XocompatError says why that could not be had. `record` never raises.
    """

    name: str
    rights: frozenset[Right]
    runner: Callable[[CommandSpec], AbstractContextManager[CommandRunner]]
    record: Callable[[AuditEntry], None]
    log: FilteringBoundLogger
    pace: Pace = field(default_factory=lambda: Pace(time.monotonic))

    def ask(self, spec: CommandSpec, words: str = "", day: date | None = None) -> Reply:
        """The reply to a command. ToolError has the words that chat has where there is none: a right that is missing,
        words that can't be read, a host that does not answer."""
        if refused := self.pace.refusals(self.name):
            if refused == 1:
                self._note(spec, words, "too_fast", 0.0)
            raise ToolError(slow_down().summary)
        begun = time.perf_counter()
        outcome = "incident"
        try:
            reply = self._reply(spec, words, day)
            outcome = answered(reply).outcome
        except UsageError as error:
            outcome = "usage"
            raise ToolError(str(error)) from error
        except XocompatError as error:
            outcome = UNAVAILABLE
            if isinstance(error, UnavailableError):
                self.log.warning("unavailable", who=self.name, reason=str(error))
            raise ToolError(" ".join(error.lines)) from error
        finally:
            self._note(spec, words, outcome, time.perf_counter() - begun)
        has_problems = "problems" in (reply.data or {})  # the answer of `changes` about a page that can't be read
        if reply.exit_status == 1 and not has_problems:
            raise ToolError(reply.summary)
        if reply.exit_status == 3 and "outcome" not in (reply.data or {}):
            raise ToolError(reply.summary)
        return reply

    def _reply(self, spec: CommandSpec, words: str, day: date | None) -> Reply:
        if spec.right not in self.rights:  # before anything is opened for it
            return refusal(spec)
        if len(words) > WORDS_MAX:
            raise UsageError("That is too long to read: ask for fewer things at once.")
        with self.runner(spec) as runner:
            return runner.run(spec, masked(words), self.rights, day, Caller(self.name))

    def _note(self, spec: CommandSpec, words: str, outcome: str, seconds: float) -> None:
        """Into log and audit trail, as chat does."""
        said, ms = shown(masked(words), WORDS_LOGGED), round(1000 * seconds, 2)
        self.log.info("asked", who=self.name, way=WAY, command=spec.name, words=said, outcome=outcome, ms=ms)
        self.record(AuditEntry(datetime.now(UTC), self.name, None, None, WAY, spec.name, said, outcome, ms))
