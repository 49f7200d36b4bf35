"""Bundles of data that came, as a database stores them (bot.store implements the port), and what is new in one."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, Self

from bot.advisories.load import advisories_part
from bot.matrix import compiled
from bot.matrix.load import Raw, matrix_part
from bot.published.data_diff import DataChange, DataFact
from bot.published.revisions import FetchAttempts

VERSION = 1
NEWS_ITEMS = 50
"""So many changes are in a message's data; `total` has how many there are."""


class StoredRenewal(NamedTuple):
    """A bundle that was accepted. `day` is the one that its data is of, `digest` the SHA-256 of its bytes.

    `checked_by` is the version of the checks that it passed (checked_by).
    """

    id: int
    source: str
    digest: str
    etag: str | None
    day: date
    changes: tuple[DataChange, ...]
    checked_by: str
    accepted_at: datetime


class NewRenewal(NamedTuple):
    """A bundle to be stored: as it came (`text`), and what the checks made of it (`content`)."""

    source: str
    digest: str
    etag: str | None
    day: date
    changes: tuple[DataChange, ...]
    checked_by: str
    text: str
    content: Raw


class Renewals(Protocol):
    """The bundles that were accepted, in their order. UnavailableError if the database could not be reached."""

    def latest(self) -> StoredRenewal | None:
        """The bundle that was accepted last, whichever source gave it."""

    def content(self, stored: StoredRenewal) -> Raw | None:
        """What its checks made of it; None where it is not there any more."""

    def text(self, stored: StoredRenewal) -> str | None:
        """The bundle as it came; None where it is not there any more."""

    def save(self, new: NewRenewal, now: datetime) -> StoredRenewal:
        """Store a bundle, as a whole or not at all: it is the latest from now on, unless one of a later day came."""

    def attempts(self, source: str) -> FetchAttempts | None:
        """How fetching goes; None before the first attempt."""

    def fetched(self, source: str, now: datetime) -> None:
        """Store that the source answered, and that what it gave is in use."""

    def failed(self, source: str, error: str, passing: bool, now: datetime) -> FetchAttempts:
        """Store that it gave nothing that could be used."""

    def queue_news(self, stored: StoredRenewal, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message about a bundle, once; False if that was done already."""

    def queue_failure(self, source: str, channel: str, payload: dict[str, Any], now: datetime) -> bool:
        """Queue a message that nothing can be used, once until something can."""


def newest(renewals: Renewals, shipped: Callable[[], date]) -> tuple[StoredRenewal, Raw] | None:
    """The bundle that was accepted last, with its content (as bot.matrix.load.build takes it).

    None where there is none, where what is `shipped` is of a later day, or where this version can't use it: another
    version's checks resolved the content for that version, so then it is checked anew.
    """
    stored = renewals.latest()
    if stored is None or stored.day < shipped():
        return None
    content = renewals.content(stored) if stored.checked_by == checked_by() else _checked_anew(renewals.text(stored))
    return (stored, content) if content else None


def _checked_anew(text: str | None) -> Raw | None:
    from bot.published.bundle import BundleError, checked_content, read_bundle  # a look-up does without all that checks

    try:
        return checked_content(read_bundle(text.encode())) if text else None
    except BundleError:
        return None


class DataNews(NamedTuple):
    """What is new: what moved in the data, or why a bundle is not used (`problem`). `total` is the number of changes.

    `day` is the one that the data is of; that of the message where there is none.
    """

    source: str
    day: date
    changes: tuple[DataChange, ...] = ()
    total: int = 0
    problem: str | None = None

    def to_data(self) -> dict[str, Any]:
        """In what JSON can hold."""
        return {
            "version": VERSION,
            "source": self.source,
            "day": self.day.isoformat(),
            "changes": [list(change) for change in self.changes],
            "total": self.total,
            "problem": self.problem,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote. ValueError or KeyError for what is none."""
        changes = tuple(change_from_data(change) for change in data["changes"])
        return cls(data["source"], date.fromisoformat(data["day"]), changes, data["total"], data["problem"])


def change_from_data(data: Any) -> DataChange:
    """A change as JSON had it. ValueError or TypeError for what is none."""
    file, subject, fact, before, after, is_better = data
    return DataChange(file, subject, DataFact(fact), before, after, is_better)


def checked_by() -> str:
    """The version of the checks here."""
    return compiled.checked_by(matrix_part(), advisories_part())
