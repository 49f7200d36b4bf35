"""A published page as it is stored."""

from datetime import date

from bot.published.page import PageProblem, Revision, RowChange, RowChangeKind
from bot.published.revisions import RevisionReport

LIST = "https://example.org/list.md"
ADDED = RowChange(RowChangeKind.ADDED, "XenServer 9", None, "full support")


def finding(digest: str = "a1", problems: tuple[PageProblem, ...] = ()) -> RevisionReport:
    """A page that adds a row; one with problems is not accepted."""
    revision = Revision(LIST, digest, f"- row of {digest} ☠️\r\n", date(2026, 11, 23))
    return RevisionReport(revision, '"tag"', (ADDED,), problems, accepted=not problems)
