"""The Slack side, wired with a stand-in for Slack's Web API, a log that is kept, and claims in memory."""

import logging
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
from bot.chat.audit import AuditEntry
from bot.chat.command import Fleet, Ports, Right
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import Simulator
from bot.slack.access import Access
from bot.slack.acknowledgement import is_sent
from bot.slack.app import bolt_app
from bot.slack.client import web_client
from bot.slack.executor import BoundedExecutor
from bot.slack.groups import Groups
from bot.slack.http import RequestVerifier
from bot.slack.identity import Identity
from bot.slack.jobs import BackgroundJobs
from bot.slack.post import SlackClient
from bot.slack.reply_cache import ReplyCache
from bot.slack.responder import Responder
from bot.slack.responder import RunsCommands as Asked
from bot.slack.seen import SqliteSeen
from bot.slack.services import SessionServices
from tests.simulated import HOSTILE, fleet_of, rolling_pool
from tests.slack.desks import Gate
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


@dataclass
class Room:
    """What a listener test holds: say something to the door, look at what Slack was told."""

    app: App
    kit: SessionServices
    door: RequestVerifier
    work: BoundedExecutor
    notices: BoundedExecutor
    errands: BackgroundJobs
    trail: Trail = field(default_factory=Trail)
    clock: Clock = field(default_factory=Clock)

    def post(self, body: str, content_type: str = FORM) -> BoltResponse:
        answer = self.door.receive(body.encode(), headers(body, content_type))
        is_sent(answer)
        return answer

    def settle(self) -> None:
        """Until all that was taken on is done."""
        assert self.work.settle(10)
        assert self.errands.work.settle(10)
        assert self.notices.settle(10)


Furnish = Callable[..., Room]


@pytest.fixture
def furnish(standin: StandIn, log: FilteringBoundLogger, desk: CommandRunner) -> Iterator[Furnish]:
    """Makes a Room: `asked` is the desk, `everyone` opens it to strangers, `threads` and `waiting` bound its pools."""
    made: list[tuple[Room, SqliteSeen]] = []

    def make(
        asked: Asked = desk,
        everyone: bool = False,
        threads: int = 4,
        waiting: int = 20,
        grants: tuple[Grant, ...] = (),
    ) -> Room:
        client = web_client(TOKEN, standin.api)
        identity = Identity(client, time.monotonic)
        seen = SqliteSeen(log, None, time.time)
        trail, clock = Trail(), Clock()
        kit = SessionServices(
            log=log,
            answers=Responder(asked, lambda: date(2026, 11, 23)),
            access=Access(identity, Groups(client, clock), grants, everyone),
            post=SlackClient(client),
            work=BoundedExecutor(threads, waiting),
            notices=BoundedExecutor(1, 20),
            seen=seen,
            kept=ReplyCache(clock),
            trail=trail,
            now=lambda: datetime(2026, 11, 23, 8, tzinfo=UTC),
        )
        errands = BackgroundJobs(kit, BoundedExecutor(threads, waiting, "errands"))
        app = bolt_app(client, client, identity, kit, errands)
        room = Room(app, kit, RequestVerifier(app, SECRET, time.time), kit.work, kit.notices, errands, trail, clock)
        made.append((room, seen))
        return room

    yield make
    for room, seen in made:
        assert room.work.drain(10)
        assert room.errands.work.drain(10)
        assert room.notices.drain(10)
        seen.close()


@pytest.fixture
def room(furnish: Furnish) -> Room:
    return furnish()


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A desk whose answers wait; opened at the end in any case."""
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
    """Makes a Room whose desk asks the simulation, and where the usual person may probe."""

    def make(fleet: Fleet | None = None, grants: tuple[Grant, ...] = (MAY_PROBE,), **more: Any) -> Room:
        ports = Ports(matrix, reader, fleet or fleet_of(simulator, limited=True))
        return furnish(CommandRunner(ports, lambda: date(2026, 11, 23)), grants=grants, **more)

    return make
