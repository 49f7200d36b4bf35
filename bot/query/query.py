"""What was asked, as values: which releases a text means, or why it means none."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.feature import Feature
from bot.matrix.release import Product, Release


class Outcome(StrEnum):
    """How a question ended (CONTRACT.md section 2), from best to worst: of several parts the worst one counts."""

    ASSESSED = "assessed"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_PRODUCT = "unknown_product"
    UNSUPPORTED_PLATFORM = "unsupported_platform"


class QueryPart(NamedTuple):
    """One thing that was asked for. `text` is what was typed, cleaned of control characters and cut, fit to be shown.

    `releases` is empty unless the outcome is ASSESSED or AMBIGUOUS; `suggestions` is empty if it is ASSESSED.
    `level` is the update level that was named ("8.2.1", "CU2"); `platform` the one that cannot be supported ("Debian").
    `prerelease` is what came before the release and was meant in its place ("RC1", "beta", "preview").
    """

    text: str
    outcome: Outcome
    releases: tuple[Release, ...] = ()
    suggestions: tuple[Release | Product, ...] = ()
    level: str | None = None
    product: Product | None = None
    platform: str | None = None
    prerelease: str | None = None


class Query(NamedTuple):
    """A text, read. `on` is the day of "on DATE"; `bad_date` the words that wanted to be a date and are none.

    `features` are those of Xen Orchestra that were asked about; `unused` the pieces, as typed, that neither the answer
    nor courtesy and grammar account for; `misses_version` says that one of them is a version or a range.
    A text that asks for nothing (empty, only filler words) has no parts.
    """

    parts: tuple[QueryPart, ...]
    on: date | None = None
    bad_date: str | None = None
    features: tuple[Feature, ...] = ()
    unused: tuple[str, ...] = ()
    misses_version: bool = False

    @property
    def outcome(self) -> Outcome:
        """The worst part's outcome; a text without parts knows no product."""
        return max((part.outcome for part in self.parts), key=tuple(Outcome).index, default=Outcome.UNKNOWN_PRODUCT)

    @property
    def releases(self) -> tuple[Release, ...]:
        """All releases of all parts, each once, in the order asked for."""
        return tuple({(r.product, r.number): r for part in self.parts for r in part.releases}.values())

    @property
    def suggestions(self) -> tuple[Release | Product, ...]:
        """The suggestions of all parts, each once, best first."""
        return tuple({str(s) if isinstance(s, Product) else (s.product, s.number): s
                      for part in self.parts for s in part.suggestions}.values())  # fmt: skip
