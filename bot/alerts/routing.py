"""Which channels are told about a host, a release or a source, and how long before."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.alerts.plan import Plan, names
from bot.alerts.ports import Watch, WatchKind
from bot.fleet.findings import Finding
from bot.fleet.watched import Source, WatchedHost
from bot.matrix.release import Release
from bot.xapi.observation import Pool


class Way(NamedTuple):
    """A channel with leads in days."""

    channel: str
    lead: tuple[int, ...]


class Routing:
    """Routes and watches in force. Hosts of one pool go the same ways, so these are found once."""

    def __init__(self, configured: Sequence[Source], watches: Sequence[Watch], plan: Plan) -> None:
        self._plan = plan
        self._watches = watches
        self._tags = {source.name: source.tags for source in configured}
        self._found: dict[tuple[tuple[str, ...], Pool], tuple[Way, ...]] = {}
        self._of_release: dict[tuple[str | None, str | None], list[Way]] = defaultdict(list)
        for watch in watches:
            if watch.kind is WatchKind.RELEASE:
                self._of_release[watch.product, watch.release].append(Way(watch.channel, watch.lead or plan.lead))

    def of_host(self, host: WatchedHost) -> tuple[Way, ...]:
        """By its tags, which are those of the sources that have it, and by its pool; not by what it runs."""
        key = (host.sources, host.pool)
        if key not in self._found:
            self._found[key] = self._ways(
                {tag for name in host.sources for tag in self._tags.get(name, ())}, [host.pool]
            )
        return self._found[key]

    def of_release(self, release: Release) -> Sequence[Way]:
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

    def hosts(self, findings: Iterable[Finding]) -> Mapping[str, Sequence[Finding]]:
        """The hosts that each channel is told about."""
        found: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            ways = [*self.of_host(finding.host)]
            if finding.assessment:
                ways += self.of_release(finding.assessment.release)
            for channel in _distinct(way.channel for way in ways):
                found[channel].append(finding)
        return found

    def _ways(self, tags: Collection[str], pools: Collection[Pool]) -> tuple[Way, ...]:
        plan = self._plan
        ways = [Way(route.channel, route.lead) for route in plan.routes if route.takes(tags, pools)]
        if not ways and plan.channel:
            ways.append(Way(plan.channel, plan.lead))
        watching = (watch for watch in self._watches if _watches(watch, pools))
        return (*ways, *(Way(watch.channel, watch.lead or plan.lead) for watch in watching))


def _watches(watch: Watch, pools: Collection[Pool]) -> bool:
    if watch.kind is WatchKind.POOL:
        return any(names(pool, watch.what) for pool in pools)
    return watch.kind is WatchKind.ALL


def _distinct(channels: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(channels))
