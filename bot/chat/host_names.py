"""What hosts and pools are called, for who looks for one by a part of its name: read once in some seconds.

A field asks at each keystroke, and to read ten thousand hosts takes a third of a second.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

FRESH = 5.0
"""Seconds for which names are given again. What is chosen is looked up anew, so a name that is gone by then says so."""

NAMES_MAX = 50_000
"""More names than these are read each time: some ten megabytes."""


class KnownName(NamedTuple):
    """A name as it is looked for, in lower case, as it is shown, and what is said of it."""

    folded: str
    name: str
    about: str = ""


class HostNames:
    """One process's names, of one fleet. `clock` is in seconds, and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # held while names are read: who types meanwhile gets the same ones
        self._known: tuple[Hashable, float, Sequence[KnownName]] | None = None

    def of(self, key: Hashable, read: Callable[[], Sequence[KnownName]]) -> Sequence[KnownName]:
        """The names, as `read` gives them, or gave them a moment ago for the same `key`: a day, a dataset.

        What `read` raises is raised, and nothing is remembered of it.
        """
        with self._lock:
            if self._known and self._known[0] == key and self._clock() - self._known[1] < FRESH:
                return self._known[2]
            self._known, begun = None, self._clock()
            names = read()
            if len(names) <= NAMES_MAX:
                self._known = key, begun, names
            return names
