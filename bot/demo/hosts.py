"""The demo's hosts: simulated in this process, probed as real ones are. They start while the demo answers already."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import NamedTuple, Self

from bot.errors import UnavailableError
from bot.fleet.inventory import Inventory
from bot.simulator import SimAddress, SimPool, SimTarget, SimulatedHost, Simulator, SimulatorError
from bot.simulator.engine import Engine
from bot.simulator.orchestra import TOKEN, SimulatedOrchestra
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from bot.xo.orchestra import Orchestra

OF_ORCHESTRA = "xo"
"""The name of the Xen Orchestra, and the tag of its hosts."""

_FROM = "the demo itself"


class DemoSources(NamedTuple):
    """What the bot may probe."""

    inventory: Inventory
    orchestras: tuple[Orchestra, ...] = ()


class SimulatedHosts:
    """Simulated pools that run while it is entered. `names` are what the inventory calls the hosts.

    `elsewhere` are pools that no target has: a Xen Orchestra lists them, and no other. `now` is the hosts' clock.
    """

    def __init__(
        self,
        pools: Sequence[SimPool],
        elsewhere: Sequence[SimPool] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.names = tuple(entry.name for pool in pools for entry in pool.asked)
        self.pools = (*pools, *elsewhere)
        self._elsewhere = elsewhere
        self._simulator = Simulator(self.pools, now)
        self._running = ExitStack()
        self._known: Future[DemoSources] = Future()

    def __enter__(self) -> Self:
        """They listen at once. Their certificates, and what makes them, are loaded in a thread of its own."""
        orchestra: SimulatedOrchestra | None = None
        try:
            self._running.enter_context(self._simulator)
            if self._elsewhere:
                orchestra = self._running.enter_context(SimulatedOrchestra(self._simulator))
                listed = {host.name for pool in self._elsewhere for host in pool.hosts}
                orchestra.forget(*(host.name for pool in self.pools for host in pool.hosts if host.name not in listed))
        except (SimulatorError, OSError) as error:
            self._known.set_exception(UnavailableError(f"The demo's hosts cannot be simulated here. {error}"))
            return self

        def sources() -> DemoSources:
            names = set(self.names)
            inventory = Inventory(target_of(entry) for entry in self._simulator.targets if entry.name in names)
            if orchestra is None:
                return DemoSources(inventory)
            endpoint = _endpoint(orchestra.address, "1.2")
            known = Orchestra(OF_ORCHESTRA, endpoint, lambda: TOKEN, _FROM, tags=(OF_ORCHESTRA,))
            return DemoSources(inventory, (known,))

        background = ThreadPoolExecutor(1, thread_name_prefix="demo-hosts")
        self._known = background.submit(sources)
        background.shutdown(wait=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)

    def known(self) -> DemoSources:
        """The hosts to probe. Waits until they can be probed; UnavailableError if they cannot."""
        return self._known.result()

    def find(self, name: str) -> tuple[SimulatedHost, ...]:
        """The hosts that a name means, in any case: a host, what the inventory calls one, or all of a pool.

        UnavailableError as `known`.
        """
        self.known()
        wanted = name.casefold()
        found: dict[str, None] = {}
        for pool in self.pools:
            named = {host.name.casefold(): host.name for host in pool.hosts}
            entries = {entry.name.casefold(): entry.host for entry in pool.asked}
            members = [host.name for host in pool.hosts] if pool.name.casefold() == wanted else []
            found |= dict.fromkeys([*members, *(names[wanted] for names in (named, entries) if wanted in names)])
        return tuple(self._simulator[each] for each in found)

    def reset(self) -> None:
        """All hosts are as they were at first."""

        def restore(engine: Engine) -> None:
            for pool in self.pools:
                for host in pool.hosts:
                    if engine.hosts[host.name].host != host:
                        engine.become(host)

        self._simulator.run(restore)


def target_of(entry: SimTarget) -> Target:
    """A simulated host's entry, as a configuration would have it."""
    return Target(
        name=entry.name,
        endpoint=_endpoint(entry.address, entry.minimum),
        username=entry.user.name,
        password=lambda: entry.user.password,
        password_from=_FROM,
        also=tuple(_endpoint(address, entry.minimum) for address in entry.also),
        tags=entry.tags,
    )


def _endpoint(address: SimAddress, minimum: str) -> Endpoint:
    return Endpoint(address.host, address.port, Trust(TlsMode.PINNED, address.pin, minimum=minimum))
