"""How long a look-up takes over HTTP while `serve` sweeps 1,000 hosts in the same process, and while it does not."""

import statistics
import time
from collections.abc import Callable

from tests.bench.serving import Serving, environment, serving
from tests.bench.simulated import simulated
from tests.bench.slack_stub import web_api

HOSTS, LATENCY = 1_000, 0.1
PAUSE = 0.01
"""Seconds between two look-ups: people do not type without a break."""


def measure() -> dict[str, object]:
    """Milliseconds, the median and the 99th of a hundred and the worst, in the sweep and after it."""
    with web_api() as api, simulated(HOSTS, LATENCY) as fleet, serving(environment(api), fleet, "1m") as served:
        first = _look_up_while(served, lambda: served.sweeps() < 1)
        begun = time.monotonic()
        idle = _look_up_while(served, lambda: time.monotonic() - begun < 10)
        return {"hosts": HOSTS, "sweeping_ms": _told(first), "idle_ms": _told(idle)}


def _look_up_while(served: Serving, goes_on: Callable[[], bool]) -> list[float]:
    took = []
    while goes_on():
        for _ in range(10):
            took.append(served.look_up())
            time.sleep(PAUSE)
    return took


def _told(took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=100)
    return {
        "lookups": len(took),
        "p50": round(statistics.median(took) * 1000, 1),
        "p99": round(cuts[98] * 1000, 1),
        "most": round(max(took) * 1000, 1),
    }
