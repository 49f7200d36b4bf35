"""What following the published list needs of a database; bot.store has it."""

from datetime import datetime
from typing import Any, NamedTuple, Protocol

from bot.published.page import PageProblem, Revision, RowChange


class Finding(NamedTuple):
    """A page as it came: what is wrong with it, how it differs from what was in use then, and whether it is in use."""

    revision: Revision
    etag: str | None
    changes: tuple[RowChange, ...]
    problems: tuple[PageProblem, ...]
    accepted: bool


class Kept(NamedTuple):
    """A page that is kept. `accepted_at` is since when it is in use, `told_at` when its channel was told of it."""

    id: int
    revision: Revision
    etag: str | None
    changes: tuple[RowChange, ...]
    problems: tuple[PageProblem, ...]
    fetched_at: datetime
    accepted_at: datetime | None = None
    told_at: datetime | None = None


class Tries(NamedTuple):
    """How fetching goes: the last try, the last that brought a page, and why none does since then.

    `passing`: it may go well again by itself.
    """

    tried_at: datetime
    ok_at: datetime | None = None
    failing_since: datetime | None = None
    error: str | None = None
    told_at: datetime | None = None
    passing: bool = False


class Revisions(Protocol):
    """The pages that a source gave, in their order; UnavailableError if they can't be had."""

    def latest(self, source: str) -> Kept | None:
        """The page that a source gave last."""

    def in_use(self) -> Kept | None:
        """The page that was accepted last, whichever source gave it."""

    def keep(self, found: Finding, now: datetime) -> Kept:
        """Keep a page. One that is the latest already stays as it is, but for being accepted now."""

    def tries(self, source: str) -> Tries | None:
        """How fetching goes; None before the first try."""

    def fetched(self, source: str, now: datetime) -> None:
        """Keep that the source answered, whatever it gave."""

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> Tries:
        """Keep that it did not give a page."""

    def tell(self, kept: Kept, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message about a page, once; False if that was done already."""

    def tell_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message that no page can be had, once until one can."""
