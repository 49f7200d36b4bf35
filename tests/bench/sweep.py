"""A whole fleet asked once, by ours and by others: wall time, CPU and memory of each client's process.

The hosts are simulated in one process, over real TLS, and take 100 ms for a call. Every client asks all of them in the
same run, one client after the other; `http.client` by hand is what the others are compared with.
"""

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.clients import Asked
from tests.bench.simulated import ROOT, simulated
from tests.bench.swept import CLIENTS
from tests.simulator.oracle.getting import node, xen_api

NPM = "xen-api"
ALL = (*CLIENTS, NPM)
FLOOR = "http.client"
LATENCY = 0.1
CALLS = 4


class Sweep(NamedTuple):
    """What a client took for all hosts: seconds, seconds of CPU, MB at most."""

    wall: float
    cpu: float
    peak: float


def measure(
    hosts: Sequence[int] = (1000,),
    concurrency: Sequence[int] = (64, 256),
    runs: int = 3,
    clients: Sequence[str] = ALL,
    latency: float = LATENCY,
) -> dict[str, object]:
    """Medians over the runs, and the medians of the ratios to `http.client` run by run."""
    sweeps = []
    for count in hosts:
        with simulated(count, latency) as fleet:
            for at_once in concurrency:
                measured = [_run(fleet, at_once, clients) for _ in range(runs)]
                least = CALLS * latency * -(-count // at_once)
                facts = {"hosts": count, "concurrency": at_once, "least_wall_s": round(least, 1)}
                sweeps.append({**facts, "clients": {client: _told(measured, client) for client in clients}})
    return {"latency_ms": latency * 1000, "runs": runs, "sweeps": sweeps}


def _run(fleet: Sequence[Asked], at_once: int, clients: Sequence[str]) -> dict[str, Sweep]:
    found = {}
    for client in clients:
        found[client] = _sweep(fleet, at_once, client)
        print(f"{len(fleet)} hosts, {at_once} at once, {client}: {found[client]}", file=sys.stderr)
    return found


def _sweep(fleet: Sequence[Asked], at_once: int, client: str) -> Sweep:
    """A client's process from its start to its end. AssertionError if it could not ask every host."""
    asked = json.dumps([[host.address, host.pin.hex(), host.username, host.password] for host in fleet])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(_command(client, at_once), cwd=ROOT, input=asked, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{client} could not ask all of {len(fleet)} hosts"
    told = json.loads(done.stdout)
    assert told["hosts"] == len(fleet)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Sweep(round(told["wall_s"], 2), round(cpu, 2), round(told["peak_mb"], 1))


def _command(client: str, at_once: int) -> list[str]:
    if client == NPM:
        return [node(), str(Path(__file__).with_name("swept.mjs")), str(xen_api()), str(at_once)]
    return [sys.executable, "-m", "tests.bench.swept", client, str(at_once)]


def _told(runs: Sequence[dict[str, Sweep]], client: str) -> dict[str, float]:
    sweeps = [run[client] for run in runs]
    told = {
        "wall_s": statistics.median(sweep.wall for sweep in sweeps),
        "cpu_s": statistics.median(sweep.cpu for sweep in sweeps),
        "peak_mb": max(sweep.peak for sweep in sweeps),
    }
    if floors := [run[FLOOR] for run in runs if FLOOR in run]:
        told["wall_ratio"] = _median_ratio(
            [(sweep.wall, floor.wall) for sweep, floor in zip(sweeps, floors, strict=True)]
        )
        told["cpu_ratio"] = _median_ratio([(sweep.cpu, floor.cpu) for sweep, floor in zip(sweeps, floors, strict=True)])
    return told


def _median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    return round(statistics.median(one / floor for one, floor in pairs), 3)
