"""Xen Orchestras asked for what a sweep does not ask: their own version, and the updates that their hosts miss.

Each is asked at most once an hour, by one of the processes that share a database, and only once a sweep has asked it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Event
from time import monotonic
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.fleet.ports import OrchestraStore
from bot.xapi.observation import Failure
from bot.xo.orchestra import Orchestra
from bot.xo.updates import MissingUpdates, Order
from bot.xo.version import OrchestraVersion

HOURLY = timedelta(hours=1)
"""How often a Xen Orchestra is asked, at most: what it says comes from mirrors, and asking makes hosts work."""

AT_ONCE = 8
"""Xen Orchestras that are asked at a time, each for a few hosts at a time."""

PATIENCE = 0.5
"""Seconds without an end until it is looked whether this process has to end."""

_NEVER = datetime.min.replace(tzinfo=UTC)

AskUpdates = Callable[[Orchestra, Order, Event], Iterator[tuple[MissingUpdates, ...] | Failure]]
"""What the hosts of a Xen Orchestra miss (bot.xo.updates.ask_updates)."""


class OrchestraPolling(NamedTuple):
    """What asking them takes. `clock` is the time in UTC, `by` names this process.

    `within` is how many seconds all of it may take, where somebody waits for it.
    """

    orchestras: tuple[Orchestra, ...]
    store: OrchestraStore
    ask_version: Callable[[Orchestra], OrchestraVersion]
    ask_updates: AskUpdates
    clock: Callable[[], datetime]
    by: str
    log: FilteringBoundLogger
    within: float | None = None

    def go(self, stop: Event) -> bool:
        """Ask those that it is time for, side by side; False where one waits for its first sweep.

        What goes wrong with one is stored, or, if nobody foresaw it, logged. Who has to end (`stop`), is interrupted or
        has waited long enough does not wait for a host that is slow. UnavailableError without the database.
        """
        known = self.store.known()
        due = [
            orchestra
            for orchestra in self.orchestras
            if orchestra.name in known
            and not stop.is_set()
            and self.store.claim(orchestra.name, self.by, self.clock(), HOURLY.total_seconds())
        ]
        if due:
            threads = ThreadPoolExecutor(min(len(due), AT_ONCE), thread_name_prefix="orchestra")
            over, until = Event(), inf if self.within is None else monotonic() + self.within
            asking = [threads.submit(self._ask, orchestra, over) for orchestra in due]
            try:
                while not stop.is_set() and (left := until - monotonic()) > 0:
                    if not wait(asking, min(PATIENCE, left)).not_done:
                        break
            finally:
                over.set()
                threads.shutdown(wait=False, cancel_futures=True)
            errors = [(o.name, each.exception()) for o, each in zip(due, asking, strict=True) if _has_ended(each)]
            for name, error in errors:
                if error and not isinstance(error, UnavailableError):
                    self.log.error("asking failed", source=name, exc_info=error)
            for _, error in errors:
                if isinstance(error, UnavailableError):
                    raise error
        return all(orchestra.name in known for orchestra in self.orchestras)

    def _ask(self, orchestra: Orchestra, stop: Event) -> None:
        name, failure, count = orchestra.name, None, 0
        version = self.ask_version(orchestra)
        self.store.record_version(version)
        last = self.store.asked_at(name)

        def longest_ago_first(uuids: Sequence[str]) -> list[str]:
            return sorted(uuids, key=lambda uuid: last.get(uuid, _NEVER))

        for answer in self.ask_updates(orchestra, longest_ago_first, stop):
            if isinstance(answer, Failure):
                failure = answer
            else:
                self.store.record_updates(name, answer)
                count += len(answer)
        self.store.record_round(name, self.clock(), failure)
        failed = [each.code.value for each in (version.failure, failure) if each]
        self.log.info("asked for missing updates", source=name, hosts=count, failed=failed)


def _has_ended(asking: Future[None]) -> bool:
    return asking.done() and not asking.cancelled()
