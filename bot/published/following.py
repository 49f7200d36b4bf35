"""Follows the published list: gets the page, holds it against the list in use, and keeps what came of it.

It fails closed: a page that can't be read as a whole, or that lost more than half of the rows, changes nothing.
"""

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple

from bot.matrix.known import Matrix
from bot.published.diff import changes as changes_of
from bot.published.diff import compare, disagreements, in_use
from bot.published.fetch import Answer, Failed, Fetched, shown_source
from bot.published.look import Look
from bot.published.page import ChangeKind, PageProblem, PageRow, Revision, RowChange
from bot.published.ports import Finding, Revisions
from bot.published.reading import read
from bot.published.usable import unusable
from bot.query.reading import Reader

Get = Callable[[str, str | None], Answer]
"""Gets the page of a source, if it is not the one with the tag."""


_NOTHING = Failed("The server says that nothing changed, but there is nothing yet that could have.", passing=True)
"""What no server should answer."""


class Follower(NamedTuple):
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

    def look(self, day: date) -> Look:
        """Get the page and look at it; nothing is kept. UnavailableError if the database can't be had."""
        answer = self.get(self.source, None)
        if isinstance(answer, Fetched):
            look = self._held(self._revision(answer.body), day)
            kept = self.revisions.latest(self.name) if self.revisions else None
            return look._replace(kept=kept) if kept and kept.revision.digest == look.digest else look
        return _without(self.name, answer if isinstance(answer, Failed) else _NOTHING)

    def last(self, day: date) -> Look | None:
        """Look at the page that came last; nobody is asked. None before the first."""
        kept = self.revisions.latest(self.name) if self.revisions else None
        return self._held(kept.revision, day)._replace(read_at=kept.fetched_at, kept=kept) if kept else None

    def sync(self, day: date, kept: Revisions, force: bool = False) -> Look:
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
        found = Finding(revision, tag, look.changes, look.problems, look.accepted)
        kept.fetched(self.name, self.now())
        return look._replace(kept=kept.keep(found, self.now()))

    def _revision(self, body: bytes) -> Revision:
        text = body.decode()
        return Revision(self.name, sha256(body).hexdigest(), text, self.now().date())

    def _held(self, revision: Revision, day: date, force: bool = False) -> Look:
        page = read(revision.text, self.reader)
        accepted = self._accepted()
        before = in_use(self.matrix, day) if accepted is None else accepted
        changes = changes_of(page, self.matrix, day) if accepted is None else compare(before, page.rows)
        problems = unusable(self.matrix, page) or (() if force else _lost(before, changes))
        return Look(
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
        return read(kept.revision.text, self.reader).rows if kept else None


def _without(source: str, failed: Failed) -> Look:
    return Look(source, problems=(PageProblem(0, failed.message),), passing=failed.passing)


def _lost(before: tuple[PageRow, ...], changes: tuple[RowChange, ...]) -> tuple[PageProblem, ...]:
    """A problem of the page as a whole, if more than half of the rows are not there any more."""
    gone = sum(change.kind is ChangeKind.REMOVED for change in changes)
    if 2 * gone <= len(before):
        return ()
    said = (
        f"{gone} of the {len(before)} rows in use are gone: if that is right, `xocompat sync --force` takes the page."
    )
    return (PageProblem(0, said),)
