"""Kills a sender at a call that was drawn before: before Slack has it, while it is on its way, or after."""

import threading
from enum import StrEnum
from random import Random
from typing import NamedTuple, Protocol

from tests.alerts.delivery.weather import Answer, Call, Said, Weather

CALLS = 6


class When(StrEnum):
    """When a process is killed."""

    BEFORE = "at a call, which is lost with it"
    UNDER_WAY = "at a call, which gets through"
    AFTER = "at an answer"
    BY_THE_CLOCK = "whatever it does"


class Shot(NamedTuple):
    """A kill: at the n-th call of the process, or so many seconds after it began."""

    when: When
    call: int
    seconds: float


def drawn(random: Random, when: When, seconds: float) -> Shot:
    """One at random; by the clock within `seconds`."""
    return Shot(when, random.randint(1, CALLS), random.uniform(0, seconds) if when is When.BY_THE_CLOCK else 5)


class Victim(Protocol):
    """Whom to kill."""

    def kill(self) -> None: ...


class Reaper:
    """Stands in the way of all calls; behind it is the weather."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._lock = threading.Lock()
        self._calls = 0
        self._shot: Shot | None = None
        self._victim: Victim | None = None
        self._aimed = threading.Event()

    def aim(self, shot: Shot, victim: Victim) -> None:
        """Calls wait until this is done, so that none of a process goes uncounted."""
        with self._lock:
            self._calls, self._shot, self._victim = 0, shot, victim
        self._aimed.set()

    def lower(self) -> None:
        """The next process is not aimed at yet."""
        self._aimed.clear()

    def meet(self, call: Call, answer: Answer) -> Said | None:
        shot = self._due()
        if shot in (When.BEFORE, When.UNDER_WAY):
            self._kill()
        if shot is When.BEFORE:
            return None
        said = self._weather.meet(call, answer)
        if shot is When.AFTER:
            self._kill()
        return None if shot else said

    def _due(self) -> When | None:
        self._aimed.wait(5)
        with self._lock:
            self._calls += 1
            at = self._shot
        return at.when if at and at.when is not When.BY_THE_CLOCK and at.call == self._calls else None

    def _kill(self) -> None:
        if self._victim:
            self._victim.kill()
