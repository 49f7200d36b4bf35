"""Pools and hosts while they run: what calls read and change. Only the simulator's own thread touches it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.simulator.certificate import SimCertificate
from bot.simulator.fleet import Role, SimHost, SimPool, SimUser
from bot.simulator.model import SESSION_FIELDS, permissions
from bot.simulator.protocol import Record
from bot.simulator.records import host_record, host_ref, metrics_record, pool_record
from bot.simulator.refs import ref_of
from bot.simulator.release import Version
from bot.simulator.seen import Visits
from bot.simulator.sessions import Clock, Sessions

Now = Callable[[], datetime]


class HostState:
    """A host as it is now. `address` is where it listens, without the port."""

    __slots__ = ("address", "host", "pool", "visits")

    def __init__(self, host: SimHost, pool: "PoolState", address: str) -> None:
        self.host = host
        self.pool = pool
        self.address = address
        self.visits = Visits()

    @property
    def certificate(self) -> SimCertificate:
        """The one that it shows, its names settled."""
        return (self.host.certificate or SimCertificate(self.host.name)).at(self.address)

    @property
    def known_certificate(self) -> SimCertificate:
        """The one that an inventory written some time ago pins."""
        return self.host.pinned.at(self.address) if self.host.pinned else self.certificate

    @property
    def is_coordinator(self) -> bool:
        return self.pool.coordinator is self


class PoolState:
    """A pool as it is now, and its database, which the coordinator keeps."""

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

    def add(self, host: HostState) -> None:
        self.hosts[host_ref(host.host.name)] = host
        if host.host.name == self.pool.first_coordinator:
            self.coordinator = host

    @property
    def api(self) -> Version:
        """The database's version: the coordinator's."""
        return self.coordinator.host.release.api

    @property
    def ref(self) -> str:
        return ref_of("pool", self.pool.hosts[0].name)

    def user(self, name: str) -> SimUser | None:
        return next((user for user in self.pool.users if user.name == name), None)

    def touch(self) -> None:
        """Something changed: whoever waits for events hears of it."""
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
                return {self.ref: pool_record(self.name, self.pool.hosts[0].name, self.coordinator.host)}
            case "host":
                return {ref: host_record(host.host, host.address, self.api) for ref, host in self.hosts.items()}
            case "host_metrics":
                return {
                    ref_of("host_metrics", host.host.name): metrics_record(host.host, self.now())
                    for host in self.hosts.values()
                }
            case "session":
                return self._session_table()
        return {}

    def _session_table(self) -> dict[str, Record]:
        records: dict[str, Record] = {
            session.ref: {
                "uuid": session.uuid,
                "this_host": host_ref(session.host),
                "last_active": self.now(),
                "pool": False,
                "other_config": {},
                "is_local_superuser": session.user.role is Role.LOCAL,
                "auth_user_name": session.user.name,
                "rbac_permissions": permissions(session.user.role),
                "originator": session.originator,
            }
            for session in self.sessions.all()
        }
        later = {field for field, since in SESSION_FIELDS.items() if since > self.api}
        return {
            ref: {field: value for field, value in record.items() if field not in later}
            for ref, record in records.items()
        }
