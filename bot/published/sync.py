"""Follows the published list: a page that came is compared, and is used if nothing is wrong with it."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from bot.catalogue import number, say
from bot.matrix.matrix import Matrix
from bot.published.diff import changes as changes_of
from bot.published.diff import compare, disagreements, in_use
from bot.published.fetch import Failed, Fetched, FetchResult, nothing_stored, shown_source
from bot.published.merge import changed_support, merged, unusable
from bot.published.page import Page, PageProblem, PageRow, Revision, RowChangeKind
from bot.published.parse import read_page
from bot.published.revisions import FetchAttempts, PageDiff, RevisionReport, Revisions, StoredRevision
from bot.query.reader import Reader


class SyncState(StrEnum):
    """Whether a source is followed well. UNREACHABLE: no page came, for so long or so surely that people should know;
    REFUSED: the page that came last has problems, so it is not used."""

    GOOD = "good"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


class SyncStatus(NamedTuple):
    """What is stored of a source: the page that came last, the one in use, and how fetching goes."""

    source: str
    latest: StoredRevision | None
    in_use: StoredRevision | None
    attempts: FetchAttempts | None

    @classmethod
    def of(cls, revisions: Revisions, source: str) -> "SyncStatus":
        """The status of a source. UnavailableError if the database could not be reached."""
        return cls(source, revisions.latest(source), revisions.in_use(), revisions.attempts(source))

    def state(self, now: datetime) -> SyncState:
        """The state at a moment: a source that may answer again by itself is UNREACHABLE only after a week."""
        attempts = self.attempts
        if attempts and attempts.failing_since and not attempts.is_only_away(now):
            return SyncState.UNREACHABLE
        return SyncState.REFUSED if self.problems else SyncState.GOOD

    def days_failing(self, now: datetime) -> int:
        """For how many whole days no page came; 0 if the last attempt brought one."""
        since = self.attempts.failing_since if self.attempts else None
        return (now - since).days if since else 0

    @property
    def problems(self) -> tuple[PageProblem, ...]:
        """Why the page that came last is not used."""
        return self.latest.problems if self.latest and not self.latest.accepted_at else ()

    @property
    def read_at(self) -> datetime | None:
        """When the source last gave a page; None before the first."""
        if self.latest is None:
            return None
        return self.attempts.ok_at if self.attempts and self.attempts.ok_at else self.latest.fetched_at


Get = Callable[[str, str | None], FetchResult]
"""Gets the page of a source, if it is not the one with the tag."""


class ListFollower(NamedTuple):
    """Follows one source. Without `revisions` nothing is stored, and the list in use is the shipped one."""

    source: str
    get: Get
    matrix: Matrix
    reader: Reader
    now: Callable[[], datetime]
    revisions: Revisions | None = None

    @property
    def name(self) -> str:
        """The source as it may be shown: without a password."""
        return shown_source(self.source)

    def check(self, day: date) -> PageDiff:
        """Get the page and compare it; nothing is stored. UnavailableError if the database could not be reached."""
        answer = self.get(self.source, None)
        if not isinstance(answer, Fetched):
            return self._without_page(answer if isinstance(answer, Failed) else nothing_stored())
        diff = self._compared(self._revision(answer.body), day)
        stored = self.revisions.latest(self.name) if self.revisions else None
        return diff._replace(stored=stored) if stored and stored.revision.digest == diff.digest else diff

    def latest(self, day: date) -> PageDiff | None:
        """Compare the page that came last, without asking the source. None before the first."""
        stored = self.revisions.latest(self.name) if self.revisions else None
        if stored is None:
            return None
        return self._compared(stored.revision, day)._replace(read_at=stored.fetched_at, stored=stored)

    def sync(self, day: date, revisions: Revisions, force: bool = False) -> PageDiff:
        """Get the page, and use it from now on unless something is wrong; `force`: though it is very different."""
        before = revisions.latest(self.name)
        answer = self.get(self.source, before.etag if before else None)
        if isinstance(answer, Fetched):
            revision, tag = self._revision(answer.body), answer.etag
        elif before and not isinstance(answer, Failed):
            revision, tag = before.revision, before.etag
        else:
            failed = answer if isinstance(answer, Failed) else nothing_stored()
            revisions.failed(self.name, failed.message, failed.passing, self.now())
            return self._without_page(failed)
        diff = self._compared(revision, day, force)
        report = RevisionReport(revision, tag, diff.changes, diff.problems, diff.accepted)
        revisions.fetched(self.name, self.now())
        return diff._replace(stored=revisions.save(report, self.now()))

    def _revision(self, body: bytes) -> Revision:
        return Revision(self.name, sha256(body).hexdigest(), body.decode(), self.now().date())

    def _without_page(self, failed: Failed) -> PageDiff:
        return PageDiff(self.name, problems=(PageProblem(0, failed.message),), passing=failed.passing)

    def _compared(self, revision: Revision, day: date, force: bool = False) -> PageDiff:
        """A page against the one in use, or against the shipped list where none was accepted yet."""
        page = read_page(revision.text, self.reader)
        used = self.revisions.in_use() if self.revisions else None
        before: tuple[PageRow, ...]
        matrix = self.matrix
        if used:
            page_in_use = read_page(used.revision.text, self.reader)
            if not unusable(matrix, page_in_use):
                matrix = merged(matrix, page_in_use, used.revision.read_on)
            before = page_in_use.rows
            changes = compare(before, page.rows)
        else:
            before = in_use(self.matrix, day)
            changes = changes_of(page, self.matrix, day)
        problems = unusable(self.matrix, page)
        gone = sum(change.kind is RowChangeKind.REMOVED for change in changes)
        if not problems and not force and (what := _too_different(gone, len(before), matrix, page)):
            waits = say("{what}: if that is right, `xocompat sync --force` takes the page.", what=what)
            problems = (PageProblem(0, waits),)
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


def _too_different(gone: int, rows: int, used: Matrix, page: Page) -> str | None:
    """What makes it unlikely that somebody meant the page, if anything does. `gone` of so many rows are not in it.

    The real pages of 2020, 2024 and 2026 change the support of less than a quarter of each other's rows.
    """
    changed, supported = changed_support(used, page), len(used.published.rows)
    if 2 * gone > rows:
        return say("{gone} of the {rows} rows in use are gone", gone=number(gone), rows=number(rows))
    if 3 * changed > supported:
        return say(
            "{changed} of the {rows} rows in use have another support", changed=number(changed), rows=number(supported)
        )
    if 2 * (gone + changed) > max(rows, supported):
        return say(
            "{gone} of the {rows} rows in use are gone and {changed} have another support",
            gone=number(gone),
            rows=number(rows),
            changed=number(changed),
        )
    return None
