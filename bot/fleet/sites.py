"""Sites as the centre knows them: which targets each lists, which workers it has, when it was last heard.

Targets of a site are asked by its own workers, with passwords that never leave it. Here they are called `paris/lab-a`.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from bot.catalogue import message_counted, say, say_counted
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

    def sites(self, known: Mapping[str, tuple[str, Site]] | None = None) -> Mapping[str, tuple[str, Site]]:
        """All sites by name, each with a digest of its targets; `known` is what this gave before.

        Only targets with another digest are read anew.
        """


class MessageServer(NamedTuple):
    """Whether this process is connected to the server through which sites are heard, and since when."""

    is_up: bool
    since: datetime


class SiteTallies(NamedTuple):
    """What a centre counts by site, for metrics: results recorded and messages refused since this process began.

    `waiting` are messages that nobody has recorded yet, `dead` those that were set aside, as the server has them; None
    where it was not asked, or does not answer.
    """

    recorded: Mapping[str, int]
    refused: Mapping[str, int]
    waiting: Mapping[str, int] | None = None
    dead: Mapping[str, int] | None = None


class KnownSites(NamedTuple):
    """All sites at a moment, those that are expected without ever having been heard among them.

    A site is silent that was not heard for `silent_after`, nor since `since`: before, nobody listened here. `server` is
    None in a process that does not listen itself, but reads what others have heard.
    """

    sites: tuple[Site, ...] = ()
    silent_after: timedelta = SILENT_AFTER
    since: datetime = datetime.min.replace(tzinfo=UTC)
    server: MessageServer | None = None

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

    def away_since(self, now: datetime) -> datetime | None:
        """Since when the server cannot be reached, if that is too long and another process hears no site, either."""
        server = self.server
        is_away = server and not server.is_up and now - server.since > self.silent_after
        return server.since if server and is_away and len(self.silent(now)) == len(self.sites) > 0 else None

    def has_listened(self, now: datetime) -> bool:
        """Whether a site that is silent now would have been heard, if it had said anything."""
        return self.server is None or (self.server.is_up and now - self.server.since > self.silent_after)


NO_SITES = KnownSites()


def no_sites() -> KnownSites:
    """Of a configuration without any."""
    return NO_SITES


class RemoteProbes(Protocol):
    """Has targets of sites asked. Thread-safe."""

    def probe(self, target: RemoteTarget) -> Probed:
        """What its site answers, or why nothing. Blocks, 40 seconds at most."""


class RemoteSweeps(Protocol):
    """Has the targets of sites asked for a sweep. Their workers report to whichever process records what they say."""

    def known(self) -> KnownSites:
        """The sites now."""

    def ask(self, run: str, names: Collection[str]) -> Collection[str]:
        """Put questions about targets into the queues of their sites; the sites that cannot be asked now."""

    def answered(self, since: datetime) -> Collection[str]:
        """The names of the targets that have answered, or failed to, since a moment."""


class RemoteSites(RemoteSweeps, RemoteProbes, Protocol):
    """Both, as a process that is a centre has them."""


def site_silent(name: str, target: str, site: Site | None, now: datetime) -> Failure:
    """The failure of a target whose site is not heard."""
    if site and site.heard_at:
        what = say(
            "Site {site} has not been heard for {time}, so {target} was not asked.",
            site=name,
            time=_in_words(now - site.heard_at),
            target=target,
        )
    else:
        what = say("Site {site} has never been heard, so {target} was not asked.", site=name, target=target)
    return Failure(
        target, FailureCode.SITE_SILENT, what, say("Does `xocompat site` run there, and does it reach NATS?")
    )


_UNITS = {
    86_400: message_counted("{count} day", "{count} days"),
    3_600: message_counted("{count} hour", "{count} hours"),
    60: message_counted("{count} minute", "{count} minutes"),
}
"""Units of time by their lengths in seconds."""


def _in_words(time: timedelta) -> str:
    for length, forms in _UNITS.items():
        if count := int(time.total_seconds()) // length:
            return say_counted(count, *forms)
    return say("less than a minute")
