"""The list in use: what is shipped, with the support levels of the page that was accepted last."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import NamedTuple

from bot.app.configuration import reveal
from bot.chat.command import NOBODY, Caller, Choice, CommandSpec, Ports, Progress, Right, ignore_progress
from bot.chat.reply import Reply, RichText
from bot.chat.runner import CommandRunner
from bot.errors import UnavailableError
from bot.matrix.load import load_matrix
from bot.matrix.matrix import Matrix
from bot.published.merge import merged, unusable
from bot.published.parse import read_page
from bot.published.revisions import Revisions
from bot.query.reader import Reader
from bot.settings.model import Settings

LOOKED_AT = 30.0
"""Seconds between two looks at whether another page was accepted, by this process or another."""


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
    threading.Thread(target=work, name="list-in-use", daemon=True).start()


class CurrentDataset:
    """The edition in use. Whoever asks gets it at once: the database is looked at now and then, by another thread.

    `start` begins such a look; a question in chat must not wait for a database that is away.
    """

    def __init__(
        self,
        revisions: Revisions,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[BackgroundWork], None] = _in_background,
    ) -> None:
        self._revisions, self._clock, self._start = revisions, clock, start
        self._lock = threading.Lock()
        self._shipped = self._edition = shipped_dataset()
        self._look_at = clock()
        self.look()

    def __call__(self) -> Dataset:
        if self._clock() >= self._look_at and self._lock.acquire(blocking=False):
            self._look_at = self._clock() + LOOKED_AT
            self._start(self._look_again)
        return self._edition

    def _look_again(self) -> None:
        """Ends with the lock that was taken for it."""
        try:
            self._edition = self._looked_at()
        finally:
            self._lock.release()

    def look(self) -> None:
        """Look at the database now, for a page that this process has just accepted."""
        with self._lock:
            self._edition = self._looked_at()
            self._look_at = self._clock() + LOOKED_AT

    def _looked_at(self) -> Dataset:
        try:
            kept = self._revisions.in_use()
        except UnavailableError:
            return self._edition
        if kept is None:
            return self._shipped
        if kept.id == self._edition.page:
            return self._edition
        page = read_page(kept.revision.text, self._shipped.reader)
        if unusable(self._shipped.matrix, page):  # it was read by another version than this one
            return self._shipped
        matrix = merged(self._shipped.matrix, page, (kept.accepted_at or kept.fetched_at).date())
        return Dataset(matrix, Reader(matrix), kept.id)


class LiveRunner:
    """A desk whose answers follow the edition in use, however long the process runs."""

    def __init__(self, ports: Ports, edition: Callable[[], Dataset], today: Callable[[], date]) -> None:
        self._ports, self._edition, self._today = ports, edition, today

    @property
    def page(self) -> int:
        """Another number where answers may be other ones."""
        return self._edition().page

    def run(
        self,
        spec: CommandSpec,
        words: str,
        rights: frozenset[Right],
        day: date | None = None,
        caller: Caller = NOBODY,
        report: Callable[[Progress], None] = ignore_progress,
    ) -> Reply:
        return self._desk().run(spec, words, rights, day, caller, report)

    def opening(
        self, spec: CommandSpec, words: str, rights: frozenset[Right], day: date | None = None, caller: Caller = NOBODY
    ) -> RichText | Reply:
        return self._desk().opening(spec, words, rights, day, caller)

    def choices(self, spec: CommandSpec, rights: frozenset[Right], day: date | None = None) -> tuple[Choice, ...]:
        return self._desk().choices(spec, rights, day)

    def _desk(self) -> CommandRunner:
        edition = self._edition()
        return CommandRunner(self._ports._replace(matrix=edition.matrix, reader=edition.reader), self._today)


@contextmanager
def kept_pages(settings: Settings) -> Iterator[Revisions | None]:
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
    """The edition that the settings' database has now; what is shipped where that can't be had."""
    try:
        with kept_pages(settings) as revisions:
            return CurrentDataset(revisions)() if revisions else shipped_dataset()
    except UnavailableError:
        return shipped_dataset()
