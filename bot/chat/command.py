"""Commands as values: bot.chat.commands has the list of them, and a module for what each one does."""

from datetime import date
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from bot.chat.reply import Reply
from bot.matrix.known import Matrix
from bot.query.reading import Reader

if TYPE_CHECKING:
    from bot.fleet.inventory import Inventory
    from bot.fleet.probing import Probing


class Right(StrEnum):
    """What an asker may do (CONTRACT.md section 1)."""

    LOOKUP = "lookup"
    PROBE = "probe"
    FLEET = "fleet"
    OPERATE = "operate"


class Fleet(NamedTuple):
    """The operator's hosts, and the asking of them."""

    inventory: "Inventory"
    probing: "Probing"


class Ports(NamedTuple):
    """What commands may use. `fleet` is None where no command of hosts is run: a look-up needs no configuration."""

    matrix: Matrix
    reader: Reader
    fleet: Fleet | None = None


class Invocation(NamedTuple):
    """A command with what was asked of it. `words` are as typed, without the command's name.

    `day` is the day it is asked for: today unless `--as-of` said otherwise; "on DATE" in the words still wins.
    """

    command: "CommandSpec"
    words: str
    day: date
    rights: frozenset[Right] = frozenset(Right)


class CommandSpec(NamedTuple):
    """One command: its name, what it takes, what it is for in a line, examples to type, and the right it needs.

    `module` of bot.chat.commands has its `run`; it is imported when it is run first, so that a look-up starts fast.
    """

    name: str
    takes: str
    about: str
    examples: tuple[tuple[str, str], ...]
    right: Right
    module: str
    details: str = ""

    def run(self, ports: Ports, asked: Invocation) -> "Reply":
        """The reply to an invocation. UsageError says what is wrong with its words."""
        reply: Reply = import_module(f"bot.chat.commands.{self.module}").run(ports, asked)
        return reply
