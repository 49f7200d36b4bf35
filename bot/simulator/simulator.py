"""A running simulation, to be held by any thread: the loop has a thread of its own."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from bot.simulator.engine import Engine
from bot.simulator.fleet import InventoryEntry, SimPool
from bot.simulator.host import SimulatedHost, address_of
from bot.simulator.inventory import SimTarget
from bot.simulator.listener import SimulatorError
from bot.simulator.state import Now
from bot.simulator.tls import SimTls

T = TypeVar("T")


class _Running(NamedTuple):
    """The parts that the loop's thread hands over once every host listens."""

    engine: Engine
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """Simulates pools while it is entered; `simulator["xen-1"]` is a host of it.

        with Simulator([lone(SimHost("xen-1", release("XCP-ng", "8.3")))]) as simulator:
            host = simulator["xen-1"]
            ...  # connect to host.address
            assert host.seen.methods[-1] == "session.logout"

    Raises SimulatorError for a fleet that can't be. `now` is the hosts' clock.
    """

    def __init__(self, pools: Iterable[SimPool], now: Now = _utc_now) -> None:
        self._pools = _checked(tuple(pools))
        self._now = now
        self._ready: Future[_Running] = Future()
        self._ended: Future[None] = Future()

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="xapi-simulator")
        self._ended = self._threads.submit(self._run_loop)
        either: tuple[Future[Any], ...] = (self._ready, self._ended)
        wait(either, return_when=FIRST_COMPLETED)
        if self._ended.done():
            self._threads.shutdown()
            self._ended.result()  # raises what kept it from starting
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it. A mistake of the simulator's own is raised here, unless the body has failed already."""
        running = self._ready.result()
        running.loop.call_soon_threadsafe(running.stop.set)
        self._threads.shutdown()
        if error is None:
            self._ended.result()
            for broken in running.engine.broken:
                raise broken

    def __getitem__(self, name: str) -> SimulatedHost:
        if name not in self._ready.result().engine.hosts:
            raise LookupError(f"No simulated host is called {name}.")
        return SimulatedHost(self.run, name)

    @property
    def hosts(self) -> tuple[SimulatedHost, ...]:
        """Every host, pool by pool."""
        return tuple(SimulatedHost(self.run, host.name) for pool in self._pools for host in pool.hosts)

    @property
    def targets(self) -> tuple[SimTarget, ...]:
        """An inventory's entries for the fleet, in its order."""
        return self.run(
            lambda engine: tuple(_target(engine, pool, entry) for pool in self._pools for entry in pool.asked)
        )

    def run(self, what: Callable[[Engine], T]) -> T:
        """The result of something done in the simulation's own thread."""
        running = self._ready.result()
        if self._ended.done():
            raise SimulatorError("The simulation has ended.")

        async def done() -> T:
            return what(running.engine)

        return asyncio.run_coroutine_threadsafe(done(), running.loop).result()

    def _run_loop(self) -> None:
        """In a loop that watches sockets, as Windows' usual one does not."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._simulate())

    async def _simulate(self) -> None:
        stop = asyncio.Event()
        engine = Engine(self._now)
        try:
            engine.open(self._pools)
            self._ready.set_result(_Running(engine, asyncio.get_running_loop(), stop))
            await stop.wait()
        finally:
            await engine.close()


def _checked(pools: tuple[SimPool, ...]) -> tuple[SimPool, ...]:
    """The pools, if names are unique and every name is somebody's."""
    names: set[str] = set()
    for pool in pools:
        members = {host.name for host in pool.hosts}
        named = {pool.first_coordinator, *(entry.host for entry in pool.asked)}
        if names & members or len(members) < len(pool.hosts):
            raise SimulatorError(f"Two hosts have one name: {', '.join(sorted(names & members or members))}.")
        if named - members:
            raise SimulatorError(f"A pool has no host called {', '.join(sorted(named - members))}.")
        names |= members
    return pools


def _target(engine: Engine, pool: SimPool, entry: InventoryEntry) -> SimTarget:
    others = tuple(address_of(engine, host.name) for host in pool.hosts if host.name != entry.host)
    minimum = "1.0" if any(host.offered_tls is SimTls.OLD for host in pool.hosts) else "1.2"
    return SimTarget(entry.name, address_of(engine, entry.host), pool.users[0], minimum, others, pool.tags)
