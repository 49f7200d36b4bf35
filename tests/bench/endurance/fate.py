"""KillMoment serve is killed: at moments that were drawn; at once, in the next sweep, or at the next call to Slack."""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum

from tests.alerts.delivery.kills import KillMoment, KillSwitch, PlannedKill
from tests.bench.endurance.served import Served

PATIENCE = 60.0
"""Seconds until a kill that waits for a sweep or a call comes anyway."""


class Kill(StrEnum):
    """How it comes; the order is that of a run."""

    BY_THE_CLOCK = "by the clock"
    IN_A_SWEEP = "in a sweep"
    AT_A_CALL = "at a call, which is lost"
    UNDER_WAY = "at a call, which gets through"
    AT_AN_ANSWER = "at an answer"


_AT_CALLS = {
    Kill.AT_A_CALL: KillMoment.BEFORE,
    Kill.UNDER_WAY: KillMoment.UNDER_WAY,
    Kill.AT_AN_ANSWER: KillMoment.AFTER,
}


class Fate:
    """Looked after now and then. `kills` counts how they came in the end, `is_over` tells that none is to come."""

    def __init__(
        self, served: Served, reaper: KillSwitch, is_sweeping: Callable[[], bool], moments: Iterable[float]
    ) -> None:
        self._served, self._reaper, self._is_sweeping = served, reaper, is_sweeping
        self._moments = sorted(moments)
        self._aim: Kill | None = None
        self._life, self._ends = 0, 0.0
        self.kills: Counter[str] = Counter()

    @property
    def is_over(self) -> bool:
        return self._aim is None and not self._moments

    def tend(self, now: float) -> None:
        """Aim, or kill, if it is time to. `now` is in seconds, as the moments are; `served` has just been tended."""
        if self._aim and len(self._served.lives) > self._life:
            self.kills[self._aim.value] += 1
            self._aim = None
        elif self._aim and now > self._ends:
            self._kill(Kill.BY_THE_CLOCK)
        elif self._aim is Kill.IN_A_SWEEP and self._is_sweeping():
            self._kill(Kill.IN_A_SWEEP)
        elif self._aim is None and self._moments and now >= self._moments[0]:
            del self._moments[0]
            self._begin([*Kill][self.kills.total() % len(Kill)], now)

    def _begin(self, kill: Kill, now: float) -> None:
        self._aim, self._life, self._ends = kill, len(self._served.lives), now + PATIENCE
        if kill is Kill.BY_THE_CLOCK:
            self._kill(kill)
        elif kill in _AT_CALLS:
            self._reaper.arm(PlannedKill(_AT_CALLS[kill], 1, 0), self._served)

    def _kill(self, kill: Kill) -> None:
        self._aim = kill
        self._reaper.arm(PlannedKill(KillMoment.BY_THE_CLOCK, 0, 0), self._served)  # at no call any more
        self._served.kill()
