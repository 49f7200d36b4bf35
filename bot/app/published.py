"""The published list: looked at from a shell, and followed by whoever has a database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.app.configuration import reveal
from bot.app.dataset import kept_pages
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
    with kept_pages(settings) as revisions:
        yield CommandRunner(
            Ports(
                matrix, reader, published=PublishedPort(follower(settings.list.url, matrix, reader, revisions).check)
            ),
            today,
        )


def sync(settings: Settings, day: date | None, force: bool) -> PageDiff:
    """Get the page, keep it, and use it if nothing is wrong with it. UnavailableError if the database can't be had.

    The channel of alerts is told by whoever sends.
    """
    from bot.store.database import Database
    from bot.store.migrate import migrate
    from bot.store.revisions import SqlRevisions

    matrix = load_matrix()
    database = Database(reveal(settings.database) or "")
    try:
        migrate(database)
        revisions = SqlRevisions(database)
        look = follower(settings.list.url, matrix, Reader(matrix), revisions).sync(day or today(), revisions, force)
        tell(look, revisions, settings.alerts.channel, now())
        return look
    finally:
        database.close()


def follow(
    follows: ListFollower, revisions: Revisions, channel: str | None, at: datetime, log: "FilteringBoundLogger"
) -> bool:
    """Sync, and tell the channel what is new, once; whether it is told something."""
    look = follows.sync(at.date(), revisions)
    if look.problems:
        log.warning("published list not used", source=look.source, reason=look.problems[0].message)
    else:
        log.info("published list read", source=look.source, changes=len(look.changes))
    return tell(look, revisions, channel, at)


def tell(look: PageDiff, revisions: Revisions, channel: str | None, at: datetime) -> bool:
    """Whether something was queued for the channel: each page once, and once that there is none."""
    if channel is None:
        return False
    if look.stored is None:
        return _tell_failure(look, revisions, channel, at)
    kept = look.stored
    if at - (kept.accepted_at or kept.fetched_at) > NEWS:
        return False
    said = look._replace(changes=kept.changes, problems=kept.problems)  # as it was when it came
    news = ListNews.of(said, at.date())
    return news is not None and revisions.queue_news(kept, channel, news.to_data(), at)


def _tell_failure(look: PageDiff, revisions: Revisions, channel: str, at: datetime) -> bool:
    is_known = SyncStatus.of(revisions, look.source).state(at) is SyncState.UNREACHABLE
    news = ListNews.of(look, at.date()) if is_known else None
    return news is not None and revisions.queue_failure(look.source, channel, news.to_data(), at)
