"""A watched fleet in the test's process: real hosts to ask, a real database, a clock that the test moves."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog
from pydantic import SecretStr
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.alerts.alert import Alert, Notification
from bot.alerts.clock_check import ClockCheck
from bot.alerts.cycle import CycleResult, SendResult
from bot.alerts.facts import SecurityPlan
from bot.alerts.routing import AlertPlan
from bot.app.fleet import WatchedFleet, WatchTerms, hosts_from, watch_fleet
from bot.app.slack import platform_of, service_of
from bot.app.web import pages
from bot.chat.rule_wording import resolution_in_words
from bot.demo.hosts import target_of
from bot.fleet.inventory import Inventory
from bot.fleet.sweep import SweepPace
from bot.settings import load_settings
from bot.settings.model import Settings, SlackSettings
from bot.simulator import SimHost, SimPool, Simulator, lone, release
from bot.slack.http import RequestVerifier
from bot.slack.service import Service
from bot.store.store import Store, open_store
from bot.web.metrics import ProbeMetrics
from tests.slack.signed import SECRET, command, headers, press
from tests.slack.standin import StandIn

OPS, TEAM = "C0000OPS", "C000TEAM"
START = datetime(2026, 11, 23, 8, tzinfo=UTC)
EVERY = timedelta(hours=6)
POOLS = (
    SimPool((SimHost("xen-1", release("XCP-ng", "8.3")),), name="lab", tags=("lab",)),
    SimPool((SimHost("xen-2", release("XCP-ng", "8.2")),), name="prod", tags=("prod",)),
    lone(SimHost("old-1", release("XenServer", "7.2")), tags=("prod",)),
)


class Clock:
    """The time in UTC, as a test says: it passes, or somebody sets the clock while it does not."""

    def __init__(self) -> None:
        self.now = START
        self._passed = 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self._passed

    def pass_by(self, days: float) -> None:
        self.now += timedelta(days=days)
        self._passed += 86_400 * days

    def set(self, now: datetime) -> None:
        self.now = now


class House(NamedTuple):
    """A fleet that is watched, from one start of the process to the next."""

    watched: WatchedFleet
    clock: Clock

    @property
    def store(self) -> Store:
        return self.watched.store

    def sweep(self) -> CycleResult:
        """The next round; it must be done."""
        return self.watched.cycle.ask(lambda _, __: None, threading.Event())

    def settle(self) -> tuple[Notification, ...]:
        """What is told when what is stored is evaluated anew."""
        return self.watched.settle().notifications

    def open(self, channel: str = OPS) -> list[Alert]:
        return [alert for alert in self.store.alerts.open() if alert.channel == channel]

    def ended(self) -> dict[str, str]:
        """Why alerts ended, by what they were about."""
        return {
            f"{a.rule} {a.subject.name}": resolution_in_words(a.why_resolved)
            for a in self.store.alerts.resolved(datetime.min.replace(tzinfo=UTC))
        }


@pytest.fixture
def kept_log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def log(kept_log: LogCapture) -> FilteringBoundLogger:
    wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)
    made: FilteringBoundLogger = structlog.wrap_logger(None, processors=[kept_log], wrapper_class=wrapper)
    return made.bind()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hosts() -> Iterator[Simulator]:
    with Simulator(POOLS) as running:
        yield running


Start = Callable[..., House]


@pytest.fixture
def start(tmp_path: Path, hosts: Simulator, clock: Clock, log: FilteringBoundLogger) -> Iterator[Start]:
    """Starts the process anew on the same database: with a plan, without some targets, with a way to send."""
    stores: list[Store] = []

    def begin(
        plan: AlertPlan = AlertPlan(OPS),  # noqa: B008 # a value
        without: tuple[str, ...] = (),
        send: Callable[[], SendResult] = SendResult,
    ) -> House:
        known = Inventory(target_of(entry) for entry in hosts.targets if entry.name not in without)
        stores.append(open_store(f"sqlite:///{tmp_path / 'fleet.db'}", log, clock))
        check = ClockCheck(clock, clock.monotonic)
        quiet = SecurityPlan("none")  # what is simulated has known holes, which are no subject of these tests
        terms = WatchTerms(plan, EVERY, SweepPace(), clock, send, clock_check=check, security=quiet)
        return House(watch_fleet(stores[-1], hosts_from(known), terms, log, threading.Event()), clock)

    yield begin
    for store in stores:
        store.close()


@pytest.fixture
def house(start: Start) -> House:
    return start()


@pytest.fixture
def config() -> str:
    """The configuration of the process that Slack's requests come to; a test module has its own."""
    return "{}"


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        running.answers["chat.postMessage"] = {"ok": True, "ts": "1.1", "channel": OPS}
        yield running


@pytest.fixture
def settings(tmp_path: Path, standin: StandIn, config: str) -> Settings:
    (file := tmp_path / "xocompat.yaml").write_text(config)
    tokens = {"SLACK_BOT_TOKEN": "xoxb-of-the-tests", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": standin.api}
    return load_settings(file, {"PATH": os.environ["PATH"], **tokens}, tmp_path)


class SlackChat:
    """Types and presses as people do."""

    def __init__(self, service: Service, house: House, standin: StandIn) -> None:
        self.house, self._service, self._standin = house, service, standin
        self._verifier = RequestVerifier(service.app, SECRET, time.time)

    def post(self, body: str, content_type: str = "application/x-www-form-urlencoded") -> str:
        answer = self._verifier.receive(body.encode(), headers(body, content_type))
        assert answer.status == 200
        return answer.body

    def typed(self, words: str, **more: str) -> Any:
        """What is acknowledged, at once or as what follows."""
        before = len(self._standin.of("respond"))
        said = json.loads(self.post(command(words, self._standin.response_url, **more)))
        if said["text"].startswith("Asking the database"):
            return self._standin.wait("respond", before + 1)[-1].fields
        return said

    def press(self, words: str, **more: Any) -> str:
        return self.post(press("act_1", json.dumps({"words": words}), self._standin.response_url, **more))

    def done(self) -> list[tuple[str, str, str]]:
        """Command, words and outcome of each audit entry, the oldest first, once all that was begun is done."""
        assert self._service.drain(lambda _: None)
        entries = self.house.store.audit.find((), 1000)
        return [(entry.command, entry.words, entry.outcome) for entry in reversed(entries)]


OpenSlack = Callable[..., SlackChat]


@pytest.fixture
def open_slack(start: Start, standin: StandIn, settings: Settings, log: FilteringBoundLogger) -> Iterator[OpenSlack]:
    services: list[Service] = []

    def begin(plan: AlertPlan = AlertPlan(OPS)) -> SlackChat:  # noqa: B008 # a value
        house = start(plan)
        slack = platform_of(settings, store=house.store)
        services.append(service_of(settings, log, False, slack, house.watched))
        return SlackChat(services[-1], house, standin)

    yield begin
    for service in services:
        assert service.drain(lambda _: None)


def ready(house: House) -> tuple[str, str]:
    """What `/readyz` answers."""
    found: list[str] = []
    app = pages(
        Settings(slack=SlackSettings(bot_token=SecretStr("xoxb-x"))),
        house.watched,
        ProbeMetrics(),
        None,
        None,
        proxied=False,
    )
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/readyz", "wsgi.input": BytesIO(), "REMOTE_ADDR": "127.0.0.1"}
    body = b"".join(app(environ, lambda status, _: found.append(status)))
    return found[0], body.decode()
