"""A running simulation and its hosts, to be held by any thread: the event loop has a thread of its own."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from bot.simulator.engine import Engine, SimulatorError
from bot.simulator.faults import Fault
from bot.simulator.fleets import SimAddress, SimHost, SimPool, SimTarget
from bot.simulator.releases import SimRelease
from bot.simulator.state import HostState, Now, OpenSession, RequestLog
from bot.simulator.tls import SimCertificate, SimTls

T = TypeVar("T")


class SimulatedHost:
    """A host of a running simulation, to be held by any thread. A change has happened when the call returns."""

    def __init__(self, simulator: "Simulator", name: str) -> None:
        self._run = simulator.run
        self.name = name

    def __repr__(self) -> str:
        return f"SimulatedHost({self.name!r})"

    @property
    def now(self) -> SimHost:
        """The host as it is now."""
        return self._read(lambda host: host.host)

    @property
    def address(self) -> SimAddress:
        """Where it is, with the pin of the certificate that it shows now."""
        return self._run(lambda engine: _address(engine, self.name, pinned=False))

    @property
    def known_address(self) -> SimAddress:
        """The same with the pin that an inventory written some time ago knows."""
        return self._run(lambda engine: _address(engine, self.name, pinned=True))

    @property
    def certificate(self) -> SimCertificate:
        """The one that it shows; `certificate.pem` serves as a file of CAs for it."""
        return self._read(lambda host: host.certificate)

    @property
    def seen(self) -> RequestLog:
        """What reached it since it started, or since `forget`."""
        return self._read(lambda host: host.traffic.log())

    @property
    def sessions(self) -> tuple[OpenSession, ...]:
        """The open sessions of its pool, oldest first."""
        return self._read(
            lambda host: tuple(
                OpenSession(session.user.name, session.originator) for session in host.pool.sessions.open.values()
            )
        )

    def forget(self) -> None:
        """Starts `seen` anew."""
        self._read(lambda host: host.traffic.forget())

    def change(self, how: Callable[[SimHost], SimHost]) -> None:
        """Makes it another host of the same name: `change(lambda host: replace(host, latency=2))`."""
        self._run(lambda engine: engine.become(replace(how(engine.hosts[self.name].host), name=self.name)))

    def upgrade(self, release: SimRelease) -> None:
        """It runs another release from now on."""
        self.change(lambda host: replace(host, release=release))

    def go_down(self) -> None:
        """Its port is closed, and every connection to it cut."""
        self.change(lambda host: replace(host, up=False))

    def come_up(self) -> None:
        self.change(lambda host: replace(host, up=True))

    def enter_emergency(self, code: str = "HOST_STILL_BOOTING", *params: str) -> None:
        """It answers every call but a few with the error."""
        self.change(lambda host: replace(host, emergency=(code, *params)))

    def recover(self) -> None:
        """Out of emergency mode, and rid of all faults."""
        self.change(lambda host: replace(host, emergency=(), faults=()))

    def fail(self, *faults: Fault) -> None:
        """It fails in these ways from now on, and no longer in those before."""
        self.change(lambda host: replace(host, faults=faults))

    def show_certificate(self, certificate: SimCertificate) -> None:
        """It shows another certificate, as after a new one was installed."""
        self.change(lambda host: replace(host, certificate=certificate))

    def coordinate(self) -> None:
        """It becomes its pool's coordinator; the one before becomes a supporter."""
        self._run(lambda engine: engine.coordinate(self.name))

    def collect_sessions(self) -> None:
        """Its pool's garbage collector runs now."""
        self._read(lambda host: host.pool.sessions.collect())

    def end_sessions(self) -> None:
        """All sessions of its pool end, as when the toolstack restarts."""
        self._read(lambda host: host.pool.sessions.open.clear())

    def _read(self, what: Callable[[HostState], T]) -> T:
        return self._run(lambda engine: what(engine.hosts[self.name]))


def _address(engine: Engine, name: str, *, pinned: bool) -> SimAddress:
    """Where a host is, with the pin of the certificate that it shows, or of the one that an inventory knows."""
    listener, state = engine.listeners[name], engine.hosts[name]
    certificate = state.certificate
    if pinned and state.host.pinned:
        certificate = state.host.pinned.at(state.address)
    return SimAddress(listener.address, listener.port, certificate.pin)


class _Running(NamedTuple):
    """The parts that the loop's thread hands over once every host listens."""

    engine: Engine
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


class Simulator:
    """Simulates pools while it is entered; `simulator["xen-1"]` is a host of it.

        with Simulator([lone(SimHost("xen-1", release("XCP-ng", "8.3")))]) as simulator:
            host = simulator["xen-1"]
            ...  # connect to host.address
            assert host.seen.methods[-1] == "session.logout"

    Raises SimulatorError for a fleet that cannot run. `now` is the hosts' clock.
    """

    def __init__(self, pools: Iterable[SimPool], now: Now = lambda: datetime.now(UTC)) -> None:
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
        return SimulatedHost(self, name)

    @property
    def hosts(self) -> tuple[SimulatedHost, ...]:
        """Every host, pool by pool."""
        return tuple(SimulatedHost(self, host.name) for pool in self._pools for host in pool.hosts)

    @property
    def targets(self) -> tuple[SimTarget, ...]:
        """An inventory's entries for the fleet, in its order."""

        def entries(engine: Engine) -> Iterator[SimTarget]:
            for pool in self._pools:
                minimum = "1.0" if any(host.offered_tls is SimTls.OLD for host in pool.hosts) else "1.2"
                for entry in pool.asked:
                    others = (host.name for host in pool.hosts if host.name != entry.host)
                    also = tuple(_address(engine, name, pinned=True) for name in others)
                    address = _address(engine, entry.host, pinned=True)
                    yield SimTarget(entry.name, address, pool.users[0], minimum, also, pool.tags)

        return self.run(lambda engine: tuple(entries(engine)))

    def run(self, what: Callable[[Engine], T]) -> T:
        """The result of something done in the simulation's own thread."""
        running = self._ready.result()
        if self._ended.done():
            raise SimulatorError("The simulation has ended.")

        async def done() -> T:
            return what(running.engine)

        return asyncio.run_coroutine_threadsafe(done(), running.loop).result()

    def _run_loop(self) -> None:
        async def simulate() -> None:
            stop = asyncio.Event()
            engine = Engine(self._now)
            try:
                engine.open(self._pools)
                self._ready.set_result(_Running(engine, asyncio.get_running_loop(), stop))
                await stop.wait()
            finally:
                await engine.close()

        # A loop that watches sockets, as Windows' usual one does not.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(simulate())


def _checked(pools: tuple[SimPool, ...]) -> tuple[SimPool, ...]:
    """The pools, if names are unique and every name that is used is a host's."""
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
