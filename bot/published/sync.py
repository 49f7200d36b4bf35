"""Whether the published list is followed well: what a doctor tells of it, and what whoever runs it should know."""

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from bot.matrix.matrix import Matrix
from bot.matrix.wording import day_in_words, span
from bot.published.diff import changes as changes_of
from bot.published.diff import compare, disagreements, in_use
from bot.published.fetch import Failed, Fetched, FetchResult, shown_source
from bot.published.merge import unusable
from bot.published.page import PageProblem, PageRow, Revision, RowChange, RowChangeKind
from bot.published.parse import read_page
from bot.published.revisions import FetchAttempts, PageDiff, RevisionReport, Revisions, StoredRevision
from bot.query.reader import Reader

LONG = 7
"""Days without a page after which that is worth telling: a network may be away for a while."""


class SyncStatus(NamedTuple):
    """How it stands with a source: the page that came last, the one in use, and how fetching goes."""

    source: str
    latest: StoredRevision | None
    in_use: StoredRevision | None
    tries: FetchAttempts | None

    @classmethod
    def of(cls, revisions: Revisions, source: str) -> "SyncStatus":
        """What is kept of a source. UnavailableError if that can't be had."""
        return cls(source, revisions.latest(source), revisions.in_use(), revisions.tries(source))

    def is_away(self, now: datetime) -> bool:
        """Whether no page can be had, for so long or so surely that it should be told."""
        tries = self.tries
        if tries is None or tries.failing_since is None:
            return False
        return not tries.passing or (now - tries.failing_since).days >= LONG

    @property
    def problems(self) -> tuple[PageProblem, ...]:
        """Why the page that came last is not used."""
        return self.latest.problems if self.latest and not self.latest.accepted_at else ()

    def trouble(self, now: datetime) -> str | None:
        """In a line without the source's name; None if all is well."""
        if self.is_away(now) and self.tries and self.tries.failing_since:
            since = (now - self.tries.failing_since).days
            how_long = f" for {span(since)}" if since else ""
            return f"the published list can't be read{how_long}: the list in use stays as it was"
        if count := len(self.problems):
            what = "1 problem" if count == 1 else f"{count} problems"
            return f"the published list is not used, its page has {what}: the list in use stays as it was"
        return None

    def in_words(self) -> str:
        """When it was read last, and what is in use."""
        if self.latest is None:
            return f"{self.source} was not read yet"
        read = self.tries.ok_at if self.tries and self.tries.ok_at else self.latest.fetched_at
        used = f"the page of {_day(self.in_use.fetched_at)}" if self.in_use else "the shipped list"
        return f"{self.source} was read on {_day(read)}, in use is {used}"


def _day(moment: datetime) -> str:
    day: date = moment.date()
    return day_in_words(day)


Get = Callable[[str, str | None], FetchResult]
"""Gets the page of a source, if it is not the one with the tag."""


_NOTHING = Failed("The server says that nothing changed, but there is nothing yet that could have.", passing=True)
"""What no server should answer."""


class ListFollower(NamedTuple):
    """Follows one source; without `revisions` nothing is kept, and what is in use is the shipped list."""

    source: str
    get: Get
    matrix: Matrix
    reader: Reader
    now: Callable[[], datetime]
    revisions: Revisions | None = None

    @property
    def name(self) -> str:
        """The source as it may be told."""
        return shown_source(self.source)

    def look(self, day: date) -> PageDiff:
        """Get the page and look at it; nothing is kept. UnavailableError if the database can't be had."""
        answer = self.get(self.source, None)
        if isinstance(answer, Fetched):
            look = self._held(self._revision(answer.body), day)
            kept = self.revisions.latest(self.name) if self.revisions else None
            return look._replace(kept=kept) if kept and kept.revision.digest == look.digest else look
        return _without(self.name, answer if isinstance(answer, Failed) else _NOTHING)

    def last(self, day: date) -> PageDiff | None:
        """Look at the page that came last; nobody is asked. None before the first."""
        kept = self.revisions.latest(self.name) if self.revisions else None
        return self._held(kept.revision, day)._replace(read_at=kept.fetched_at, kept=kept) if kept else None

    def sync(self, day: date, kept: Revisions, force: bool = False) -> PageDiff:
        """Get the page, and use it from now on unless something is wrong with it; `force`: though rows are lost."""
        before = kept.latest(self.name)
        answer = self.get(self.source, before.etag if before else None)
        if isinstance(answer, Fetched):
            revision, tag = self._revision(answer.body), answer.etag
        elif before and not isinstance(answer, Failed):
            revision, tag = before.revision, before.etag
        else:
            failed = answer if isinstance(answer, Failed) else _NOTHING
            kept.failed(self.name, failed.message, failed.passing, self.now())
            return _without(self.name, failed)
        look = self._held(revision, day, force)
        found = RevisionReport(revision, tag, look.changes, look.problems, look.accepted)
        kept.fetched(self.name, self.now())
        return look._replace(kept=kept.keep(found, self.now()))

    def _revision(self, body: bytes) -> Revision:
        text = body.decode()
        return Revision(self.name, sha256(body).hexdigest(), text, self.now().date())

    def _held(self, revision: Revision, day: date, force: bool = False) -> PageDiff:
        page = read_page(revision.text, self.reader)
        accepted = self._accepted()
        before = in_use(self.matrix, day) if accepted is None else accepted
        changes = changes_of(page, self.matrix, day) if accepted is None else compare(before, page.rows)
        problems = unusable(self.matrix, page) or (() if force else _lost(before, changes))
        return PageDiff(
            source=self.name,
            read_at=self.now(),
            digest=revision.digest,
            page=page,
            changes=changes,
            problems=problems,
            disagreements=disagreements(page, self.matrix, day),
            accepted=not problems,
        )

    def _accepted(self) -> tuple[PageRow, ...] | None:
        """The rows of the page that is in use; None before there is one, as the shipped list is then."""
        kept = self.revisions.in_use() if self.revisions else None
        return read_page(kept.revision.text, self.reader).rows if kept else None


def _without(source: str, failed: Failed) -> PageDiff:
    return PageDiff(source, problems=(PageProblem(0, failed.message),), passing=failed.passing)


def _lost(before: tuple[PageRow, ...], changes: tuple[RowChange, ...]) -> tuple[PageProblem, ...]:
    """A problem of the page as a whole, if more than half of the rows are not there any more."""
    gone = sum(change.kind is RowChangeKind.REMOVED for change in changes)
    if 2 * gone <= len(before):
        return ()
    said = (
        f"{gone} of the {len(before)} rows in use are gone: if that is right, `xocompat sync --force` takes the page."
    )
    return (PageProblem(0, said),)
