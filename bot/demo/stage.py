"""What is behind the channel: the hosts, the fleet that is watched, and the clock. It gets ready in a thread."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime
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

Tell = Callable[[int, int], None]
"""Hears how much of how much is done."""


def unheard(_: int, __: int) -> None:
    """Progress that nobody watches."""


class DemoFleet(NamedTuple):
    """A watched fleet with a database of its own, which is gone once it is closed.

    `ports` are as of now: they follow the published list. `sweep` makes a round as of the clock; `week` queues the
    weekly digest, unless nobody wants it; `publish` changes the page of Xen Orchestra and reads it: whether the channel
    is told of it; `send` brings what waits in the outbox into the channel.
    """

    ports: Callable[[], Ports]
    sweep: "Callable[[Tell], CycleResult]"
    week: Callable[[], None]
    publish: Callable[[], bool]
    send: Callable[[], int]
    close: Callable[[], None]


class DemoParts(NamedTuple):
    """What a stage is put together from. `fleet` is for probes, and needs no database; `open` begins a show.

    Both may wait for the hosts; UnavailableError if they can't be had. A sweep of the show ends early once the event is
    set.
    """

    hosts: SimulatedHosts
    clock: DemoClock
    platform: DemoPlatform
    fleet: Callable[[], Fleet]
    open: Callable[[threading.Event], DemoFleet]


class DemoSession:
    """Begins to sweep when it is entered, while the channel already talks. For the channel's thread alone."""

    def __init__(self, parts: DemoParts) -> None:
        self.hosts, self.clock, self.platform, self.fleet = parts.hosts, parts.clock, parts.platform, parts.fleet
        self._open = parts.open
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._come = (0, 0)
        self._trail: list[AuditEntry] = []

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if not self._show.exception():
            self._show.result().close()

    def show(self, tell: Tell) -> DemoFleet:
        """The fleet, once its first sweep is done; `tell` hears how far that has come."""
        with self._changed:
            while not self._show.done():
                tell(*self._come)
                self._changed.wait()
        show = self._show.result()
        audit = show.ports().audit if self._trail else None
        while self._trail and audit:
            audit.record(self._trail.pop(0))
        return show

    def ports(self) -> Ports | None:
        """What commands may use; None while the fleet is not ready, which nobody waits for here."""
        ready = self._show.done() and not self._show.exception()
        return self._show.result().ports() if ready else None

    def go(self, day: date, tell: Tell) -> None:
        """It is another day, and the fleet is swept as of then. On an earlier day everything begins anew."""
        show, before = self.show(tell), self.clock.now()
        self.clock.go(day)
        if day < before.date():
            self.hosts.reset()
            self._begin()
            show.close()
            self.show(tell)
        else:
            show.sweep(tell)
            if _is_new_week(before, self.clock.now()):
                show.week()
                show.send()

    def note(self, entry: AuditEntry) -> None:
        """Keep an entry for the audit trail."""
        self._trail.append(entry)

    def _begin(self) -> None:
        background = ThreadPoolExecutor(1, thread_name_prefix="demo-stage")
        self._come = (0, 0)
        self._show = background.submit(self._get_ready)
        self._show.add_done_callback(lambda _: self._hear(0, 0))
        background.shutdown(wait=False)

    def _get_ready(self) -> DemoFleet:
        self.hosts.known()
        if self._stop.is_set():  # whoever leaves at once does not wait for a database
            raise UnavailableError("The demo is over.")
        with ExitStack() as undo:
            show = self._open(self._stop)
            undo.callback(show.close)
            show.sweep(self._hear)
            undo.pop_all()
        return show

    def _hear(self, done: int, total: int) -> None:
        with self._changed:
            self._come = (done, total)
            self._changed.notify_all()


def _is_new_week(before: datetime, now: datetime) -> bool:
    """Whether a Monday morning, when digests are due, lies between."""
    from bot.fleet.schedule import MONDAY_MORNING, WEEK, slot

    return slot(before, WEEK, MONDAY_MORNING) < slot(now, WEEK, MONDAY_MORNING)
