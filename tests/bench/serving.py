"""`xocompat serve` as a process, with a fleet of simulated hosts and a Web API that takes everything."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.bench.clients import Asked
from tests.bench.slack_stub import SECRET, body_of, headers

ROOT = Path(__file__).parents[2]
PASSWORD = "BENCH_PASSWORD"
WEB_TOKEN = "bench"
UP_WITHIN = 20.0
WITHOUT_RICH = "import runpy, sys; sys.modules['rich'] = None; runpy.run_module('bot', run_name='__main__')"
"""`xocompat`, as where the packages of the tests are not installed: the library of the log would load one of them."""

LOOK = 0.5
"""Seconds between two looks at what goes on in another process."""


class Serving(NamedTuple):
    """A process that serves, and its database's file."""

    process: "subprocess.Popen[bytes]"
    port: int
    database: Path

    def look_up(self) -> float:
        """Seconds that a look-up takes."""
        begun = time.perf_counter()
        post(self.port)
        return time.perf_counter() - begun

    def scrape(self) -> None:
        """Ask for the metrics, as Prometheus does."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/metrics")
        request.add_header("authorization", f"Bearer {WEB_TOKEN}")
        urllib.request.urlopen(request, timeout=60).close()

    def megabytes(self, what: str) -> float:
        """Memory that is resident (VmRSS), or that was at most (VmHWM)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        assert found
        return round(int(found[1]) / 1024, 1)

    def sweeps(self) -> int:
        """How many are done."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            query = "SELECT count(*) FROM sweeps WHERE finished_at IS NOT NULL AND error IS NULL AND failed = 0"
            return int(database.execute(query).fetchone()[0])


def environment(api: str) -> dict[str, str]:
    """What `serve` needs of Slack, over HTTP."""
    slack = {"SLACK_BOT_TOKEN": "xoxb-bench", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": api}
    return {**slack, "XOCOMPAT_WEB_TOKEN": WEB_TOKEN}


@contextmanager
def serving(environ: Mapping[str, str], fleet: Sequence[Asked] = (), every: str = "6h") -> Iterator[Serving]:
    """Serve in a folder of its own, with tables that are there already; it sweeps at once, and `every` so often."""
    with tempfile.TemporaryDirectory() as folder:
        config, database, port = Path(folder) / "xocompat.yaml", Path(folder) / "bench.db", free_port()
        config.write_text(_config(fleet, every))
        env = {**environ, "DATABASE_URL": f"sqlite:///{database}", PASSWORD: fleet[0].password if fleet else ""}
        words = [sys.executable, "-m", "bot"]
        subprocess.run(
            [*words, "db", "upgrade", "--config", str(config)],
            check=True,
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=subprocess.DEVNULL,
        )
        with running(["-c", WITHOUT_RICH, "serve", "--config", str(config)], env, port) as process:
            yield Serving(process, port, database)


def _config(fleet: Sequence[Asked], every: str) -> str:
    """In YAML, which has JSON in it."""
    targets = [
        {
            "name": f"sim-{number}",
            "address": asked.address,
            "username": asked.username,
            "password_env": PASSWORD,
            "tls": {"pin": f"sha256:{asked.pin.hex()}"},
        }
        for number, asked in enumerate(fleet)
    ]
    lines = "".join(f"  - {json.dumps(target)}\n" for target in targets)
    named = f"targets:\n{lines}" if targets else ""
    return f"sweep: {{every: {every}, concurrency: 64}}\nalerts: {{channel: C0123456789}}\n{named}"


@contextmanager
def running(command: list[str], environ: Mapping[str, str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A Python program that answers on a port."""
    env = {**os.environ, **environ, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def _wait_until_it_answers(port: int) -> None:
    ends = time.monotonic() + UP_WITHIN
    while True:
        try:
            post(port)
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > ends:
                raise
        else:
            return


_askers = count()


def post(port: int) -> None:
    """A look-up, as Slack sends it."""
    body = body_of(next(_askers))
    request = urllib.request.Request(f"http://127.0.0.1:{port}/slack/events", body.encode(), headers(body))
    with urllib.request.urlopen(request, timeout=5) as answer:
        answer.read()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
