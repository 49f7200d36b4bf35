"""How much a probe may take: seconds, bytes, counts. No host can make it take more."""

from collections.abc import Callable
from typing import NamedTuple

Clock = Callable[[], float]
"""Seconds that only go forward, such as time.monotonic."""


class ProbeBounds(NamedTuple):
    """Limits of one probe; the defaults are the contract's (CONTRACT.md section 2).

    Seconds: `connect` for the name, TCP and TLS together; `login` for each login; `metrics` for all that a probe can do
    without, together; `whole` for everything; `logout` is the part of `whole` that is left free to log out in. Bytes:
    `reply` for each reply, `head` for its headers, of which there are at most `headers`. `values` bounds what a reply
    may grow to in memory, in bytes as JSON and XML are weighed; `depth` how deep it nests. `hosts`: members of a pool;
    XAPI knows pools of 64.
    """

    connect: float = 5.0
    login: float = 15.0
    metrics: float = 5.0
    whole: float = 30.0
    logout: float = 2.0
    reply: int = 8 * 1024 * 1024
    head: int = 16 * 1024
    headers: int = 64
    values: int = 48 * 1024 * 1024
    depth: int = 64
    hosts: int = 4096


class Deadline:
    """The moment by which something must be done. It is checked before every operation that may block."""

    __slots__ = ("_clock", "_ends", "seconds")

    def __init__(self, clock: Clock, seconds: float, ends: float | None = None) -> None:
        self._clock = clock
        self._ends = clock() + seconds if ends is None else ends
        self.seconds = seconds

    def within(self, seconds: float) -> "Deadline":
        """So many seconds from now, or this deadline if that comes first. `seconds` is the bound that then holds."""
        sooner = Deadline(self._clock, seconds)
        return sooner if sooner._ends < self._ends else self

    def left(self) -> float:
        """Seconds that are left, more than none; TimeoutError if there are none."""
        left = self._ends - self._clock()
        if left <= 0:
            raise TimeoutError
        return left
