"""The bench of sweeps measures every client that it names; how long they take is not asserted."""

from typing import Any

from tests.bench.sweep import ALL, measure


def test_every_client_asks_every_host() -> None:
    measured: Any = measure(hosts=[3], concurrency=[2], runs=1, latency=0.0)
    (sweep,) = measured["sweeps"]
    assert (sweep["hosts"], sweep["concurrency"], tuple(sweep["clients"])) == (3, 2, ALL)
    for told in sweep["clients"].values():
        assert min(told.values()) > 0
    assert sweep["clients"]["http.client"]["cpu_ratio"] == 1
