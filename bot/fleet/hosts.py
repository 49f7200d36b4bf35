"""The fleet as it was last seen: hosts, the sources that see them, and what changed."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.xapi.observation import Failure, Host, Observation, Pool, Power, Probed


class SourceKind(StrEnum):
    """Where hosts are known from."""

    TARGET = "target"
    XEN_ORCHESTRA = "xen_orchestra"
    SITE = "site"
    """A target of a site, which that site's workers ask (bot.fleet.sites)."""

    @property
    def speaks_for_pools(self) -> bool:
        """Whether its answers are a pool's own, and so complete: who is not in one is no member of that pool."""
        return self is not SourceKind.XEN_ORCHESTRA


class Source(NamedTuple):
    """An entry of the inventory that a sweep asks: a target, here or of a site, or a Xen Orchestra.

    Names are unique among all; of a site's target it begins with the site's and a slash.
    """

    name: str
    kind: SourceKind
    tags: tuple[str, ...] = ()

    @property
    def site(self) -> str | None:
        """The site that it belongs to; None: it is asked from here."""
        return self.name.partition("/")[0] if self.kind is SourceKind.SITE else None


class PollResult(NamedTuple):
    """What a source answered in a sweep: a target's one pool, all pools of a Xen Orchestra, or why nothing.

    `at` is the moment that the answer is of: when it was observed, in UTC; of a failure, when the source was asked, so
    that no failure comes after an answer to a later question.
    """

    source: Source
    answers: tuple[Probed, ...]
    at: datetime

    @property
    def failure(self) -> Failure | None:
        """Why the source as a whole has no answer."""
        return next((answer for answer in self.answers if isinstance(answer, Failure)), None)

    @property
    def observations(self) -> list[Observation]:
        """Pools, without those that list no host: such a pool does not exist, and a mistake must not empty one."""
        return [answer for answer in self.answers if isinstance(answer, Observation) and answer.hosts]


class SourceState(NamedTuple):
    """How asking a source went lately. `failures` counts failed sweeps in a row."""

    name: str
    kind: SourceKind
    tried_at: datetime
    ok_at: datetime | None
    failures: int
    unreachable_since: datetime | None
    error_code: str | None
    error: str | None


class WatchedHost(NamedTuple):
    """A host as it was last seen, however long ago. One host, whichever sources see it: its uuid says which it is.

    `sources` have it, targets first, then by name. `unreachable_since` is None while at least one of them sees it,
    `mixed_since` is since when its pool runs several versions. `down_since` is since when it is said to be off, or that
    nobody can tell: what it runs is then the last that is known. `restart_since` is since when it waits for a restart.
    """

    host: Host
    pool: Pool
    sources: tuple[str, ...]
    observed_at: datetime
    unreachable_since: datetime | None = None
    mixed_since: datetime | None = None
    down_since: datetime | None = None
    restart_since: datetime | None = None

    @property
    def is_reachable(self) -> bool:
        return self.unreachable_since is None and self.down_since is None

    @property
    def power(self) -> Power:
        """Whether it runs, as far as a source that sees it says so."""
        return Power.UNKNOWN if self.unreachable_since else self.host.power or Power.UNKNOWN

    @property
    def is_off(self) -> bool:
        return self.power is Power.HALTED


class ChangeKind(StrEnum):
    """What a sweep found to be different."""

    UPGRADED = "upgraded"
    JOINED = "joined"
    LEFT = "left"
    POOL_MIXED = "pool_mixed"
    POOL_UNIFORM = "pool_uniform"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"
    REMOVED = "removed"
    """Its source is not in the configuration any more."""


class Change(NamedTuple):
    """One difference. `host` is a name, `uuid` a host's or a pool's; both None for what concerns a source.

    `before` and `after` are versions (of a host that joined, left or was upgraded; of a mixed pool, all of them), error
    codes of a source, or the names of pools for a host that joined from another.
    """

    at: datetime
    kind: ChangeKind
    source: str
    uuid: str | None = None
    host: str | None = None
    pool: str | None = None
    before: str | None = None
    after: str | None = None
