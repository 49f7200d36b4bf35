"""A circuit breaker: while a database is away, who asks is told at once and does not wait for it, one by one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import UnavailableError

PAUSE = 2.0
"""Seconds after a failure in which nobody tries again."""


SLOW = 0.5
"""Seconds that a failure takes at least to count: what fails at once keeps nobody waiting, and may be over as soon."""


class AwayError(UnavailableError):
    """The database does not answer, or lets nobody in: the next who asks would find the same."""


class CircuitBreaker:
    """Closed, all go through. Opened by an AwayError, for `pause` seconds nobody does, then one tries: the others are
    told what was wrong last until that one has come back.

    `clock` is in seconds. For several threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, pause: float = PAUSE) -> None:
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._fault: str | None = None
        self._again_at = 0.0
        self._is_tried = False

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Around each use. AwayError at once while it is open."""
        tries, begun = self._enter(), self._clock()
        fault = self._fault  # what is raised within and is no AwayError says nothing of the database
        try:
            yield
            fault = None
        except AwayError as error:
            fault = str(error) if tries or self._clock() - begun >= SLOW else fault
            raise
        finally:
            with self._lock:
                if tries:
                    self._is_tried = False
                if fault is not None and (tries or self._fault is None):
                    self._again_at = self._clock() + self._pause
                self._fault = fault

    def _enter(self) -> bool:
        """Whether the caller is the one who tries while it is open."""
        with self._lock:
            if self._fault is None:
                return False
            if self._is_tried or self._clock() < self._again_at:
                raise AwayError(self._fault)
            self._is_tried = True
            return True
