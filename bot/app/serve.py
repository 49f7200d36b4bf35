"""The process that does it all, or a part of it: chat, the schedule with its sweeps, delivery, and the web routes."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import structlog
from structlog.typing import FilteringBoundLogger

from bot.alerts.clock_check import ClockCheck
from bot.alerts.cycle import SendResult
from bot.alerts.delivery.worker import OutboxWorker
from bot.app.configuration import ReachableChannels, check_variables, set_up_log, tokens
from bot.app.dumps import forbid_core_dumps
from bot.app.fleet import clock_check, current_dataset, hosts_of, open_settings, terms_of, watch_fleet
from bot.app.lookup import now
from bot.app.memory import settle_down, share_arenas
from bot.app.schedule import ScheduledJobs
from bot.app.sending import LinkingPlatform, senders_of
from bot.app.slack import LIMITS, ServiceLimits, platform_of, service_of
from bot.app.web import UNTOLD, pages
from bot.catalogue import speak
from bot.chat.answer_queue import AnswerQueue
from bot.chat.channels import ChannelKind
from bot.errors import UnavailableError, XocompatError
from bot.settings import load_settings
from bot.settings.model import Settings
from bot.settings.values import is_loopback
from bot.slack.service import SERVING, Service
from bot.store.store import Store
from bot.web.listen import EVERYWHERE, LOOPBACK, listen, shown
from bot.web.metrics import ProbeMetrics
from bot.web.server import Environ, Server, StartResponse, Wsgi

if TYPE_CHECKING:
    from bot.app.mattermost import MattermostParts, MattermostService
    from bot.sites.centre import SiteCentre

APP_LOAD_ERROR = 4
"""What gunicorn takes as "don't start this worker again"."""

ENDING = 9.0
"""Seconds for stopping as a whole."""


class ProcessPart(StrEnum):
    """What a process does. Several of each kind may share a PostgreSQL: what is to be done once is done once."""

    ALL = "all"
    CHAT = "chat"
    SCHEDULE = "schedule"


class ChatWay(StrEnum):
    """How people reach a process."""

    SOCKET = "Socket Mode"
    HTTP = "HTTP"
    NONE = "no chat"


class Process(NamedTuple):
    """All that runs in a process. `service` is the Slack side, `mattermost` the Mattermost side, `duties` the schedule
    and the delivery.
    """

    log: FilteringBoundLogger
    store: Store
    pages: Wsgi
    service: Service | None
    duties: ScheduledJobs | None
    centre: "SiteCentre | None" = None
    mattermost: "MattermostService | None" = None

    def start(self, stop: threading.Event) -> None:
        """Begin to hear sites, to answer Slack, and to do what is due."""
        if self.centre:
            self.centre.start(records=self.duties is not None)
        if self.service:
            self.service.start(stop)
        if self.mattermost:
            self.mattermost.events.start()
        if self.duties:
            self.duties.start(stop)

    def watch(self, stop: threading.Event) -> None:
        """Until `stop` is set. UnavailableError where only a new process can mend it."""
        if self.service:
            self.service.watch(stop)
        else:
            stop.wait()

    def drain(self, stop_serving: Callable[[float], None], ends: float) -> bool:
        """Finish what was begun, by the clock's `ends` at most; False if some of it hangs."""
        served, beside = threading.Event(), list[bool]()

        def stop(seconds: float) -> None:
            stop_serving(seconds)
            served.set()

        # Platforms end at once, each with its own pools: there is no time for one after the other.
        side = self.mattermost
        ending = threading.Thread(target=lambda: beside.append(side is None or side.drain(served, ends)), daemon=True)
        ending.start()
        done = True
        if self.service:
            done = self.service.drain(stop)
        else:
            stop(SERVING)
        ending.join(max(0.0, ends - time.monotonic()))
        done = done and beside == [True]
        if self.duties:
            done = self.duties.join(ends - time.monotonic()) and done
        if self.centre:
            done = self.centre.stop(max(0.5, ends - time.monotonic() - 1)) and done
        closing = threading.Thread(target=self.store.close, daemon=True)  # which may hang
        closing.start()
        closing.join(max(0.0, ends - time.monotonic()))
        return done and not closing.is_alive()


def serve(settings: Settings, part: ProcessPart = ProcessPart.ALL, limits: ServiceLimits = LIMITS) -> int:
    """Do a process's part until SIGTERM or SIGINT; 0 then. UnavailableError if it can't be done.

    Chat over Socket Mode if there is an app token, else over HTTP; the web routes in both. Without any token of Slack's
    all but chat runs.
    """
    forbid_core_dumps()
    share_arenas()
    set_up_log(settings)
    check_variables(settings, chats=part is not ProcessPart.SCHEDULE)
    stop = threading.Event()
    way = way_of(settings, part)
    port, hosts, notifiers = settings.port, hosts_of_pages(settings, way), [each.name for each in settings.notify]
    process = process_of(settings, part, way, stop, limits)
    del settings  # as read, thousands of targets take more than all that is made of them
    settle_down()
    try:
        sockets = listen(port, hosts)
    except UnavailableError:
        process.store.close()
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = Server(process.pages, sockets)
    server.start()
    process.start(stop)
    notifies = {"notifies": ", ".join(notifiers)} if notifiers else {}
    process.log.info("serving", at=shown(sockets), part=part.value, way=way.value, **notifies)
    try:
        process.watch(stop)
    finally:
        stop.set()
        all_done = process.drain(server.stop, time.monotonic() + ENDING)
        process.log.info("stopped", all_done=all_done)
    if not all_done or threading.active_count() > 1:
        # The interpreter would wait for a thread that hangs, or that asks a silent host, and a supervisor kill us.
        sys.stderr.flush()
        os._exit(0)
    return 0


@dataclass(frozen=True, slots=True)
class WebApplication:
    """Chat over HTTP as a WSGI application, and what its server calls at the end: a WSGI server waits for requests, not
    for the answers that follow them.
    """

    pages: Wsgi
    drain: Callable[[Callable[[float], None]], object]
    """Gets what stops the server within some seconds, then finishes what was taken on."""

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        return self.pages(environ, start)


def web() -> WebApplication:
    """Chat over HTTP, settings from the environment and ./xocompat.yaml."""
    forbid_core_dumps()
    share_arenas()
    stop = threading.Event()
    try:
        settings = load_settings(None, os.environ, Path.cwd())
        set_up_log(settings)
        mattermost_alone = settings.mattermost.url and not settings.slack.bot_token
        way = ChatWay.NONE if mattermost_alone else ChatWay.HTTP
        process = process_of(settings, ProcessPart.CHAT, way, stop=stop)
        settle_down()
    except XocompatError as error:
        sys.stderr.writelines(f"xocompat: {line}\n" for line in error.lines)
        raise SystemExit(APP_LOAD_ERROR) from None
    process.start(stop)

    def drain(stop_serving: Callable[[float], None]) -> None:
        stop.set()
        process.drain(stop_serving, time.monotonic() + ENDING)

    return WebApplication(process.pages, drain)


def way_of(settings: Settings, part: ProcessPart) -> ChatWay:
    """How people reach a process with these settings. ConfigError where a token is set and its other half is not."""
    slack = settings.slack
    if part is ProcessPart.SCHEDULE or not (slack.bot_token or slack.app_token or slack.signing_secret):
        if part is ProcessPart.CHAT and not settings.mattermost.url:
            tokens(settings, "bot_token", "app_token")
        elif slack.app_token or slack.signing_secret:
            tokens(settings, "bot_token")
        return ChatWay.NONE
    way = ChatWay.HTTP if slack.signing_secret and not slack.app_token else ChatWay.SOCKET
    tokens(settings, "bot_token", "signing_secret" if way is ChatWay.HTTP else "app_token")
    return way


def hosts_of_pages(settings: Settings, way: ChatWay) -> Sequence[str]:
    """Where the web routes listen: whom nobody has to reach from elsewhere stays on loopback."""
    callback = urlsplit(settings.mattermost.callback_url or "").hostname
    is_reached = way is ChatWay.HTTP or (callback is not None and not is_loopback(callback))
    return settings.web.listen or (EVERYWHERE if is_reached else LOOPBACK)


def process_of(
    settings: Settings, part: ProcessPart, way: ChatWay, stop: threading.Event, limits: ServiceLimits = LIMITS
) -> Process:
    """Put a process together. ConfigError lists what it lacks, UnavailableError says what could not be reached."""
    log: FilteringBoundLogger = structlog.get_logger().bind()
    speak(settings.translation)
    if way is not ChatWay.NONE:
        tokens(settings, "bot_token", "app_token" if way is ChatWay.SOCKET else "signing_secret")
    store = open_settings(settings, log)
    try:
        probes = ProbeMetrics()
        check = clock_check(log)
        centre = _centre_of(settings, store, check, log) if settings.sites.url else None
        hosts = hosts_of(settings, probes.probed, check.observe, centre)
        settings = settings.model_copy(update={"targets": (), "xen_orchestra": ()})  # `hosts` has them
        dataset = current_dataset(store, settings.list.url)
        slack = platform_of(settings, check.observe, AnswerQueue(log), store) if settings.slack.bot_token else None
        platforms: dict[ChannelKind, LinkingPlatform] = {ChannelKind.SLACK: slack.platform} if slack else {}
        mattermost = _mattermost_of(settings, check, log) if settings.mattermost.url else None
        if mattermost:
            platforms[ChannelKind.MATTERMOST] = mattermost.platform
        sends = part is not ProcessPart.CHAT
        senders = senders_of(settings, platforms, store, log, dataset) if sends else None
        sender = senders.worker if senders else None
        reach = ReachableChannels.of(settings)
        terms = terms_of(settings, partial(_send, sender, reach.why_not), limits.stale, dataset, check)
        watched = watch_fleet(store, hosts, terms, log, stop)
        if reach.is_empty:
            log.warning("nobody is told", reason=UNTOLD)
        chats = slack if way is not ChatWay.NONE else None
        service = service_of(settings, log, way is ChatWay.SOCKET, chats, watched, sender, limits) if chats else None
        side = None
        if mattermost and part is not ProcessPart.SCHEDULE:
            from bot.app.mattermost import mattermost_service

            side = mattermost_service(settings, log, mattermost, watched, sender, limits)
        proxied = way is ChatWay.HTTP or bool(side and side.routes)
        tallies = centre.tallies if centre else None
        shown = pages(settings, watched, probes, service, sender, proxied, side, tallies)
        duties = None if part is ProcessPart.CHAT else ScheduledJobs(log, watched, senders)
        return Process(log, store, shown, service, duties, centre, side)
    except XocompatError:
        store.close()
        raise


def _mattermost_of(settings: Settings, check: ClockCheck, log: FilteringBoundLogger) -> "MattermostParts":
    from bot.app.mattermost import mattermost_of  # no other configuration needs requests and an event stream

    return mattermost_of(settings, check.observe, AnswerQueue(log))


def _centre_of(settings: Settings, store: Store, check: ClockCheck, log: FilteringBoundLogger) -> "SiteCentre":
    from bot.app.sites import centre_of  # no other configuration needs a client of NATS

    return centre_of(settings, store, check, log, now())


def _send(sender: OutboxWorker | None, why_not: Callable[[str], str | None]) -> SendResult:
    """What a sweep cycle queued is sent by the sender's own threads, here or in another process."""
    if sender:
        sender.wake()
    return SendResult(by=sender.by if sender else None, why_not_to=why_not)
