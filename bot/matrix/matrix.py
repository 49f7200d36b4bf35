"""Everything that is known, checked and linked: the Matrix that all questions are asked of."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.matrix.feature import Feature
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Citation, PlannedRelease, Product, Release
from bot.matrix.requirement import Requirement, RequirementKind
from bot.matrix.support import UNLISTED, ListRow, PublishedList, Support
from bot.matrix.upgrade import Hop

_IN_VERDICTS = frozenset({IssueKind.LIVE, IssueKind.GOOD_TO_KNOW})


class Matrix:
    """Releases newest first within each product, the list, issues, features, and the upgrade hops that leave each.

    `renewed_to` is the day of the data where it came later than this version; None: it is what is shipped. `advisories`
    is then the content of its advisories (bot.advisories.load.advisories_of makes values of it).

    Never changed once built, and known by its identity: two of them are not compared, only asked.
    """

    def __init__(
        self,
        releases: tuple[Release, ...],
        published: PublishedList,
        issues: tuple[KnownIssue, ...],
        features: tuple[Feature, ...],
        hops: Mapping[Release, tuple[Hop, ...]],
        lifecycle_source: Citation,
        lifecycle_read_on: date,
        requirements: tuple[Requirement, ...] = (),
        in_development: tuple[PlannedRelease, ...] = (),
        renewed_to: date | None = None,
        advisories: Mapping[str, Any] | None = None,
    ) -> None:
        self.releases = releases
        self.published = published
        self.issues = issues
        self.features = features
        self.hops = hops
        self.lifecycle_source = lifecycle_source
        self.lifecycle_read_on = lifecycle_read_on
        self.requirements = requirements
        self.in_development = in_development
        self.renewed_to = renewed_to
        self.advisories = advisories
        self._by_product = {product: tuple(r for r in releases if r.product is product) for product in Product}
        self._by_number = {(release.product, release.number): release for release in releases}
        self._rows = {release: row for row in published.rows for release in row.releases}
        touching: dict[Release, list[KnownIssue]] = {}
        for issue in issues:
            for release, _ in issue.affects:
                touching.setdefault(release, []).append(issue)
        self._issues = {release: tuple(found) for release, found in touching.items()}
        of_releases: dict[tuple[Release, RequirementKind], list[Requirement]] = {}
        for requirement in requirements:
            for release in requirement.releases:
                of_releases.setdefault((release, requirement.kind), []).append(requirement)
        self._requirements = {key: tuple(found) for key, found in of_releases.items()}
        self._verdict_issues = {
            release: tuple(issue for issue in found if issue.kind in _IN_VERDICTS)
            for release, found in touching.items()
        }

    def __repr__(self) -> str:
        return f"Matrix({len(self.releases)} releases, {len(self.issues)} issues, {len(self.features)} features)"

    @property
    def day(self) -> date:
        """The day that the data is of: the newest on which the source of one of its files was read."""
        return self.renewed_to or max(self.lifecycle_read_on, self.published.read_on)

    def of(self, product: Product) -> tuple[Release, ...]:
        """A product's releases, newest first."""
        return self._by_product[product]

    def release(self, product: Product, number: str) -> Release | None:
        """The release with exactly this number ("8", "6.0.2"); aliases are the query's business."""
        return self._by_number.get((product, number))

    def row(self, release: Release) -> ListRow | None:
        """The list's row that holds a release; None where the list does not have it."""
        return self._rows.get(release)

    def support(self, release: Release, on: date) -> Support:
        """What the list of a day says of a release."""
        row = self.row(release)
        return row.support_on(on) if row else UNLISTED

    def issues_of(self, release: Release) -> tuple[KnownIssue, ...]:
        """All issues that touch a release, of every kind, in the data's order (the list's own first)."""
        return self._issues.get(release, ())

    def verdict_issues(self, release: Release) -> tuple[KnownIssue, ...]:
        """The issues that belong to a verdict: not those that a current Xen Orchestra has fixed, nor those that only
        matter during an upgrade."""
        return self._verdict_issues.get(release, ())

    def requirements_of(self, release: Release, kind: RequirementKind) -> tuple[Requirement, ...]:
        """What a release requires of one kind, in the data's order."""
        return self._requirements.get((release, kind), ())

    def planned(self, product: Product | None, number: str) -> PlannedRelease | None:
        """The release in development that a product's number means ("9", "9.0"), unless it is out by now."""
        for each in self.in_development:
            if each.product is product and number in each.numbers:
                return None if any(self.release(each.product, known) for known in each.numbers) else each
        return None

    def supported(self, product: Product, on: date) -> tuple[Release, ...]:
        """The releases of a product that are out and not EOL on a day, newest first."""
        alive = {LifecycleStage.SUPPORTED, LifecycleStage.MAINTENANCE}
        return tuple(release for release in self.of(product) if release.lifecycle.stage(on) in alive)
