"""A request as it came: who asked, in which way, and which command it means. Words are parsed here, once."""

import time
from datetime import date
from typing import NamedTuple

from bot.chat.access import Granted
from bot.chat.command import Caller, CommandSpec
from bot.chat.interpret import interpret
from bot.chat.platform import Actor, Origin
from bot.masks import masked


class Request(NamedTuple):
    """`way` is for the audit; `on` is the day that a button means; `rest` are the words without the command's name.

    `begun` is from `time.perf_counter`.
    """

    way: str
    origin: Origin
    words: str
    on: date | None
    spec: CommandSpec
    rest: str
    begun: float

    @property
    def actor(self) -> Actor:
        return self.origin.actor

    def caller(self, found: Granted) -> Caller:
        """Who asks, with how far what was granted reaches."""
        return Caller(self.origin.actor.user, self.origin.actor.channel, found.scoped)


def request_of(way: str, origin: Origin, words: str, on: date | None = None) -> Request:
    """A request that begins now. A secret that was typed by mistake goes no further than here."""
    words = masked(words)
    spec, rest = interpret(words)
    return Request(way, origin, words, on, spec, rest, time.perf_counter())
