"""`xocompat site` as processes that ask simulated hosts over TLS: killed, and told to end, in the middle of a sweep."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.fleet.hosts import SourceKind
from bot.simulator import PASSWORD, PASSWORD_VARIABLE, Simulator, as_yaml, large_fleet
from bot.store.store import Store
from tests.acceptance.lab import ROOT, Process
from tests.sites.nats_server import NatsServer
from tests.sites.site_lab import centre_at, now, sources, until

pytestmark = pytest.mark.usefixtures("impatient")

HOSTS, CHUNK, CONCURRENCY = 30, 5, 5
SLOW = 0.3
"""Seconds that each of four calls to a host takes while the sweep is disturbed."""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(large_fleet(HOSTS)) as running:
        yield running


def logins(simulator: Simulator) -> Counter[str]:
    """How often each host was asked."""
    return Counter({host.name: host.seen.methods.count("session.login_with_password") for host in simulator.hosts})


def worker(folder: Path, server: NatsServer, simulator: Simulator, number: int) -> Process:
    config = folder / f"worker-{number}.yaml"
    sweep = f"sweep: {{every: 24h, concurrency: {CONCURRENCY}}}\n"
    site = f"log: {{format: json}}\nsite: {{name: paris, url: '{server.url}'}}\n"
    config.write_text(sweep + site + as_yaml(simulator.targets))
    environ = {**os.environ, PASSWORD_VARIABLE: PASSWORD}
    command = [sys.executable, "-m", "bot", "site", "--config", str(config)]
    return Process(command, folder / f"worker-{number}.log", environ, ROOT)


def test_what_a_killed_and_an_ended_worker_had_in_hand_the_third_one_asks(
    jetstream: NatsServer, store: Store, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sites.centre.CHUNK", CHUNK)
    with centre_at(jetstream, store) as centre, ExitStack() as ends:
        killed, ended, _ = workers = [worker(tmp_path, jetstream, simulator, number) for number in range(3)]
        for process in workers:
            ends.callback(process.kill)
        until(lambda: sum(logins(simulator).values()) == 3 * HOSTS, 60)  # each asks all once as it begins
        until(lambda: len(sources(store)) == HOSTS and len(centre.known().sites[0].workers) == 3)
        for host in simulator.hosts:
            host.change(lambda one: replace(one, latency=SLOW))
        before, begun = logins(simulator), now()
        assert not centre.ask("1", [f"paris/{target.name}" for target in simulator.targets])
        until(lambda: sum((logins(simulator) - before).values()) >= 3 * CHUNK)
        killed.kill()
        for host in simulator.hosts:
            host.change(lambda one: replace(one, latency=0.0))
        assert ended.stop(signal.SIGTERM, 10) == 0
        assert [event["all_done"] for event in ended.events("stopped")] == [True]
        until(lambda: len(store.fleet.tried_since(SourceKind.SITE, begun)) == HOSTS, 40)
        asked = logins(simulator) - before
    again = sum(count - 1 for count in asked.values())
    assert len(asked) == HOSTS
    assert again <= 2 * (CONCURRENCY + CHUNK)  # of two workers, no more than they had in hand
    assert not any(PASSWORD in json.dumps(event) for process in workers for event in process.events("working"))
