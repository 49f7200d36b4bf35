"""The published list and renewed data: read from a shell, and followed by processes with a database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.app.configuration import reveal
from bot.app.dataset import base_dataset, shipped_day, stored_published
from bot.app.lookup import now, today
from bot.chat.command import Ports, PublishedPort
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.published.fetch import FetchResult, Pause, fetch
from bot.published.renewals import NEWS_ITEMS, DataNews, Renewals, newest
from bot.published.revisions import ListNews, PageDiff, Revisions
from bot.published.sync import ListFollower, SyncState, SyncStatus
from bot.query.reader import Reader
from bot.settings.model import Settings

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from bot.published.renew import DataFollower, DataRenewal

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


def data_follower(
    source: str | None,
    renewals: Renewals | None = None,
    pause: Pause | None = None,
    clock: Callable[[], datetime] = now,
) -> "DataFollower | None":
    """Follows the source of renewed data, if there is one."""
    if source is None:
        return None
    from bot.published.bundle import shipped_content  # with what checks data, which few need
    from bot.published.renew import BUNDLE, DataFollower

    def get(asked: str, known: str | None) -> FetchResult:
        return fetch(asked, known, pause or threading.Event().wait, wanted=BUNDLE)

    return DataFollower(source, get, shipped_content, clock, renewals)


@contextmanager
def runner_with_list(settings: Settings) -> Iterator[CommandRunner]:
    """Answers about the page and the data as they are now at their sources, against what is in use in the settings'
    database, if there is one yet."""
    with stored_published(settings) as stored:
        base = base_dataset(stored.renewals if stored else None)
        follows = follower(settings.list.url, base.matrix, base.reader, stored.revisions if stored else None)
        renews = data_follower(settings.data.url, stored.renewals if stored else None)
        published = PublishedPort(follows.check, renews.check if renews else None)
        yield CommandRunner(Ports(base.matrix, base.reader, published=published), today)


def bundle_in_use(settings: Settings | None) -> str:
    """The data in use as a bundle: what was accepted where that is newer than what is shipped, as it came."""
    from bot.published.bundle import bundle_text, shipped_files

    if settings and settings.keeps_data:
        with stored_published(settings) as stored:
            renewed = newest(stored.renewals, shipped_day) if stored else None
            text = stored.renewals.text(renewed[0]) if stored and renewed else None
            if text:
                return text
    return bundle_text(shipped_files(), shipped_day())


class Synced(NamedTuple):
    """What `sync` found: the page, and the bundle of data where one is followed."""

    page: PageDiff
    data: "DataRenewal | None"


def sync(settings: Settings, day: date | None, force: bool) -> Synced:
    """Get data and page, store them, and use what nothing is wrong with. UnavailableError if the database is away.

    Data comes first: the page is read by it. A message to the channel of alerts is queued, and sent by a process that
    sends.
    """
    from bot.store.database import Database
    from bot.store.migrate import migrate
    from bot.store.renewals import SqlRenewals
    from bot.store.revisions import SqlRevisions

    database = Database(reveal(settings.database) or "")
    try:
        migrate(database)
        revisions, renewals = SqlRevisions(database), SqlRenewals(database)
        channel = settings.alerts.channel
        data = None
        if renews := data_follower(settings.data.url, renewals):
            data = renews.sync(renewals, force)
            queue_data_news(data, renewals, channel, now())
        base = base_dataset(renewals)
        follows = follower(settings.list.url, base.matrix, base.reader, revisions)
        page = follows.sync(day or today(), revisions, force)
        queue_news(page, revisions, channel, now())
        return Synced(page, data)
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


def follow_data(
    renews: "DataFollower", renewals: Renewals, channel: str | None, at: datetime, log: "FilteringBoundLogger"
) -> bool:
    """The same for a bundle of data."""
    found = renews.sync(renewals)
    if found.problem:
        log.warning("data not renewed", source=found.source, reason=found.problem)
    else:
        log.info("data read", source=found.source, day=str(found.day), changes=len(found.changes))
    return queue_data_news(found, renewals, channel, at)


def queue_data_news(found: "DataRenewal", renewals: Renewals, channel: str | None, at: datetime) -> bool:
    """Whether something was queued for the channel: what moved, once; or why nothing is used, once for each reason.

    Whoever only does not answer is told of after a week, as for the list.
    """
    if channel is None:
        return False
    if found.problem:
        attempts = renewals.attempts(found.source)
        if attempts is None or attempts.is_only_away(at):
            return False
        news = DataNews(found.source, at.date(), problem=found.problem)
        return renewals.queue_failure(found.source, channel, news.to_data(), at)
    stored = found.stored
    if stored is None or not stored.changes or at - stored.accepted_at > NEWS:
        return False
    news = DataNews(found.source, stored.day, stored.changes[:NEWS_ITEMS], len(stored.changes))
    return renewals.queue_news(stored, channel, news.to_data(), at)


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
