"""Whether the process lives, and whether it can do its work."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from bot.web.server import HttpRequest, HttpResponse, HttpRoute

HealthCheck = Callable[[], str | None]
"""Why something is not ready, without host names or secrets; None if it is."""

CHECKED_WITHIN = 2.5
"""Seconds for all checks together: whoever asks gets an answer within three, whatever hangs."""


def health(
    checks: Mapping[str, HealthCheck], notices: Iterable[HealthCheck] = (), within: float = CHECKED_WITHIN
) -> dict[str, HttpRoute]:
    """Routes for supervisors: /healthz while the process lives, /readyz while every check passes.

    What does not stop the process from doing its work is a notice, which /readyz shows as well. All run side by side,
    for `within` seconds at most: a check that hangs is told by its name, a notice that hangs is left out.
    """
    shared = {name: _SharedCheck(check) for name, check in checks.items()}
    informal = [_SharedCheck(notice) for notice in notices]

    def ready(_: HttpRequest) -> HttpResponse:
        begun = {name: check.run() for name, check in shared.items()}
        told = [notice.run() for notice in informal]
        ends = time.monotonic() + within
        for run in (*begun.values(), *told):
            # Nobody waits for what hung before he came: that would take a thread for each who asks.
            run.done.wait(min(ends, run.begun_at + within) - time.monotonic())
        no_answer = f"no answer within {within:g} seconds"
        found = (run.result if run.done.is_set() else f"{name}: {no_answer}" for name, run in begun.items())
        reasons = [reason for reason in found if reason]
        lines = [*(reasons or ["ready"]), *(run.result for run in told if run.done.is_set() and run.result)]
        return HttpResponse(503 if reasons else 200, "".join(f"{line}\n" for line in lines))

    return {"/healthz": HttpRoute("GET", lambda _: HttpResponse(200, "ok\n")), "/readyz": HttpRoute("GET", ready)}


class _Run:
    """A check that is being made, on a thread of its own."""

    def __init__(self, check: HealthCheck) -> None:
        self.begun_at = time.monotonic()
        self.done = threading.Event()
        self.result: str | None = "a check failed: the log says why"
        threading.Thread(target=self._go, args=(check,), name="health", daemon=True).start()

    def _go(self, check: HealthCheck) -> None:
        try:
            self.result = check()
        finally:
            self.done.set()


class _SharedCheck:
    """A check that is made once at a time: whoever asks meanwhile gets the same result."""

    def __init__(self, check: HealthCheck) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._last: _Run | None = None

    def run(self) -> _Run:
        """The run that goes on, or a new one."""
        with self._lock:
            if self._last is None or self._last.done.is_set():
                self._last = _Run(self._check)
            return self._last


class CachedCheck:
    """A check whose result holds for some seconds, so that a prober cannot make us ask Slack all the time."""

    def __init__(self, check: HealthCheck, seconds: float, clock: Callable[[], float]) -> None:
        self._check = check
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._checked_at: float | None = None
        self._result: str | None = None

    def __call__(self) -> str | None:
        with self._lock:
            if self._checked_at is None or self._clock() - self._checked_at >= self._seconds:
                self._result = self._check()
                self._checked_at = self._clock()
            return self._result
