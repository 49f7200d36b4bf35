"""How each host was found to speak, so that the next login is understood at once."""

import threading
from typing import NamedTuple

from bot.xapi.bounds import Clock
from bot.xapi.observation import Transport
from bot.xapi.target import Endpoint

KEPT = 86_400.0
"""Seconds after which a host is asked in the newest way again: it may have been upgraded."""

SPOKEN = (Transport.JSON_RPC_2, Transport.JSON_RPC_1, Transport.XML_RPC)
"""What hosts may understand, the newest first."""


class Dialect(NamedTuple):
    """A transport, and whether a login takes an originator (from XenServer 6.2 on)."""

    transport: Transport = Transport.JSON_RPC_2
    originator: bool = True

    @property
    def ways(self) -> list[Transport]:
        """All transports in the order in which they are tried: this one first, then the newest."""
        return [self.transport, *(way for way in SPOKEN if way is not self.transport)]


class Dialects:
    """Dialects by address, for a day. Thread-safe; holds no more than the inventory has addresses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], tuple[Dialect, float]] = {}

    def of(self, endpoint: Endpoint) -> Dialect:
        """What the endpoint spoke last, or the newest."""
        with self._lock:
            dialect, until = self._known.get((endpoint.host, endpoint.port), (Dialect(), 0.0))
        return dialect if self._clock() < until else Dialect()

    def learn(self, endpoint: Endpoint, dialect: Dialect) -> None:
        """The endpoint was logged in to this way. What was known already is not kept for longer."""
        with self._lock:
            known, until = self._known.get((endpoint.host, endpoint.port), (None, 0.0))
            if known != dialect or until <= self._clock():
                self._known[endpoint.host, endpoint.port] = (dialect, self._clock() + KEPT)
