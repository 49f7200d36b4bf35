"""`/xocompat XenServer 7.2` through Bolt, in process and over gunicorn, against a Bolt listener that does nothing.

Also the memory of `serve`. Over HTTP the load comes from `wrk` (Debian's package); without it that part is left out.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import structlog
from slack_bolt import BoltRequest

from bot import logs
from bot.app.talking import service_of
from bot.settings import load_settings
from bot.slack.door import Door
from tests.bench import empty
from tests.bench.slack_stub import BODY, SECRET, headers, web_api
from tests.bench.timing import paired

ROOT = Path(__file__).parents[2]
CALLS = 2_000
UP_WITHIN = 20.0


def measure() -> dict[str, object]:
    """Requests a second of both, in process and over HTTP; resident memory of `serve` in MB after a few requests."""
    with web_api() as api:
        environ = {"SLACK_BOT_TOKEN": "xoxb-bench", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": api}
        return {
            "in_process": in_process(environ),
            "gunicorn_2x16": over_http(environ) if shutil.which("wrk") else "wrk is not installed",
            "serve_rss_mb": memory(environ),
        }


def in_process(environ: dict[str, str]) -> dict[str, float]:
    """Requests a second through the whole listener, signature included."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        logs.configure("json", "info", [])
        settings = load_settings(None, environ, Path(tempfile.mkdtemp()))
        door, app = (
            Door(service_of(settings, structlog.get_logger().bind(), socket_mode=False).app, SECRET, time.time),
            empty.app(),
        )
        signed, body = headers(), BODY.encode()

        def ours() -> None:
            assert door.receive(body, signed).status == 200

        def reference() -> None:
            listed: dict[str, str | Sequence[str]] = {name: [value] for name, value in signed.items()}
            assert app.dispatch(BoltRequest(body=BODY, headers=listed)).status == 200

        return paired(lambda: _rate(ours), lambda: _rate(reference), pairs=7)


def _rate(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    for _ in range(CALLS):
        work()
    return CALLS / (time.perf_counter() - begun)


def over_http(environ: dict[str, str]) -> dict[str, float]:
    """Requests a second at 32 connections, from gunicorn with 2 workers of 16 threads each."""

    def measured(application: str) -> float:
        with _gunicorn(application, environ) as port:
            return _wrk(port)

    return paired(lambda: measured("bot.app:web()"), lambda: measured("tests.bench.empty:web()"), pairs=3)


@contextmanager
def _gunicorn(application: str, environ: dict[str, str]) -> Iterator[int]:
    port = _free_port()
    command = ["-m", "gunicorn", "--workers=2", "--threads=16", f"--bind=127.0.0.1:{port}", application]
    with _running(command, environ, port):
        yield port


@contextmanager
def _running(command: list[str], environ: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
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
            _post(port)
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > ends:
                raise
        else:
            return


def _post(port: int) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/slack/events", BODY.encode(), headers())
    with urllib.request.urlopen(request, timeout=5) as answer:
        answer.read()


def _wrk(port: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = 'POST'\nwrk.body = [==[{BODY}]==]\n")
        script.writelines(f"wrk.headers['{name}'] = '{value}'\n" for name, value in headers().items())
        script.flush()
        url = f"http://127.0.0.1:{port}/slack/events"
        command = ["wrk", "-t1", "-c32", "-d4s", "-s", script.name, url]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in told, told
    found = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    assert found, told
    return float(found[1])


def memory(environ: dict[str, str]) -> float:
    """Resident memory of `serve` over HTTP once it has answered."""
    port = _free_port()
    with _running(["-m", "bot", "serve"], environ, port) as process:
        for _ in range(200):
            _post(port)
        status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return round(int(found[1]) / 1024, 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
