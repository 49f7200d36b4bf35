"""Simulated hosts as the fleet that a desk asks, by the real client over real TLS."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from bot.chat.command import Fleet
from bot.fleet.inventory import Inventory
from bot.fleet.sources import Limits, Probing
from bot.simulator import SimHost, SimPool, Simulator, release
from bot.xapi.probe import Prober
from tests.xapi.probing import target_of

HOSTILE = "<!channel> \x1b[31m*bold*\u202e & `x`"
"""A host's name that would ping everybody, colour a terminal and turn the reading order."""


def rolling_pool(label: str | None = None) -> SimPool:
    """Two hosts in the middle of a rolling upgrade, the target's name being "xen-1"."""
    hosts = (SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"), label=label))
    return SimPool(hosts, name="lab")


def fleet_of(simulator: Simulator, limited: bool = False, clock: Callable[[], float] = time.monotonic) -> Fleet:
    """The fleet that an operator's inventory of the simulation makes. With a clock that stands a probe takes 0 ms."""
    prober = Prober(lambda: datetime(2026, 11, 23, 8, tzinfo=UTC), clock)
    limits = Limits(clock) if limited else None
    return Fleet(Inventory(map(target_of, simulator.targets)), Probing(prober.probe, clock), limits)
