"""A published page as it is kept."""

from datetime import date

from bot.published.page import ChangeKind, PageProblem, Revision, RowChange
from bot.published.ports import Finding

LIST = "https://example.org/list.md"
ADDED = RowChange(ChangeKind.ADDED, "XenServer 9", None, "full support")


def finding(digest: str = "a1", problems: tuple[PageProblem, ...] = ()) -> Finding:
    """A page that adds a row; one with problems is not accepted."""
    revision = Revision(LIST, digest, f"- row of {digest} ☠️\r\n", date(2026, 11, 23))
    return Finding(revision, '"tag"', (ADDED,), problems, accepted=not problems)
