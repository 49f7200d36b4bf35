"""Pools and hosts while they run: what calls read and change, sessions, and what reached each host.

Only the simulator's own thread touches it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import uuid4

from bot.simulator.classes import CLASSES, SESSION_FIELDS, permissions
from bot.simulator.fleets import Role, SessionLimits, SimHost, SimPool, SimUser
from bot.simulator.records import (
    certificate_records,
    host_record,
    metrics_record,
    pool_record,
    ref_of,
    update_record,
)
from bot.simulator.releases import Version
from bot.simulator.rpc import Call, Record
from bot.simulator.tls import SimCertificate

Clock = Callable[[], float]
"""Seconds that only grow."""
Now = Callable[[], datetime]

_MOST_CALLS: Final = 1000


class SeenCall(NamedTuple):
    """A call that arrived, whatever became of it. `originator` of a login that had one; passwords are not stored."""

    method: str
    dialect: str
    path: str
    params: int
    user: str | None
    originator: str | None
    user_agent: str


class RequestLog(NamedTuple):
    """What reached a host since it started: for tests that must know that no byte, or no password, was sent.

    `bytes` counts what came inside TLS. `calls` are the last thousand, oldest first.
    """

    connections: int
    handshakes: int
    bytes: int
    credentials: int
    calls: tuple[SeenCall, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(call.method for call in self.calls)


@dataclass(slots=True)
class Traffic:
    """The same, growing."""

    connections: int = 0
    handshakes: int = 0
    bytes: int = 0
    credentials: int = 0
    calls: deque[SeenCall] = field(default_factory=lambda: deque(maxlen=_MOST_CALLS))

    def count_bytes(self, count: int) -> None:
        self.bytes += count

    def add(self, call: Call, path: str, user_agent: str) -> None:
        """A call arrived."""
        is_login = call.method.startswith("session.") and "login" in call.method
        words = [param if isinstance(param, str) else None for param in call.params] if is_login else []
        self.credentials += len(words) > 1
        user = words[0] if words else None
        originator = words[3] if len(words) > 3 else None
        self.calls.append(
            SeenCall(call.method, call.dialect.value, path, len(call.params), user, originator, user_agent)
        )

    def forget(self) -> None:
        """Starts anew. Connections that are open go on counting here."""
        self.connections = self.handshakes = self.bytes = self.credentials = 0
        self.calls.clear()

    def log(self) -> RequestLog:
        return RequestLog(self.connections, self.handshakes, self.bytes, self.credentials, tuple(self.calls))


class OpenSession(NamedTuple):
    """A session that was opened and not ended, as tests read it."""

    user: str
    originator: str


@dataclass(slots=True)
class SimSession:
    """A session; `host` is the name of the one that it was opened on. `last_active` is of the pool's clock."""

    user: SimUser
    originator: str
    host: str
    last_active: float
    ref: str = field(default_factory=lambda: f"OpaqueRef:{uuid4()}")
    uuid: str = field(default_factory=lambda: str(uuid4()))


class Sessions:
    """The open sessions of a pool, oldest first; its coordinator has them, and every member knows them.

    Too many are not refused: the garbage collector destroys the least recently active of them.
    """

    def __init__(self, limits: SessionLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self.open: dict[str, SimSession] = {}
        self._next_collection = clock() + limits.collected_every

    def start(self, user: SimUser, originator: str, host: str) -> SimSession:
        """A new session. The collector works in the background; as only logins add, here is its only moment."""
        now = self._clock()
        if now >= self._next_collection:
            self.collect()
        session = SimSession(user, originator, host, now)
        self.open[session.ref] = session
        return session

    def find(self, ref: str) -> SimSession | None:
        """The session, active from now on."""
        session = self.open.get(ref)
        if session is not None:
            session.last_active = self._clock()
        return session

    def collect(self) -> None:
        """What the garbage collector does whenever its time has come."""
        now = self._clock()
        self._next_collection = now + self._limits.collected_every
        groups: dict[tuple[str, str], list[SimSession]] = {}
        for session in self.open.values():
            # Root's sessions are counted by originator, other people's by name.
            is_root = session.user.role is Role.LOCAL
            group = ("", session.originator) if is_root else (session.user.name, "")
            groups.setdefault(group, []).append(session)
        oldest = now - self._limits.idle_seconds
        for group, members in groups.items():
            limit = self._limits.anonymous if group == ("", "") else self._limits.per_originator
            members.sort(key=lambda session: session.last_active, reverse=True)
            for rank, session in enumerate(members):
                if rank >= limit or session.last_active < oldest:
                    del self.open[session.ref]


@dataclass(slots=True, eq=False)
class HostState:
    """A host as it is now. `address` is where it listens, without the port."""

    host: SimHost
    pool: "PoolState"
    address: str
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def certificate(self) -> SimCertificate:
        """The one that it shows."""
        return (self.host.certificate or SimCertificate(self.host.name)).at(self.address)

    @property
    def is_coordinator(self) -> bool:
        return self.pool.coordinator is self


class PoolState:
    """A pool as it is now, and its database, which the coordinator has."""

    __slots__ = ("_changed", "coordinator", "hosts", "name", "now", "pool", "revision", "sessions")

    def __init__(self, pool: SimPool, clock: Clock, now: Now) -> None:
        self.pool = pool
        self.name = pool.name
        self.hosts: dict[str, HostState] = {}
        self.coordinator: HostState
        self.sessions = Sessions(pool.limits, clock)
        self.now = now
        self.revision = 1
        self._changed: asyncio.Event | None = None

    def add(self, host: SimHost, address: str) -> HostState:
        """One of the pool's hosts joins it, at an address without the port."""
        joined = HostState(host, self, address)
        self.hosts[ref_of("host", host.name)] = joined
        if host.name == self.pool.first_coordinator:
            self.coordinator = joined
        return joined

    @property
    def api(self) -> Version:
        """The database's version: the coordinator's."""
        return self.coordinator.host.release.api

    @property
    def ref(self) -> str:
        return ref_of("pool", self.pool.hosts[0].name)

    def touch(self) -> None:
        """Something changed: calls that wait for events are answered."""
        self.revision += 1
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def wait_for_change(self) -> None:
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()

    def table(self, name: str) -> dict[str, Record]:
        """The records of a class by their references; none of a class that only exists."""
        match name:
            case "pool":
                first, synced = self.pool.hosts[0].name, self.pool.synced
                return {self.ref: pool_record(self.name, first, self.coordinator.host, synced)}
            case "host":
                return {ref: host_record(host.host, host.address, self.api) for ref, host in self.hosts.items()}
            case "host_metrics":
                return {
                    ref_of("host_metrics", host.host.name): metrics_record(host.host, self.now())
                    for host in self.hosts.values()
                }
            case "Certificate" if self.api >= CLASSES["Certificate"]:
                records: dict[str, Record] = {}
                for host in self.hosts.values():
                    records |= certificate_records(host.host, host.certificate, self.api)
                return records
            case "pool_update" if self.api >= CLASSES["pool_update"]:
                applied: dict[str, list[SimHost]] = {}
                for host in self.hosts.values():
                    for fix in host.host.hotfixes:
                        applied.setdefault(fix, []).append(host.host)
                return {ref_of("pool_update", fix): update_record(fix, hosts) for fix, hosts in applied.items()}
            case "session":
                return {session.ref: self._session_record(session) for session in self.sessions.open.values()}
        return {}

    def _session_record(self, session: SimSession) -> Record:
        record: Record = {
            "uuid": session.uuid,
            "this_host": ref_of("host", session.host),
            "last_active": self.now(),
            "pool": False,
            "other_config": {},
            "is_local_superuser": session.user.role is Role.LOCAL,
            "auth_user_name": session.user.name,
            "rbac_permissions": permissions(session.user.role),
            "originator": session.originator,
        }
        return {name: value for name, value in record.items() if SESSION_FIELDS.get(name, (1, 1)) <= self.api}
