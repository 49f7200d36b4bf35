"""The dataset in use: what is shipped or came later, with the support levels of the page that was accepted last."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import NamedTuple

from bot.advisories.load import advisories_of
from bot.app.configuration import reveal
from bot.chat.command import Ports
from bot.chat.runner import CommandRunner
from bot.errors import UnavailableError
from bot.matrix.load import build, load_matrix
from bot.matrix.matrix import Matrix
from bot.published.diff import changes
from bot.published.merge import merged, unusable
from bot.published.parse import read_page
from bot.published.renewals import Renewals, newest
from bot.published.revisions import Revisions, StoredRevision
from bot.query.reader import Reader
from bot.settings.model import Settings

REFRESH = 30.0
"""Seconds until it is checked again whether another page was accepted, by this process or another."""


class BaseDataset(NamedTuple):
    """The data itself, with the reader of questions about it. `renewal` is the number of the bundle that it came in, 0
    where it is what is shipped."""

    matrix: Matrix
    reader: Reader
    renewal: int = 0


class Dataset(NamedTuple):
    """What is known, with the reader of questions about it. `page` is the accepted page's number, 0 without one.

    `base` is the same without that page: a page is read by it, as what one added itself must not decide how it is read.
    """

    matrix: Matrix
    reader: Reader
    base: BaseDataset
    page: int = 0

    @property
    def version(self) -> tuple[int, int]:
        """Another one where something else is known."""
        return self.page, self.base.renewal


def shipped_day() -> date:
    """The day of what is shipped, its advisories included."""
    matrix = shipped_dataset().matrix
    return max(matrix.day, advisories_of(matrix).day)


@cache
def shipped_dataset() -> Dataset:
    """What comes with this version: the same for all in a process."""
    matrix = load_matrix()
    reader = Reader(matrix)
    return Dataset(matrix, reader, BaseDataset(matrix, reader))


BackgroundWork = Callable[[], None]


def _in_background(work: BackgroundWork) -> None:
    threading.Thread(target=work, name="current-dataset", daemon=True).start()


class CurrentDataset:
    """The dataset in use, at once: the database is read every `REFRESH` seconds, by another thread.

    `start` begins such a reading; a question in chat must not wait for a database that is away.
    """

    def __init__(
        self,
        revisions: Revisions,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[BackgroundWork], None] = _in_background,
        renewals: Renewals | None = None,
    ) -> None:
        self._revisions, self._clock, self._start, self._renewals = revisions, clock, start, renewals
        self._lock = threading.Lock()
        self._dataset = shipped_dataset()
        self._base, self._renewal = self._dataset.base, 0
        """The data itself, and the number of the bundle that was looked at last."""
        self._known: tuple[int, date | None, int] = (0, None, 0)
        """The page that the dataset has, the day on which it was read last, and the bundle of the data itself."""
        self._refresh_at = clock()
        self.refresh()

    def __call__(self) -> Dataset:
        if self._clock() >= self._refresh_at and self._lock.acquire(blocking=False):
            self._refresh_at = self._clock() + REFRESH
            self._start(self._refresh_and_release)
        return self._dataset

    def _refresh_and_release(self) -> None:
        """Ends with the lock that was taken for it."""
        try:
            self._dataset = self._read()
        finally:
            self._lock.release()

    def refresh(self) -> None:
        """Read the database now, for a page that this process has just accepted."""
        with self._lock:
            self._dataset = self._read()
            self._refresh_at = self._clock() + REFRESH

    def _read(self) -> Dataset:
        """The newest data with the page that was accepted last; what was known before if there is no database."""
        try:
            base = self._newest_base()
            stored = self._revisions.in_use()
            read = _last_read(self._revisions, stored) if stored else None
        except UnavailableError:
            return self._dataset
        known = stored.id if stored else 0, read, base.renewal
        if self._known != known:
            self._known = known
            return _with_page(base, stored, read)
        return self._dataset

    def _newest_base(self) -> BaseDataset:
        """The data of the later day, read again only where another bundle was accepted. UnavailableError as below."""
        stored = self._renewals.latest() if self._renewals else None
        number = stored.id if stored else 0
        if self._renewals and number != self._renewal:
            self._base = base_dataset(self._renewals)
            self._renewal = number
        return self._base


def base_dataset(renewals: Renewals | None) -> BaseDataset:
    """The data of the later day: what is shipped, or what was accepted. UnavailableError if the database is away."""
    shipped = shipped_dataset().base
    renewed = newest(renewals, shipped_day) if renewals else None
    if renewed is None:
        return shipped
    stored, content = renewed
    matrix = build(content, stored.day)
    return BaseDataset(matrix, Reader(matrix), stored.id)


def _with_page(base: BaseDataset, stored: StoredRevision | None, read: date | None) -> Dataset:
    """The data with a page that was accepted, and last `read` on a day."""
    alone = Dataset(base.matrix, base.reader, base)
    if stored is None:
        return alone
    page = read_page(stored.revision.text, base.reader)
    if unusable(base.matrix, page):  # it was read by another version than this one
        return alone
    came = (stored.accepted_at or stored.fetched_at).date()
    # A page that says what is known without it is no newer than that, on whatever day it was read.
    of = came if changes(page, base.matrix, came) else base.matrix.published.read_on
    matrix = merged(base.matrix, page, of, read)
    return Dataset(matrix, Reader(matrix), base, stored.id)


def _last_read(revisions: Revisions, stored: StoredRevision) -> date:
    """The day on which a page was last found at its source. One that has given way there was found when it came."""
    source = stored.revision.source
    latest, attempts = revisions.latest(source), revisions.attempts(source)
    is_there = latest is not None and latest.id == stored.id
    return (attempts.ok_at if is_there and attempts and attempts.ok_at else stored.fetched_at).date()


def live_runner(ports: Ports, dataset: Callable[[], Dataset], today: Callable[[], date]) -> Callable[[], CommandRunner]:
    """Runs commands with the dataset in use, however long the process runs: each call gives a runner for now."""

    def now() -> CommandRunner:
        known = dataset()
        return CommandRunner(ports._replace(matrix=known.matrix, reader=known.reader), today)

    return now


class Published(NamedTuple):
    """What a database has of what is published: pages of the list, and bundles of data."""

    revisions: Revisions
    renewals: Renewals


@contextmanager
def stored_published(settings: Settings) -> Iterator[Published | None]:
    """What the settings' database has, for reading alone; None where there is none yet."""
    from bot.store.database import Database
    from bot.store.migrate import is_current
    from bot.store.renewals import SqlRenewals
    from bot.store.revisions import SqlRevisions

    database = Database(reveal(settings.database) or "")
    try:
        is_there = not database.is_missing and is_current(database)
        yield Published(SqlRevisions(database), SqlRenewals(database)) if is_there else None
    finally:
        database.close()


def dataset_of(settings: Settings) -> Dataset:
    """The dataset that the settings' database has now; what is shipped where they name none, or it is out of reach."""
    if not settings.keeps_data:
        return shipped_dataset()
    try:
        with stored_published(settings) as stored:
            return CurrentDataset(stored.revisions, renewals=stored.renewals)() if stored else shipped_dataset()
    except UnavailableError:
        return shipped_dataset()
