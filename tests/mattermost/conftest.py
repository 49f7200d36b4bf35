"""A Mattermost with people in it, and the bot's side of it in the test's process, on a port of its own."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.retry import RetryPolicy
from bot.alerts.delivery.worker import OutboxWorker
from bot.alerts.routing import AlertPlan
from bot.app.configuration import ReachableChannels
from bot.app.mattermost import MattermostService, mattermost_of, mattermost_service
from bot.chat.answer_queue import AnswerQueue
from bot.chat.channels import ChannelKind
from bot.chat.transport import PlatformTransport, reply_for
from bot.settings import load_settings
from bot.web.listen import listen
from bot.web.server import Server, wsgi
from tests.acceptance.waiting import free_port
from tests.app.conftest import START, House, Start, clock, hosts, kept_log, log, start
from tests.mattermost.people import Pressed, Typed
from tests.mattermost.standin import Mattermost
from tests.mattermost.state import Channel, Post, User

__all__ = ["clock", "hosts", "kept_log", "log", "start"]

CHANNEL = "mattermost:lab/ops"
CONFIG = """
mattermost: {{url: "{url}", callback_url: "{callback}"}}
access:
  lookup: {lookup}
  grants:
    - {{who: "mattermost:ann", may: [probe, fleet, operate]}}
    - {{who: "mattermost:@keepers", may: [fleet]}}
    - {{who: "*", where: "mattermost:lab/open", may: [fleet]}}
    - {{who: "*", may: [fleet, operate]}}
    - {{who: U0000001, may: [fleet, operate]}}
    - {{who: S0000001, may: [fleet, operate]}}
"""


class Crew(NamedTuple):
    """Ann may do all, Bob nothing but look up. `ops` is a channel with both and the bot."""

    server: Mattermost
    ann: User
    bob: User
    ops: Channel

    def typed(self, words: str, user: User | None = None, channel: Channel | None = None) -> Typed:
        return self.server.type_command(user or self.ann, channel or self.ops, f"/xocompat {words}".strip())

    def answered(self, words: str, user: User | None = None, channel: Channel | None = None) -> Post:
        """The reply to a command, at once."""
        typed = self.typed(words, user, channel)
        assert typed.reply, typed
        return typed.reply

    def pressed(self, post: Post, label: str, user: User | None = None, choice: str | None = None) -> Pressed:
        return self.server.press(post, label, user or self.ann, choice)

    def told(self, text: str, user: User | None = None) -> Post:
        """What somebody alone gets to see, in their conversation with the bot."""
        asker = user or self.ann
        return self.server.wait_post(asker, self.server.direct(asker), text)


@pytest.fixture
def people() -> Iterator[Crew]:
    with Mattermost() as server:
        ann, bob = server.user("ann"), server.user("bob")
        yield Crew(server, ann, bob, server.channel("ops", members=[ann, bob, server.bot]))


@pytest.fixture
def house(start: Start) -> House:
    house = start(AlertPlan(CHANNEL, lead=(30, 0)))
    house.sweep()
    reach = ReachableChannels(frozenset({ChannelKind.MATTERMOST}), frozenset())
    return house._replace(watched=house.watched._replace(reach=reach))


@pytest.fixture
def lookup() -> str:
    return "workspace"


class Side(NamedTuple):
    """The bot's side, and where it is reached."""

    service: MattermostService
    callback: str
    worker: OutboxWorker

    def deliver(self) -> None:
        """Have all that waits sent."""
        assert self.worker.pass_once().pending == 0

    def settle(self) -> None:
        """Until all that was begun is done; nothing is taken on after it."""
        assert self.service.conversation.drain(time.monotonic() + 5)


@pytest.fixture
def side(
    people: Crew,
    house: House,
    log: FilteringBoundLogger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lookup: str,
) -> Iterator[Side]:
    monkeypatch.setattr("bot.app.slack.today", START.date)  # as the fleet's clock has it
    monkeypatch.setattr("bot.chat.session.once.WAITED", 3.0)  # whatever else this machine has to do
    port = free_port()
    callback = f"http://127.0.0.1:{port}"
    command = people.server.command("xocompat", f"{callback}/mattermost/command")
    monkeypatch.setenv("MATTERMOST_TOKEN", people.server.token)
    monkeypatch.setenv("MATTERMOST_COMMAND_TOKEN", f"lab={command.token}")
    file = tmp_path / "xocompat.yaml"
    file.write_text(CONFIG.format(url=people.server.url, callback=callback, lookup=lookup))
    settings = load_settings(file, {}, tmp_path)
    parts = mattermost_of(settings, queue=AnswerQueue(log))
    service = mattermost_service(settings, log, parts, house.watched)
    matrix = house.watched.dataset().matrix
    transport = PlatformTransport(
        parts.platform, lambda delivery: reply_for(delivery, matrix, AlertPlan()), parts.platform.permalink
    )
    worker = OutboxWorker(log, house.store.outbox, transport, house.clock, "the tests", RetryPolicy(between=0))
    server = Server(wsgi(service.routes), listen(port, ["127.0.0.1"]))
    server.start()
    yield Side(service, callback, worker)
    worker.close()
    server.stop(1.0)
    service.conversation.drain(time.monotonic() + 5)


@pytest.fixture
def listening(side: Side, people: Crew) -> Iterator[Side]:
    """The same, hearing what is said."""
    side.service.events.start()
    people.server.wait_connected()
    yield side
    side.service.events.close()
