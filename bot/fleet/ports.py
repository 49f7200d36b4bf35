"""What the fleet's room needs of a database; bot.store has it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from bot.fleet.hosts import Change, PollResult, Source, SourceState, WatchedHost
from bot.xapi.observation import Failure
from bot.xo.updates import MissingUpdates
from bot.xo.version import OrchestraVersion


class SweepStore(Protocol):
    """Takes what sources answer. UnavailableError where the database could not be reached."""

    def record(self, results: Sequence[PollResult], now: datetime) -> tuple[Change, ...]:
        """Record what a chunk of sources answered, in one transaction; what is new about it.

        Results may come in any order: the newest answer of each source counts. A source that failed keeps its hosts as
        they were. A host that a target's pool does not list any more has left; one that a Xen Orchestra does not list
        is not seen, and nothing more.
        """

    def keep_only(self, sources: Collection[Source], now: datetime) -> tuple[Change, ...]:
        """Forget sources that the configuration does not have, and hosts that no other source sees."""

    def sources(self) -> tuple[SourceState, ...]:
        """All sources that were ever asked, by name."""


class FleetStore(SweepStore, Protocol):
    """Hosts as they were last seen."""

    def hosts(self) -> tuple[WatchedHost, ...]:
        """All hosts, by pool and name."""

    def failing(self) -> tuple[SourceState, ...]:
        """The sources that did not answer when they were asked last, by name."""

    def heard(self) -> frozenset[str]:
        """The names of the sources that ever answered."""

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


class OrchestraState(NamedTuple):
    """A Xen Orchestra as it was asked last: its version, and when its hosts' missing updates were asked for.

    `updates_failure` is why that ended before its end, if it did; hosts that were not reached are as they were.
    """

    version: OrchestraVersion
    updates_asked_at: datetime | None = None
    updates_failure: Failure | None = None


class OrchestraStore(Protocol):
    """What Xen Orchestras say of themselves, and of the updates that their hosts miss.

    It is forgotten with the source, or once the source does not have the host any more. UnavailableError where the
    database could not be reached.
    """

    def known(self) -> frozenset[str]:
        """Names of the Xen Orchestras that a sweep has asked: what others say is not kept."""

    def claim(self, name: str, by: str, now: datetime, seconds: float) -> bool:
        """Whether a Xen Orchestra may be asked, by this process alone: nobody did in the last `seconds`."""

    def record_version(self, version: OrchestraVersion) -> None:
        """What it says of itself. A failure leaves the numbers that were known."""

    def record_updates(self, source: str, found: Sequence[MissingUpdates]) -> None:
        """What some of its hosts miss, in place of what was known of them. Hosts that no sweep saw are left out."""

    def record_round(self, name: str, at: datetime, failure: Failure | None) -> None:
        """A round through its hosts ended."""

    def states(self) -> tuple[OrchestraState, ...]:
        """All Xen Orchestras that were asked, by name."""

    def asked_at(self, source: str) -> dict[str, datetime]:
        """When each of its hosts was asked last, by uuid."""

    def missing(self, uuids: Collection[str] | None = None) -> Iterator[MissingUpdates]:
        """What hosts miss, by uuid and source, as it is read: all of them, or those of some uuids.

        One that two Xen Orchestras have comes twice. Equal lists are one.
        """
