"""The Slack side: who is heard, who answers, and what is sent to channels unasked."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.alerts.evaluate import act_on
from bot.app.configuration import grants, tokens
from bot.app.dataset import Dataset, LiveRunner
from bot.app.fleet import WatchedFleet, new_name
from bot.app.lookup import now, runner, today
from bot.chat.audit import NoTrail
from bot.chat.command import CommandSpec
from bot.chat.commands import ACK, ALERTS
from bot.chat.home_page import home_page
from bot.fleet.sweep import STALE
from bot.settings.model import Settings
from bot.slack import alert_actions as alerts
from bot.slack import app_home as home_tab
from bot.slack.access import Access
from bot.slack.alert_actions import AlertActionListener, AlertActionServices
from bot.slack.app import bolt_app
from bot.slack.app_home import HomeTab, See
from bot.slack.client import web_client
from bot.slack.delivery import MessageWording, SlackCourier
from bot.slack.executor import BoundedExecutor
from bot.slack.groups import Groups
from bot.slack.identity import Identity
from bot.slack.jobs import BackgroundJobs
from bot.slack.payload import Actor
from bot.slack.post import SlackClient
from bot.slack.reply_cache import ReplyCache
from bot.slack.request import request_of
from bot.slack.responder import RenderedReply, Responder
from bot.slack.seen import SeenEvents, SqliteSeen, runtime_folder
from bot.slack.service import Service
from bot.slack.services import SessionServices
from bot.slack.socket_mode import SocketModeClient
from bot.slack.worker import OutboxWorker
from bot.store.store import Store

THREADS, WAITING = 8, 100
ASKING, IN_LINE = 32, 32
"""Slow commands at once, and in line: a thread each that mostly waits. Ten who ask the same share one probe only if
none of them stands in line."""


class ServiceLimits(NamedTuple):
    """`threads` and `waiting` bound the work that follows an acknowledgement. The others are in seconds: until it is
    deaf without Slack, and until a sweep that gives no sign of life is another process's.
    """

    deaf_after: float = 120.0
    threads: int = THREADS
    waiting: int = WAITING
    stale: float = STALE


LIMITS = ServiceLimits()


def worker_of(
    settings: Settings, store: Store, log: FilteringBoundLogger, edition: Callable[[], Dataset]
) -> OutboxWorker:
    """Sends what waits for channels, in the words of what is known then. ConfigError without a bot token."""
    (token,) = tokens(settings, "bot_token")
    courier = SlackCourier(web_client(token, settings.slack.api_url), MessageWording(lambda: edition().matrix))
    return OutboxWorker(log, store.outbox, courier, now, new_name())


def service_of(
    settings: Settings,
    log: FilteringBoundLogger,
    socket_mode: bool,
    watched: WatchedFleet | None = None,
    sender: OutboxWorker | None = None,
    limits: ServiceLimits = LIMITS,
) -> Service:
    """Put the Slack side together; without a fleet it looks releases up. ConfigError lists what it needs and lacks."""
    bot_token, other = tokens(settings, "bot_token", "app_token" if socket_mode else "signing_secret")
    api = settings.slack.api_url
    client = web_client(bot_token, api)
    # Within a command, which Slack wants acknowledged after three seconds.
    quick = web_client(bot_token, api, timeout=2)
    identity = Identity(quick, time.monotonic)
    groups = Groups(web_client(bot_token, api, timeout=1), time.monotonic)
    kit = SessionServices(
        log=log,
        answers=_answers(watched),
        access=Access(identity, groups, grants(settings), everyone=settings.access.lookup == "everyone"),
        post=SlackClient(client),
        work=BoundedExecutor(limits.threads, limits.waiting),
        notices=BoundedExecutor(2, 2 * limits.waiting, "notices"),
        seen=_seen(log, watched),
        kept=ReplyCache(time.monotonic),
        trail=watched.store.audit if watched else NoTrail(),
        now=now,
    )
    errands = BackgroundJobs(kit, BoundedExecutor(ASKING, IN_LINE, "errands"))
    app = bolt_app(client, quick, identity, kit, errands)
    tab = HomeTab(kit, _seen_by(watched))
    home_tab.listen(app, tab)
    if watched:
        alerts.listen(app, AlertActionListener(_means(kit, watched, sender, tab)))
    ears = (
        SocketModeClient(log, app, web_client(other, api), time.monotonic, limits.deaf_after) if socket_mode else None
    )
    return Service(log, app, identity, kit.work, kit.notices, errands, ears)


def _answers(watched: WatchedFleet | None) -> Responder:
    """Of the fleet that is watched, or of releases alone."""
    if watched is None:
        return Responder(runner(), today)
    live = LiveRunner(watched.ports(limited=True), watched.edition, today)
    return Responder(live, today, edition=lambda: live.page)


def _seen_by(watched: WatchedFleet | None) -> See:
    """App Home, in the same way."""
    if watched is None:
        known = runner().ports
        return lambda rights, lacking: home_page(known, rights, now(), lacking)
    ports, clock = watched.ports, watched.clock
    return lambda rights, lacking: home_page(ports(), rights, clock(), lacking)


def _seen(log: FilteringBoundLogger, watched: WatchedFleet | None) -> SeenEvents:
    """Deliveries that were taken on: in the database, which all processes share, where there is one."""
    if watched:
        return watched.store.seen
    return SqliteSeen(log, runtime_folder(os.environ, Path(tempfile.gettempdir())), time.time)


def _means(
    kit: SessionServices, watched: WatchedFleet, sender: OutboxWorker | None, tab: HomeTab
) -> AlertActionServices:
    book = watched.store.alerts

    def reached(asker: Actor, spec: CommandSpec, ids: tuple[int, ...]) -> tuple[int, ...]:
        found = kit.access.admit(asker, spec)
        if isinstance(found, RenderedReply):
            return ()
        return (
            ids if spec.right not in found.scoped else tuple(a.id for a in book.find(ids) if a.channel == asker.channel)
        )

    def note(asker: Actor, words: str, outcome: str, begun: float) -> None:
        kit.told(replace(request_of("alert button", asker, words), begun=begun), outcome)

    return AlertActionServices(
        may_act=lambda asker: not isinstance(kit.access.admit(asker, ACK), RenderedReply),
        may_see=lambda asker: not isinstance(kit.access.admit(asker, ALERTS), RenderedReply),
        act=lambda ids, act: act_on(book, ids, act),
        find=book.find,
        tell=kit.post.privately,
        later=kit.later,
        open_view=kit.post.open_view,
        note=note,
        wake=sender.wake if sender else lambda: None,
        refresh=tab.publish,
        now=watched.clock,
        reached=reached,
    )
