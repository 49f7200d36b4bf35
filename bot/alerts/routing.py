"""Which channels are notified, and how long before: the configuration's part of alerting."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from bot.fleet.hosts import Source, WatchedHost
from bot.fleet.verdicts import HostVerdict
from bot.matrix.release import Release
from bot.xapi.observation import Pool

LEAD = (365, 180, 90, 30, 7, 0)
"""Days before an end of life, longest first, where nothing else is configured."""


class WatchKind(StrEnum):
    """What a channel can watch."""

    RELEASE = "release"
    POOL = "pool"
    ALL = "all"


class Watch(NamedTuple):
    """Something that a channel wants to be notified of. `lead` in days, longest first; None: as `alerts.lead`.

    `what` is a release's name (its product and number stand beside it), a pool's name or uuid, or "".
    """

    channel: str
    kind: WatchKind
    what: str
    product: str | None = None
    release: str | None = None
    lead: tuple[int, ...] | None = None
    by: str = ""
    at: datetime | None = None


class Route(NamedTuple):
    """A channel that is notified of hosts with any of the tags, or in any of the pools (names or uuids, any case)."""

    channel: str
    lead: tuple[int, ...]
    tags: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()

    def takes(self, tags: Collection[str], pools: Collection[Pool]) -> bool:
        """Whether what has these tags, and is in these pools, goes to the channel."""
        return any(tag in tags for tag in self.tags) or any(names(pool, name) for name in self.pools for pool in pools)


UTC_ZONE = "UTC"


class AlertPlan(NamedTuple):
    """All routes. `channel` gets what no route takes; `lead` is in days, longest first.

    `zones` are the time zones of channels, by names of the IANA database, and `zone` is that of all others.
    """

    channel: str | None = None
    lead: tuple[int, ...] = LEAD
    routes: tuple[Route, ...] = ()
    zone: str = UTC_ZONE
    zones: Mapping[str, str] = MappingProxyType({})

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels of the configuration."""
        return tuple(dict.fromkeys([*filter(None, [self.channel]), *(route.channel for route in self.routes)]))

    def zone_of(self, channel: str | None) -> str:
        """The zone in which a channel counts its days; None: what is in no channel."""
        return self.zones.get(channel or "", self.zone)

    def local(self, channel: str | None, at: datetime) -> datetime:
        """A moment as a channel's clock shows it: its `date()` is the channel's day."""
        return in_zone(self.zone_of(channel), at)

    @property
    def all_zones(self) -> tuple[str, ...]:
        """Every zone of any channel."""
        return tuple(dict.fromkeys((self.zone, *self.zones.values())))

    def days(self, at: datetime) -> tuple[date, ...]:
        """The days that it is now for any channel: one, or two around midnight of some zone, at most three."""
        return tuple(dict.fromkeys(in_zone(zone, at).date() for zone in self.all_zones))


def in_zone(zone: str, at: datetime) -> datetime:
    """A moment in UTC as clocks of a zone show it."""
    if zone == UTC_ZONE:
        return at
    from zoneinfo import ZoneInfo  # few configurations name a zone

    return at.astimezone(ZoneInfo(zone))


def names(pool: Pool, name: str) -> bool:
    """Whether a name that somebody wrote means the pool: its name in any case, or its uuid."""
    return name.casefold() in (pool.name.casefold(), pool.uuid.casefold())


class Recipient(NamedTuple):
    """A channel with leads in days."""

    channel: str
    lead: tuple[int, ...]


class Routing:
    """Routes and watches in force. Hosts of one pool have the same recipients, so these are found once."""

    def __init__(self, configured: Sequence[Source], watches: Sequence[Watch], plan: AlertPlan) -> None:
        self._plan = plan
        self._watches = watches
        self._tags = {source.name: source.tags for source in configured}
        self._found: dict[tuple[tuple[str, ...], Pool], tuple[Recipient, ...]] = {}
        tells_apart = plan.routes or any(watch.kind is WatchKind.POOL for watch in watches)
        self._alike = None if tells_apart else self._recipients((), ())
        self._of_release: dict[tuple[str | None, str | None], list[Recipient]] = defaultdict(list)
        for watch in watches:
            if watch.kind is WatchKind.RELEASE:
                self._of_release[watch.product, watch.release].append(Recipient(watch.channel, watch.lead or plan.lead))

    def of_host(self, host: WatchedHost) -> tuple[Recipient, ...]:
        """By its tags, which are those of the sources that have it, and by its pool; not by what it runs."""
        if self._alike is not None:  # as in most configurations
            return self._alike
        key = (host.sources, host.pool)
        if key not in self._found:
            self._found[key] = self._recipients(
                {tag for name in host.sources for tag in self._tags.get(name, ())}, [host.pool]
            )
        return self._found[key]

    def of_release(self, release: Release) -> Sequence[Recipient]:
        """The channels that watch a release."""
        return self._of_release.get((release.product.value, release.number), ())

    def of_source(self, source: str, pools: Collection[Pool]) -> tuple[str, ...]:
        """The channels that are notified when a source that sees some pools does not answer."""
        recipients = self._recipients(self._tags.get(source, ()), pools)
        return tuple(dict.fromkeys(each.channel for each in recipients))

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels that are notified of anything."""
        return tuple(dict.fromkeys([*self._plan.channels, *(watch.channel for watch in self._watches)]))

    def hosts(self, verdicts: Iterable[HostVerdict]) -> Mapping[str, Sequence[HostVerdict]]:
        """The hosts that each channel is notified of."""
        found: dict[str, list[HostVerdict]] = defaultdict(list)
        for verdict in verdicts:
            recipients = [*self.of_host(verdict.host)]
            if verdict.assessment:
                recipients += self.of_release(verdict.assessment.release)
            for channel in dict.fromkeys(each.channel for each in recipients):
                found[channel].append(verdict)
        return found

    def _recipients(self, tags: Collection[str], pools: Collection[Pool]) -> tuple[Recipient, ...]:
        plan = self._plan
        found = [Recipient(route.channel, route.lead) for route in plan.routes if route.takes(tags, pools)]
        if not found and plan.channel:
            found.append(Recipient(plan.channel, plan.lead))
        for watch in self._watches:
            of_pool = watch.kind is WatchKind.POOL and any(names(pool, watch.what) for pool in pools)
            if of_pool or watch.kind is WatchKind.ALL:
                found.append(Recipient(watch.channel, watch.lead or plan.lead))
        return tuple(found)
