"""Xen Orchestras asked for what a sweep does not ask: their own version, and the updates that their hosts miss.

Each is asked at most once an hour, by one of the processes that share a database, and only once a sweep has asked it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from threading import Event
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

PATIENCE = 0.5
"""Seconds without an end until it is looked whether this process has to end."""

_NEVER = datetime.min.replace(tzinfo=UTC)

AskUpdates = Callable[[Orchestra, Order, Event], Iterator[tuple[MissingUpdates, ...] | Failure]]
"""What the hosts of a Xen Orchestra miss (bot.xo.updates.ask_updates)."""


class OrchestraPolling(NamedTuple):
    """What asking them takes. `clock` is the time in UTC, `by` names this process."""

    orchestras: tuple[Orchestra, ...]
    store: OrchestraStore
    ask_version: Callable[[Orchestra], OrchestraVersion]
    ask_updates: AskUpdates
    clock: Callable[[], datetime]
    by: str
    log: FilteringBoundLogger

    def go(self, stop: Event) -> bool:
        """Ask those that it is time for, one after the other; False where one waits for its first sweep.

        What goes wrong with one is stored, or, if nobody foresaw it, logged. UnavailableError without the database.
        """
        known = self.store.known()
        for orchestra in self.orchestras:
            is_due = orchestra.name in known and not stop.is_set()
            if is_due and self.store.claim(orchestra.name, self.by, self.clock(), HOURLY.total_seconds()):
                error = self._error_of_asking(orchestra, stop)
                if isinstance(error, UnavailableError):
                    raise error
                if error:
                    self.log.error("asking failed", source=orchestra.name, exc_info=error)
        return all(orchestra.name in known for orchestra in self.orchestras)

    def _error_of_asking(self, orchestra: Orchestra, stop: Event) -> BaseException | None:
        """Ask one on a thread of its own: who has to end, or is interrupted, does not wait for a host that is slow."""
        threads = ThreadPoolExecutor(1, thread_name_prefix="orchestra")
        asking = threads.submit(self._ask, orchestra, stop)
        try:
            while not stop.is_set():
                if wait([asking], PATIENCE).done:
                    return asking.exception()
        finally:
            if not asking.done():
                stop.set()
            threads.shutdown(wait=False)
        return None

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
