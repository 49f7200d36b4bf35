"""Whether the process lives, and whether it can do its work."""

import threading
from collections.abc import Callable, Iterable

from bot.web.server import HttpRequest, HttpResponse, HttpRoute

HealthCheck = Callable[[], str | None]
"""Why something is not ready, without host names or secrets; None if it is."""


def health(checks: Iterable[HealthCheck], notices: Iterable[HealthCheck] = ()) -> dict[str, HttpRoute]:
    """Routes for supervisors: /healthz while the process lives, /readyz while every check passes.

    What does not stop the process from doing its work is a notice, which /readyz shows as well.
    """
    every, informal = tuple(checks), tuple(notices)

    def ready(_: HttpRequest) -> HttpResponse:
        reasons = [reason for check in every if (reason := check())]
        lines = [*(reasons or ["ready"]), *(notice for check in informal if (notice := check()))]
        return HttpResponse(503 if reasons else 200, "".join(f"{line}\n" for line in lines))

    return {"/healthz": HttpRoute("GET", lambda _: HttpResponse(200, "ok\n")), "/readyz": HttpRoute("GET", ready)}


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
