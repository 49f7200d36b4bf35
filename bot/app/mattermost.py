"""The Mattermost side, put together: its platform, what answers there, its callbacks, its events."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.worker import OutboxWorker
from bot.app.configuration import channels, command_tokens, grants, mattermost_problems, mattermost_token
from bot.app.fleet import WatchedFleet
from bot.app.slack import LIMITS, ServiceLimits, conversation_of
from bot.chat.answer_queue import AnswerQueue
from bot.chat.channels import ChannelKind, kind_of
from bot.chat.session.conversation import Conversation
from bot.chat.session.once import OnceDone
from bot.checkup import Check
from bot.mattermost.callbacks import Callbacks
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import Directory
from bot.mattermost.doctor import examine
from bot.mattermost.events import EventStream
from bot.mattermost.platform import MattermostPlatform
from bot.mattermost.posts import Pen
from bot.settings.model import Settings
from bot.web.seals import Seals
from bot.web.server import HttpRoute

COMMAND = "/xocompat"
SEALS = "xocompat mattermost callbacks 1"
"""What the seals of callbacks are for. A change would end all buttons that hang in channels."""

SERVING, MARGIN = 3.0, 0.5
"""Seconds for requests that are being answered, and for the rest of the process."""


@dataclass(frozen=True, slots=True)
class MattermostParts:
    """Mattermost as a platform, with what its service needs beside it."""

    platform: MattermostPlatform
    client: MattermostClient
    directory: Directory
    seals: Seals
    queue: AnswerQueue | None = None


def mattermost_of(
    settings: Settings,
    on_date: Callable[[datetime], None] | None = None,
    queue: AnswerQueue | None = None,
) -> MattermostParts:
    """Mattermost with the settings' token. ConfigError without one. Without a `queue` answers are tried once."""
    configured = settings.mattermost
    token = mattermost_token(settings, os.environ)
    client = MattermostClient(
        configured.url or "", token, str(configured.ca) if configured.ca else None, on_date=on_date
    )
    directory, seals = Directory(client), Seals(token, SEALS, time.time)
    pen = Pen(seals, configured.callback_url, COMMAND if configured.callback_url else "@xocompat")
    return MattermostParts(MattermostPlatform(client, directory, pen, queue), client, directory, seals, queue)


def examine_mattermost(settings: Settings, on_date: Callable[[datetime], None] | None = None) -> tuple[Check, ...]:
    """What `doctor` says of Mattermost."""
    if problems := mattermost_problems(settings, os.environ):
        return tuple(Check("mattermost tokens", False, str(each)) for each in problems)
    parts = mattermost_of(settings, on_date)
    groups = tuple(grant.who for grant in grants(settings, ChannelKind.MATTERMOST) if grant.is_of_group)
    named = {key: each for key, each in channels(settings).items() if kind_of(each) is ChannelKind.MATTERMOST}
    return examine(parts.client, named, groups, settings.mattermost.callback_url)


@dataclass(frozen=True, slots=True)
class MattermostService:
    """The life of the Mattermost side in a process. `routes` are its callbacks."""

    conversation: Conversation
    events: EventStream
    routes: Mapping[str, HttpRoute]
    queue: AnswerQueue | None = None

    def not_ready(self) -> str | None:
        """Why Mattermost does not reach us or we not it; None if all is well."""
        if self.events.connected:
            return None
        return self.events.fault.text if self.events.fault else f"not heard for {self.events.age:.0f} seconds"

    def drain(self, served: threading.Event, ends: float) -> bool:
        """Take nothing more, and once all is `served`, finish what was taken; False if some of it hangs."""
        closing = threading.Thread(target=self.events.close, daemon=True)
        closing.start()
        served.wait(SERVING)
        done = self.conversation.drain(ends - MARGIN)
        if self.queue:
            done = self.queue.drain(max(0.0, ends - time.monotonic())) and done
        closing.join(max(0.0, ends - time.monotonic()))
        return done and not closing.is_alive()


def mattermost_service(
    settings: Settings,
    log: FilteringBoundLogger,
    parts: MattermostParts,
    watched: WatchedFleet,
    worker: OutboxWorker | None = None,
    limits: ServiceLimits = LIMITS,
) -> MattermostService:
    """Put the Mattermost side together. ConfigError lists what it needs and lacks."""
    granted = grants(settings, ChannelKind.MATTERMOST)
    conversation = conversation_of(settings, log, parts.platform, granted, watched, worker, limits)
    callbacks = Callbacks(
        conversation,
        parts.platform,
        parts.directory,
        parts.seals,
        command_tokens(settings, os.environ),
        OnceDone(conversation, "mattermost"),
    )
    events = EventStream(log, parts.client, parts.directory, conversation, time.monotonic)
    routes = callbacks.routes() if settings.mattermost.callback_url else {}
    return MattermostService(conversation, events, routes, parts.queue)
