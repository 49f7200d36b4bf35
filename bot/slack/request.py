"""A question as it came: who asked, in which way, and which command it means."""

import time
from dataclasses import dataclass
from datetime import date

from bot.chat.access import Granted
from bot.chat.command import Caller, CommandSpec
from bot.chat.interpret import interpret
from bot.slack.payload import Actor


@dataclass(frozen=True, slots=True)
class Request:
    """`way` is for the log; `on` is the day that a button means; `rest` are the words without the command's name.

    `begun` is from `time.perf_counter`.
    """

    way: str
    asker: Actor
    words: str
    on: date | None
    spec: CommandSpec
    rest: str
    begun: float

    def caller(self, found: Granted) -> Caller:
        """Who asks, with how far what was granted reaches."""
        return Caller(self.asker.user, self.asker.channel, found.scoped)


def request_of(way: str, asker: Actor, words: str, on: date | None = None) -> Request:
    """A question that begins now."""
    spec, rest = interpret(words)
    return Request(way, asker, words, on, spec, rest, time.perf_counter())
