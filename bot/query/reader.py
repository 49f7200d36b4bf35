"""Any text, or what a host says of itself, to releases. A name with its number is looked up, the rest is parsed."""

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from bot.matrix.matrix import Matrix
from bot.query.query import Outcome, Query, QueryPart
from bot.query.spellings import Spellings

if TYPE_CHECKING:
    from bot.query.grammar import Grammar


class Reader:
    """Reads questions against one Matrix. Build it once; reading is pure."""

    def __init__(self, matrix: Matrix) -> None:
        self._features = matrix.features
        self._spellings = Spellings(matrix)
        self._canonical = self._spellings.canonical()

    def read(self, text: str, today: date | None = None) -> Query:
        """Read any text. Total: it never raises, whatever the text. `today` is what "in 2 years" counts from.

        Most questions are a name and a number; these are looked up as they are, to the same Query.
        """
        typed = text.strip()
        if (known := self._canonical.get(typed.lower())) and typed.isascii():
            return Query((known._replace(text=typed),))
        return self._grammar.read(text, today)

    def identify(self, brand: str | None, version: str | None, is_preview: bool = False) -> QueryPart:
        """The release of a host's `product_brand` and `product_version`, or what is nearest to them.

        `is_preview` is what the host says of itself (`is_preview_release`). Text fields, `xapi` and `platform_version`
        never decide: 3.4.0 is XCP-ng 8.3 as well as XenServer 8.
        """
        if part := self._grammar.identify(brand or "", version or "", is_preview):
            return part
        near = self.read(f"{brand or ''} {version or ''}"[:80]).suggestions
        return QueryPart(f"{brand} {version}", Outcome.UNKNOWN_VERSION, suggestions=near)

    @cached_property
    def _grammar(self) -> "Grammar":
        from bot.query.grammar import Grammar  # loading it takes as long as the rest of a look-up

        return Grammar(self._features, self._spellings)
