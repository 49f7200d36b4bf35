"""What the channel is told of the published list: each change once, and once that no page can be had."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.app.published import queue_news
from bot.chat.commands.changes import list_message, sync_trouble
from bot.matrix.matrix import Matrix
from bot.published.fetch import Failed, Fetched, FetchResult
from bot.published.revisions import ListNews
from bot.published.sync import ListFollower, SyncStatus
from bot.query.reader import Reader
from bot.store.database import Database
from bot.store.revisions import SqlRevisions
from bot.store.tables import outbox
from tests.published.texts import ROWS, page, without

LIST = "https://example.org/list.md"
START = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
AWAY = Failed("It does not answer.", passing=True)
NO_PAGE = Failed("It is a web page. Set `list.url` to the text.")


class Daily:
    """A day's reading, one day after the other."""

    def __init__(self, matrix: Matrix, reader: Reader, database: Database) -> None:
        self._database, self._matrix, self._reader = database, matrix, reader
        self.kept = SqlRevisions(database)
        self.at = START

    def __call__(self, given: FetchResult | bytes, channel: str | None = "C1", force: bool = False) -> list[str]:
        """The first lines of what is queued for the channel on that day."""
        answer = Fetched(given) if isinstance(given, bytes) else given
        follower = ListFollower(LIST, lambda _, __: answer, self._matrix, self._reader, lambda: self.at, self.kept)
        before = len(self._rows())
        queue_news(follower.sync(self.at.date(), self.kept, force), self.kept, channel, self.at)
        self.at += DAY
        return [list_message(ListNews.from_data(row.payload)).summary for row in self._rows()[before:]]

    def _rows(self) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(select(outbox).order_by(outbox.c.id)).all())

    @property
    def trouble(self) -> str | None:
        return sync_trouble(SyncStatus.of(self.kept, LIST), self.at - DAY)


@pytest.fixture
def daily(matrix: Matrix, reader: Reader, sqlite: Database) -> Daily:
    made = Daily(matrix, reader, sqlite)
    made(page(), force=True)  # it is far shorter than the shipped list
    return made


def test_a_change_is_told_once_in_a_line(daily: Daily) -> None:
    changed = page(*ROWS[:1], "- XCP-ng 8.2 LTS ✅ ☠️", *ROWS[2:], "- XenServer 9 ✅")
    (said,) = daily(changed)
    assert said == (
        'The Host Compatibility List changed: XCP-ng 8.2 LTS lost "all extra features"; XenServer 9 added'
        " (full support)."
    )
    assert [daily(changed), daily(changed), daily.trouble] == [[], [], None]


def test_what_differs_in_the_first_page_is_no_news(matrix: Matrix, reader: Reader, sqlite: Database) -> None:
    """It may have changed long before the installation; what is wrong with the first page is news."""
    fresh = Daily(matrix, reader, sqlite)
    assert fresh(without(5)) == [
        "The published Host Compatibility List can't be used. The list in use stays as it was."
    ]
    assert fresh(page(), force=True) == []
    assert fresh(without(1)) == ["The Host Compatibility List changed: XCP-ng 8.3 LTS removed."]


def test_a_change_back_is_a_change(daily: Daily) -> None:
    assert daily(without(1)) == ["The Host Compatibility List changed: XCP-ng 8.3 LTS removed."]
    assert daily(page()) == [
        "The Host Compatibility List changed: XCP-ng 8.3 LTS added (full support, all extra features)."
    ]


def test_a_page_that_is_refused_is_told_once(daily: Daily) -> None:
    said = "The published Host Compatibility List can't be used. The list in use stays as it was."
    assert [daily(without(5)), daily(without(5))] == [[said], []]
    assert daily.trouble == "the published list is not used, its page has 1 problem: the list in use stays as it was"
    assert [daily(page()), daily.trouble] == [[], None]


def test_what_is_no_page_is_told_at_once_and_once(daily: Daily) -> None:
    said = "The published Host Compatibility List can't be read. The list in use stays as it was."
    assert [daily(NO_PAGE), daily(NO_PAGE)] == [[said], []]
    assert daily.trouble == "the published list can't be read for 1 day: the list in use stays as it was"
    assert [daily(page()), daily.trouble, daily(NO_PAGE)] == [[], None, [said]]


def test_a_network_that_is_away_is_told_after_a_week(daily: Daily) -> None:
    quiet = [(daily(AWAY), daily.trouble) for _ in range(7)]
    assert quiet == [([], None)] * 7
    assert len(daily(AWAY)) == 1
    assert daily.trouble == "the published list can't be read for 7 days: the list in use stays as it was"
    assert daily(AWAY) == []


def test_without_a_channel_nobody_is_told(daily: Daily) -> None:
    assert daily(without(1), None) == []
    assert daily(without(1)) == ["The Host Compatibility List changed: XCP-ng 8.3 LTS removed."]


def test_what_changed_long_ago_is_no_news_for_a_channel_that_is_named_now(daily: Daily) -> None:
    daily(without(1), None)
    daily.at += 7 * DAY
    assert daily(without(1)) == []


def test_news_are_the_same_after_they_were_kept() -> None:
    news = ListNews(LIST, date(2026, 11, 23), total=3, had=False)
    assert ListNews.from_data(news.to_data()) == news
