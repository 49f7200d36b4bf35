"""Simulated hosts and pools as plain data, fleets to show and to measure with, and how an inventory names them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import cycle, islice
from typing import Final, NamedTuple

from bot.simulator.faults import Fault
from bot.simulator.offers import SimUpdate
from bot.simulator.releases import CITRIX, XCP_NG, XENSERVER, SimRelease, release
from bot.simulator.tls import SimCertificate, SimTls

_A_MINUTE: Final = timedelta(minutes=1)

PASSWORD: Final = "demo"
"""Of every simulated account unless another is given: it protects nothing."""


class Role(Enum):
    """What an account may do. NONE may log in nowhere; LOCAL is root, whom no role limits."""

    LOCAL = "local superuser"
    POOL_ADMIN = "pool-admin"
    VM_OPERATOR = "vm-operator"
    READ_ONLY = "read-only"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SimUser:
    """An account of a pool."""

    name: str
    password: str = PASSWORD
    role: Role = Role.READ_ONLY


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """When a pool's garbage collector destroys sessions (`xapi_globs.ml`, `db_gc_util.ml`).

    It runs every so many seconds, and then keeps the most recently active ones of every originator, and of root's
    sessions without one.
    """

    per_originator: int = 500
    anonymous: int = 400
    collected_every: float = 30.0
    idle_seconds: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class SimHost:
    """A host. Its name is unique in its fleet, and is its hostname; `label` is what people call it, None: its name.

    `certificate` None: its own, by its name. `pinned` is the one that clients know, where it is another. `tls` None: as
    its release. `emergency` is an error code with its parameters, as of a host that does not find its pool.
    `latency` is what each call takes, in seconds. `restart_pending` and `up_to_date` show in records as far as the
    release has fields for them; `up_to_date` None: not known. `misses` are updates that it does not have; None where
    its repositories cannot be looked into. `updated` is when packages were changed last, None: just before it booted,
    or just after where a restart is pending. `hotfixes` are names, of 7.1 to 8.2 (not XCP-ng).
    """

    name: str
    release: SimRelease
    certificate: SimCertificate | None = None
    pinned: SimCertificate | None = None
    tls: SimTls | None = None
    up: bool = True
    emergency: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    latency: float = 0.0
    label: str | None = None
    enabled: bool = True
    edition: str | None = None
    licence_expires: datetime = datetime(2035, 1, 1, tzinfo=UTC)
    booted: datetime = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    restart_pending: bool = False
    up_to_date: bool | None = None
    misses: tuple[SimUpdate, ...] | None = ()
    updated: datetime | None = None
    hotfixes: tuple[str, ...] = ()
    cpu_vendor: str = "GenuineIntel"

    @property
    def updated_last(self) -> datetime:
        return self.updated or self.booted + (_A_MINUTE if self.restart_pending else -_A_MINUTE)

    @property
    def shown_label(self) -> str:
        return self.name if self.label is None else self.label

    @property
    def offered_tls(self) -> SimTls:
        return self.tls or self.release.tls


@dataclass(frozen=True, slots=True)
class InventoryEntry:
    """What an inventory calls a host that it asks."""

    name: str
    host: str


@dataclass(frozen=True, slots=True)
class SimPool:
    """Hosts with one database and one coordinator: the first of them, unless named. A lone host is a pool of one.

    `entries` are the inventory's; none: one by the coordinator's name. `refusal_seconds` is what a wrong password
    costs: 5 on real hosts before xapi 1.289. `port` 0: one that is free. `synced` is when it asked its update server,
    None: never.
    """

    hosts: tuple[SimHost, ...]
    name: str = ""
    coordinator: str = ""
    users: tuple[SimUser, ...] = (SimUser("xocompat"), SimUser("root", role=Role.LOCAL))
    limits: SessionLimits = SessionLimits()
    refusal_seconds: float = 0.0
    entries: tuple[InventoryEntry, ...] = ()
    tags: tuple[str, ...] = ()
    port: int = 0
    synced: datetime | None = None

    @property
    def first_coordinator(self) -> str:
        return self.coordinator or self.hosts[0].name

    @property
    def asked(self) -> tuple[InventoryEntry, ...]:
        return self.entries or (InventoryEntry(self.first_coordinator, self.first_coordinator),)


def lone(host: SimHost, entry: str = "", tags: tuple[str, ...] = ()) -> SimPool:
    """A host that is in nobody's pool but its own."""
    return SimPool((host,), entries=(InventoryEntry(entry or host.name, host.name),), tags=tags)


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


_DEMO_DAY: Final = date(2026, 11, 23)


def demo_fleet(today: date = _DEMO_DAY) -> tuple[SimPool, ...]:
    """A small fleet with something of everything; the names of entries say what they show.

    Two pools of several hosts, one asked at a supporter, one in the middle of a rolling upgrade; lone hosts from 7.2
    to 8; a host that is down, and one whose certificate is not the one that the inventory pins. Of the hosts of XCP-ng
    8.3 one shows a hypervisor that fixed and unfixed packages share (xen-1), one was updated but not restarted (xen-2),
    one is behind (xen-11); on XenServer 8 the hypervisor says all. `today` is what the certificate of xen-13, the
    licence of office-1 and updates count from: they end in 12 and in 25 days, and came 9 days ago.
    """
    midnight = datetime.combine(today, time(), UTC)
    xcp_ng = release(XCP_NG, "8.3")
    updated = midnight + timedelta(days=-9, hours=14)
    restarted = datetime(2026, 6, 9, 5, 30, tzinfo=UTC)
    ending = SimCertificate("xen-13", valid_until=today + timedelta(days=12))
    return (
        SimPool(
            (
                SimHost("xen-1", xcp_ng.patched("4.17.6-9"), booted=restarted),
                SimHost(
                    "xen-2",
                    xcp_ng.patched("4.17.6-9").saying(xen="4.17.5-23"),
                    restart_pending=True,
                    updated=updated,
                    cpu_vendor="AuthenticAMD",
                ),
            ),
            name="lab",
            entries=(InventoryEntry("lab-a", "xen-1"), InventoryEntry("lab-b", "xen-2")),
            tags=("lab",),
        ),
        SimPool(
            (
                SimHost("xen-11", xcp_ng.patched("4.17.5-23"), booted=datetime(2026, 11, 20, 5, 0, tzinfo=UTC)),
                SimHost(
                    "xen-12",
                    release(XCP_NG, "8.2").patched("4.13.5-9.49").saying(xen="4.13.5-9.45"),
                    restart_pending=True,
                    updated=updated,
                ),
                SimHost("xen-13", release(XCP_NG, "8.2").patched("4.13.5-9.49"), certificate=ending),
            ),
            name="prod",
            entries=(InventoryEntry("prod-a", "xen-11"),),
            tags=("prod",),
        ),
        lone(SimHost("edge-1", release(XCP_NG, "7.6")), "edge-a", ("edge",)),
        replace(
            lone(
                SimHost(
                    "office-1",
                    release(XENSERVER, "8").patched("4.17.6-6"),
                    booted=restarted,
                    up_to_date=False,
                    edition="premium-per-socket",
                    licence_expires=midnight + timedelta(days=25),
                ),
                "office-a",
                ("office",),
            ),
            synced=midnight - timedelta(hours=5),
        ),
        lone(SimHost("archive-1", release(XENSERVER, "7.2")), "archive-a", ("archive",)),
        lone(SimHost("spare-1", release(XCP_NG, "8.2"), up=False), "down-a", ("lab",)),
        lone(
            SimHost(
                "moved-1",
                release(XCP_NG, "8.2"),
                certificate=SimCertificate("moved-1", 2),
                pinned=SimCertificate("moved-1", 1),
            ),
            "moved-a",
            ("lab",),
        ),
    )


def branch_fleet() -> tuple[SimPool, ...]:
    """A pool to be known through a Xen Orchestra alone: two hosts miss updates, not the same ones, and the third cannot
    look into its repositories.
    """
    xen = SimUpdate("xen-hypervisor", "4.17.6", "9.2.xcpng8.3", "- Fix XSA-491 and XSA-492", "Xen, the hypervisor")
    tools = SimUpdate("xen-tools", "4.17.6", "9.2.xcpng8.3", "- Fix XSA-491 and XSA-492", "Xen's tools in dom0")
    kernel = SimUpdate("kernel", "4.19.19", "8.0.46.1.xcpng8.3", "- Support more network cards", "The kernel of dom0")
    runs = release(XCP_NG, "8.3")
    hosts = (
        SimHost("branch-1", runs, misses=(kernel, xen, tools)),
        SimHost("branch-2", runs, misses=(kernel,)),
        SimHost("branch-3", runs, misses=None),
    )
    return (SimPool(hosts, name="branch"),)


def large_fleet(hosts: int, pool_size: int = 1, latency: float = 0.0) -> tuple[SimPool, ...]:
    """That many hosts, in pools of that size: a usual mix of releases, the same each time.

    All share one certificate, and with it one TLS context; the curve is the quick one. `latency` is of each call.
    """
    sizes = [pool_size] * (hosts // pool_size) + ([hosts % pool_size] if hosts % pool_size else [])
    pools = []
    for number, (size, kind) in enumerate(zip(sizes, islice(cycle(_MIX), len(sizes)), strict=True), 1):
        runs = release(*kind)
        tls = SimTls.QUICK if runs.tls is SimTls.MODERN else None
        members = tuple(
            SimHost(f"sim-{number:05}-{member}", runs, certificate=_SHARED, tls=tls, latency=latency)
            for member in range(1, size + 1)
        )
        name = f"pool-{number:05}" if size > 1 else ""
        pools.append(SimPool(members, name, entries=(InventoryEntry(f"sim-{number:05}", members[0].name),)))
    return tuple(pools)


PASSWORD_VARIABLE: Final = "SIMULATOR_PASSWORD"


class SimAddress(NamedTuple):
    """Where a host is found, and the pin that its inventory knows: SHA-256 of the DER certificate."""

    host: str
    port: int
    pin: bytes

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def pin_text(self) -> str:
        return f"sha256:{self.pin.hex()}"


class SimTarget(NamedTuple):
    """An entry: how to reach a host and who logs in. `also` are the other members, where a redirect may lead.

    `minimum` is the TLS version that a client must go down to.
    """

    name: str
    address: SimAddress
    user: SimUser
    minimum: str
    also: tuple[SimAddress, ...]
    tags: tuple[str, ...]


def as_yaml(targets: Iterable[SimTarget]) -> str:
    """The `targets` of a configuration file; the password comes from the variable `PASSWORD_VARIABLE`."""
    lines = ["targets:"]
    for target in targets:
        minimum = f', minimum: "{target.minimum}"' if target.minimum != "1.2" else ""
        lines += [
            f"  - name: {target.name}",
            f"    address: {target.address}",
            f"    username: {target.user.name}",
            f"    password_env: {PASSWORD_VARIABLE}",
            f'    tls: {{pin: "{target.address.pin_text}"{minimum}}}',
        ]
        if target.also:
            lines.append("    also:")
            lines += [f'      - {{address: "{other}", pin: "{other.pin_text}"}}' for other in target.also]
        if target.tags:
            lines.append(f"    tags: [{', '.join(target.tags)}]")
    return "\n".join(lines) + "\n"


def as_json(targets: Iterable[SimTarget]) -> str:
    """The same for programs, on one line, with the passwords in it."""
    entries = [
        {
            "name": target.name,
            "address": str(target.address),
            "pin": target.address.pin_text,
            "username": target.user.name,
            "password": target.user.password,
            "minimum": target.minimum,
            "also": [{"address": str(other), "pin": other.pin_text} for other in target.also],
        }
        for target in targets
    ]
    return json.dumps({"targets": entries})
