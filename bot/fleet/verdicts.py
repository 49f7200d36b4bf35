"""What to think of hosts on a day: each with the release that it runs and the verdict on that."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.catalogue import message
from bot.fleet.hosts import Source, WatchedHost
from bot.fleet.names import fleet_names
from bot.fleet.policy import EVERY_TAG, Policy, PolicyState
from bot.matrix.assess import Assessment, assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.query.query import QueryPart
from bot.query.reader import Reader
from bot.text import shown

if TYPE_CHECKING:
    from bot.advisories.patch_level import PatchLevel, PatchLevels

FAR = 1_000_000
"""Days left where no end of life is known."""

NO_BRAND, NO_VERSION = message("unknown brand"), message("unknown version")
"""In place of what a host does not give."""


class HostVerdict(NamedTuple):
    """A host, watched or just probed, with the verdict on what it runs.

    `part` is what its brand and version were read as; `assessment` is None for a version that the matrix lacks. `name`
    and `pool_name` are what it and its pool are called among the others. `tags` are those of all sources that have the
    host. `policy` says whether it is as the operator wants it; None where there is no policy. `levels` judges patch
    levels by the data that the verdict is of, and loads its advisories when it is called.
    """

    host: WatchedHost
    part: QueryPart
    assessment: Assessment | None
    name: str
    pool_name: str
    tags: frozenset[str] = frozenset()
    policy: PolicyState | None = None
    levels: "Callable[[], PatchLevels] | None" = None

    @property
    def patch_level(self) -> "PatchLevel | None":
        """What can be said of its patches; None where it says nothing of its software, or runs no known release."""
        said, assessment = self.host.host, self.assessment
        if self.levels is None or said.software is None or assessment is None or self.is_prerelease:
            return None
        return self.levels().of(assessment.release, said.software, said.reboot_required)

    @property
    def patch_state(self) -> str:
        """The worst that is known of its patches: `vulnerable`, else `cannot_tell`, else `fixed`."""
        level = self.patch_level
        return level.state.value if level else "cannot_tell"

    @property
    def is_eol(self) -> bool:
        """Whether it gets no security updates."""
        return self.assessment is not None and self.assessment.stage is LifecycleStage.EOL

    @property
    def is_prerelease(self) -> bool:
        """Whether it runs what came before a release, for tests."""
        return self.assessment is not None and self.assessment.stage is LifecycleStage.PRERELEASE

    @property
    def runs(self) -> str:
        """Brand and version as the host says them, fit to be shown; what it does not say in English.

        Alerts and scripts know a version by it, so it is the same whatever language is spoken.
        """
        brand, version = self.brand_and_version
        return shown(f"{brand or NO_BRAND} {version or NO_VERSION}")

    @property
    def says_release(self) -> bool:
        """Whether it gives brand and version at all."""
        return all(self.brand_and_version)

    @property
    def brand_and_version(self) -> tuple[str, str]:
        """Each as the host says it, fit to be shown; empty where it says nothing."""
        return shown(self.host.host.product_brand or ""), shown(self.host.host.product_version or "")

    @property
    def badness(self) -> tuple[int, int]:
        """Sorts the worst first: EOL, the longest ago at the top; what nobody knows; prereleases; then by days left."""
        if self.assessment is None:
            return (1, 0)
        if self.is_prerelease:
            return (2, 0)
        left = self.assessment.days_left
        return (0 if self.is_eol else 3, FAR if left is None else left)


class PolicyScore(NamedTuple):
    """How many hosts with a tag are as the policy wants them; EVERY_TAG has all hosts, with or without tags."""

    tag: str
    approved: int
    not_approved: int
    cannot_tell: int

    @property
    def hosts(self) -> int:
        return self.approved + self.not_approved + self.cannot_tell


def policy_scores(verdicts: Iterable[HostVerdict]) -> tuple[PolicyScore, ...]:
    """The score of all hosts, then of each tag by its name; none where there is no policy."""
    counts: dict[str, Counter[PolicyState]] = defaultdict(Counter)
    for verdict in verdicts:
        if verdict.policy is not None:
            for tag in (EVERY_TAG, *verdict.tags):
                counts[tag][verdict.policy] += 1
    return tuple(PolicyScore(tag, *(found[state] for state in PolicyState)) for tag, found in sorted(counts.items()))


def patch_states(verdicts: Iterable[HostVerdict]) -> dict[str, int]:
    """How many hosts are vulnerable, fixed or not to be told, each by the worst that is known of its holes."""
    counts = {"vulnerable": 0, "fixed": 0, "cannot_tell": 0}
    for verdict in verdicts:
        counts[verdict.patch_state] += 1
    return counts


def host_verdicts(
    matrix: Matrix,
    reader: Reader,
    hosts: Iterable[WatchedHost],
    day: date,
    sources: Iterable[Source] = (),
    policy: Policy | None = None,
) -> tuple[HostVerdict, ...]:
    """Hosts with their verdicts on a day, the worst first; of equals the coordinator first, then by name.

    `sources` are those whose tags count. A fleet runs few releases: each version is read once, each release assessed
    once.
    """
    hosts = tuple(hosts)
    approved: dict[tuple[str | None, str | None, bool], bool | None] = {}
    levels = partial(_levels, matrix)
    names, tags = fleet_names(hosts), {source.name: source.tags for source in sources}
    runs: dict[tuple[str | None, str | None, bool], tuple[QueryPart, Assessment | None]] = {}
    assessed: dict[tuple[Release, str | None], Assessment] = {}
    shared: dict[frozenset[str], frozenset[str]] = {}
    verdicts = []
    for watched in hosts:
        host = watched.host
        version = (host.product_brand, host.product_version, bool(host.is_preview))
        if version not in runs:
            part = reader.identify(*version)
            assessment = None
            if len(part.releases) == 1:
                what = part.releases[0], part.prerelease
                assessment = assessed[what] = assessed.get(what) or assess(matrix, what[0], day, what[1])
            runs[version] = (part, assessment)
            if policy and assessment:
                approved[version] = policy.approves(assessment.release, assessment.prerelease, reader)
            elif policy:  # what is not known is not approved, what is not said may be
                approved[version] = None if not (host.product_brand and host.product_version) else not policy.approved
        own = frozenset(tag for name in watched.sources for tag in tags.get(name, ()))
        own = shared.setdefault(own, own)  # thousands have the same ones, and even none are 216 bytes
        state = policy.state(host, approved[version], own, day) if policy else None
        verdicts.append(HostVerdict(watched, *runs[version], *names.of(watched), own, state, levels))
    verdicts.sort(key=lambda each: (each.badness, not each.host.host.is_coordinator, each.name))
    return tuple(verdicts)


def _levels(matrix: Matrix) -> "PatchLevels":
    from bot.advisories.patch_level import levels_of  # few questions are about advisories

    return levels_of(matrix)
