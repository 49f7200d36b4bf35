"""A published page, and a bundle of data, as they are stored."""

from datetime import date

from bot.published.data_diff import DataChange, DataFact
from bot.published.page import PageProblem, Revision, RowChange, RowChangeKind
from bot.published.renewals import NewRenewal
from bot.published.revisions import RevisionReport

BUNDLES = "https://example.org/data.json"
LATER = DataChange("releases", "XCP-ng 8.3", DataFact.EOL, "2028-11-30", "2029-11-30", is_better=True)
LIST = "https://example.org/list.md"
ADDED = RowChange(RowChangeKind.ADDED, "XenServer 9", None, "full support")


def finding(digest: str = "a1", problems: tuple[PageProblem, ...] = ()) -> RevisionReport:
    """A page that adds a row; one with problems is not accepted."""
    revision = Revision(LIST, digest, f"- row of {digest} ☠️\r\n", date(2026, 11, 23))
    return RevisionReport(revision, '"tag"', (ADDED,), problems, accepted=not problems)


def bundle_of(digest: str = "a1", day: date = date(2026, 11, 26)) -> NewRenewal:  # a value
    """A bundle in which an end of life moves."""
    return NewRenewal(BUNDLES, digest, '"tag"', day, (LATER,), "c1", "{}", {"a": ["b"]})
