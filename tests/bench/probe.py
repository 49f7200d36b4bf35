"""One probe, against the least that does the same by hand with `http.client`, and with `requests`.

All ask the same simulated host, which runs in another process, over real TLS; its certificate is checked by none but
ours.
"""

import time
from collections.abc import Callable

from tests.bench.clients import Ask, Asked, by_hand, ours, with_requests
from tests.bench.simulated import simulated
from tests.bench.timing import paired

PROBES = 30


def measure(pairs: int = 7) -> dict[str, object]:
    """Milliseconds a probe, CPU and wall, of ours and of both references; ratios pair by pair in the same run."""
    references = {"http.client": by_hand(), "requests": with_requests()}
    clocks: dict[str, Callable[[], float]] = {"cpu": time.process_time, "wall": time.perf_counter}
    with simulated(1) as (asked,):
        return {
            f"{clock}_ms_against_{name}": paired(
                _timed(ours(), asked, clocks[clock]), _timed(other, asked, clocks[clock]), pairs
            )
            for name, other in references.items()
            for clock in clocks
        }


def _timed(ask: Ask, asked: Asked, clock: Callable[[], float]) -> Callable[[], float]:
    def milliseconds() -> float:
        begun = clock()
        for _ in range(PROBES):
            ask(asked)
        return (clock() - begun) / PROBES * 1000

    return milliseconds
