"""How fast messages are sent, how long is waited after failures, and what became of them."""

import threading
from collections import Counter
from enum import StrEnum
from typing import NamedTuple


class RetryPolicy(NamedTuple):
    """Seconds. `between` two messages of a channel; `settling` until a try whose end is not known has ended.

    After a failure a channel pauses for `pause`, for twice as long after the next one, at most for `longest`. `lease`
    must be longer than a call to the platform takes. Queues are polled every `poll` seconds, and at once when the
    worker is woken.
    """

    between: float = 1.0
    settling: float = 10.0
    pause: float = 2.0
    longest: float = 60.0
    lease: float = 30.0
    poll: float = 1.0

    def after(self, failures: int) -> float:
        """The pause after so many failures in a row."""
        return float(min(self.pause * 2 ** min(max(failures - 1, 0), 20), self.longest))


RETRY_POLICY = RetryPolicy()


class DeliveryStatus(StrEnum):
    """What becomes of a try."""

    DELIVERED = "delivered"
    FOUND = "found"
    """It was in the channel already: a try whose end was not known had worked."""
    AMBIGUOUS = "ambiguous"
    """It was sent again though it could not be looked up: it may be there twice."""
    FAILED = "failed"
    LIMITED = "limited"
    STOPPED = "stopped"


ARRIVED = (DeliveryStatus.DELIVERED, DeliveryStatus.FOUND)
"""The message is in its channel."""


class DeliveryCounters:
    """Counts since the process began, of each channel; for /metrics."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, DeliveryStatus]] = Counter()

    def add(self, status: DeliveryStatus, channel: str) -> None:
        with self._lock:
            self._counts[channel, status] += 1

    def of(self, *statuses: DeliveryStatus) -> int:
        """All channels together."""
        with self._lock:
            return sum(count for (_, status), count in self._counts.items() if status in statuses)

    def by_channel(self) -> dict[tuple[str, DeliveryStatus], int]:
        with self._lock:
            return dict(self._counts)
