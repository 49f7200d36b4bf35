"""How things are timed: alternately, many times, and told as medians and ratios."""

import statistics
import time
from collections.abc import Callable


def microseconds(work: Callable[[], object], rounds: int = 7, calls: int = 20_000) -> float:
    """Median microseconds a call, over rounds of many calls."""
    return statistics.median(_round(work, calls) for _ in range(rounds))


def _round(work: Callable[[], object], calls: int) -> float:
    begun = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - begun) / calls * 1e6


def paired(ours: Callable[[], float], reference: Callable[[], float], pairs: int) -> dict[str, float]:
    """Measure two things in turn; medians of both and the median of the ratios pair by pair."""
    ours(), reference()  # a warm-up that does not count
    measured = [(ours(), reference()) for _ in range(pairs)]
    return {
        "ours": round(statistics.median(a for a, _ in measured), 4),
        "reference": round(statistics.median(b for _, b in measured), 4),
        "ratio": round(statistics.median(a / b for a, b in measured), 3),
    }
