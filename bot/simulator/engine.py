"""The simulation at work, inside its event loop: states, listeners and visitors. Only the loop's thread may call it."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from bot.simulator.connection import serve
from bot.simulator.fleet import SimHost, SimPool
from bot.simulator.listener import Listener, SimulatorError, bound_together
from bot.simulator.state import HostState, Now, PoolState
from bot.simulator.stream import Stream
from bot.simulator.tls import SimContexts

MAX_CONNECTIONS: Final = 8000
"""Open at once, of all hosts together; one more is closed as soon as it is accepted."""

_SPARE_DESCRIPTORS: Final = 1000
_CROWD: Final = 500
"""More hosts than this have an address each: finding a free port takes 10 ms once some thousands at one are taken."""


class Engine:
    """Runs a fleet from `open` to `close`. `broken` holds what should never happen: errors of the simulator itself."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._contexts = SimContexts()
        self._listeners: dict[str, Listener] = {}
        self._visits: dict[asyncio.Task[None], str] = {}
        self._port = 0
        self.pools: list[PoolState] = []
        self.hosts: dict[str, HostState] = {}
        self.broken: list[BaseException] = []

    def open(self, pools: Iterable[SimPool]) -> None:
        """Binds every host, and lets those listen that are up."""
        pools = tuple(pools)
        count = sum(len(pool.hosts) for pool in pools)
        _need_descriptors(count)
        for pool in pools:
            self._add(pool, apart=count > _CROWD)
        for name, host in self.hosts.items():
            if host.host.up:
                self._listeners[name].open()

    async def close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        for task in self._visits:
            task.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        self._contexts.close()

    def endpoint(self, name: str) -> tuple[str, int]:
        listener = self._listeners[name]
        return listener.address, listener.port

    def become(self, host: SimHost) -> None:
        """The host of that name is so from now on. One that goes down drops its visitors."""
        state = self.hosts[host.name]
        before, state.host = state.host, host
        if before.up and not host.up:
            self._listeners[host.name].shut()
            for task, name in self._visits.items():
                if name == host.name:
                    task.cancel()
        if host.up and not before.up:
            self._listeners[host.name].open()
        state.pool.touch()

    def change(self, name: str, how: Callable[[SimHost], SimHost]) -> None:
        self.become(replace(how(self.hosts[name].host), name=name))

    def coordinate(self, name: str) -> None:
        """The host becomes its pool's coordinator."""
        host = self.hosts[name]
        host.pool.coordinator = host
        host.pool.touch()

    def _add(self, pool: SimPool, apart: bool) -> None:
        """Binds a pool: at 127.0.0.1 and a port of its own, or apart from the others at addresses and their port."""
        state = PoolState(pool, self._loop.time, self._now)
        offset = len(self.hosts) if apart else 0
        sockets = bound_together(len(pool.hosts), pool.port, offset, wish=self._port if apart else 0)
        for host, bound in zip(pool.hosts, sockets, strict=True):
            listener = Listener(bound, self._loop, partial(self._visit, host.name))
            self._listeners[host.name] = listener
            self.hosts[host.name] = HostState(host, state, listener.address)
            state.add(self.hosts[host.name])
        self._port = self._port or sockets[0].getsockname()[1]
        self.pools.append(state)

    def _visit(self, name: str, connection: socket.socket) -> None:
        if len(self._visits) >= MAX_CONNECTIONS:
            connection.close()
            return
        stream = Stream(self._loop, connection)
        task = self._loop.create_task(serve(self.hosts[name], stream, self._contexts))
        self._visits[task] = name
        task.add_done_callback(partial(self._left, stream))

    def _left(self, stream: Stream, task: "asyncio.Task[None]") -> None:
        """Closes the socket here, as a task that is cancelled early never runs."""
        stream.close()
        self._visits.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.broken.append(error)


def _need_descriptors(count: int) -> None:
    """Raises the process's soft limit if so many listeners need it; Windows has none."""
    try:
        import resource
    except ImportError:
        return
    wanted = count + _SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise SimulatorError(f"{count} hosts need {wanted} open files, the limit is {hard}: raise it (ulimit -Hn).")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
