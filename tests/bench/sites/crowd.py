"""`python -m tests.bench.sites.crowd`: workers of many sites in one process, with hosts that answer by themselves.

All of a worker is the product's but for the connection to a host: `SiteRuntime` asks, keeps and brings what a host of
the bench says after `latency` seconds. What to be stands on stdin, as JSON; a line on stdout says that each target was
asked once, as a worker does when it begins: that takes no time, for it is not what is measured.
"""

import json
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from bot.app.site import STACK
from bot.sites.nats_client import NatsAccount, NatsConnection
from bot.sites.site import SitePlan, SiteRuntime
from bot.sites.subjects import SiteSubjects
from bot.xapi.observation import Probed
from bot.xapi.target import Target
from tests.bench.answering import MIX, alone, lone_host, target_of

BOOTED = datetime(2026, 11, 1, tzinfo=UTC)


class CrowdOrder(NamedTuple):
    """Who the workers are: `folder` has their keys (`sites config`), each of `sites` has so many `hosts`."""

    url: str
    folder: str
    sites: list[str]
    hosts: int
    latency: float = 0.0
    concurrency: int = 2
    worker: str = "one"


class AnsweringSite:
    """The hosts of a site. Each is asked without delay the first time."""

    def __init__(self, name: str, latency: float) -> None:
        self._name, self._latency, self._wait = name, latency, threading.Event().wait
        self.asked: set[str] = set()

    def ask(self, target: Target) -> Probed:
        if target.name in self.asked and self._latency:
            self._wait(self._latency)
        self.asked.add(target.name)
        number = int(target.name.rpartition("-")[2])
        host = lone_host(f"{self._name}-{target.name}", *MIX[number % len(MIX)], BOOTED, number)
        return alone(target.name, host, datetime.now(UTC))


def main() -> None:
    """Work until SIGTERM."""
    order = CrowdOrder(**json.loads(sys.stdin.readline()))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    threading.stack_size(STACK)
    targets = [target_of(f"host-{number}") for number in range(order.hosts)]
    hosts = [AnsweringSite(name, order.latency) for name in order.sites]
    workers = [_worker(order, name, one, targets) for name, one in zip(order.sites, hosts, strict=True)]
    for worker in workers:
        worker.start()
    while any(len(one.asked) < order.hosts for one in hosts) and not stop.wait(0.1):
        pass
    print("ready", flush=True)
    stop.wait()
    for worker in workers:
        threading.Thread(target=worker.stop, daemon=True).start()


def _worker(order: CrowdOrder, name: str, hosts: AnsweringSite, targets: list[Target]) -> SiteRuntime:
    folder, log = Path(order.folder) / "sites" / name, structlog.get_logger()
    account = NatsAccount(order.url, folder / f"{name}.nk", ca=folder / "ca.pem")
    connection = NatsConnection(account, f"{name} {order.worker}", log, SiteSubjects(name).inbox)
    every = timedelta(days=1)
    plan = SitePlan(
        name, order.worker, targets, hosts.ask, every, order.concurrency, lambda: datetime.now(UTC), time.monotonic
    )
    return SiteRuntime(plan, connection, log)


if __name__ == "__main__":
    main()
