"""`python -m tests.bench.swept CLIENT CONCURRENCY`: every host on stdin asked once, by threads; what it took, as JSON.

A process of its own for each client, so that its CPU and memory are its own.
"""

import json
import resource
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.clients import Asked, by_hand, ours, with_requests, with_xenapi

CLIENTS = {"ours": ours, "http.client": by_hand, "requests": with_requests, "XenAPI": with_xenapi}


def main(client: str, concurrency: int) -> None:
    """Prints `wall_s`, of the asking alone, and `peak_mb`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # node does so by itself
    waiting = deque(Asked(address, bytes.fromhex(pin), *login) for address, pin, *login in json.load(sys.stdin))
    ask = CLIENTS[client]()

    def work(_: int) -> int:
        """Asks hosts until none waits. How many it asked."""
        asked = 0
        while host := _next(waiting):
            ask(host)
            asked += 1
        return asked

    begun = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as threads:
        done = sum(threads.map(work, range(concurrency)))
    took = time.perf_counter() - begun
    print(json.dumps({"hosts": done, "wall_s": took, "peak_mb": peak()}))


def _next(waiting: deque[Asked]) -> Asked | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def peak() -> float:
    """The most memory that was resident, in MB. `getrusage` would count the process that started this one, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
