"""Resident memory of `serve`: without a fleet, and with 10,000 simulated hosts after two sweeps of them."""

import time

from tests.bench.serving import LOOK, Serving, environment, serving
from tests.bench.simulated import simulated
from tests.bench.slack_stub import web_api

HOSTS, LATENCY, SWEEPS = 10_000, 0.1, 2
EVERY = "1m"
"""A sweep of so many takes longer, so that one follows the other."""

WITHIN = 600.0


def measure() -> dict[str, object]:
    """Megabytes: without a fleet after a few look-ups; with one at most, and once its metrics were asked for, too."""
    with web_api() as api:
        environ = environment(api)
        with serving(environ) as alone:
            for _ in range(200):
                alone.look_up()
            least = alone.megabytes("VmRSS")
        with simulated(HOSTS, LATENCY) as fleet, serving(environ, fleet, EVERY) as served:
            _wait_for_sweeps(served)
            found = {"most_mb": served.megabytes("VmHWM"), "after_mb": served.megabytes("VmRSS")}
            served.scrape()
            return {
                "without_fleet_mb": least,
                "hosts": HOSTS,
                "sweeps": SWEEPS,
                **found,
                "scraped_most_mb": served.megabytes("VmHWM"),
            }


def _wait_for_sweeps(served: Serving) -> None:
    ends = time.monotonic() + WITHIN
    while served.sweeps() < SWEEPS:
        assert time.monotonic() < ends, f"{SWEEPS} sweeps take longer than {WITHIN:.0f} seconds"
        time.sleep(LOOK)
