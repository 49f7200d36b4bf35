"""The fleet as it is kept, each host with its verdict: the worst first. Nobody is asked."""

from datetime import date
from typing import NamedTuple

from bot.chat.command import Ports, Watched
from bot.chat.data import Data
from bot.chat.hosts import Judged, facts_data, verdict_data
from bot.errors import UsageError
from bot.fleet.findings import Verdict, judging
from bot.fleet.watched import WatchedHost


class Listed(NamedTuple):
    """A watched host with its verdict, and the tags of all sources that have it."""

    watched: WatchedHost
    judged: Judged
    tags: frozenset[str]

    @property
    def pool(self) -> str:
        """The pool's name, or the host's own where the pool has none."""
        return self.watched.pool.name or self.watched.host.name


def watched_of(ports: Ports) -> Watched:
    """What is needed to show a fleet; UsageError where it is not configured."""
    if ports.watched is None:
        raise UsageError("There is no fleet to show: add `targets` or `xen_orchestra` to the configuration.")
    return ports.watched


def roster(ports: Ports, watched: Watched, day: date) -> list[Listed]:
    """All hosts, the worst first; of equals those that are not seen, then by pool and name."""
    tags = {source.name: source.tags for source in watched.sources}
    verdict = judging(ports.matrix, ports.reader, day)
    listed = []
    for seen in watched.store.hosts():
        of_sources = frozenset(tag for name in seen.sources for tag in tags.get(name, ()))
        listed.append(Listed(seen, Judged(seen.host, *verdict(seen.host)), of_sources))
    return sorted(listed, key=_urgency)


def _urgency(listed: Listed) -> tuple[object, ...]:
    badness = Verdict(listed.judged.part, listed.judged.assessment).badness
    return (badness, listed.watched.is_reachable, listed.pool, listed.watched.host.name)


def roster_data(listed: list[Listed], day: date) -> list[Data]:
    """Hosts as CONTRACT.md section 2 has them. Hosts of a version share their verdict's data."""
    verdicts: dict[tuple[str | None, str | None], Data] = {}
    found = []
    for each in listed:
        host, seen = each.watched.host, each.watched
        runs = (host.product_brand, host.product_version)
        if runs not in verdicts:
            verdicts[runs] = verdict_data(each.judged, day)
        found.append({**facts_data(host), "assessment": verdicts[runs], **_sight(each, seen)})
    return found


def _sight(listed: Listed, seen: WatchedHost) -> Data:
    return {
        "pool": listed.pool,
        "pool_uuid": seen.pool.uuid,
        "mixed_versions": seen.mixed_since is not None,
        "target": seen.sources[0] if seen.sources else None,
        "targets": list(seen.sources),
        "tags": sorted(listed.tags),
        "observed_at": f"{seen.observed_at:%Y-%m-%dT%H:%M:%SZ}",
        "reachable": seen.is_reachable,
        "unreachable_since": f"{seen.unreachable_since:%Y-%m-%dT%H:%M:%SZ}" if seen.unreachable_since else None,
    }
