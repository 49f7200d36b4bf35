"""The simulation at work, inside its event loop: listeners and connections. Only the loop's thread may call it."""

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from ipaddress import IPv4Address
from typing import Any, Final

from bot.simulator.fleets import SimHost, SimPool
from bot.simulator.http import Stream
from bot.simulator.server import serve
from bot.simulator.state import HostState, Now, PoolState
from bot.simulator.tls import SimContexts

_FIRST: Final = IPv4Address("127.0.0.1")
_LAST_PORT: Final = 65535
_TRIES: Final = 50
_BACKLOG: Final = 512
_AT_ONCE: Final = 64  # connections taken before other work gets its turn
_PAUSE: Final = 0.2  # seconds without accepting once the process has no descriptors left

Accepted = Callable[[socket.socket], None]
ServeStream = Callable[[Stream], Coroutine[Any, Any, None]]
Bind = Callable[[str, int], socket.socket]


class SimulatorError(Exception):
    """The simulation cannot run: an address is not there, file descriptors are too few. The text says what to do."""


class Listener:
    """A host's address and port. Shut, it still holds the port, so that connections are refused and nobody takes it."""

    __slots__ = ("_loop", "_on_accept", "_socket", "address", "port")

    def __init__(self, bound: socket.socket, loop: asyncio.AbstractEventLoop, on_accept: Accepted) -> None:
        self._socket = bound
        self._loop = loop
        self._on_accept = on_accept
        self.address, self.port = bound.getsockname()

    def open(self) -> None:
        self._socket.listen(_BACKLOG)
        self._loop.add_reader(self._socket, self._accept)

    def shut(self) -> None:
        """Refuses connections from now on; those that wait to be accepted are reset."""
        self.close()
        self._socket = bound_to(self.address, self.port)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                self._loop.remove_reader(self._socket)
                self._loop.call_later(_PAUSE, self._resume, self._socket)
                return
            connection.setblocking(False)
            self._on_accept(connection)

    def _resume(self, listening: socket.socket) -> None:
        if listening is self._socket and listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept)


def bound_to(address: str, port: int) -> socket.socket:
    """A socket at that address, not listening; port 0: a free one."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections get it from here
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def bound_together(count: int, port: int, offset: int = 0, wish: int = 0, bind: Bind = bound_to) -> list[socket.socket]:
    """Sockets for the members of a pool, all on one port, as HOST_IS_SLAVE gives none.

    Their addresses are 127.0.0.1 and up, or so many after it. `port` 0: the one wished for if it is free, or any.
    Where the system has but one loopback address, as macOS has, members get ports of their own: a client that is
    redirected to 127.0.0.1 has to know which of them is meant.
    """
    if port > _LAST_PORT:
        raise SimulatorError(f"There is no port {port}: they end at {_LAST_PORT}.")
    for common in [port] if port else [wish, *[0] * _TRIES]:
        with suppress(OSError), ExitStack() as opened:
            bound: list[socket.socket] = []
            for number in range(offset, offset + count):
                try:
                    member = bind(str(_FIRST + number), common)
                except OSError as error:
                    if error.errno != errno.EADDRNOTAVAIL:
                        raise
                    member = bind(str(_FIRST), 0)
                bound.append(opened.enter_context(member))
                common = common or member.getsockname()[1]
            opened.pop_all()
            return bound
    raise SimulatorError(f"Port {port or 'of any number'} is not free at {count} loopback addresses: try another one.")


MAX_CONNECTIONS: Final = 8000
"""Open at once, of all hosts together; one more is closed as soon as it is accepted."""

_SPARE_DESCRIPTORS: Final = 1000
_CROWD: Final = 500
"""More hosts than this have an address each: finding a free port takes 10 ms once some thousands at one are taken."""


class Engine:
    """Runs a fleet from `open` to `close`. `broken` holds what should never happen: errors of the simulator itself."""

    def __init__(self, now: Now) -> None:
        self.now = now
        self._loop = asyncio.get_running_loop()
        self._contexts = SimContexts()
        self.listeners: dict[str, Listener] = {}
        self._connections: dict[asyncio.Task[None], object] = {}
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
            self._bind(pool, apart=count > _CROWD)
        for name, host in self.hosts.items():
            if host.host.up:
                self.listeners[name].open()

    async def close(self) -> None:
        for listener in self.listeners.values():
            listener.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._contexts.close()

    def become(self, host: SimHost) -> None:
        """The host of that name is so from now on. One that goes down drops its connections."""
        state = self.hosts[host.name]
        before, state.host = state.host, host
        if before.up and not host.up:
            self.listeners[host.name].shut()
            self.drop(host.name)
        if host.up and not before.up:
            self.listeners[host.name].open()
        state.pool.touch()

    def coordinate(self, name: str) -> None:
        """The host becomes its pool's coordinator."""
        host = self.hosts[name]
        host.pool.coordinator = host
        host.pool.touch()

    def _bind(self, pool: SimPool, apart: bool) -> None:
        """Binds a pool: at 127.0.0.1 and a port of its own, or apart from the others at addresses and their port."""
        state = PoolState(pool, self._loop.time, self.now)
        offset = len(self.hosts) if apart else 0
        sockets = bound_together(len(pool.hosts), pool.port, offset, wish=self._port if apart else 0)
        for host, bound in zip(pool.hosts, sockets, strict=True):
            joined = self.hosts[host.name] = state.add(host, bound.getsockname()[0])
            answer = partial(self.answer, host.name, serve_stream=partial(serve, joined, contexts=self._contexts))
            self.listeners[host.name] = Listener(bound, self._loop, answer)
        self._port = self._port or sockets[0].getsockname()[1]
        self.pools.append(state)

    def answer(self, owner: object, connection: socket.socket, serve_stream: ServeStream) -> None:
        """Has a connection answered by a task of its own. What the task raises is a mistake of the simulator's own."""
        if len(self._connections) >= MAX_CONNECTIONS:
            connection.close()
            return
        stream = Stream(self._loop, connection)

        def ended(task: "asyncio.Task[None]") -> None:
            stream.close()  # here, as a task that is cancelled early never runs
            self._connections.pop(task, None)
            error = None if task.cancelled() else task.exception()
            if error is not None:
                self.broken.append(error)

        task = self._loop.create_task(serve_stream(stream))
        self._connections[task] = owner
        task.add_done_callback(ended)

    def drop(self, owner: object) -> None:
        """Cuts the connections that are answered for that owner."""
        for task, of in self._connections.items():
            if of == owner:
                task.cancel()


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
