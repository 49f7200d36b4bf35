"""The demo's hosts: simulated in this process, asked as real ones are. They start while the demo already talks."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from bot.demo.simulator import Address, SimPool, SimTarget, Simulator, SimulatorError
from bot.errors import UnavailableError
from bot.fleet.inventory import Inventory
from bot.xapi.target import Endpoint, Target, TlsMode, Trust


class SimulatedHosts:
    """Simulated pools that run while it is entered. `names` are what the inventory calls the hosts."""

    def __init__(self, pools: Sequence[SimPool]) -> None:
        self.names = tuple(entry.name for pool in pools for entry in pool.asked)
        self._pools = pools
        self._running = ExitStack()
        self._inventory: Future[Inventory] = Future()

    def __enter__(self) -> Self:
        """They listen at once. Their certificates' key takes up to a second, and a thread of its own."""
        try:
            simulator = self._running.enter_context(Simulator(self._pools))
        except (SimulatorError, OSError) as error:
            self._inventory.set_exception(UnavailableError(f"The demo's hosts cannot be simulated here. {error}"))
            return self
        background = ThreadPoolExecutor(1, thread_name_prefix="demo-hosts")
        self._inventory = background.submit(lambda: Inventory(map(target_of, simulator.targets)))
        background.shutdown(wait=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)

    def inventory(self) -> Inventory:
        """The hosts to ask. Waits until they can be asked; UnavailableError if they cannot."""
        return self._inventory.result()


def target_of(entry: SimTarget) -> Target:
    """A simulated host's entry, as a configuration would have it."""

    def endpoint(address: Address) -> Endpoint:
        return Endpoint(address.host, address.port, Trust(TlsMode.PINNED, address.pin, minimum=entry.minimum))

    return Target(
        name=entry.name,
        endpoint=endpoint(entry.address),
        username=entry.user.name,
        password=lambda: entry.user.password,
        password_from="the demo itself",
        also=tuple(map(endpoint, entry.also)),
        tags=entry.tags,
    )
