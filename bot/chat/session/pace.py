"""How much one person may ask: nobody reaches it by hand, and a script that does disturbs nobody else."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60.0
PER_MINUTE = 120
"""Requests of one person: two a second, for a minute."""

PEOPLE = 10_000
"""So many are remembered, those who asked last."""


@dataclass(slots=True)
class _Asker:
    left: float
    at: float
    refused: int = 0
    refused_since: float = 0.0


class Pace:
    """Counts what each person asks: a store of `per_minute` requests that fills up again within a minute.

    `clock` is in seconds. For several threads.
    """

    def __init__(self, clock: Callable[[], float], per_minute: int = PER_MINUTE, people: int = PEOPLE) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._people = people
        self._lock = threading.Lock()
        self._askers: OrderedDict[str, _Asker] = OrderedDict()

    def refusals(self, who: str) -> int:
        """Take one request of a person's: 0 if it may be answered, else how many were refused within this minute."""
        with self._lock:
            now = self._clock()
            asker = self._askers.setdefault(who, _Asker(self._per_minute, now))
            self._askers.move_to_end(who)
            while len(self._askers) > self._people:
                self._askers.popitem(last=False)
            asker.left = min(self._per_minute, asker.left + (now - asker.at) * self._per_minute / MINUTE)
            asker.at = now
            if asker.left >= 1:
                asker.left -= 1
                return 0
            if asker.refused == 0 or now - asker.refused_since >= MINUTE:
                asker.refused, asker.refused_since = 0, now
            asker.refused += 1
            return asker.refused
