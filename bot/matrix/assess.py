"""The verdict on one release for one day: support and lifecycle side by side, never merged."""

from datetime import date
from typing import NamedTuple

from bot.matrix.issue import KnownIssue
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import Recommendation, recommend, recommend_final
from bot.matrix.release import Citation, Release
from bot.matrix.support import UNLISTED, Badge, Support, badges


class Assessment(NamedTuple):
    """What to think of a release on a day, and where that comes from. `days_left` is negative after EOL.

    `prerelease` is what is run in place of the release ("RC1", "preview"): it has a name of its own, none of the
    release's support, and no days left, as the release's dates promise it nothing.
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


def assess(matrix: Matrix, release: Release, on: date, prerelease: str | None = None) -> Assessment:
    """Assess a release of this Matrix for a day, past or future, or a prerelease of it."""
    support = UNLISTED if prerelease else matrix.support(release)
    stage = LifecycleStage.PRERELEASE if prerelease else release.lifecycle.stage(on)
    return Assessment(
        release=release,
        on=on,
        name=f"{release.base_name} {prerelease}" if prerelease else release.name(on),
        support=support,
        stage=stage,
        days_left=None if prerelease else release.lifecycle.days_left(on),
        badges=badges(support, (stage,)),
        known_issues=matrix.verdict_issues(release),
        recommendation=(recommend_final if prerelease else recommend)(matrix, release, on),
        sources=tuple(dict.fromkeys((matrix.published.source, *release.sources))),
        prerelease=prerelease,
    )
