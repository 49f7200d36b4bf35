"""The Slack side, put together: its platform, and the session that answers on any platform."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

import structlog
from slack_sdk import WebClient
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.worker import OutboxWorker
from bot.app.configuration import grants, tokens
from bot.app.dataset import live_runner
from bot.app.fleet import WatchedFleet
from bot.app.lookup import now, today
from bot.chat.access import Grant
from bot.chat.answer_queue import AnswerQueue
from bot.chat.command import Right
from bot.chat.platform import Platform
from bot.chat.reply import Reply, RichText
from bot.chat.session.access import Access
from bot.chat.session.conversation import Conversation
from bot.chat.session.jobs import BackgroundJobs
from bot.chat.session.pace import PER_MINUTE, Pace
from bot.chat.session.responder import ReplyCache, Responder
from bot.chat.session.services import BoundedExecutor, SessionServices
from bot.fleet.sweep import STALE
from bot.settings.model import Settings
from bot.slack.app import bolt_app
from bot.slack.client import web_client
from bot.slack.membership import Groups, Identity
from bot.slack.platform import SlackPlatform
from bot.slack.service import Service
from bot.slack.socket_mode import SocketModeClient
from bot.slack.table_blocks import TableForm
from bot.slack.table_forms import TableForms
from bot.store.store import Store

THREADS, WAITING = 8, 100
ASKING, IN_LINE = 32, 32
"""Slow commands at once, and in line: a thread each that mostly waits. Ten who ask the same share one probe only if
none of them stands in line."""


class ServiceLimits(NamedTuple):
    """`threads` and `waiting` bound the work that follows an acknowledgement, `per_minute` what one person asks. The
    others are in seconds: until the process gives up on a silent Slack, and until a sweep that gives no sign of life is
    another process's.
    """

    lost_after: float = 120.0
    threads: int = THREADS
    waiting: int = WAITING
    stale: float = STALE
    per_minute: int = PER_MINUTE


LIMITS = ServiceLimits()


class SlackParts(NamedTuple):
    """Slack as a platform, with what Bolt and the service need beside it."""

    platform: SlackPlatform
    client: WebClient
    identity: Identity
    forms: TableForms
    queue: AnswerQueue | None = None


def platform_of(
    settings: Settings,
    on_date: Callable[[datetime], None] | None = None,
    queue: AnswerQueue | None = None,
    store: Store | None = None,
) -> SlackParts:
    """Slack with the settings' token. `on_date` gets Slack's own time from each of its answers.

    Without a `queue` answers are tried once; without a `store` this process alone knows which tables are refused.

    ConfigError without a bot token.
    """
    (token,) = tokens(settings, "bot_token")
    client = partial(web_client, token, settings.slack.api_url, on_date=on_date)
    # Within a command, which Slack wants acknowledged after three seconds, there is no time for more than two.
    patient, quick = client(timeout=5), client(timeout=2)
    identity = Identity(quick, time.monotonic)
    best = TableForm.LINES if settings.slack.tables == "lines" else TableForm.DATA_TABLE
    forms = TableForms(best, now, structlog.get_logger(), store.table_forms if store else None)
    groups = Groups(client(timeout=1), time.monotonic)
    return SlackParts(SlackPlatform(patient, quick, identity, groups, queue, forms), patient, identity, forms, queue)


def service_of(
    settings: Settings,
    log: FilteringBoundLogger,
    socket_mode: bool,
    slack: SlackParts,
    watched: WatchedFleet,
    worker: OutboxWorker | None = None,
    limits: ServiceLimits = LIMITS,
) -> Service:
    """Put the Slack side together. ConfigError lists what it needs and lacks."""
    _, other = tokens(settings, "bot_token", "app_token" if socket_mode else "signing_secret")
    conversation = conversation_of(settings, log, slack.platform, grants(settings), watched, worker, limits)
    app = bolt_app(slack.client, slack.identity, conversation)
    socket = None
    if socket_mode:
        client = web_client(other, settings.slack.api_url)
        socket = SocketModeClient(log, app, client, time.monotonic, limits.lost_after)
    return Service(log, app, slack.identity, conversation, socket, slack.queue, slack.forms)


def conversation_of(
    settings: Settings,
    log: FilteringBoundLogger,
    platform: Platform,
    granted: tuple[Grant, ...],
    watched: WatchedFleet,
    worker: OutboxWorker | None = None,
    limits: ServiceLimits = LIMITS,
) -> Conversation:
    """What answers people on a platform. `granted` are the grants that count there."""
    runner = live_runner(watched.ports(limited=True), watched.dataset, today)
    services = SessionServices(
        log=log,
        responder=Responder(runner, today, dataset=lambda: watched.dataset().version),
        access=Access(platform, granted, everyone=settings.access.lookup == "everyone"),
        platform=platform,
        work=BoundedExecutor(limits.threads, limits.waiting),
        notices=BoundedExecutor(2, 2 * limits.waiting, "notices"),
        seen=watched.store.seen,
        replies=ReplyCache(time.monotonic),
        trail=watched.store.audit,
        now=now,
        wake=worker.wake if worker else lambda: None,
        pace=Pace(time.monotonic, limits.per_minute),
    )
    jobs = BackgroundJobs(services, BoundedExecutor(ASKING, IN_LINE, "jobs"))
    return Conversation(services, jobs, partial(_home_page, watched), _ChannelWelcomes(watched))


class _ChannelWelcomes(NamedTuple):
    """bot.chat.session.conversation.Welcomes, remembered in the database."""

    watched: WatchedFleet

    def claim(self, channel: str) -> Reply | None:
        """What is said is read before the claim: a database that fails in between leaves nothing claimed."""
        from bot.chat.welcome import welcome  # as with the page: few processes are ever invited

        reply = welcome(self.watched.ports(limited=True), channel, self.watched.clock().date())
        return reply if self.watched.store.welcomes.claim(channel, self.watched.clock()) else None

    def release(self, channel: str) -> None:
        self.watched.store.welcomes.release(channel)


def _home_page(watched: WatchedFleet, rights: frozenset[Right], lacking: RichText) -> tuple[Reply, ...]:
    from bot.chat.home_page import home_page  # with the commands that it shows: a process may never be asked for it

    return home_page(watched.ports(limited=True), rights, watched.clock(), lacking)
