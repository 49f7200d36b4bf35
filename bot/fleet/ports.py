"""What the fleet's room needs of a database; bot.store has it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from bot.fleet.hosts import Change, PollResult, Source, SourceState, WatchedHost


class FleetStore(Protocol):
    """Hosts as they were last seen. UnavailableError where the database could not be reached."""

    def record(self, results: Sequence[PollResult], now: datetime) -> tuple[Change, ...]:
        """Record what a chunk of sources answered, in one transaction; what is new about it.

        Results may come in any order: the newest answer of each source counts. A source that failed keeps its hosts as
        they were. A host that a target's pool does not list any more has left; one that a Xen Orchestra does not list
        is not seen, and nothing more.
        """

    def keep_only(self, sources: Collection[Source], now: datetime) -> tuple[Change, ...]:
        """Forget sources that the configuration does not have, and hosts that no other source sees."""

    def hosts(self) -> tuple[WatchedHost, ...]:
        """All hosts, by pool and name."""

    def sources(self) -> tuple[SourceState, ...]:
        """All sources that were ever asked, by name."""

    def changes(self, since: datetime) -> tuple[Change, ...]:
        """What changed since a moment, the newest first."""


class SweepRun(NamedTuple):
    """A sweep, running or done. `slot` names the time it was due; None for one that somebody asked for.

    `is_resumed` where another process began it, and died: it goes on from there.
    """

    id: int
    slot: datetime | None
    started_at: datetime
    finished_at: datetime | None = None
    sources: int = 0
    failed: int = 0
    error: str | None = None
    is_resumed: bool = False


class SweepLog(Protocol):
    """Which sweeps ran. A slot's is run by one process at a time, for some seconds from each sign of life on.

    UnavailableError where the database could not be reached.
    """

    def claim(self, slot: datetime, by: str, now: datetime, seconds: float) -> SweepRun | None:
        """Take a slot for so many seconds: None if another process has it, or if it is done."""

    def is_done(self, slot: datetime) -> bool:
        """Whether a slot's sweep was finished."""

    def begin(self, by: str, now: datetime) -> SweepRun:
        """A sweep that somebody asked for."""

    def beat(self, run: SweepRun, by: str, now: datetime, seconds: float) -> bool:
        """Have it for so many seconds more; False if another process has taken it over."""

    def release(self, run: SweepRun, by: str) -> None:
        """Leave it, as it is, to whichever process comes."""

    def finish(self, run: SweepRun, now: datetime) -> None:
        """Its counts, its error if it could not be done."""

    def last_finished(self) -> SweepRun | None:
        """The last one that was done without an error."""

    def last_error(self) -> SweepRun | None:
        """The last one that could not be done, if none was done since."""
