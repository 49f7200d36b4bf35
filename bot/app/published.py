"""The published list: read from a shell, and followed by processes with a database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.app.configuration import reveal
from bot.app.dataset import stored_pages
from bot.app.lookup import now, today
from bot.chat.command import Ports, PublishedPort
from bot.chat.runner import CommandRunner
from bot.matrix.load import load_matrix
from bot.matrix.matrix import Matrix
from bot.published.fetch import FetchResult, Pause, fetch
from bot.published.revisions import ListNews, PageDiff, Revisions
from bot.published.sync import ListFollower, SyncState, SyncStatus
from bot.query.reader import Reader
from bot.settings.model import Settings

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


NEWS = timedelta(days=7)
"""How long a page is news, for a channel that was not named when it came."""


def follower(
    source: str,
    matrix: Matrix,
    reader: Reader,
    revisions: Revisions | None = None,
    pause: Pause | None = None,
    clock: Callable[[], datetime] = now,
) -> ListFollower:
    """Follows a source; `pause` waits some seconds between two tries."""

    def get(asked: str, known: str | None) -> FetchResult:
        return fetch(asked, known, pause or threading.Event().wait)

    return ListFollower(source, get, matrix, reader, clock, revisions)


@contextmanager
def runner_with_list(settings: Settings) -> Iterator[CommandRunner]:
    """Answers about the page as it is now, against what is in use in the settings' database, if there is one yet."""
    matrix = load_matrix()
    reader = Reader(matrix)
    with stored_pages(settings) as revisions:
        yield CommandRunner(
            Ports(
                matrix, reader, published=PublishedPort(follower(settings.list.url, matrix, reader, revisions).check)
            ),
            today,
        )


def sync(settings: Settings, day: date | None, force: bool) -> PageDiff:
    """Get the page, store it, and use it if nothing is wrong with it. UnavailableError if the database is away.

    A message to the channel of alerts is queued, and sent by a process that sends.
    """
    from bot.store.database import Database
    from bot.store.migrate import migrate
    from bot.store.revisions import SqlRevisions

    matrix = load_matrix()
    database = Database(reveal(settings.database) or "")
    try:
        migrate(database)
        revisions = SqlRevisions(database)
        page = follower(settings.list.url, matrix, Reader(matrix), revisions).sync(day or today(), revisions, force)
        queue_news(page, revisions, settings.alerts.channel, now())
        return page
    finally:
        database.close()


def follow(
    follows: ListFollower, revisions: Revisions, channel: str | None, at: datetime, log: "FilteringBoundLogger"
) -> bool:
    """Sync, and queue what is new for the channel, once; whether there was something to queue."""
    page = follows.sync(at.date(), revisions)
    if page.problems:
        log.warning("published list not used", source=page.source, reason=page.problems[0].message)
    else:
        log.info("published list read", source=page.source, changes=len(page.changes))
    return queue_news(page, revisions, channel, at)


def queue_news(page: PageDiff, revisions: Revisions, channel: str | None, at: datetime) -> bool:
    """Whether something was queued for the channel: each page but the first once, and once that there is none."""
    if channel is None:
        return False
    stored = page.stored
    if stored is None:
        is_unreachable = SyncStatus.of(revisions, page.source).state(at) is SyncState.UNREACHABLE
        news = ListNews.of(page, at.date()) if is_unreachable else None
        return news is not None and revisions.queue_failure(page.source, channel, news.to_data(), at)
    if at - (stored.accepted_at or stored.fetched_at) > NEWS:
        return False
    if stored.accepted_at and revisions.is_first(stored):
        return False  # how it differs from what is shipped may be older than the installation
    # As it was when it came.
    news = ListNews.of(page._replace(changes=stored.changes, problems=stored.problems), at.date())
    return news is not None and revisions.queue_news(stored, channel, news.to_data(), at)
