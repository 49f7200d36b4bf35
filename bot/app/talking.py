"""The Slack side: who is heard, who answers, and what is sent to channels unasked."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot.app.configured import grants, tokens
from bot.app.in_use import Edition, LiveDesk
from bot.app.lookups import desk, now, today
from bot.app.watching import Watching, new_name
from bot.chat.audit import NoTrail
from bot.chat.commands import ACK, ALERTS
from bot.chat.overview import overview
from bot.fleet.sweep import STALE
from bot.settings.model import Settings
from bot.slack import alerts, home_tab
from bot.slack.access import Access
from bot.slack.alerts import AlertPress, Means
from bot.slack.answers import Answer, Answers
from bot.slack.asker import Asker
from bot.slack.bolt import bolt_app
from bot.slack.client import web_client
from bot.slack.courier import Courier
from bot.slack.deliver import Sender
from bot.slack.ears import Ears
from bot.slack.errands import Errands
from bot.slack.groups import Groups
from bot.slack.home import Identity
from bot.slack.home_tab import HomeTab, See
from bot.slack.kept import Kept
from bot.slack.kit import Kit
from bot.slack.post import Post
from bot.slack.question import question
from bot.slack.seen import SeenEvents, SqliteSeen, runtime_folder
from bot.slack.service import Service
from bot.slack.telling import Telling
from bot.slack.work import Work
from bot.store.store import Store

THREADS, WAITING = 8, 100
ASKING, IN_LINE = 32, 32
"""Slow commands at once, and in line: a thread each that mostly waits. Ten who ask the same share one probe only if
none of them stands in line."""


class Limits(NamedTuple):
    """`threads` and `waiting` bound the work that follows an acknowledgement. The others are in seconds: until it is
    deaf without Slack, and until a sweep that gives no sign of life is another process's.
    """

    deaf_after: float = 120.0
    threads: int = THREADS
    waiting: int = WAITING
    stale: float = STALE


LIMITS = Limits()


def sender_of(settings: Settings, store: Store, log: FilteringBoundLogger, edition: Callable[[], Edition]) -> Sender:
    """Sends what waits for channels, in the words of what is known then. ConfigError without a bot token."""
    (token,) = tokens(settings, "bot_token")
    courier = Courier(web_client(token, settings.slack.api_url), Telling(lambda: edition().matrix))
    return Sender(log, store.outbox, courier, now, new_name())


def service_of(
    settings: Settings,
    log: FilteringBoundLogger,
    socket_mode: bool,
    watched: Watching | None = None,
    sender: Sender | None = None,
    limits: Limits = LIMITS,
) -> Service:
    """Put the Slack side together; without a fleet it looks releases up. ConfigError lists what it needs and lacks."""
    bot_token, other = tokens(settings, "bot_token", "app_token" if socket_mode else "signing_secret")
    api = settings.slack.api_url
    client = web_client(bot_token, api)
    # Within a command, which Slack wants acknowledged after three seconds.
    quick = web_client(bot_token, api, timeout=2)
    identity = Identity(quick, time.monotonic)
    groups = Groups(web_client(bot_token, api, timeout=1), time.monotonic)
    kit = Kit(
        log=log,
        answers=_answers(watched),
        access=Access(identity, groups, grants(settings), everyone=settings.access.lookup == "everyone"),
        post=Post(client),
        work=Work(limits.threads, limits.waiting),
        notices=Work(2, 2 * limits.waiting, "notices"),
        seen=_seen(log, watched),
        kept=Kept(time.monotonic),
        trail=watched.store.audit if watched else NoTrail(),
        now=now,
    )
    errands = Errands(kit, Work(ASKING, IN_LINE, "errands"))
    app = bolt_app(client, quick, identity, kit, errands)
    tab = HomeTab(kit, _seen_by(watched))
    home_tab.listen(app, tab)
    if watched:
        alerts.listen(app, AlertPress(_means(kit, watched, sender, tab)))
    ears = Ears(log, app, web_client(other, api), time.monotonic, limits.deaf_after) if socket_mode else None
    return Service(log, app, identity, kit.work, kit.notices, errands, ears)


def _answers(watched: Watching | None) -> Answers:
    """Of the fleet that is watched, or of releases alone."""
    if watched is None:
        return Answers(desk(), today)
    live = LiveDesk(watched.ports(limited=True), watched.judge.edition, today)
    return Answers(live, today, edition=lambda: live.page)


def _seen_by(watched: Watching | None) -> See:
    """App Home, in the same way."""
    if watched is None:
        known = desk().ports
        return lambda rights, lacking: overview(known, rights, now(), lacking)
    ports, clock = watched.ports, watched.clock
    return lambda rights, lacking: overview(ports(), rights, clock(), lacking)


def _seen(log: FilteringBoundLogger, watched: Watching | None) -> SeenEvents:
    """Deliveries that were taken on: in the database, which all processes share, where there is one."""
    if watched:
        return watched.store.seen
    return SqliteSeen(log, runtime_folder(os.environ, Path(tempfile.gettempdir())), time.time)


def _means(kit: Kit, watched: Watching, sender: Sender | None, tab: HomeTab) -> Means:
    book = watched.store.alerts

    def note(asker: Asker, words: str, outcome: str, begun: float) -> None:
        kit.told(replace(question("alert button", asker, words), begun=begun), outcome)

    return Means(
        may_act=lambda asker: not isinstance(kit.access.admit(asker, ACK), Answer),
        may_see=lambda asker: not isinstance(kit.access.admit(asker, ALERTS), Answer),
        act=book.act,
        find=book.find,
        tell=kit.post.privately,
        later=kit.later,
        open_view=kit.post.open_view,
        note=note,
        wake=sender.wake if sender else lambda: None,
        refresh=tab.publish,
        now=watched.clock,
    )
