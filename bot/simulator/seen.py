"""What reached a host, for tests that must know: no byte, no password, every session ended."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bot.simulator.protocol import Call

_KEPT: Final = 1000


class SeenCall(NamedTuple):
    """A call that arrived, whatever became of it. `originator` of a login that had one; passwords are not kept."""

    method: str
    dialect: str
    path: str
    params: int
    user: str | None
    originator: str | None
    user_agent: str


class RequestLog(NamedTuple):
    """A host's record of its visitors since it started.

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
class Visits:
    """The same, growing."""

    connections: int = 0
    handshakes: int = 0
    bytes: int = 0
    credentials: int = 0
    calls: deque[SeenCall] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def note(self, call: Call, path: str, user_agent: str) -> None:
        login = call.method.startswith("session.") and "login" in call.method
        words = [param if isinstance(param, str) else None for param in call.params] if login else []
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

    def seen(self) -> RequestLog:
        return RequestLog(self.connections, self.handshakes, self.bytes, self.credentials, tuple(self.calls))
