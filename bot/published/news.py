"""What a channel is told of the published list, as the outbox keeps it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, Self

from bot.published.look import Look
from bot.published.page import ChangeKind, PageProblem, RowChange

VERSION = 1
KEPT = 50
"""So many changes, and so many problems, are kept of a page; `total` has how many there are."""


class ListNews(NamedTuple):
    """What is new: how the list changed, or why a page is not used. `total` is the number of changes or problems.

    `had` is False where there is no page at all: it could not be had.
    """

    source: str
    day: date
    changes: tuple[RowChange, ...] = ()
    problems: tuple[PageProblem, ...] = ()
    total: int = 0
    had: bool = True

    @classmethod
    def of(cls, look: Look, day: date) -> Self | None:
        """What is new about a page; None if nothing is."""
        told = look.problems or look.changes
        if not told:
            return None
        changes = () if look.problems else look.changes[:KEPT]
        return cls(look.source, day, changes, look.problems[:KEPT], len(told), look.page is not None)

    def to_data(self) -> dict[str, Any]:
        """In what JSON can hold."""
        return {
            "version": VERSION,
            "source": self.source,
            "day": self.day.isoformat(),
            "changes": [list(change) for change in self.changes],
            "problems": [list(problem) for problem in self.problems],
            "total": self.total,
            "had": self.had,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote. ValueError or KeyError for what is none."""
        return cls(
            source=data["source"],
            day=date.fromisoformat(data["day"]),
            changes=tuple(RowChange(ChangeKind(kind), *rest) for kind, *rest in data.get("changes", ())),
            problems=tuple(PageProblem(line, message) for line, message in data.get("problems", ())),
            total=data["total"],
            had=data.get("had", True),
        )
