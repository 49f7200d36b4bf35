"""A conversation on a platform that is not Slack: what people do, who sees the reply, and what the audit has of it."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
import structlog

from bot.chat.access import Grant
from bot.chat.audit import AuditEntry
from bot.chat.command import Ports, Right
from bot.chat.platform import Actor, Origin
from bot.chat.reply import Asks, Reply, RichText, line
from bot.chat.runner import CommandRunner
from bot.chat.session.access import Access
from bot.chat.session.conversation import Conversation
from bot.chat.session.jobs import BackgroundJobs
from bot.chat.session.request import request_of
from bot.chat.session.responder import ReplyCache, Responder
from bot.chat.session.services import BoundedExecutor, SessionServices
from bot.demo.platform import ROOM, ChannelPost, DemoPlatform, Place
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import Simulator
from tests.simulated import fleet_of, rolling_pool
from tests.slack.conftest import Seen, Trail

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ORIGIN = Origin(Actor("you", None, ROOM))
MAY_PROBE = (Grant("you", None, frozenset({Right.PROBE})),)


@dataclass
class Room:
    """The demo's channel with a session."""

    platform: DemoPlatform
    conversation: Conversation
    trail: Trail
    pages: list[frozenset[Right]] = field(default_factory=list)

    def settle(self) -> list[ChannelPost]:
        """What was shown, once all that was taken on is done."""
        services = self.conversation.services
        for executor in (
            services.work,
            services.database.executor,
            self.conversation.jobs.executor,
            services.notices,
        ):
            assert executor.wait_until_idle(10)
        self.platform.flush()
        return self.platform.take()

    @property
    def audit(self) -> list[tuple[str, str, str]]:
        entries: list[AuditEntry] = self.trail.entries
        return [(entry.way, entry.words, entry.outcome) for entry in entries]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator([rolling_pool()]) as simulator:
        yield simulator


@pytest.fixture
def room(matrix: Matrix, reader: Reader, simulator: Simulator) -> Iterator[Room]:
    platform, trail = DemoPlatform(), Trail()
    runner = CommandRunner(Ports(matrix, reader, fleet_of(simulator)), lambda: date(2026, 11, 23))
    log = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)).bind()
    services = SessionServices(
        log=log,
        responder=Responder(lambda: runner, NOW.date),
        access=Access(platform, MAY_PROBE),
        platform=platform,
        work=BoundedExecutor(2, 10),
        notices=BoundedExecutor(1, 10, "notices"),
        seen=Seen(),
        replies=ReplyCache(time.monotonic),
        trail=trail,
        now=lambda: NOW,
    )
    made: list[Room] = []

    def page(rights: frozenset[Right], _: RichText) -> tuple[Reply, ...]:
        made[0].pages.append(rights)
        return (Reply("page", line("The page.")),)

    jobs = BackgroundJobs(services, BoundedExecutor(2, 10, "jobs"))
    made.append(Room(platform, Conversation(services, jobs, page), trail))
    yield made[0]
    assert jobs.drain(10)
    assert services.work.drain(10)
    assert services.notices.drain(10)


def _shown(posts: list[ChannelPost]) -> list[tuple[Place, str]]:
    return [(post.place, post.reply.summary) for post in posts]


def test_a_question_is_answered_for_the_actor_alone(room: Room) -> None:
    room.conversation.ask(request_of("ask button", ORIGIN, "XenServer 7.2"))
    assert _shown(room.settle()) == [(Place.PRIVATE, "XenServer 7.2: partial support, no security updates")]
    assert room.audit == [("ask button", "XenServer 7.2", "check")]


def test_a_mention_is_answered_once_in_its_thread(room: Room) -> None:
    opened = room.platform.post(ROOM, Reply("said", line("@xocompat XCP-ng 8.3")))
    thread = str(opened[0])
    for _ in range(2):
        room.conversation.mention(ORIGIN, ROOM, thread, "XCP-ng 8.3", "event-1")
    said, answer = room.settle()
    assert (answer.place, answer.reply.kind) == (Place.THREAD, "check")
    assert said.place is Place.CHANNEL
    assert room.audit == [("mention", "XCP-ng 8.3", "check")]


def test_a_slow_command_in_a_thread_is_one_message_that_becomes_its_reply(room: Room) -> None:
    thread = str(room.platform.post(ROOM, Reply("said", line("@xocompat probe xen-1")))[0])
    room.conversation.mention(ORIGIN, ROOM, thread, "probe xen-1", "event-1")
    _, asking, verdict = room.settle()
    assert (asking.place, asking.reply.summary[:12]) == (Place.THREAD, "Asking xen-1")
    assert (verdict.place, verdict.reply.kind) == (Place.EDITED, "probe")


def test_sharing_shows_it_to_everybody_once_for_each_message(room: Room) -> None:
    request = request_of("share button", ORIGIN, "XCP-ng 8.3")
    for message in ("message-1", "message-1", "message-2"):
        room.conversation.share(request, None, message)
    assert [place for place, _ in _shown(room.settle())].count(Place.SHARED) == 2
    assert sorted(outcome for _, _, outcome in room.audit) == ["check", "check", "shared_already"]


def test_without_windows_a_picker_names_what_there_is_to_type(room: Room) -> None:
    instead = room.conversation.pick(request_of("pick button", ORIGIN._replace(trigger="t"), "probe"))
    assert instead is not None
    assert instead.reply.summary == "Which host? I can ask these:"


def test_who_lacks_the_right_is_refused_whatever_button_it_was(room: Room) -> None:
    for way, words in (("act button", "ack 17"), ("menu", "snooze 17 1d")):
        room.conversation.ask(request_of(way, ORIGIN, words))
    room.conversation.ask_for(Asks.MOMENT, request_of("menu", ORIGIN, "snooze 17"))
    assert room.conversation.moment_picked(ORIGIN, "snooze 17", datetime(2026, 12, 24, tzinfo=UTC)) is None
    assert room.conversation.note_typed(ORIGIN, "ack 17", "mine") is None
    posts = room.settle()
    assert {post.place for post in posts} == {Place.PRIVATE}
    assert all(post.reply.summary.startswith("You may not ") for post in posts)
    assert sorted(room.audit) == [
        ("act button", "ack 17", "refused"),
        ("menu", "snooze 17", "refused"),
        ("menu", "snooze 17 1d", "refused"),
        ("moment picker", "snooze 17 2026-12-24T00:00Z", "refused"),
        ("note window", "ack 17: mine", "refused"),
    ]


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=3651)])
def test_a_moment_that_nothing_lasts_until_asks_nothing(room: Room, at: datetime) -> None:
    assert room.conversation.moment_picked(ORIGIN, "snooze 17", at)
    assert (room.settle(), room.audit) == ([], [])


def test_the_bots_page_is_made_for_the_rights_of_its_viewer(room: Room) -> None:
    room.conversation.open_page(ORIGIN.actor)
    room.settle()
    assert room.pages == [frozenset({Right.LOOKUP, Right.PROBE})]
