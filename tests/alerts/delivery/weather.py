"""What happens to calls on their way to Slack and back: a proxy with faults, decided by a seed or by a script."""

import threading
from collections.abc import Callable, Iterable
from enum import StrEnum
from random import Random
from typing import Any, NamedTuple, Protocol

Json = dict[str, Any]


class Call(NamedTuple):
    """A request: the method of the Web API, its fields, and the token."""

    method: str
    fields: Json
    token: str


class Said(NamedTuple):
    """An answer."""

    body: Json | str
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 # nobody changes it


Answer = Callable[[Call], Said]


class Fault(StrEnum):
    """What goes wrong with a call."""

    NONE = "none"
    DROPPED_BEFORE = "the connection is dropped before Slack has the call"
    DROPPED_AFTER = "the connection is dropped after Slack did what it was told"
    BROKEN_BEFORE = "500, and nothing was done"
    AWAY = "503 with a page, and nothing was done"
    BROKEN_AFTER = "500, though it was done"
    LIMITED = "429"
    ODD = "an error that nobody knows"
    GARBLED = "an answer that nobody can read"
    LIST = "an answer of another shape"
    SLOW = "an answer that takes its time"


LATIN = {"Content-Type": "text/html; charset=latin-2-or-so"}
_NEVER = threading.Event()


def strike(fault: Fault, call: Call, answer: Answer, slow: float = 0.03, limited: int = 1) -> Said | None:
    """The answer that a call gets; None if the connection is dropped."""
    if fault is Fault.DROPPED_BEFORE:
        return None
    if fault is Fault.BROKEN_BEFORE:
        return Said("<html>bad gateway</html>", 500)
    if fault is Fault.AWAY:
        return Said("<!doctype html><title>Service Unavailable</title>", 503, {"Content-Type": "text/html"})
    if fault is Fault.LIMITED:
        return Said({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(limited)})
    if fault is Fault.ODD:
        return Said({"ok": False, "error": "unheard_of"})
    said = answer(call)
    match fault:
        case Fault.DROPPED_AFTER:
            return None
        case Fault.BROKEN_AFTER:
            return Said({"ok": False, "error": "internal_error"}, 500)
        case Fault.GARBLED:
            return Said("<html>busy</html>", 200, LATIN)
        case Fault.LIST:
            return Said("[1]")
        case Fault.SLOW:
            _NEVER.wait(slow)
    return said


class Weather(Protocol):
    """Between callers and Slack."""

    def meet(self, call: Call, answer: Answer) -> Said | None: ...


class Calm:
    """Nothing happens."""

    def meet(self, call: Call, answer: Answer) -> Said | None:
        return answer(call)


class Script:
    """Faults in the order of the calls of a method; none once they are over. Other calls meet another weather."""

    def __init__(
        self,
        faults: Iterable[Fault],
        method: str = "chat.postMessage",
        before: Weather | None = None,
        **strength: Any,
    ) -> None:
        self._faults = iter(faults)
        self._other = before or Calm()
        self._method = method
        self._strength = strength

    def meet(self, call: Call, answer: Answer) -> Said | None:
        if call.method != self._method:
            return self._other.meet(call, answer)
        fault = next(self._faults, Fault.NONE)
        return strike(fault, call, answer, **self._strength)


class Foul:
    """Faults by chance, a `share` of the calls; `limited` seconds are named when there were too many."""

    COMMON = tuple(fault for fault in Fault if fault not in (Fault.NONE, Fault.LIMITED, Fault.ODD))

    def __init__(self, random: Random, share: float, limited_share: float = 0.01) -> None:
        self._random = random
        self._share = share
        self._limited = limited_share
        self._lock = threading.Lock()

    def meet(self, call: Call, answer: Answer) -> Said | None:
        with self._lock:
            drawn = self._random.random()
            fault = self._random.choice(self.COMMON) if drawn < self._share else Fault.NONE
        return strike(Fault.LIMITED if drawn > 1 - self._limited else fault, call, answer)
