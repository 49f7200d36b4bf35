"""What must hold for another fact to hold: for a release's support, for a step of an upgrade, for Xen Orchestra."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.release import Citation, Release


class RequirementKind(StrEnum):
    """SUPPORT: a release is supported only under it, so that it belongs to the verdict. BEFORE, DURING and AFTER belong
    to a step of an upgrade, XEN_ORCHESTRA says from which of its versions on something works."""

    SUPPORT = "support"
    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    XEN_ORCHESTRA = "xen_orchestra"


class Requirement(NamedTuple):
    """One requirement. `releases` are those that it is of; of a step's, those from which a path begins, none for all.

    `text` is a clause ("it has Cumulative Update 1") of SUPPORT, and what to do or to know of the others. `since` is
    the day from which it holds, None for always; an update level in `met_by` meets it.
    """

    id: str
    kind: RequirementKind
    text: str
    releases: tuple[Release, ...]
    sources: tuple[Citation, ...]
    since: date | None = None
    met_by: str | None = None

    def holds(self, on: date) -> bool:
        """Whether it is asked for on a day."""
        return self.since is None or on >= self.since

    @property
    def url(self) -> str | None:
        """The address of the first source that has one."""
        return next((source.url for source in self.sources if source.url), None)
