"""One probe, against the least that does the same by hand with `http.client`, and with `requests`.

All ask the same simulated host, which runs in another process, over real TLS; its certificate is checked by none but
ours. The minimum has no deadline, no bound, no second transport, and leaves its session behind when something fails.
"""

import http.client
import json
import ssl
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests
from urllib3.exceptions import InsecureRequestWarning

from bot.xapi.observation import Observation
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from tests.bench.timing import paired

ROOT = Path(__file__).parents[2]
CALLS = ("pool.get_all_records", "host.get_all_records", "session.logout")
PROBES = 30
KIND = {"content-type": "application/json"}


class Asked(NamedTuple):
    """The simulated host."""

    host: str
    port: int
    pin: bytes
    username: str
    password: str

    @property
    def target(self) -> Target:
        trust = Trust(TlsMode.PINNED, self.pin)
        return Target("bench", Endpoint(self.host, self.port, trust), self.username, lambda: self.password, "the bench")


def measure(pairs: int = 7) -> dict[str, object]:
    """Milliseconds a probe, CPU and wall, of ours and of both references; ratios pair by pair in the same run."""
    with _simulated() as asked:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        prober, target = Prober(lambda: datetime.now(UTC)), asked.target

        def ours() -> None:
            assert isinstance(prober.probe(target), Observation)

        references: dict[str, Callable[[], None]] = {
            "http.client": lambda: by_hand(asked, context),
            "requests": lambda: with_requests(asked),
        }
        clocks: dict[str, Callable[[], float]] = {"cpu": time.process_time, "wall": time.perf_counter}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)
            return {
                f"{clock}_ms_against_{name}": paired(_timed(ours, clocks[clock]), _timed(other, clocks[clock]), pairs)
                for name, other in references.items()
                for clock in clocks
            }


def _timed(work: Callable[[], None], clock: Callable[[], float]) -> Callable[[], float]:
    def milliseconds() -> float:
        begun = clock()
        for _ in range(PROBES):
            work()
        return (clock() - begun) / PROBES * 1000

    return milliseconds


@contextmanager
def _simulated() -> Iterator[Asked]:
    command = [sys.executable, "-m", "bot.demo.simulator", "--fleet", "1", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            (told,) = json.loads(process.stdout.readline())["targets"]
            host, _, port = told["address"].rpartition(":")
            pin = bytes.fromhex(told["pin"].removeprefix("sha256:"))
            yield Asked(host, int(port), pin, told["username"], told["password"])
        finally:
            process.terminate()


def by_hand(asked: Asked, context: ssl.SSLContext) -> None:
    """Four calls on one kept-alive connection of `http.client`."""
    connection = http.client.HTTPSConnection(asked.host, asked.port, context=context, timeout=30)

    def call(method: str, *params: str) -> Any:
        connection.request("POST", "/jsonrpc", _body(method, params), KIND)
        return json.loads(connection.getresponse().read())["result"]

    _four(call, asked)
    connection.close()


def with_requests(asked: Asked) -> None:
    """Four calls in one `requests.Session`."""
    with requests.Session() as session:
        url = f"https://{asked.host}:{asked.port}/jsonrpc"

        def call(method: str, *params: str) -> Any:
            reply = session.post(url, _body(method, params), headers=KIND, verify=False, timeout=30)
            return reply.json()["result"]

        _four(call, asked)


def _body(method: str, params: tuple[str, ...]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).encode()


def _four(call: Callable[..., Any], asked: Asked) -> None:
    session = call("session.login_with_password", asked.username, asked.password, "1.1", "xocompat-bench")
    replies = [call(method, session) for method in CALLS]
    assert replies[1]
