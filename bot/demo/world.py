"""What is behind the channel: the hosts, the fleet that is watched, and the clock. It gets ready in a thread."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from bot.chat.audit import AuditEntry
from bot.chat.command import Fleet, Ports
from bot.demo.clock import DemoClock
from bot.demo.hosts import SimulatedHosts
from bot.demo.platform import DemoPlatform
from bot.errors import UnavailableError

if TYPE_CHECKING:
    from bot.alerts.cycle import CycleResult

OnProgress = Callable[[int, int], None]
"""Gets how much of how much is done."""


class DemoFleet(NamedTuple):
    """A watched fleet with a database of its own, which is gone once it is closed.

    `ports` are as of now: they follow the published list. `sweep` asks all targets as of the clock; `week` queues the
    weekly digest, unless it is turned off; `publish` changes the page of Xen Orchestra and reads it: whether there is
    something new to post; `send` brings what waits in the outbox into the channel.
    """

    ports: Callable[[], Ports]
    sweep: "Callable[[OnProgress], CycleResult]"
    week: Callable[[], None]
    publish: Callable[[], bool]
    send: Callable[[], int]
    close: Callable[[], None]


class DemoParts(NamedTuple):
    """What a session is put together from. `fleet` is for probes, and needs no database; `open` opens a watched fleet.

    Both may wait for the hosts; UnavailableError if they could not be started. A sweep ends early once the event is
    set.
    """

    hosts: SimulatedHosts
    clock: DemoClock
    platform: DemoPlatform
    fleet: Callable[[], Fleet]
    open: Callable[[threading.Event], DemoFleet]


class DemoSession:
    """Begins to sweep when it is entered, while the channel already answers. For the channel's thread alone."""

    def __init__(self, parts: DemoParts) -> None:
        self.hosts, self.clock, self.platform, self.fleet = parts.hosts, parts.clock, parts.platform, parts.fleet
        self._open = parts.open
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._done_of = (0, 0)
        self._trail: list[AuditEntry] = []

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if not self._opened.exception():
            self._opened.result().close()

    def fleet_shown(self, progress: OnProgress) -> DemoFleet:
        """The fleet, once its first sweep is done; `progress` gets how far that has come."""
        with self._changed:
            while not self._opened.done():
                progress(*self._done_of)
                self._changed.wait()
        opened = self._opened.result()
        audit = opened.ports().audit if self._trail else None
        while self._trail and audit:
            audit.record(self._trail.pop(0))
        return opened

    def ports(self) -> Ports | None:
        """What commands may use; None while the fleet is not ready: this does not wait for it."""
        ready = self._opened.done() and not self._opened.exception()
        return self._opened.result().ports() if ready else None

    def go(self, day: date, progress: OnProgress) -> None:
        """It is another day, and the fleet is swept as of then. On an earlier day everything begins anew."""
        from bot.fleet.schedule import monday_morning

        opened, before = self.fleet_shown(progress), self.clock.now()
        self.clock.go(day)
        if day < before.date():
            self.hosts.reset()
            self._begin()
            opened.close()
            self.fleet_shown(progress)
            return
        opened.sweep(progress)
        if monday_morning(before) < monday_morning(self.clock.now()):  # digests are due then
            opened.week()
            opened.send()

    def note(self, entry: AuditEntry) -> None:
        """Keep an entry for the audit trail, until there is one."""
        self._trail.append(entry)

    def _begin(self) -> None:
        background = ThreadPoolExecutor(1, thread_name_prefix="demo-session")
        self._done_of = (0, 0)
        self._opened = background.submit(self._get_ready)
        self._opened.add_done_callback(lambda _: self._report(0, 0))
        background.shutdown(wait=False)

    def _get_ready(self) -> DemoFleet:
        self.hosts.known()
        if self._stop.is_set():  # who leaves at once does not wait for a database
            raise UnavailableError("The demo is over.")
        with ExitStack() as undo:
            opened = self._open(self._stop)
            undo.callback(opened.close)
            opened.sweep(self._report)
            undo.pop_all()
        return opened

    def _report(self, done: int, total: int) -> None:
        with self._changed:
            self._done_of = (done, total)
            self._changed.notify_all()
