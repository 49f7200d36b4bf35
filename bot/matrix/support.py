"""The Host Compatibility List: what Xen Orchestra says of a release, row by row."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Citation, Product, Release


class SupportLevel(StrEnum):
    """How far Xen Orchestra supports a release. UNLISTED: a real release that the list does not have."""

    FULL = "full"
    PARTIAL = "partial"
    UNLISTED = "unlisted"


class Badge(StrEnum):
    """The signs of the list's legend, in the order in which rows carry them."""

    FULL = "full"
    PARTIAL = "partial"
    EXTRA_FEATURES = "extra_features"
    NO_SECURITY_UPDATES = "no_security_updates"


class Support(NamedTuple):
    """What the list says of a release on a day, apart from its lifecycle."""

    level: SupportLevel
    official: bool = True
    extra_features: bool = False


UNLISTED = Support(SupportLevel.UNLISTED, official=False)


def badges(support: Support, stages: tuple[LifecycleStage, ...]) -> tuple[Badge, ...]:
    """The signs of a row on a day. The skull is never stored: it is there when every release of the row is EOL."""
    signs = {
        Badge.FULL: support.level is SupportLevel.FULL,
        Badge.PARTIAL: support.level is SupportLevel.PARTIAL,
        Badge.EXTRA_FEATURES: support.extra_features,
        Badge.NO_SECURITY_UPDATES: all(stage is LifecycleStage.EOL for stage in stages),
    }
    return tuple(badge for badge, shown in signs.items() if shown)


class ListRow(NamedTuple):
    """A row of the list. `title` is set where a row holds several releases ("XenServer 6.1 and 6.2").

    `support` is what the list says now; `extra_features_until` the day from which it no longer shows their sign, where
    it dropped one.
    """

    product: Product
    releases: tuple[Release, ...]
    support: Support
    title: str | None = None
    extra_features_until: date | None = None

    def label(self, on: date) -> str:
        """The row's label on a day."""
        return self.title or self.releases[0].name(on)

    def is_out(self, on: date) -> bool:
        """Whether the list can have had the row on that day: one of its releases was released."""
        return any(release.lifecycle.stage(on) is not LifecycleStage.UPCOMING for release in self.releases)

    def support_on(self, on: date) -> Support:
        """What the list of a day says."""
        until = self.extra_features_until
        return self.support._replace(extra_features=True) if until and on < until else self.support

    def badges(self, on: date) -> tuple[Badge, ...]:
        """The row's signs on a day."""
        return badges(self.support_on(on), tuple(release.lifecycle.stage(on) for release in self.releases))


class Legend(NamedTuple):
    """What a sign of the list means, in words."""

    badge: Badge
    emoji: str
    words: str
    meaning: str


class PublishedList(NamedTuple):
    """The list as a whole, in its own order.

    `read_on` is the day that it is of: the one on which it came to be known as it is. `last_read` is when the published
    page was last found to say the same; None where nobody follows it.
    """

    source: Citation
    read_on: date
    legend: tuple[Legend, ...]
    rows: tuple[ListRow, ...]
    last_read: date | None = None
