"""The list in use: what is shipped, with the support levels of the page that was accepted last."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import NamedTuple

from bot.app.configuration import reveal
from bot.chat.command import Ports
from bot.chat.runner import CommandRunner
from bot.errors import UnavailableError
from bot.matrix.load import load_matrix
from bot.matrix.matrix import Matrix
from bot.published.diff import changes
from bot.published.merge import merged, unusable
from bot.published.parse import read_page
from bot.published.revisions import Revisions, StoredRevision
from bot.query.reader import Reader
from bot.settings.model import Settings

REFRESH = 30.0
"""Seconds until it is checked again whether another page was accepted, by this process or another."""


class Dataset(NamedTuple):
    """What is known, with the reader of questions about it. `page` is the accepted page's number, 0 without one."""

    matrix: Matrix
    reader: Reader
    page: int = 0


@cache
def shipped_dataset() -> Dataset:
    """What comes with this version: the same for all in a process."""
    matrix = load_matrix()
    return Dataset(matrix, Reader(matrix))


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
    ) -> None:
        self._revisions, self._clock, self._start = revisions, clock, start
        self._lock = threading.Lock()
        self._shipped = self._dataset = shipped_dataset()
        self._known: tuple[int, date | None] = (0, None)
        """The page that the dataset has, and the day on which it was read last."""
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
        """The shipped data with the page that was accepted last; what was known before if there is no database."""
        try:
            stored = self._revisions.in_use()
            read = _last_read(self._revisions, stored) if stored else None
        except UnavailableError:
            return self._dataset
        if stored is None:
            self._known = 0, None
            return self._shipped
        if self._known == (stored.id, read):
            return self._dataset
        self._known = stored.id, read
        shipped = self._shipped.matrix
        page = read_page(stored.revision.text, self._shipped.reader)
        if unusable(shipped, page):  # it was read by another version than this one
            return self._shipped
        came = (stored.accepted_at or stored.fetched_at).date()
        # A page that says what is shipped is no newer than that, on whatever day it was read.
        of = came if changes(page, shipped, came) else shipped.published.read_on
        matrix = merged(shipped, page, of, read)
        return Dataset(matrix, Reader(matrix), stored.id)


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


@contextmanager
def stored_pages(settings: Settings) -> Iterator[Revisions | None]:
    """The pages that the settings' database has, for reading alone; None where there is none yet."""
    from bot.store.database import Database
    from bot.store.migrate import is_current
    from bot.store.revisions import SqlRevisions

    database = Database(reveal(settings.database) or "")
    try:
        yield None if database.is_missing or not is_current(database) else SqlRevisions(database)
    finally:
        database.close()


def dataset_of(settings: Settings) -> Dataset:
    """The dataset that the settings' database has now; what is shipped if that could not be reached."""
    try:
        with stored_pages(settings) as revisions:
            return CurrentDataset(revisions)() if revisions else shipped_dataset()
    except UnavailableError:
        return shipped_dataset()
