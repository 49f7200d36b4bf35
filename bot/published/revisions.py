"""The pages that a source gave, as a database stores them (bot.store implements the port), and what is new in one."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol, Self

from bot.errors import what_and_mend
from bot.published.page import Disagreement, Page, PageProblem, Revision, RowChange, RowChangeKind

OVERDUE = timedelta(days=7)
"""Without anything new from a source, after which people should know: a network may be away for a while."""


class RevisionReport(NamedTuple):
    """A page as it came: what is wrong with it, how it differs from what was in use then, and whether it is in use."""

    revision: Revision
    etag: str | None
    changes: tuple[RowChange, ...]
    problems: tuple[PageProblem, ...]
    accepted: bool


class StoredRevision(NamedTuple):
    """A stored page. `accepted_at`: in use since then; `told_at`: when the message about it was queued."""

    id: int
    revision: Revision
    etag: str | None
    changes: tuple[RowChange, ...]
    problems: tuple[PageProblem, ...]
    fetched_at: datetime
    accepted_at: datetime | None = None
    told_at: datetime | None = None


class FetchAttempts(NamedTuple):
    """How fetching goes: the last attempt, the last that brought a page, and why none did since then.

    `passing`: it may go well again by itself. `told_at`: when the message about the failure was queued.
    """

    tried_at: datetime
    ok_at: datetime | None = None
    failing_since: datetime | None = None
    error: str | None = None
    told_at: datetime | None = None
    passing: bool = False

    def is_only_away(self, now: datetime) -> bool:
        """Whether nothing came for less than a week, from a source that may answer again by itself."""
        return self.passing and self.failing_since is not None and now - self.failing_since < OVERDUE

    @property
    def what(self) -> str:
        """What keeps a page from coming."""
        return what_and_mend(self.error or "")[0]

    @property
    def mend(self) -> str:
        """What to do about it; empty where the error does not say."""
        return what_and_mend(self.error or "")[1]


class Revisions(Protocol):
    """The pages that a source gave, in their order. UnavailableError if the database could not be reached."""

    def latest(self, source: str) -> StoredRevision | None:
        """The page that a source gave last."""

    def in_use(self) -> StoredRevision | None:
        """The page that was accepted last, whichever source gave it."""

    def save(self, found: RevisionReport, now: datetime) -> StoredRevision:
        """Store a page. One that is the latest already stays as it is, but for being accepted now."""

    def is_first(self, stored: StoredRevision) -> bool:
        """Whether no page was accepted before a page: what it changes may have changed long ago."""

    def attempts(self, source: str) -> FetchAttempts | None:
        """How fetching goes; None before the first attempt."""

    def fetched(self, source: str, now: datetime) -> None:
        """Store that the source answered, whatever it gave."""

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> FetchAttempts:
        """Store that it did not give a page."""

    def queue_news(self, stored: StoredRevision, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message about a page, once; False if that was done already."""

    def queue_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message that no page came, once until one comes."""


VERSION = 1
NEWS_ITEMS = 50
"""So many changes, and so many problems, are in a message's data; `total` has how many there are."""


class PageDiff(NamedTuple):
    """A page, compared with the list in use before it. `read_at` is when it came, None where none did.

    `accepted`: it is in use from now on, or already. `passing`: no page came, and one may later. `stored`: the page as
    the database has it.
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
    stored: StoredRevision | None = None


class ListNews(NamedTuple):
    """What is new: how the list changed, or why a page is not used. `total` is the number of changes or problems.

    `had` is False where no page came at all.
    """

    source: str
    day: date
    changes: tuple[RowChange, ...] = ()
    problems: tuple[PageProblem, ...] = ()
    total: int = 0
    had: bool = True

    @classmethod
    def of(cls, diff: PageDiff, day: date) -> Self | None:
        """What is new about a page; None if nothing is."""
        total = len(diff.problems or diff.changes)
        if not total:
            return None
        changes = () if diff.problems else diff.changes[:NEWS_ITEMS]
        return cls(diff.source, day, changes, diff.problems[:NEWS_ITEMS], total, diff.page is not None)

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
