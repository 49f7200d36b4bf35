"""What to think of the hosts of a fleet on a day: each with the release that it runs and the verdict on that."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from bot.fleet.hosts import WatchedHost
from bot.matrix.assess import Assessment, assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.query.query import QueryPart
from bot.query.reader import Reader, identify
from bot.xapi.observation import Host

FAR = 1_000_000
"""Days left where no end of life is known."""


class Verdict(NamedTuple):
    """What a host runs, and what to think of it; `assessment` is None for a version that the matrix lacks."""

    part: QueryPart
    assessment: Assessment | None

    @property
    def is_eol(self) -> bool:
        return self.assessment is not None and self.assessment.stage is LifecycleStage.EOL

    @property
    def badness(self) -> tuple[int, int]:
        """Sorts the worst first: EOL, the longest ago at the top; what nobody knows; then by the days that are left."""
        if self.assessment is None:
            return (1, 0)
        left = self.assessment.days_left
        return (0 if self.is_eol else 2, FAR if left is None else left)


class HostVerdict(NamedTuple):
    """A watched host with its verdict."""

    host: WatchedHost
    part: QueryPart
    assessment: Assessment | None

    @property
    def is_eol(self) -> bool:
        return Verdict(self.part, self.assessment).is_eol


def host_verdicts(matrix: Matrix, reader: Reader, hosts: Iterable[WatchedHost], day: date) -> tuple[HostVerdict, ...]:
    """Hosts with their verdicts on a day, the worst first; of equals the coordinator first, then by name."""
    judge = judging(matrix, reader, day)
    judged = [(judge(watched.host), watched) for watched in hosts]
    judged.sort(key=lambda pair: worst_first(pair[0], pair[1].host))
    return tuple(HostVerdict(watched, *verdict) for verdict, watched in judged)


def worst_first(verdict: Verdict, host: Host) -> tuple[tuple[int, int], bool, str]:
    """The order in which hosts are shown."""
    return (verdict.badness, not host.is_coordinator, host.name)


def judging(matrix: Matrix, reader: Reader, day: date) -> Callable[[Host], Verdict]:
    """Judges hosts for a day. A fleet runs few releases: each version is read once, each release assessed once."""
    verdicts: dict[tuple[str | None, str | None], Verdict] = {}
    assessed: dict[Release, Assessment] = {}

    def assessment(release: Release) -> Assessment:
        if release not in assessed:
            assessed[release] = assess(matrix, release, day)
        return assessed[release]

    def judge(host: Host) -> Verdict:
        version = (host.product_brand, host.product_version)
        if version not in verdicts:
            part = identify(reader, *version)
            verdicts[version] = Verdict(part, assessment(part.releases[0]) if len(part.releases) == 1 else None)
        return verdicts[version]

    return judge
