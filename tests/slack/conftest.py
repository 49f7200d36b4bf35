"""The Slack side, wired with a stand-in for Slack's Web API, a log that is recorded, and claims in memory."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
import structlog
from slack_bolt import App, BoltResponse
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.chat.access import Grant
from bot.chat.answer_queue import AnswerQueue
from bot.chat.audit import AuditEntry
from bot.chat.command import Fleet, Ports, Right
from bot.chat.reply import Reply
from bot.chat.runner import CommandRunner
from bot.chat.session.access import Access
from bot.chat.session.conversation import Conversation, HomePage, Welcomes
from bot.chat.session.jobs import BackgroundJobs
from bot.chat.session.responder import ReplyCache, Responder
from bot.chat.session.services import BoundedExecutor, SessionServices
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import Simulator
from bot.slack.app import bolt_app
from bot.slack.client import web_client
from bot.slack.http import RequestVerifier
from bot.slack.listeners import is_sent
from bot.slack.membership import Groups, Identity
from bot.slack.platform import SlackPlatform
from tests.simulated import HOSTILE, fleet_of, rolling_pool
from tests.slack.runners import Gate
from tests.slack.signed import FORM, SECRET, headers
from tests.slack.standin import StandIn

TOKEN = "xoxb-of-the-tests"


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def kept_log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def log(kept_log: LogCapture) -> FilteringBoundLogger:
    wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)
    made: FilteringBoundLogger = structlog.wrap_logger(None, processors=[kept_log], wrapper_class=wrapper)
    return made.bind()


class Trail:
    """Keeps the audit's entries."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


class Clock:
    """The real time, and what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Seen:
    """Claims in memory."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    def claim(self, key: str) -> bool:
        with self._lock:
            is_new = key not in self._keys
            self._keys.add(key)
        return is_new

    def release(self, key: str) -> None:
        with self._lock:
            self._keys.discard(key)


@dataclass
class Room:
    """Send a request, and look at what Slack was called with. `woken` has an entry for each call of `wake`."""

    app: App
    conversation: Conversation
    verifier: RequestVerifier
    trail: Trail = field(default_factory=Trail)
    clock: Clock = field(default_factory=Clock)
    woken: list[bool] = field(default_factory=list)

    @property
    def jobs(self) -> BackgroundJobs:
        return self.conversation.jobs

    def post(self, body: str, content_type: str = FORM) -> BoltResponse:
        answer = self.verifier.receive(body.encode(), headers(body, content_type))
        is_sent(answer)
        return answer

    def settle(self) -> None:
        """Until all that was taken on is done."""
        assert self.conversation.services.work.wait_until_idle(10)
        assert self.conversation.services.database.executor.wait_until_idle(10)
        assert self.jobs.executor.wait_until_idle(10)
        assert self.conversation.services.notices.wait_until_idle(10)


Furnish = Callable[..., Room]


@pytest.fixture
def furnish(standin: StandIn, log: FilteringBoundLogger, desk: CommandRunner) -> Iterator[Furnish]:
    """Makes a Room: `asked` answers, `everyone` opens it to strangers, `threads` and `waiting` bound its pools.

    `api` is another Slack's than the stand-in's; with a `queue` answers are tried again.
    """
    made: list[Room] = []

    def make(
        asked: CommandRunner = desk,
        everyone: bool = False,
        threads: int = 4,
        waiting: int = 20,
        grants: tuple[Grant, ...] = (),
        home_page: HomePage = _no_page,
        api: str | None = None,
        queue: AnswerQueue | None = None,
        welcomes: Welcomes | None = None,
    ) -> Room:
        client = web_client(TOKEN, api or standin.api)
        identity = Identity(client, time.monotonic)
        trail, clock, woken = Trail(), Clock(), list[bool]()
        platform = SlackPlatform(client, client, identity, Groups(client, clock), queue)
        services = SessionServices(
            log=log,
            responder=Responder(lambda: asked, lambda: date(2026, 11, 23)),
            access=Access(platform, grants, everyone),
            platform=platform,
            work=BoundedExecutor(threads, waiting),
            notices=BoundedExecutor(1, 20),
            seen=Seen(),
            replies=ReplyCache(clock),
            trail=trail,
            now=lambda: datetime(2026, 11, 23, 8, tzinfo=UTC),
            wake=lambda: woken.append(True),
        )
        jobs = BackgroundJobs(services, BoundedExecutor(threads, waiting, "jobs"))
        conversation = Conversation(services, jobs, home_page, welcomes)
        app = bolt_app(client, identity, conversation)
        made.append(Room(app, conversation, RequestVerifier(app, SECRET, time.time), trail, clock, woken))
        return made[-1]

    yield make
    for room in made:
        services = room.conversation.services
        assert services.work.drain(10)
        assert services.database.executor.drain(10)
        assert room.jobs.executor.drain(10)
        assert services.notices.drain(10)


def _no_page(*_: object) -> tuple[Reply, ...]:
    return ()


@pytest.fixture
def room(furnish: Furnish) -> Room:
    return furnish()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A runner whose answers wait; opened at the end in any case."""
    gate = Gate()
    yield gate
    gate.open()


Probing = Callable[..., Room]
MAY_PROBE = Grant("U0000001", None, frozenset({Right.PROBE}))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A pool of two hosts, one of which has a name that means harm."""
    with Simulator([rolling_pool(HOSTILE)]) as simulator:
        yield simulator


@pytest.fixture
def probing(furnish: Furnish, matrix: Matrix, reader: Reader, simulator: Simulator) -> Probing:
    """Makes a Room that asks the simulation, and where the usual person may probe."""

    def make(fleet: Fleet | None = None, grants: tuple[Grant, ...] = (MAY_PROBE,), **more: Any) -> Room:
        ports = Ports(matrix, reader, fleet or fleet_of(simulator, limited=True))
        return furnish(CommandRunner(ports, lambda: date(2026, 11, 23)), grants=grants, **more)

    return make
