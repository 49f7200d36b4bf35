"""What a platform was asked about people and channels, kept for a while."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

KEPT, AGAIN = 300.0, 30.0
"""Seconds that an answer is kept, and that a question which had none (None) is not asked again."""

MOST = 5000


class _Known(NamedTuple):
    at: float
    found: Any


class AskedAnswers:
    """Asked once, and kept. For several threads; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Hashable, _Known] = {}

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The answer, asked for if it is not known. What `ask` raises is raised, and nothing is kept."""
        with self._lock:
            known = self._known.get(key)
        if known is None or self._clock() - known.at >= (AGAIN if known.found is None else KEPT):
            known = self.note(key, ask())
        found: T = known.found
        return found

    def note(self, key: Hashable, found: object) -> _Known:
        """It became known without a question."""
        known = _Known(self._clock(), found)
        with self._lock:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = known
        return known

    def forget(self, key: Hashable) -> None:
        """It did not hold."""
        with self._lock:
            self._known.pop(key, None)
