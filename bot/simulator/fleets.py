"""Fleets to show and to measure with."""

from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Final

from bot.simulator.certificate import SimCertificate
from bot.simulator.fleet import InventoryEntry, SimHost, SimPool, lone
from bot.simulator.releases import CITRIX, XCP_NG, XENSERVER, release
from bot.simulator.tls import SimTls

_SHARED: Final = SimCertificate("simulated", names=("127.0.0.1", "localhost"))
_MIX: Final = (  # of every twenty pools
    *[(XCP_NG, "8.3")] * 8,
    *[(XCP_NG, "8.2")] * 4,
    *[(XENSERVER, "8")] * 3,
    (CITRIX, "8.2"),
    (XENSERVER, "7.1"),
    (XCP_NG, "7.6"),
    (XENSERVER, "7.2"),
    (XCP_NG, "8.0"),
)


def demo_fleet() -> tuple[SimPool, ...]:
    """A small fleet with something of everything; the names of entries say what they show.

    Two pools of several hosts, one asked at a supporter, one in the middle of a rolling upgrade; lone hosts from 7.2
    to 8; a host that is down, and one whose certificate is not the one that the inventory pins.
    """
    return (
        SimPool(
            (SimHost("xen-1", release(XCP_NG, "8.3")), SimHost("xen-2", release(XCP_NG, "8.3"))),
            name="lab",
            entries=(InventoryEntry("lab-a", "xen-1"), InventoryEntry("lab-b", "xen-2")),
            tags=("lab",),
        ),
        SimPool(
            (
                SimHost("xen-11", release(XCP_NG, "8.3"), booted=datetime(2026, 11, 20, 5, 0, tzinfo=UTC)),
                SimHost("xen-12", release(XCP_NG, "8.2"), restart_pending=True),
                SimHost("xen-13", release(XCP_NG, "8.2")),
            ),
            name="prod",
            entries=(InventoryEntry("prod-a", "xen-11"),),
            tags=("prod",),
        ),
        lone(SimHost("edge-1", release(XCP_NG, "7.6")), "edge-a", ("edge",)),
        lone(SimHost("office-1", release(XENSERVER, "8"), up_to_date=False), "office-a", ("office",)),
        lone(SimHost("archive-1", release(XENSERVER, "7.2")), "archive-a", ("archive",)),
        lone(SimHost("spare-1", release(XCP_NG, "8.2"), up=False), "down-a", ("lab",)),
        lone(_recertified("moved-1"), "moved-a", ("lab",)),
    )


def branch_fleet() -> tuple[SimPool, ...]:
    """A pool to be known through a Xen Orchestra alone."""
    hosts = (SimHost("branch-1", release(XCP_NG, "8.3")), SimHost("branch-2", release(XCP_NG, "8.3")))
    return (SimPool(hosts, name="branch"),)


def large_fleet(hosts: int, pool_size: int = 1, latency: float = 0.0) -> tuple[SimPool, ...]:
    """That many hosts, in pools of that size: a usual mix of releases, the same each time.

    All share one certificate, and with it one TLS context; the curve is the quick one. `latency` is of each call.
    """
    sizes = [pool_size] * (hosts // pool_size) + ([hosts % pool_size] if hosts % pool_size else [])
    kinds = islice(cycle(_MIX), len(sizes))
    return tuple(
        _pool(number, size, kind, latency) for number, (size, kind) in enumerate(zip(sizes, kinds, strict=True), 1)
    )


def _pool(number: int, size: int, kind: tuple[str, str], latency: float) -> SimPool:
    runs = release(*kind)
    tls = SimTls.QUICK if runs.tls is SimTls.MODERN else None
    members = tuple(
        SimHost(f"sim-{number:05}-{member}", runs, certificate=_SHARED, tls=tls, latency=latency)
        for member in range(1, size + 1)
    )
    name = f"pool-{number:05}"
    return SimPool(
        members, name=name if size > 1 else "", entries=(InventoryEntry(f"sim-{number:05}", members[0].name),)
    )


def _recertified(name: str) -> SimHost:
    return SimHost(name, release(XCP_NG, "8.2"), certificate=SimCertificate(name, 2), pinned=SimCertificate(name, 1))
