"""Commands as values: bot.chat.commands has the list of them, and a module for what each one does."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from bot.chat.reply import Line, Reply
from bot.matrix.known import Matrix
from bot.query.reading import Reader

if TYPE_CHECKING:
    from bot.fleet.inventory import Inventory
    from bot.fleet.limits import Limits
    from bot.fleet.probing import Probing


class Right(StrEnum):
    """What an asker may do (CONTRACT.md section 1)."""

    LOOKUP = "lookup"
    PROBE = "probe"
    FLEET = "fleet"
    OPERATE = "operate"


class Caller(NamedTuple):
    """Who asks, and where: a Slack user's id in a channel's, or `shell:USER` in none."""

    name: str = ""
    channel: str | None = None


NOBODY = Caller()


class Progress(NamedTuple):
    """How far a command that takes a while has come; without a `total` nobody knows how much there is."""

    said: Line
    done: int = 0
    total: int = 0


def unheard(_: Progress) -> None:
    """Progress that nobody watches."""


class Fleet(NamedTuple):
    """The operator's hosts, and the asking of them. `limits` are chat's alone: a shell has none."""

    inventory: "Inventory"
    probing: "Probing"
    limits: "Limits | None" = None


class Choice(NamedTuple):
    """Something that a command can be about: the word to type, and what tells it from others."""

    word: str
    about: str = ""


class Ports(NamedTuple):
    """What commands may use. `fleet` is None where no command of hosts is run: a look-up needs no configuration."""

    matrix: Matrix
    reader: Reader
    fleet: Fleet | None = None


class Invocation(NamedTuple):
    """A command with what was asked of it. `words` are as typed, without the command's name.

    `day` is the day it is asked for: today unless `--as-of` said otherwise; "on DATE" in the words still wins.
    `tell` shows how far a slow command has come, each Progress in place of the one before.
    """

    command: "CommandSpec"
    words: str
    day: date
    rights: frozenset[Right] = frozenset(Right)
    caller: Caller = NOBODY
    tell: Callable[[Progress], None] = unheard


class CommandSpec(NamedTuple):
    """One command: its name, what it takes, what it is for in a line, examples to type, and the right it needs.

    `module` of bot.chat.commands has its `run`; it is imported when it is run first, so that a look-up starts fast.
    A `slow` command asks the network: its module has an `opening`, too, for what can be said before. One that `picks`
    is about something that can be picked from a list: its module has `choices`.
    """

    name: str
    takes: str
    about: str
    examples: tuple[tuple[str, str], ...]
    right: Right
    module: str
    details: str = ""
    slow: bool = False
    picks: bool = False

    def run(self, ports: Ports, asked: Invocation) -> Reply:
        """The reply to an invocation. UsageError says what is wrong with its words."""
        reply: Reply = import_module(f"bot.chat.commands.{self.module}").run(ports, asked)
        return reply

    def opening(self, ports: Ports, asked: Invocation) -> Line | Reply:
        """Of a slow command: the line to show while it runs, or the reply where nothing needs to be waited for.

        Quick, and asks nobody. UsageError as `run`.
        """
        said: Line | Reply = import_module(f"bot.chat.commands.{self.module}").opening(ports, asked)
        return said

    def choices(self, ports: Ports, asked: Invocation) -> tuple[Choice, ...]:
        """Of a command that picks: what it can be about. Quick, and asks nobody. UsageError as `run`."""
        found: tuple[Choice, ...] = import_module(f"bot.chat.commands.{self.module}").choices(ports, asked)
        return found
