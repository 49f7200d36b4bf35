"""Words to messages. Look-ups are pure, so that what was rendered once for a day is kept and given again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

from bot.chat.command import Right
from bot.chat.interpret import interpret
from bot.chat.reply import Line, Reply, line
from bot.errors import UsageError
from bot.slack.button import DAY_OF_PRESS, Days
from bot.slack.message import Message, messages, notice

KEPT = 512
KEPT_WORDS_MAX = 200
WORDS_MAX = 2000
"""Longer words than a button can carry are not read: nobody types them."""


class Desk(Protocol):
    """Where questions are answered. UsageError says what is wrong with the words."""

    def answer(self, words: str, rights: frozenset[Right], day: date | None = None) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, rendered. `command` and `outcome` are for the log; `private` ones are for the asker's eyes only."""

    command: str
    outcome: str
    messages: tuple[Message, ...]
    ack: str
    """The first message as the JSON body of an acknowledgement, which Slack shows to the asker alone."""
    private: bool = False
    reply: Reply | None = None
    days: Days = DAY_OF_PRESS

    def shared_by(self, user: str) -> tuple[Message, ...]:
        """The messages as everybody in the channel sees them."""
        return messages(self.reply, self.days, user) if self.reply else self.messages


def private(outcome: str, said: Line) -> Answer:
    """An answer of one line for the asker: a refusal, an error."""
    message = notice(said)
    return Answer("", outcome, (message,), ack_body(message), private=True)


def ack_body(message: Message) -> str:
    """The body of an acknowledgement that shows a message to the asker alone."""
    return json.dumps(message.body(response_type="ephemeral"))


class Answers:
    """Asks a desk and renders what it says. `today` is the day that is meant where none is given."""

    def __init__(self, desk: Desk, today: Callable[[], date]) -> None:
        self._desk = desk
        self._today = today
        self._kept = lru_cache(KEPT)(self._render)

    def ask(self, words: str, rights: frozenset[Right], on: date | None = None) -> Answer:
        """The answer to words as typed. Words that make no command are answered with what is wrong with them."""
        today = self._today()
        try:
            if len(words) > WORDS_MAX:
                raise UsageError("That is too long to read: ask for fewer releases at once.")
            render = self._kept if len(words) <= KEPT_WORDS_MAX else self._render
            return render(words, rights, on or today, today)
        except UsageError as error:
            return private("usage", line(str(error)))

    def _render(self, words: str, rights: frozenset[Right], day: date, today: date) -> Answer:
        reply = self._desk.answer(words, rights, day)
        days = _days(reply, day, today)
        shown = messages(reply, days)
        return Answer(interpret(words)[0].name, reply.kind, shown, ack_body(shown[0]), reply=reply, days=days)


def _days(reply: Reply, day: date, today: date) -> Days:
    """Sharing shows the same day again; a further question means the day it is asked, unless another day was named."""
    told = (reply.data or {}).get("as_of")
    about = date.fromisoformat(told) if isinstance(told, str) else day
    return Days(share=about, ask=about if about != today else None)
