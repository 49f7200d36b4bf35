"""Sources of the inventory, whichever kind they are: what they list, and asking them.

A new kind of source implements `InventorySource` and is one line in bot.app.fleet. Probes of targets do not trip over
each other: one at a time for a target, none for a while after bad passwords.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime
from math import ceil
from typing import NamedTuple, Protocol

from bot.fleet.hosts import PollResult, Source, SourceKind
from bot.xapi.observation import Failure, FailureCode, Observation, Probed
from bot.xapi.target import Target
from bot.xo.orchestra import Orchestra


class InventorySource(Protocol):
    """Where hosts are known from: it lists its sources, and asks each of them for its hosts. Thread-safe."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that a sweep asks of it, in the configuration's order."""

    def poll(self, source: Source, /) -> PollResult:
        """What one of `sources` answers now, with the moment. Blocks until it has answered, or its time is up."""


class TargetSources:
    """Targets, asked through XAPI. `clock` is the time in UTC."""

    def __init__(
        self, targets: Iterable[Target], probe: Callable[[Target], Probed], clock: Callable[[], datetime]
    ) -> None:
        self._targets = {target.name: target for target in targets}
        self._probe, self._clock = probe, clock
        self.sources = tuple(Source(name, SourceKind.TARGET, target.tags) for name, target in self._targets.items())

    def poll(self, source: Source) -> PollResult:
        asked_at = self._clock()
        return poll_result(source, (self._probe(self._targets[source.name]),), asked_at)


class OrchestraSources:
    """Xen Orchestras, asked through their REST API. `clock` is the time in UTC."""

    def __init__(
        self,
        orchestras: Iterable[Orchestra],
        ask: Callable[[Orchestra], tuple[Probed, ...]],
        clock: Callable[[], datetime],
    ) -> None:
        self._orchestras = {one.name: one for one in orchestras}
        self._ask, self._clock = ask, clock
        self.sources = tuple(Source(name, SourceKind.XEN_ORCHESTRA, xo.tags) for name, xo in self._orchestras.items())

    def poll(self, source: Source) -> PollResult:
        asked_at = self._clock()
        return poll_result(source, self._ask(self._orchestras[source.name]), asked_at)


class CombinedSources:
    """Several sources as one; the names in them are unique among all."""

    def __init__(self, *parts: InventorySource) -> None:
        self._part_of = {source.name: part for part in parts for source in part.sources}
        self.sources = tuple(source for part in parts for source in part.sources)

    def poll(self, source: Source) -> PollResult:
        return self._part_of[source.name].poll(source)


def poll_result(source: Source, answers: tuple[Probed, ...], asked_at: datetime) -> PollResult:
    """What a source answered, at the moment of its observations; a failure is of the moment that it was asked."""
    observed = (answer.observed_at for answer in answers if isinstance(answer, Observation))
    return PollResult(source, answers, max(observed, default=asked_at))


REFUSALS = 3
PAUSE = 600.0
"""After this many refused logins within so many seconds a target is left alone for as long: a directory would lock the
account, and the operator has to mend the password anyway."""


class Limit(NamedTuple):
    """At most `times` within `seconds`."""

    times: int
    seconds: float


class Recent:
    """Counts what happened lately, by key. Not thread-safe: its owner holds a lock."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._times: dict[str, deque[float]] = {}

    def count(self, key: str, now: float) -> int:
        """How often within the limit's time."""
        times = self._times.get(key, deque())
        while times and now - times[0] >= self._limit.seconds:
            times.popleft()
        if not times:
            self._times.pop(key, None)
        return len(times)

    def add(self, key: str, now: float) -> None:
        """It happened now. Never keeps more than the limit can ask about."""
        self._times.setdefault(key, deque(maxlen=self._limit.times)).append(now)

    def forget(self, key: str) -> None:
        """As if it had never happened."""
        self._times.pop(key, None)

    def is_full(self, key: str, now: float) -> bool:
        """Whether the limit is reached."""
        return self.count(key, now) >= self._limit.times

    def free_in(self, key: str, now: float) -> float:
        """Seconds until the limit is reached no more; 0 if it is not."""
        return self._times[key][0] + self._limit.seconds - now if self.is_full(key, now) else 0.0


Guard = Callable[[bool], Failure | None]
"""Told whether an asker would only share a probe that is under way; a Failure keeps the asker from it."""


def unguarded(_: bool) -> None:
    """Everybody may ask as often as they like."""


class Probing:
    """Asks targets. One that is asked again meanwhile gives both askers the same answer: one probe, many answers."""

    def __init__(self, ask: Callable[[Target], Probed], clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Probed]] = {}
        self._refused = Recent(Limit(REFUSALS, PAUSE))

    def probe(self, target: Target, guard: Guard = unguarded) -> Probed:
        """What the target runs, or why that is not known. Blocks until there is an answer."""
        with self._lock:
            if self._refused.is_full(target.name, self._clock()):
                return _paused(target)
            running = self._under_way.get(target.name)
            if kept_out := guard(running is not None):
                return kept_out
            mine: Future[Probed] = running or Future()
            self._under_way[target.name] = mine
        return running.result() if running else self._ask_now(target, mine)

    def _ask_now(self, target: Target, mine: "Future[Probed]") -> Probed:
        try:
            answer = self._ask(target)
            self._remember(target, answer)
            mine.set_result(answer)
            return answer
        finally:
            with self._lock:
                del self._under_way[target.name]
            mine.cancel()  # does nothing once there is a result; without one, whoever waits must not wait for ever

    def _remember(self, target: Target, answer: Probed) -> None:
        with self._lock:
            if isinstance(answer, Failure) and answer.code is FailureCode.LOGIN_REFUSED:
                self._refused.add(target.name, self._clock())
            elif not isinstance(answer, Failure):
                self._refused.forget(target.name)


def _paused(target: Target) -> Failure:
    said = f"{target.name} refused the login of user {target.username} {REFUSALS} times, so it is left alone for now."
    mend = f"Mend the password in {target.password_from}, and try again in {PAUSE / 60:.0f} minutes."
    return Failure(target.name, FailureCode.LOGIN_REFUSED, f"{said} {mend}")


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
