"""Kills a sender at a call that was drawn before: before Slack has it, while it is on its way, or after."""

import threading
from enum import StrEnum
from random import Random
from typing import NamedTuple, Protocol

from tests.alerts.delivery.weather import Answer, Call, Said, Weather

CALLS = 6


class KillMoment(StrEnum):
    """When a process is killed."""

    BEFORE = "at a call, which is lost with it"
    UNDER_WAY = "at a call, which gets through"
    AFTER = "at an answer"
    BY_THE_CLOCK = "whatever it does"


class PlannedKill(NamedTuple):
    """A kill: at the n-th call of the process, or so many seconds after it began."""

    when: KillMoment
    call: int
    seconds: float


def random_kill(random: Random, when: KillMoment, seconds: float) -> PlannedKill:
    """One at random; by the clock within `seconds`."""
    return PlannedKill(
        when, random.randint(1, CALLS), random.uniform(0, seconds) if when is KillMoment.BY_THE_CLOCK else 5
    )


class Killable(Protocol):
    """Whom to kill."""

    def kill(self) -> None: ...


class KillSwitch:
    """Stands in the way of all calls; behind it is the weather."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._lock = threading.Lock()
        self._calls = 0
        self._kill_due: PlannedKill | None = None
        self._victim: Killable | None = None
        self._armed = threading.Event()

    def arm(self, kill: PlannedKill, victim: Killable) -> None:
        """Calls wait until this is done, so that none of a process goes uncounted."""
        with self._lock:
            self._calls, self._kill_due, self._victim = 0, kill, victim
        self._armed.set()

    def disarm(self) -> None:
        """The next process is not to be killed yet."""
        self._armed.clear()

    def meet(self, call: Call, answer: Answer) -> Said | None:
        kill = self._due()
        if kill in (KillMoment.BEFORE, KillMoment.UNDER_WAY):
            self._kill()
        if kill is KillMoment.BEFORE:
            return None
        said = self._weather.meet(call, answer)
        if kill is KillMoment.AFTER:
            self._kill()
        return None if kill else said

    def _due(self) -> KillMoment | None:
        self._armed.wait(5)
        with self._lock:
            self._calls += 1
            at = self._kill_due
        return at.when if at and at.when is not KillMoment.BY_THE_CLOCK and at.call == self._calls else None

    def _kill(self) -> None:
        if self._victim:
            self._victim.kill()
