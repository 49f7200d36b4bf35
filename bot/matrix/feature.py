"""Features of Xen Orchestra that need a certain release of the host platform."""

from enum import StrEnum
from typing import NamedTuple

from bot.matrix.release import Citation, Product, Release


class Availability(StrEnum):
    """FROM a release on; ALL releases have it; NEVER; PREVIEW: for tests only yet; PLANNED; UNKNOWN: no source says."""

    FROM = "from"
    ALL = "all"
    NEVER = "never"
    PREVIEW = "preview"
    PLANNED = "planned"
    UNKNOWN = "unknown"


class FeatureAnswer(StrEnum):
    """Whether a release has a feature."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class FeatureSupport(NamedTuple):
    """Since when one product has a feature. `release` is set for FROM; `note` says what else it takes."""

    availability: Availability
    release: Release | None = None
    note: str | None = None
    inferred: bool = False


class Feature(NamedTuple):
    """One feature, with the first release of each product that has it."""

    id: str
    name: str
    aliases: tuple[str, ...]
    summary: str
    support: tuple[tuple[Product, FeatureSupport], ...]
    sources: tuple[Citation, ...]
    note: str | None = None

    def of(self, product: Product) -> FeatureSupport:
        """What is known for one product."""
        return dict(self.support)[product]

    def answer(self, release: Release) -> FeatureAnswer:
        """Whether a release has it, as far as the data knows."""
        support = self.of(release.product)
        match support.availability:
            case Availability.ALL:
                return FeatureAnswer.YES
            case Availability.NEVER | Availability.PREVIEW | Availability.PLANNED:
                return FeatureAnswer.NO
        if support.release is None:
            return FeatureAnswer.UNKNOWN
        return FeatureAnswer.YES if release.compares_as >= support.release.compares_as else FeatureAnswer.NO
