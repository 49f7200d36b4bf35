"""Words to releases, as people type them in chat."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.matrix.known import Matrix
from bot.query.canonical import canonical
from bot.query.query import Query, QueryPart

if TYPE_CHECKING:
    from bot.query.grammar import Grammar


class Reader:
    """Reads questions against one Matrix. Build it once; reading is pure."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._canonical = canonical(matrix)

    def read(self, text: str) -> Query:
        """Read any text. Total: it never raises, whatever the text.

        Most questions are a name and a number; these are looked up as they are.
        """
        typed = text.strip()
        if (known := self._canonical.get(typed.lower())) and typed.isascii():
            return Query((QueryPart(typed, *known),))
        return self.read_slowly(text)

    def read_slowly(self, text: str) -> Query:
        """The same by the whole grammar. Both ways give the same Query."""
        return self._grammar.read(text)

    @cached_property
    def _grammar(self) -> "Grammar":
        from bot.query.grammar import Grammar  # takes longer to load than most questions take to be answered

        return Grammar(self._matrix)
