"""Chat's limits: how often one person may have hosts asked, and how often one host is asked. A shell has none."""

import threading
from collections.abc import Callable
from math import ceil

from bot.fleet.probing import Guard, Limit, Recent
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Target

A_PERSON = Limit(10, 60.0)
A_TARGET = Limit(6, 60.0)


class Limits:
    """Counts what is asked. Sharing a probe that is under way costs its target nothing. Safe to use by any thread."""

    def __init__(self, clock: Callable[[], float], a_person: Limit = A_PERSON, a_target: Limit = A_TARGET) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._a_person, self._a_target = a_person, a_target
        self._people, self._targets = Recent(a_person), Recent(a_target)

    def guard(self, who: str, target: Target) -> Guard:
        """Lets `who` have the target asked, or says when that is possible again."""
        return lambda shares: self._kept_out(who, target, shares)

    def _kept_out(self, who: str, target: Target, shares: bool) -> Failure | None:
        with self._lock:
            now = self._clock()
            if wait := self._people.free_in(who, now):
                return _busy(target, f"You had hosts asked {_often(self._a_person)}, the most a person may", wait)
            if not shares and (wait := self._targets.free_in(target.name, now)):
                said = f"{target.name} was asked {_often(self._a_target)}, the most that chat may"
                return _busy(target, said, wait)
            self._people.add(who, now)
            if not shares:
                self._targets.add(target.name, now)
        return None


def _often(limit: Limit) -> str:
    return f"{limit.times} times within {'a minute' if limit.seconds == 60 else f'{limit.seconds:.0f} seconds'}"


def _busy(target: Target, said: str, wait: float) -> Failure:
    seconds = max(1, ceil(wait))
    again = f"in {seconds} second{'s' if seconds > 1 else ''}"
    return Failure(target.name, FailureCode.BUSY, f"{said}. Ask again {again}.")
