"""The published list in words: where it and the vendors' dates disagree, and why the list in use may be old."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.chat.commands.changes import changes_reply, sync_trouble
from bot.chat.reply import Bullets, line
from bot.published.page import Disagreement, Page, PageProblem, Revision
from bot.published.revisions import FetchAttempts, PageDiff, StoredRevision
from bot.published.sync import SyncStatus

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("is_shown", "days", "words"),
    [
        (True, 363, "the page shows XenServer 7.0 as EOL, the vendor's date is in 363 days"),
        (True, 1, "the page shows XenServer 7.0 as EOL, the vendor's date is in 1 day"),
        (False, 0, "the page does not show XenServer 7.0 as EOL, the vendor's date is today"),
        (False, -1, "the page does not show XenServer 7.0 as EOL, the vendor's date passed 1 day ago"),
        (False, -302, "the page does not show XenServer 7.0 as EOL, the vendor's date passed 302 days ago"),
    ],
)
def test_a_disagreement_of_page_and_dates_is_a_sentence(is_shown: bool, days: int, words: str) -> None:
    found = Disagreement("XenServer 7.0", is_shown, DAY + timedelta(days=days), DAY)
    reply = changes_reply(PageDiff("list.md", NOW, page=Page(()), disagreements=(found,), accepted=True))
    (bullets,) = (block for block in reply.blocks if isinstance(block, Bullets))
    assert bullets.title == "Where it and the vendors' dates disagree"
    assert bullets.items == (line(words),)


def _status(problems: int, failing_days: int | None) -> SyncStatus:
    found = tuple(PageProblem(line, "No.") for line in range(problems))
    page = StoredRevision(1, Revision("list.md", "d", "", DAY), None, (), found, NOW, None if problems else NOW)
    since = None if failing_days is None else NOW - timedelta(days=failing_days)
    return SyncStatus("list.md", page, page, FetchAttempts(NOW, failing_since=since))


@pytest.mark.parametrize(
    ("problems", "failing_days", "words"),
    [
        (0, None, None),
        (0, 0, "the published list can't be read: the list in use stays as it was"),
        (0, 1, "the published list can't be read for 1 day: the list in use stays as it was"),
        (2, 8, "the published list can't be read for 8 days: the list in use stays as it was"),
        (1, None, "the published list is not used, its page has 1 problem: the list in use stays as it was"),
        (3, None, "the published list is not used, its page has 3 problems: the list in use stays as it was"),
    ],
)
def test_why_the_list_in_use_may_be_old_is_one_line(problems: int, failing_days: int | None, words: str | None) -> None:
    assert sync_trouble(_status(problems, failing_days), NOW) == words
