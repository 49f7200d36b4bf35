"""The verdict on one release for one day: support and lifecycle side by side, never merged."""

from datetime import date
from typing import NamedTuple

from bot.matrix.issue import KnownIssue
from bot.matrix.lifecycle import Lifecycle, LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import Recommendation, recommend, recommend_final
from bot.matrix.release import Citation, Release, UpdateLevel
from bot.matrix.requirement import Requirement, RequirementKind
from bot.matrix.support import UNLISTED, Badge, Support, badges


class Assessment(NamedTuple):
    """What to think of a release on a day, and where that comes from. `days_left` is negative after EOL.

    `requirements` are those under which it is supported on that day. `prerelease` is what is run in place of the
    release ("RC1", "preview"): it has a name of its own, none of the release's support, and no days left, as the
    release's dates promise it nothing. `level` is the update level that was named. From `extra_features_until` on the
    list no longer shows their sign, though the release has them.
    """

    release: Release
    on: date
    name: str
    support: Support
    stage: LifecycleStage
    days_left: int | None
    badges: tuple[Badge, ...]
    known_issues: tuple[KnownIssue, ...]
    recommendation: Recommendation
    sources: tuple[Citation, ...]
    prerelease: str | None = None
    level: UpdateLevel | None = None
    requirements: tuple[Requirement, ...] = ()
    extra_features_until: date | None = None

    @property
    def lifecycle(self) -> Lifecycle:
        """The dates that count: those of the update level where it has its own, else the release's; a prerelease has
        none."""
        if self.prerelease:
            return Lifecycle(None, None, None)
        return self.level.lifecycle if self.level and self.level.lifecycle.eol else self.release.lifecycle


_MAINTAINED = frozenset({LifecycleStage.SUPPORTED, LifecycleStage.MAINTENANCE})


def assess(
    matrix: Matrix, release: Release, on: date, prerelease: str | None = None, level: str | None = None
) -> Assessment:
    """Assess a release of this Matrix for a day, past or future; or a prerelease of it, or an update level ("CU2")."""
    named = next((each for each in release.levels if each.name == level), None)
    life = named.lifecycle if named and named.lifecycle.eol else release.lifecycle
    support = UNLISTED if prerelease else matrix.support(release, on)
    stage = LifecycleStage.PRERELEASE if prerelease else life.stage(on)
    requirements: tuple[Requirement, ...] = ()
    if stage in _MAINTAINED:
        asked = matrix.requirements_of(release, RequirementKind.SUPPORT)
        requirements = tuple(each for each in asked if each.holds(on) and not (level and each.met_by == level))
    row = None if prerelease else matrix.row(release)
    return Assessment(
        release=release,
        on=on,
        name=f"{release.base_name} {prerelease}" if prerelease else release.name(on),
        support=support,
        stage=stage,
        days_left=None if prerelease else life.days_left(on),
        badges=badges(support, (stage,)),
        known_issues=matrix.verdict_issues(release),
        recommendation=(recommend_final if prerelease else recommend)(matrix, release, on),
        sources=tuple(dict.fromkeys((matrix.published.source, *release.sources))),
        prerelease=prerelease,
        level=named,
        requirements=requirements,
        extra_features_until=row.extra_features_until if row else None,
    )
