"""Commands as values: bot.chat.commands has the list of them, and a module for what each one does."""

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from enum import StrEnum
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.chat.reply import Reply, RichText
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from bot.advisories.patch_level import PatchLevels
    from bot.alerts.cycle import CycleResult
    from bot.alerts.delivery.outbox import ChannelState
    from bot.alerts.ports import AlertBook, AlertReader, Digests, Watches
    from bot.alerts.routing import AlertPlan
    from bot.chat.access_request import AccessRequests
    from bot.chat.audit import StoredTrail
    from bot.chat.host_names import HostNames
    from bot.fleet.hosts import Source, SourceState, WatchedHost
    from bot.fleet.inventory import Inventory
    from bot.fleet.policy import Policy
    from bot.fleet.ports import OrchestraState, SweepRun
    from bot.fleet.sites import KnownSites
    from bot.fleet.sources import Limits, Probing
    from bot.fleet.sweep import Report
    from bot.published.renew import DataRenewal
    from bot.published.revisions import PageDiff
    from bot.xapi.observation import Pool
    from bot.xo.updates import MissingUpdates


class Right(StrEnum):
    """What an asker may do (CONTRACT.md section 1)."""

    LOOKUP = "lookup"
    PROBE = "probe"
    FLEET = "fleet"
    OPERATE = "operate"


class Caller(NamedTuple):
    """Who asks, and where: a Slack user's id in a channel's, or `shell:USER` in the one of `--channel`, if any.

    `scoped` are those of the caller's rights that reach no further than that channel. `takes_all`: the answer goes into
    a file, so its table has every row, not the first ones alone, and is there without any.
    """

    name: str = ""
    channel: str | None = None
    scoped: frozenset[Right] = frozenset()
    takes_all: bool = False


NOBODY = Caller()


class Progress(NamedTuple):
    """How far a command that takes a while has come; without a `total` nobody knows how much there is."""

    said: RichText
    done: int = 0
    total: int = 0


def ignore_progress(_: Progress) -> None:
    """For a caller to whom no progress is shown."""


class Fleet(NamedTuple):
    """The operator's hosts, and the asking of them. `limits` are chat's alone: a shell has none."""

    inventory: "Inventory"
    probing: "Probing"
    limits: "Limits | None" = None


class Choice(NamedTuple):
    """Something that a command can be about: the word to type, and what distinguishes it from others."""

    word: str
    about: str = ""


class KnownFleet(Protocol):
    """What commands need of the stored fleet: bot.fleet.ports.FleetStore has it."""

    def hosts(self) -> "tuple[WatchedHost, ...]": ...

    def sources(self) -> "tuple[SourceState, ...]": ...


class OrchestraReader(Protocol):
    """What commands need of what Xen Orchestras said: bot.fleet.ports.OrchestraStore has it."""

    def states(self) -> "tuple[OrchestraState, ...]": ...

    def missing(self, uuids: Collection[str] | None = None) -> "Iterator[MissingUpdates]": ...


class SweepHistory(Protocol):
    """What commands need of the sweeps that were made: bot.fleet.ports.SweepLog has it."""

    def last_finished(self) -> "SweepRun | None": ...

    def last_error(self) -> "SweepRun | None": ...


class Alerting(NamedTuple):
    """Alerts and who gets them. `now` is the clock, in UTC; `pools` are those known now, where that is known.

    `channels` says what waits to be sent to each, where anything is sent; `on` are the alerts as they would be on a
    day, which are gone after it. `is_channel` says whether a text can be a channel's id. `requests` tells those who may
    grant a right that somebody asks for it.
    """

    book: "AlertBook"
    watches: "Watches"
    digests: "Digests"
    plan: "AlertPlan"
    now: Callable[[], datetime]
    pools: "Callable[[], Collection[Pool]] | None" = None
    channels: "Callable[[], tuple[ChannelState, ...]] | None" = None
    on: "Callable[[date], AbstractContextManager[AlertReader]] | None" = None
    is_channel: Callable[[str], bool] = bool
    requests: "AccessRequests | None" = None


class Watched(NamedTuple):
    """The stored fleet, the sources that it is known from, and the sweep that asks them anew.

    `rehearse` is such a sweep as of a day: it says what that day would bring, and stores and sends nothing.
    `channel` is the only one whose part of the fleet it is (bot.chat.scope); None: it is the whole fleet. `sites` are
    those that report here, where any may.
    `orchestras` has what Xen Orchestras say of themselves and of updates; `orchestra_fixed_from` is the operator's word
    for the xo-server with a fix that no source names (bot.advisories.orchestra).
    `names` remembers for some seconds what all of its hosts are called.
    """

    store: KnownFleet
    sweeps: SweepHistory
    sources: "tuple[Source, ...]"
    clock: Callable[[], datetime]
    round: "Callable[[Report], CycleResult]"
    rehearse: "Callable[[date, Report], CycleResult]"
    channel: str | None = None
    sites: "Callable[[], KnownSites] | None" = None
    orchestras: "OrchestraReader | None" = None
    orchestra_fixed_from: str | None = None
    names: "HostNames | None" = None


class PublishedPort(NamedTuple):
    """The published list: `diff` compares the page with the list in use on a day; None where none was read yet.

    `data` says the same of renewed data; None where none is followed.
    """

    diff: "Callable[[date], PageDiff | None]"
    data: "Callable[[], DataRenewal | None] | None" = None


class OperatorCommand(NamedTuple):
    """A command of the shell alone, as far as help tells of it. `options` are its own, each with what it is for."""

    name: str
    takes: str
    about: str
    options: tuple[tuple[str, str], ...] = ()


class Ports(NamedTuple):
    """What commands may use. `fleet` is None where no command of hosts is run: a look-up needs no configuration.

    `operators` are the commands that there are beside chat's where they are run: a shell's.
    `watched`, `alerting`, `audit` and `published` are None where there is no database (a shell gets the page anew).
    `policy` is what hosts are to run, where that is configured.
    """

    matrix: Matrix
    reader: Reader
    fleet: Fleet | None = None
    alerting: Alerting | None = None
    watched: Watched | None = None
    audit: "StoredTrail | None" = None
    published: PublishedPort | None = None
    operators: tuple[OperatorCommand, ...] = ()
    policy: "Policy | None" = None

    def patch_levels(self) -> "PatchLevels":
        """Judges patch levels by the advisories, which it may read."""
        from bot.advisories.patch_level import levels_of

        return levels_of(self.matrix)


class Invocation(NamedTuple):
    """A command with what was asked of it. `words` are as typed, without the command's name.

    `day` is the day it is asked for: today unless `--as-of` said otherwise; "on DATE" in the words still wins.
    `as_of` is that day where one was given beside the words, else None.
    `report` shows how far a slow command has come, each Progress in place of the one before.
    """

    command: "CommandSpec"
    words: str
    day: date
    rights: frozenset[Right] = frozenset(Right)
    caller: Caller = NOBODY
    report: Callable[[Progress], None] = ignore_progress
    as_of: date | None = None


class CommandSpec(NamedTuple):
    """One command: its name, what it takes, what it is for in a line, examples to type, and the right it needs.

    `about`, `details` and what the examples do are messages, which are said where they are shown.
    `module` of bot.chat.commands has its `run`, or the function that stands after a dot (`alerts.acknowledge`); it is
    imported when it is run first, so that a look-up starts fast.
    A `slow` command asks the network: its module has an `opening`, too, for what can be said before. One of a
    `channel` is about the channel that it is asked in: in a shell `--channel` says which. One that `picks` is about
    something that can be picked from a list: its module has `choices`. One that `follows` is about
    what is not in the data but outside: the same question may have another answer a minute later.
    """

    name: str
    takes: str
    about: str
    examples: tuple[tuple[str, str], ...]
    right: Right
    module: str
    details: str = ""
    slow: bool = False
    channel: bool = False
    picks: bool = False
    follows: bool = False

    def run(self, ports: Ports, asked: Invocation) -> Reply:
        """The reply to an invocation. UsageError says what is wrong with its words."""
        _, _, function = self.module.partition(".")
        reply: Reply = getattr(self._loaded(), function or "run")(ports, asked)
        return reply

    def opening(self, ports: Ports, asked: Invocation) -> RichText | Reply:
        """Of a slow command: the line to show while it runs, or the reply where nothing needs to be waited for.

        Quick, and asks nobody. UsageError as `run`.
        """
        said: RichText | Reply = self._loaded().opening(ports, asked)
        return said

    def choices(self, ports: Ports, asked: Invocation) -> tuple[Choice, ...]:
        """Of a command that picks: what it can be about. Quick, and asks nobody. UsageError as `run`."""
        found: tuple[Choice, ...] = self._loaded().choices(ports, asked)
        return found

    def _loaded(self) -> ModuleType:
        return import_module(f"bot.chat.commands.{self.module.partition('.')[0]}")
