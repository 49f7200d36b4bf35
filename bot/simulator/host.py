"""A simulated host while it runs: what it is, what it saw, and the buttons that change it. For any thread."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from bot.simulator.certificate import SimCertificate
from bot.simulator.engine import Engine
from bot.simulator.faults import Fault
from bot.simulator.fleet import SimHost
from bot.simulator.inventory import SimAddress
from bot.simulator.release import SimRelease
from bot.simulator.seen import RequestLog
from bot.simulator.sessions import OpenSession
from bot.simulator.state import HostState

T = TypeVar("T")


class Runs(Protocol):
    """Does something in the simulation's own thread, and waits for it."""

    def __call__(self, what: Callable[[Engine], T], /) -> T: ...


class SimulatedHost:
    """A host of a running simulation. What it is asked or told holds when the call returns."""

    def __init__(self, run: Runs, name: str) -> None:
        self._run = run
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
        return self._run(
            lambda engine: SimAddress(*engine.endpoint(self.name), engine.hosts[self.name].certificate.pin)
        )

    @property
    def known_address(self) -> SimAddress:
        """The same with the pin that an inventory knows."""
        return self._run(lambda engine: address_of(engine, self.name))

    @property
    def certificate(self) -> SimCertificate:
        """The one that it shows; `certificate.pem` serves as a file of CAs for it."""
        return self._read(lambda host: host.certificate)

    @property
    def seen(self) -> RequestLog:
        """What reached it since it started, or since `forget`."""
        return self._read(lambda host: host.visits.seen())

    @property
    def sessions(self) -> tuple[OpenSession, ...]:
        """The open sessions of its pool, oldest first."""
        return self._read(
            lambda host: tuple(
                OpenSession(session.user.name, session.originator) for session in host.pool.sessions.all()
            )
        )

    def forget(self) -> None:
        """Starts `seen` anew."""
        self._read(lambda host: host.visits.forget())

    def change(self, how: Callable[[SimHost], SimHost]) -> None:
        """Makes it another host of the same name: `change(lambda host: replace(host, latency=2))`."""
        self._run(lambda engine: engine.change(self.name, how))

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
        self._read(lambda host: host.pool.sessions.end_all())

    def _read(self, what: Callable[[HostState], T]) -> T:
        return self._run(lambda engine: what(engine.hosts[self.name]))


def address_of(engine: Engine, name: str) -> SimAddress:
    """Where a host is, with the pin that an inventory knows."""
    return SimAddress(*engine.endpoint(name), engine.hosts[name].known_certificate.pin)
