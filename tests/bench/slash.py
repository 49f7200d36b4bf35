"""`/xocompat XenServer 7.2` through Bolt, in process and over gunicorn, against a Bolt listener that does nothing.

With a database, which keeps the audit trail. What counts is CPU, as other programs would be measured else. Over HTTP
the load comes from `wrk` (a package of Debian), if it is installed.
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from itertools import cycle
from pathlib import Path

import structlog
from slack_bolt import BoltRequest

from bot import log as logs
from bot.alerts.cycle import SendResult
from bot.app.fleet import WatchedFleet, hosts_of, open_settings, terms_of, watch_fleet
from bot.app.memory import settle_down
from bot.app.slack import LIMITS, platform_of, service_of
from bot.settings import load_settings
from bot.settings.model import Settings
from bot.slack.http import RequestVerifier
from tests.bench import empty
from tests.bench.serving import environment, free_port, running
from tests.bench.slack_stub import BODY, PEOPLE, SECRET, body_of, headers, web_api
from tests.bench.timing import paired

CALLS = 2_000


def measure() -> dict[str, object]:
    """Requests a second of both, in process and over HTTP."""
    with web_api() as api, tempfile.TemporaryDirectory() as folder:
        environ = {**environment(api), "DATABASE_URL": f"sqlite:///{folder}/bench.db"}
        return {
            "in_process": in_process(environ),
            "gunicorn_2x16": over_http(environ) if shutil.which("wrk") else "wrk is not installed",
        }


def in_process(environ: Mapping[str, str]) -> dict[str, float]:
    """Requests a second through the whole listener, signature and audit trail included."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        logs.configure("json", "info", [])
        settings = load_settings(None, environ, Path(tempfile.mkdtemp()))
        log = structlog.get_logger().bind()
        with _watching(settings) as watched:
            service = service_of(
                settings, log, False, platform_of(settings), watched, limits=LIMITS._replace(per_minute=10**9)
            )
            return _in_process(RequestVerifier(service.app, SECRET, time.time))


@contextmanager
def _watching(settings: Settings) -> Iterator[WatchedFleet]:
    log = structlog.get_logger().bind()
    store = open_settings(settings, log)
    try:
        yield watch_fleet(store, hosts_of(settings), terms_of(settings, lambda: SendResult()), log, threading.Event())
    finally:
        store.close()


def _in_process(door: RequestVerifier) -> dict[str, float]:
    app, signed, body = empty.app(), headers(), BODY.encode()
    settle_down()

    def ours() -> None:
        assert door.receive(body, signed).status == 200

    def reference() -> None:
        listed: dict[str, str | Sequence[str]] = {name: [value] for name, value in signed.items()}
        assert app.dispatch(BoltRequest(body=BODY, headers=listed)).status == 200

    return paired(lambda: _rate(ours), lambda: _rate(reference), pairs=7)


def _rate(work: Callable[[], None]) -> float:
    """By CPU, of all threads: what follows a request on another thread counts, other programs do not."""
    begun = time.process_time()
    for _ in range(CALLS):
        work()
    return CALLS / (time.process_time() - begun)


def over_http(environ: Mapping[str, str]) -> dict[str, float]:
    """Requests at 32 connections for each second of CPU of gunicorn's 2 workers with 16 threads each.

    Ours run as the Procfile has them, the reference with gunicorn's own threads.

    Each worker has a processor to itself. Left to the scheduler, handing Python's lock from one processor to another
    doubles what a request costs in one run and not in the next, ours and the reference's alike.
    """

    def measured(*application: str) -> float:
        port = free_port()
        command = ["-m", "gunicorn", "--workers=2", f"--bind=127.0.0.1:{port}", *application]
        with running(command, environ, port) as master:
            workers = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
            for worker, processor in zip(workers, cycle(os.sched_getaffinity(0))):
                for thread in os.listdir(f"/proc/{worker}/task"):
                    os.sched_setaffinity(int(thread), {processor})
            before = sum(map(_cpu, workers))
            requests = _wrk(port)
            return requests / (sum(map(_cpu, workers)) - before)

    return paired(
        lambda: measured("--config=python:bot.app.gunicorn", "bot.app:web()"),
        lambda: measured("--threads=16", "tests.bench.empty:web()"),
        pairs=7,
    )


def _wrk(port: int) -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("asked, at = {}, 0\n")
        for body in map(body_of, range(PEOPLE)):
            told = ", ".join(f"['{name}'] = '{value}'" for name, value in headers(body).items())
            script.write(f"asked[#asked + 1] = {{body = [==[{body}]==], headers = {{{told}}}}}\n")
        script.write("function request()\n  at = at % #asked + 1\n")
        script.write("  return wrk.format('POST', nil, asked[at].headers, asked[at].body)\nend\n")
        script.flush()
        url = f"http://127.0.0.1:{port}/slack/events"
        command = ["wrk", "-t1", "-c32", "-d4s", "-s", script.name, url]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in told, told
    found = re.search(r"(\d+) requests in", told)
    assert found, told
    return int(found[1])


def _cpu(process: str) -> float:
    """Seconds that a process has used, in itself and in the kernel."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
