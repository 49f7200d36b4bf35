"""Words to messages. Look-ups are pure, so that what was rendered once for a day is kept and given again.

Whatever asks a host, or depends on who asks, is answered anew each time.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Protocol, TypeVar

from bot.chat.command import NOBODY, Caller, Choice, CommandSpec, Progress, Right, ignore_progress
from bot.chat.interpret import interpret
from bot.chat.reply import Reply, RichText, line, with_code
from bot.errors import UnavailableError, UsageError
from bot.slack.actions import DAY_OF_PRESS, Days
from bot.slack.blocks import SlackMessage, messages, notice

T = TypeVar("T")
KEPT = 512
KEPT_WORDS_MAX = 200
WORDS_MAX = 2000
"""Longer words than a button can carry are not read: nobody types them."""

UNAVAILABLE = "unavailable"
"""The outcome of an answer that only tells what is not to be had."""

SLOW_MAX = 3
"""Messages of a slow command's reply: a response_url can be used five times, and what was said before counts."""


class RunsCommands(Protocol):
    """Where questions are answered. UsageError says what is wrong with the words."""

    def run(
        self,
        spec: CommandSpec,
        words: str,
        rights: frozenset[Right],
        day: date | None = None,
        caller: Caller = NOBODY,
        report: Callable[[Progress], None] = ignore_progress,
    ) -> Reply: ...

    def opening(
        self,
        spec: CommandSpec,
        words: str,
        rights: frozenset[Right],
        day: date | None = None,
        caller: Caller = NOBODY,
    ) -> RichText | Reply: ...

    def choices(self, spec: CommandSpec, rights: frozenset[Right], day: date | None = None) -> tuple[Choice, ...]: ...


@dataclass(frozen=True, slots=True)
class RenderedReply:
    """An answer, rendered. `outcome` is for the log; `private` ones are for the asker's eyes only."""

    outcome: str
    messages: tuple[SlackMessage, ...]
    ack: str
    """The first message as the JSON body of an acknowledgement, which Slack shows to the asker alone."""
    private: bool = False
    reply: Reply | None = None
    days: Days = DAY_OF_PRESS

    @property
    def failed(self) -> bool:
        """Whether it only tells why there is no answer."""
        return self.private or (self.reply is not None and self.reply.exit_status == 1)

    def shared_by(self, user: str, remark: str = "") -> tuple[SlackMessage, ...]:
        """The messages as everybody in the channel sees them; `remark` goes into the context."""
        if self.reply is None:
            return self.messages
        context = (*self.reply.context, line(remark)) if remark else self.reply.context
        return messages(self.reply._replace(context=context), self.days, user)


def private(outcome: str, said: RichText) -> RenderedReply:
    """An answer of one line for the asker: a refusal, an error."""
    message = notice(said)
    return RenderedReply(outcome, (message,), ack_body(message), private=True)


def unavailable(error: UnavailableError) -> RenderedReply:
    """What is told where a part that the work needs is not to be had: its own words, which say what to do."""
    return private(UNAVAILABLE, with_code(str(error)))


def answered(reply: Reply, days: Days = DAY_OF_PRESS, most: int | None = None) -> RenderedReply:
    """A reply, rendered in at most `most` messages. A refusal is for the asker alone."""
    shown = messages(reply, days) if most is None else messages(reply, days, most=most)
    return RenderedReply(_outcome(reply), shown, ack_body(shown[0]), reply.kind == "refused", reply, days)


def ack_body(message: SlackMessage) -> str:
    """The body of an acknowledgement that shows a message to the asker alone."""
    return json.dumps(message.body(response_type="ephemeral"))


class Responder:
    """Asks a desk and renders what it says. `today` is the day that is meant where none is given.

    `edition` changes with what the desk knows: what was rendered for another one is not given again.
    """

    def __init__(self, desk: RunsCommands, today: Callable[[], date], edition: Callable[[], int] = lambda: 0) -> None:
        self._desk = desk
        self._today = today
        self._edition = edition
        self._kept = lru_cache(KEPT)(self._look_up)

    def ask(
        self, words: str, rights: frozenset[Right], on: date | None = None, caller: Caller = NOBODY
    ) -> RenderedReply:
        """The answer to words as typed. Words that make no command are answered with what is wrong with them."""
        today = self._today()

        def answer() -> RenderedReply:
            spec, rest = interpret(words)
            if spec.right is Right.LOOKUP and not (spec.slow or spec.follows):
                look_up = self._kept if len(words) <= KEPT_WORDS_MAX else self._look_up
                return look_up(words, rights, on or today, today, self._edition())
            reply = self._desk.run(spec, rest, rights, on or today, caller)
            return answered(reply, _days(reply, on or today, today))

        return _readable(words, answer)

    def opening(
        self, words: str, rights: frozenset[Right], on: date | None, caller: Caller
    ) -> SlackMessage | RenderedReply:
        """Of a slow command: what to show while it runs, or the answer where nothing needs to be waited for."""
        spec, rest = interpret(words)

        def open_() -> SlackMessage | RenderedReply:
            said = self._desk.opening(spec, rest, rights, on or self._today(), caller)
            return answered(said) if isinstance(said, Reply) else notice(said)

        return _readable(words, open_)

    def run(
        self,
        words: str,
        rights: frozenset[Right],
        on: date | None,
        caller: Caller,
        report: Callable[[Progress], None],
        kept: str | None,
    ) -> RenderedReply:
        """The answer of a slow command, which takes its time. `kept` is the key under which it will be found again."""
        today = self._today()
        spec, rest = interpret(words)

        def answer() -> RenderedReply:
            reply = self._desk.run(spec, rest, rights, on or today, caller, report)
            return answered(reply, replace(_days(reply, on or today, today), kept=kept), SLOW_MAX)

        return _readable(words, answer)

    def choices(self, words: str, rights: frozenset[Right]) -> tuple[Choice, ...]:
        """What a command that picks can be about; nothing where that cannot be told."""
        try:
            return self._desk.choices(interpret(words)[0], rights)
        except UsageError:
            return ()

    def _look_up(self, words: str, rights: frozenset[Right], day: date, today: date, _: int) -> RenderedReply:
        spec, rest = interpret(words)
        reply = self._desk.run(spec, rest, rights, day)
        return answered(reply, _days(reply, day, today))


def _readable(words: str, answer: Callable[[], T]) -> T | RenderedReply:
    try:
        if len(words) > WORDS_MAX:
            raise UsageError("That is too long to read: ask for fewer releases at once.")
        return answer()
    except UsageError as error:
        return private("usage", with_code(str(error)))
    except UnavailableError as error:
        return unavailable(error)


def _outcome(reply: Reply) -> str:
    """The kind of a reply, or the code of what went wrong."""
    error = (reply.data or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else reply.kind


def _days(reply: Reply, day: date, today: date) -> Days:
    """Sharing shows the same day again; a further question means the day it is asked, unless another day was named."""
    told = (reply.data or {}).get("as_of")
    about = date.fromisoformat(told) if isinstance(told, str) else day
    return Days(share=about, ask=about if about != today else None)
