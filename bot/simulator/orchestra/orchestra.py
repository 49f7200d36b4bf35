"""A stand-in to be held by any thread; it runs in the event loop of the simulator whose pools it knows."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self, TypeVar

from bot.simulator.certificate import SimCertificate
from bot.simulator.engine import Engine
from bot.simulator.faults import Fault
from bot.simulator.inventory import SimAddress
from bot.simulator.listener import Listener, bound_together
from bot.simulator.orchestra.answers import Asked, Rights
from bot.simulator.orchestra.connection import State, serve
from bot.simulator.simulator import Simulator
from bot.simulator.stream import Stream
from bot.simulator.tls import SimContexts

T = TypeVar("T")

TOKEN: Final = "demo-token-of-the-stand-in"
"""Opens the stand-in unless told otherwise: it protects nothing."""


class SimulatedOrchestra:
    """Answers while it is entered, within its simulator's. Raises SimulatorError where its port is not free."""

    def __init__(
        self,
        simulator: Simulator,
        tokens: Mapping[str, Rights] | None = None,
        certificate: SimCertificate | None = None,
        port: int = 0,
    ) -> None:
        self._simulator = simulator
        self._tokens = {TOKEN: Rights.READ} if tokens is None else dict(tokens)
        self._certificate = certificate or SimCertificate("xo")
        self._port = port

    def __enter__(self) -> Self:
        self._running = self._simulator.run(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._simulator.run(lambda _: self._running.close())

    @property
    def address(self) -> SimAddress:
        """Where it listens, and its pin."""
        return self._of(lambda running: running.address)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The last thousand requests, oldest first."""
        return self._of(lambda running: tuple(running.state.asked))

    @property
    def handshakes(self) -> int:
        """How many connections were made, TLS and all."""
        return self._of(lambda running: running.state.visits.handshakes)

    @property
    def received(self) -> int:
        """How many bytes came inside TLS."""
        return self._of(lambda running: running.state.visits.bytes)

    def fail(self, *faults: Fault) -> None:
        """It fails in these ways from now on, and in no others. `on` is hosts, pools or, for all, empty."""
        self._of(lambda running: running.fail(faults))

    def forget(self, *names: str) -> None:
        """It has lost contact with these hosts, and no others: they are not listed."""
        self._of(lambda running: running.forget(names))

    def renew(self, tokens: Mapping[str, Rights]) -> None:
        """These tokens open it from now on, and no others, as when one has expired."""
        self._of(lambda running: running.renew(tokens))

    def _start(self, engine: Engine) -> "_Running":
        (bound,) = bound_together(1, self._port)
        return _Running(engine, bound, self._certificate, self._tokens)

    def _of(self, what: "Callable[[_Running], T]") -> T:
        return self._simulator.run(lambda _: what(self._running))


class _Running:
    """The stand-in inside the loop; only the loop's thread may call it."""

    def __init__(
        self, engine: Engine, bound: socket.socket, certificate: SimCertificate, tokens: dict[str, Rights]
    ) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._contexts = SimContexts()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener = Listener(bound, self._loop, self._visit)
        self.state = State(certificate.at(self._listener.address), tokens)
        self._listener.open()

    @property
    def address(self) -> SimAddress:
        return SimAddress(self._listener.address, self._listener.port, self.state.certificate.pin)

    def fail(self, faults: tuple[Fault, ...]) -> None:
        self.state.faults = faults

    def forget(self, names: tuple[str, ...]) -> None:
        self.state.forgotten = frozenset(names)

    def renew(self, tokens: Mapping[str, Rights]) -> None:
        self.state.tokens = dict(tokens)

    def close(self) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        self._contexts.close()

    def _visit(self, connection: socket.socket) -> None:
        stream = Stream(self._loop, connection)
        task = self._loop.create_task(serve(self.state, stream, self._contexts, self._engine.pools))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._left(stream, done))

    def _left(self, stream: Stream, task: "asyncio.Task[None]") -> None:
        stream.close()
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._engine.broken.append(error)
