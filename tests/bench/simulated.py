"""A simulator in a process of its own, for as long as a bench needs it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.clients import Asked, asked_of

ROOT = Path(__file__).parents[2]


@contextmanager
def simulated(hosts: int, latency: float = 0.0) -> Iterator[list[Asked]]:
    """So many lone hosts, each of whose calls takes `latency` seconds."""
    command = [sys.executable, "-m", "bot.simulator", "--fleet", str(hosts), "--latency", str(latency), "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield [asked_of(told) for told in json.loads(process.stdout.readline())["targets"]]
        finally:
            process.terminate()
