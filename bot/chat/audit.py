"""Who asked and did what: one entry for each command and each press of a button."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol


class AuditEntry(NamedTuple):
    """One question or deed. `way` is how it came: command, mention, button, shell; `ms` how long it took.

    `words` are as typed, cut and printable. None where Slack did not say.
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
    """Keeps entries; it never fails a command."""

    def record(self, entry: AuditEntry) -> None:
        """Keep one entry. Does not block for long, and raises nothing."""

    def find(self, words: Iterable[str], limit: int) -> tuple[AuditEntry, ...]:
        """The newest entries in which every word occurs, in whatever field and case."""
