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
