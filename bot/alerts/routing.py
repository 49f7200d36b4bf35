"""Who is told, and how long before: the configuration's part of alerting."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.alerts.ports import Watch, WatchKind
from bot.fleet.hosts import Source, WatchedHost
from bot.fleet.verdicts import HostVerdict
from bot.matrix.release import Release
from bot.xapi.observation import Pool

LEAD = (365, 180, 90, 30, 7, 0)
"""Days before an end of life, longest first, where nothing else is configured."""


class Route(NamedTuple):
    """A channel that is told of hosts with any of the tags, or in any of the pools (names or uuids, in any case)."""

    channel: str
    lead: tuple[int, ...]
    tags: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()

    def takes(self, tags: Collection[str], pools: Collection[Pool]) -> bool:
        """Whether what has these tags, and is in these pools, goes this way."""
        return any(tag in tags for tag in self.tags) or any(names(pool, name) for name in self.pools for pool in pools)


class AlertPlan(NamedTuple):
    """All routes. `channel` gets what no route takes; `lead` is in days, longest first."""

    channel: str | None = None
    lead: tuple[int, ...] = LEAD
    routes: tuple[Route, ...] = ()


def names(pool: Pool, name: str) -> bool:
    """Whether a name that somebody wrote means the pool: its name in any case, or its uuid."""
    return name.casefold() in (pool.name.casefold(), pool.uuid.casefold())


class Recipient(NamedTuple):
    """A channel with leads in days."""

    channel: str
    lead: tuple[int, ...]


class Routing:
    """Routes and watches in force. Hosts of one pool go the same ways, so these are found once."""

    def __init__(self, configured: Sequence[Source], watches: Sequence[Watch], plan: AlertPlan) -> None:
        self._plan = plan
        self._watches = watches
        self._tags = {source.name: source.tags for source in configured}
        self._found: dict[tuple[tuple[str, ...], Pool], tuple[Recipient, ...]] = {}
        self._of_release: dict[tuple[str | None, str | None], list[Recipient]] = defaultdict(list)
        for watch in watches:
            if watch.kind is WatchKind.RELEASE:
                self._of_release[watch.product, watch.release].append(Recipient(watch.channel, watch.lead or plan.lead))

    def of_host(self, host: WatchedHost) -> tuple[Recipient, ...]:
        """By its tags, which are those of the sources that have it, and by its pool; not by what it runs."""
        key = (host.sources, host.pool)
        if key not in self._found:
            self._found[key] = self._ways(
                {tag for name in host.sources for tag in self._tags.get(name, ())}, [host.pool]
            )
        return self._found[key]

    def of_release(self, release: Release) -> Sequence[Recipient]:
        """The channels that watch a release."""
        return self._of_release.get((release.product.value, release.number), ())

    def of_source(self, source: str, pools: Collection[Pool]) -> tuple[str, ...]:
        """The channels that are told when a source that sees some pools does not answer."""
        return _distinct(way.channel for way in self._ways(self._tags.get(source, ()), pools))

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels that are told anything."""
        configured = [*filter(None, [self._plan.channel]), *(route.channel for route in self._plan.routes)]
        return _distinct([*configured, *(watch.channel for watch in self._watches)])

    def hosts(self, findings: Iterable[HostVerdict]) -> Mapping[str, Sequence[HostVerdict]]:
        """The hosts that each channel is told about."""
        found: dict[str, list[HostVerdict]] = defaultdict(list)
        for finding in findings:
            ways = [*self.of_host(finding.host)]
            if finding.assessment:
                ways += self.of_release(finding.assessment.release)
            for channel in _distinct(way.channel for way in ways):
                found[channel].append(finding)
        return found

    def _ways(self, tags: Collection[str], pools: Collection[Pool]) -> tuple[Recipient, ...]:
        plan = self._plan
        ways = [Recipient(route.channel, route.lead) for route in plan.routes if route.takes(tags, pools)]
        if not ways and plan.channel:
            ways.append(Recipient(plan.channel, plan.lead))
        watching = (watch for watch in self._watches if _watches(watch, pools))
        return (*ways, *(Recipient(watch.channel, watch.lead or plan.lead) for watch in watching))


def _watches(watch: Watch, pools: Collection[Pool]) -> bool:
    if watch.kind is WatchKind.POOL:
        return any(names(pool, watch.what) for pool in pools)
    return watch.kind is WatchKind.ALL


def _distinct(channels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(channels))
