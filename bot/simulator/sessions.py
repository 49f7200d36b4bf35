"""Sessions of a pool: too many are not refused, the garbage collector takes the least recently active of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from bot.simulator.fleet import Role, SessionLimits, SimUser

Clock = Callable[[], float]
"""Seconds that only grow."""


class OpenSession(NamedTuple):
    """A session that was opened and not ended, as tests ask for it."""

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
    """The open sessions of a pool; its coordinator keeps them, and every member knows them."""

    def __init__(self, limits: SessionLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._open: dict[str, SimSession] = {}
        self._next_collection = clock() + limits.collected_every

    def open(self, user: SimUser, originator: str, host: str) -> SimSession:
        """A new session. The collector works in the background; as only logins add, here is its only moment."""
        now = self._clock()
        if now >= self._next_collection:
            self.collect()
        session = SimSession(user, originator, host, now)
        self._open[session.ref] = session
        return session

    def find(self, ref: str) -> SimSession | None:
        """The session, active from now on."""
        session = self._open.get(ref)
        if session is not None:
            session.last_active = self._clock()
        return session

    def end(self, ref: str) -> None:
        self._open.pop(ref, None)

    def end_all(self) -> None:
        """As after a restart of the toolstack."""
        self._open.clear()

    def collect(self) -> None:
        """What the garbage collector does whenever its time has come."""
        now = self._clock()
        self._next_collection = now + self._limits.collected_every
        groups: dict[tuple[str, str], list[SimSession]] = {}
        for session in self._open.values():
            groups.setdefault(_group(session), []).append(session)
        oldest = now - self._limits.idle_seconds
        for group, members in groups.items():
            limit = self._limits.anonymous if group == ("", "") else self._limits.per_originator
            members.sort(key=lambda session: session.last_active, reverse=True)
            for rank, session in enumerate(members):
                if rank >= limit or session.last_active < oldest:
                    self.end(session.ref)

    def all(self) -> tuple[SimSession, ...]:
        return tuple(self._open.values())

    def __len__(self) -> int:
        return len(self._open)


def _group(session: SimSession) -> tuple[str, str]:
    """Root's sessions are counted by originator, other people's by name."""
    return ("", session.originator) if session.user.role is Role.LOCAL else (session.user.name, "")
