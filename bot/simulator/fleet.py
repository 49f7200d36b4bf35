"""Simulated hosts and pools as plain data: what a fleet is before it runs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from bot.simulator.certificate import SimCertificate
from bot.simulator.faults import Fault
from bot.simulator.release import SimRelease
from bot.simulator.tls import SimTls

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
    release has fields for them; `up_to_date` None: not known.
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
    costs: 5 on real hosts before xapi 1.289. `port` 0: one that is free.
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

    @property
    def first_coordinator(self) -> str:
        return self.coordinator or self.hosts[0].name

    @property
    def asked(self) -> tuple[InventoryEntry, ...]:
        return self.entries or (InventoryEntry(self.first_coordinator, self.first_coordinator),)


def lone(host: SimHost, entry: str = "", tags: tuple[str, ...] = ()) -> SimPool:
    """A host that is in nobody's pool but its own."""
    return SimPool((host,), entries=(InventoryEntry(entry or host.name, host.name),), tags=tags)
