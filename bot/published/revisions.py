"""What following the published list needs of a database; bot.store has it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, Self

from bot.errors import what_and_mend
from bot.published.page import Disagreement, Page, PageProblem, Revision, RowChange, RowChangeKind


class RevisionReport(NamedTuple):
    """A page as it came: what is wrong with it, how it differs from what was in use then, and whether it is in use."""

    revision: Revision
    etag: str | None
    changes: tuple[RowChange, ...]
    problems: tuple[PageProblem, ...]
    accepted: bool


class StoredRevision(NamedTuple):
    """A page that is kept. `accepted_at` is since when it is in use, `told_at` when its channel was told of it."""

    id: int
    revision: Revision
    etag: str | None
    changes: tuple[RowChange, ...]
    problems: tuple[PageProblem, ...]
    fetched_at: datetime
    accepted_at: datetime | None = None
    told_at: datetime | None = None


class FetchAttempts(NamedTuple):
    """How fetching goes: the last try, the last that brought a page, and why none does since then.

    `passing`: it may go well again by itself.
    """

    tried_at: datetime
    ok_at: datetime | None = None
    failing_since: datetime | None = None
    error: str | None = None
    told_at: datetime | None = None
    passing: bool = False

    @property
    def what(self) -> str:
        """What keeps a page from coming."""
        return what_and_mend(self.error or "")[0]

    @property
    def mend(self) -> str:
        """What to do about it; empty where the error does not say."""
        return what_and_mend(self.error or "")[1]


class Revisions(Protocol):
    """The pages that a source gave, in their order; UnavailableError if they can't be had."""

    def latest(self, source: str) -> StoredRevision | None:
        """The page that a source gave last."""

    def in_use(self) -> StoredRevision | None:
        """The page that was accepted last, whichever source gave it."""

    def keep(self, found: RevisionReport, now: datetime) -> StoredRevision:
        """Keep a page. One that is the latest already stays as it is, but for being accepted now."""

    def tries(self, source: str) -> FetchAttempts | None:
        """How fetching goes; None before the first try."""

    def fetched(self, source: str, now: datetime) -> None:
        """Keep that the source answered, whatever it gave."""

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> FetchAttempts:
        """Keep that it did not give a page."""

    def tell(self, kept: StoredRevision, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message about a page, once; False if that was done already."""

    def tell_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message that no page can be had, once until one can."""


VERSION = 1
KEPT = 50
"""So many changes, and so many problems, are kept of a page; `total` has how many there are."""


class PageDiff(NamedTuple):
    """A page, held against the list in use before it. `read_at` is when it came, None where none could be had.

    `accepted`: it is in use from now on, or already. `passing`: it could not be had, and may be later.
    """

    source: str
    read_at: datetime | None = None
    digest: str | None = None
    page: Page | None = None
    changes: tuple[RowChange, ...] = ()
    problems: tuple[PageProblem, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    accepted: bool = False
    passing: bool = False
    kept: StoredRevision | None = None


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
    def of(cls, look: PageDiff, day: date) -> Self | None:
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
            changes=tuple(RowChange(RowChangeKind(kind), *rest) for kind, *rest in data.get("changes", ())),
            problems=tuple(PageProblem(line, message) for line, message in data.get("problems", ())),
            total=data["total"],
            had=data.get("had", True),
        )
