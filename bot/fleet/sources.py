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
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.catalogue import say, say_counted
from bot.fleet.hosts import PollResult, Source, SourceKind
from bot.fleet.inventory import Known
from bot.fleet.sites import RemoteProbes, RemoteTarget
from bot.xapi.observation import Failure, FailureCode, Observation, Probed
from bot.xapi.target import Target
from bot.xo.orchestra import Orchestra

EntryT = TypeVar("EntryT", Target, Orchestra)


class InventorySource(Protocol):
    """Where hosts are known from: it lists its sources, and asks each of them for its hosts. Thread-safe."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that a sweep asks of it, in the configuration's order."""

    def poll(self, source: Source, /) -> PollResult:
        """What one of `sources` answers now, with the moment. Blocks until it has answered, or its time is up."""


class ConfiguredSources(Generic[EntryT]):
    """Entries of the configuration, all targets or all Xen Orchestras. `ask` asks one; `clock` is the time in UTC."""

    def __init__(
        self,
        kind: SourceKind,
        entries: Iterable[EntryT],
        ask: Callable[[EntryT], tuple[Probed, ...]],
        clock: Callable[[], datetime],
    ) -> None:
        self._entries: dict[str, EntryT] = {entry.name: entry for entry in entries}
        self._ask: Callable[[EntryT], tuple[Probed, ...]] = ask
        self._clock = clock
        self.sources = tuple(Source(name, kind, entry.tags) for name, entry in self._entries.items())

    def poll(self, source: Source) -> PollResult:
        """What it answers, of the moment of its observations; a failure is of the moment that it was asked."""
        asked_at = self._clock()
        answers = self._ask(self._entries[source.name])
        observed = (answer.observed_at for answer in answers if isinstance(answer, Observation))
        return PollResult(source, answers, max(observed, default=asked_at))


class CombinedSources:
    """Several sources as one; the names in them are unique among all."""

    def __init__(self, *parts: InventorySource) -> None:
        self._part_of = {source.name: part for part in parts for source in part.sources}
        self.sources = tuple(source for part in parts for source in part.sources)

    def poll(self, source: Source) -> PollResult:
        return self._part_of[source.name].poll(source)


REFUSALS = 3
PAUSE = 600.0
"""After this many refused logins within so many seconds a target is left alone for as long: a directory would lock the
account, and the operator has to mend the password anyway."""


class Limit(NamedTuple):
    """At most `times` within `seconds`."""

    times: int
    seconds: float


class Recent:
    """Counts what happened lately, by key, against a limit. Not thread-safe: its owner holds a lock."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._times: dict[str, deque[float]] = {}

    def free_in(self, key: str, now: float) -> float:
        """Seconds until the limit is reached no more; 0 if it is not."""
        times = self._times.get(key, deque())
        while times and now - times[0] >= self._limit.seconds:
            times.popleft()
        if not times:
            self._times.pop(key, None)
        return times[0] + self._limit.seconds - now if len(times) >= self._limit.times else 0.0

    def add(self, key: str, now: float) -> None:
        """It happened now. Never keeps more than the limit can ask about."""
        self._times.setdefault(key, deque(maxlen=self._limit.times)).append(now)

    def forget(self, key: str) -> None:
        """As if it had never happened."""
        self._times.pop(key, None)


Guard = Callable[[bool], Failure | None]
"""Takes whether an asker would only share a probe that is under way; a Failure keeps the asker from it."""


def unguarded(_: bool) -> None:
    """Everybody may ask as often as they like."""


class Probing:
    """Asks targets. One that is asked again meanwhile gives both askers the same answer: one probe, many answers.

    Targets of sites are asked by `remote`.
    """

    def __init__(
        self, ask: Callable[[Target], Probed], clock: Callable[[], float], remote: RemoteProbes | None = None
    ) -> None:
        self._ask = ask
        self._remote = remote
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Probed]] = {}
        self._refused = Recent(Limit(REFUSALS, PAUSE))

    def probe(self, target: Known, guard: Guard = unguarded) -> Probed:
        """What the target runs, or why that is not known. Blocks until there is an answer."""
        with self._lock:
            if isinstance(target, Target) and self._refused.free_in(target.name, self._clock()):
                return _left_alone(target)
            running = self._under_way.get(target.name)
            if kept_out := guard(running is not None):
                return kept_out
            mine: Future[Probed] = running or Future()
            self._under_way[target.name] = mine
        return running.result() if running else self._ask_now(target, mine)

    def _ask_now(self, target: Known, mine: "Future[Probed]") -> Probed:
        try:
            answer = self._ask(target) if isinstance(target, Target) else self._ask_site(target)
            with self._lock:
                if isinstance(answer, Failure) and answer.code is FailureCode.LOGIN_REFUSED:
                    self._refused.add(target.name, self._clock())
                elif not isinstance(answer, Failure):
                    self._refused.forget(target.name)
            mine.set_result(answer)
            return answer
        finally:
            with self._lock:
                del self._under_way[target.name]
            mine.cancel()  # does nothing once there is a result; without one, other askers must not wait for ever

    def _ask_site(self, target: RemoteTarget) -> Probed:
        if self._remote:
            return self._remote.probe(target)
        what = say("{target} can be asked only where `sites` is configured.", target=target.name)
        return Failure(target.name, FailureCode.UNREACHABLE, what)


def _left_alone(target: Target) -> Failure:
    return Failure(
        target.name,
        FailureCode.LOGIN_REFUSED,
        say_counted(
            REFUSALS,
            "{target} refused the login of user {user} {count} time, so it is left alone for now.",
            "{target} refused the login of user {user} {count} times, so it is left alone for now.",
            target=target.name,
            user=target.username,
        ),
        say_counted(
            round(PAUSE / 60),
            "Mend the password in {name}, and try again in {count} minute.",
            "Mend the password in {name}, and try again in {count} minutes.",
            name=target.password_from,
        ),
    )


A_PERSON = Limit(10, 60.0)
A_TARGET = Limit(6, 60.0)


class Limits:
    """Counts what is asked. Sharing a probe that is under way costs its target nothing. Safe to use by any thread."""

    def __init__(self, clock: Callable[[], float], a_person: Limit = A_PERSON, a_target: Limit = A_TARGET) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._a_person, self._a_target = a_person, a_target
        self._people, self._targets = Recent(a_person), Recent(a_target)

    def guard(self, who: str, target: Known) -> Guard:
        """Lets `who` have the target asked, or says when that is possible again."""

        def kept_out(shares: bool) -> Failure | None:
            with self._lock:
                now = self._clock()
                if wait := self._people.free_in(who, now):
                    what = say(
                        "You had hosts asked {times} times within {time}, the most a person may.",
                        times=self._a_person.times,
                        time=_within(self._a_person),
                    )
                    return _busy(target, what, wait)
                if not shares and (wait := self._targets.free_in(target.name, now)):
                    what = say(
                        "{target} was asked {times} times within {time}, the most that chat may.",
                        target=target.name,
                        times=self._a_target.times,
                        time=_within(self._a_target),
                    )
                    return _busy(target, what, wait)
                self._people.add(who, now)
                if not shares:
                    self._targets.add(target.name, now)
            return None

        return kept_out


def _within(limit: Limit) -> str:
    if limit.seconds == 60:
        return say("a minute")
    return say_counted(round(limit.seconds), "{count} second", "{count} seconds")


def _busy(target: Known, what: str, wait: float) -> Failure:
    """`what` was asked too often, and when it is possible again."""
    seconds = max(1, ceil(wait))
    again = say_counted(seconds, "Ask again in {count} second.", "Ask again in {count} seconds.")
    return Failure(target.name, FailureCode.BUSY, what, again)
