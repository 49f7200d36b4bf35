"""Known issues: what breaks on which releases, what fixed it, what helps meanwhile."""

from enum import StrEnum
from typing import NamedTuple

from bot.matrix.release import Citation, Release


class IssueKind(StrEnum):
    """LIVE breaks with a current Xen Orchestra, GOOD_TO_KNOW surprises, SITUATIONAL touches some set-ups only,
    FIXED_IN_XO is gone with a current one, UPGRADE_BLOCKER only matters on the way to another release."""

    LIVE = "live"
    GOOD_TO_KNOW = "good_to_know"
    SITUATIONAL = "situational"
    FIXED_IN_XO = "fixed_in_xo"
    UPGRADE_BLOCKER = "upgrade_blocker"


class KnownIssue(NamedTuple):
    """One issue. `affects` holds the releases in question, with the condition under which each is affected ("" for
    always). `errors` are the codes by which it shows. `links` begins with a page that stands; a ticket of the old
    tracker follows."""

    id: str
    kind: IssueKind
    summary: str
    details: str
    affects: tuple[tuple[Release, str], ...]
    links: tuple[Citation, ...]
    fixed_in: str | None = None
    mitigation: str | None = None
    from_list: bool = False
    errors: tuple[str, ...] = ()

    def condition(self, release: Release) -> str | None:
        """None where the release is not affected, "" where it always is, else the condition in words."""
        return next((condition for affected, condition in self.affects if affected is release), None)

    def summary_for(self, release: Release) -> str:
        """The one-line summary, with the condition that holds for this release."""
        condition = self.condition(release)
        return f"{self.summary} ({condition})" if condition else self.summary

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of its links, the best first."""
        return tuple(link.url for link in self.links if link.url)

    @property
    def url(self) -> str | None:
        """The first of them."""
        return next(iter(self.urls), None)
