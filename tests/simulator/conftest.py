"""Simulations that end with their test, leaving nothing behind."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bot.simulator import SimHost, SimPool, SimulatedHost, Simulator, lone, release

Simulate = Callable[..., Simulator]
OneHost = Callable[..., SimulatedHost]


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Starts pools: `simulate(pool, ...)`."""
    with ExitStack() as running:
        yield lambda *pools: running.enter_context(Simulator(pools))


@pytest.fixture
def one_host(simulate: Simulate) -> OneHost:
    """Starts a lone host: `one_host("XCP-ng", "8.3", latency=1)`."""

    def start(product: str = "XCP-ng", name: str = "8.3", **what: object) -> SimulatedHost:
        host = SimHost("xen-1", release(product, name), **what)  # type: ignore[arg-type]  # any field of SimHost
        return simulate(lone(host))["xen-1"]

    return start


@pytest.fixture
def lab(simulate: Simulate) -> Simulator:
    """A pool of two: xen-1 coordinates, xen-2 supports."""
    runs = release("XCP-ng", "8.3")
    return simulate(SimPool((SimHost("xen-1", runs), SimHost("xen-2", runs)), name="lab"))
