"""Sites as the centre knows them: which targets each lists, which workers it has, when it was last heard.

Targets of a site are asked by its own workers, with passwords that never leave it. Here they are called `paris/lab-a`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from bot.fleet.hosts import Source, SourceKind
from bot.xapi.observation import Failure, FailureCode, Probed

SITE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

SILENT_AFTER = timedelta(minutes=3)


class RemoteTarget(NamedTuple):
    """A target that a site lists. `name` is what it is called here, its site's name and a slash before its own."""

    name: str
    tags: tuple[str, ...] = ()

    @property
    def site(self) -> str:
        return self.name.partition("/")[0]

    @property
    def own_name(self) -> str:
        """What its site calls it."""
        return self.name.partition("/")[2]


class SiteWorker(NamedTuple):
    """A worker of a site. `heard_at` is by the centre's clock; `is_too_old`: it speaks what is not understood here."""

    id: str
    version: str
    heard_at: datetime
    is_too_old: bool = False


class Site(NamedTuple):
    """A site as it was last heard; None: never. Its workers are those that were heard lately, by id."""

    name: str
    heard_at: datetime | None = None
    targets: tuple[RemoteTarget, ...] = ()
    workers: tuple[SiteWorker, ...] = ()

    @property
    def version(self) -> str | None:
        """The oldest version among its workers, as that one limits what it can do."""
        return min((worker.version for worker in self.workers), key=_version_key, default=None)


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", version)[:4])


class Heartbeat(NamedTuple):
    """What a worker of a site said of itself and of its site's targets, and when the centre heard it, in UTC."""

    site: str
    worker: str
    version: str
    heard_at: datetime
    targets: tuple[RemoteTarget, ...]
    is_too_old: bool = False


class SiteStore(Protocol):
    """Keeps what sites said. UnavailableError where the database could not be reached."""

    def hear(self, beats: Collection[Heartbeat]) -> None:
        """Record heartbeats, in one transaction. What an older one says changes nothing."""

    def sites(self, known: Mapping[str, Site] | None = None) -> tuple[Site, ...]:
        """All sites, by name; `known` as they were read before, so that only what is new has to be read."""


class KnownSites(NamedTuple):
    """All sites at a moment, those that are expected without ever having been heard among them.

    A site is silent that was not heard for `silent_after`, nor since `since`: before, nobody listened here.
    """

    sites: tuple[Site, ...] = ()
    silent_after: timedelta = SILENT_AFTER
    since: datetime = datetime.min.replace(tzinfo=UTC)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The targets of all of them, as a sweep knows them."""
        return tuple(Source(t.name, SourceKind.SITE, t.tags) for site in self.sites for t in site.targets)

    def named(self, name: str) -> Site | None:
        return next((site for site in self.sites if site.name == name), None)

    def find(self, name: str) -> RemoteTarget | None:
        """The target that is called so, in any case."""
        site = self.named(name.partition("/")[0].casefold())
        wanted = name.casefold()
        return next((target for target in site.targets if target.name.casefold() == wanted), None) if site else None

    def is_silent(self, site: Site, now: datetime) -> bool:
        return now - max(site.heard_at or self.since, self.since) > self.silent_after

    def silent(self, now: datetime) -> frozenset[str]:
        """The names of those that are silent."""
        return frozenset(site.name for site in self.sites if self.is_silent(site, now))


NO_SITES = KnownSites()


def no_sites() -> KnownSites:
    """Of a configuration without any."""
    return NO_SITES


class RemoteProbes(Protocol):
    """Has targets of sites asked. Thread-safe."""

    def probe(self, target: RemoteTarget) -> Probed:
        """What its site answers, or why nothing. Blocks, 40 seconds at most."""


class SiteSweep(NamedTuple):
    """What a sweep works with where sites are: their targets are asked by their own workers, which report here.

    `ask` puts the questions for a sweep into the sites' queues and returns the names of those sites that can't be
    asked; `known` are the sites now.
    """

    known: Callable[[], KnownSites]
    ask: Callable[[str, Collection[str]], Collection[str]]


def site_silent(name: str, target: str, site: Site | None, now: datetime) -> Failure:
    """The failure of a target whose site is not heard."""
    heard = site.heard_at if site else None
    how_long = f"has not been heard for {_ago(now - heard)}" if heard else "has never been heard"
    said = f"Site {name} {how_long}, so {target} was not asked."
    return Failure(target, FailureCode.SITE_SILENT, said, "Does `xocompat site` run there, and does it reach NATS?")


def _ago(span: timedelta) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if count := int(span.total_seconds()) // length:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
