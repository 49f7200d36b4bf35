"""Who asked and did what: one entry for each command and each press of a button."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol


class AuditEntry(NamedTuple):
    """One command or press. `way` is how it came ("command", "mention", "direct message", "ask button", "menu", ...).

    `at` is when it was answered, in UTC, `ms` how long that took; `words` are one printable line of at most 80
    characters, of 400 where something was done.
    """

    at: datetime
    who: str
    team: str | None
    where: str | None
    way: str
    command: str
    words: str
    outcome: str
    ms: float


class AuditTrail(Protocol):
    """Where entries go beside the log."""

    def record(self, entry: AuditEntry) -> None:
        """Store an entry. Never raises: an answer is not lost because its entry is. Quick, and called by any thread."""


class StoredTrail(AuditTrail, Protocol):
    """A trail whose entries can be read again."""

    def find(self, words: Iterable[str], limit: int, where: str | None = None) -> tuple[AuditEntry, ...]:
        """The newest entries in which every word occurs, in whatever field and case; of one channel if it is given."""
