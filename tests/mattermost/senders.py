"""Senders to a Mattermost in processes of their own: the product's, and two that do it in an order that loses or
doubles.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from bot.alerts.delivery.outcome import Delivered
from bot.alerts.delivery.retry import RetryPolicy
from bot.alerts.delivery.worker import OutboxWorker
from bot.chat.transport import PlatformTransport
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import Directory
from bot.mattermost.platform import MattermostPlatform
from bot.mattermost.posts import Pen
from bot.mattermost.seals import Seals
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from tests.alerts.delivery.senders import PACE
from tests.alerts.delivery.words import plainly


class SendingPlace(NamedTuple):
    """Where a sender finds its outbox and its Mattermost. `by` is its name among senders."""

    database: str
    url: str
    token: str
    by: str
    pace: RetryPolicy = PACE


Run = Callable[[SendingPlace], None]


def right(place: SendingPlace) -> None:
    """The product's sender, until it is killed."""
    log = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    outbox = SqlOutbox(Database(place.database))
    OutboxWorker(log, outbox, _transport(place), _now, place.by, place.pace).run(threading.Event())


def mark_then_post(place: SendingPlace) -> None:
    """Wrong: what it marked when it was killed is lost."""
    outbox, sends = SqlOutbox(Database(place.database)), _transport(place)
    while waiting := outbox.waiting(_now()):
        for channel in waiting:
            if delivery := outbox.next(channel):
                outbox.sent(delivery, None, _now())
                sends.send(delivery)


def post_then_mark(place: SendingPlace) -> None:
    """Wrong: what it posted when it was killed is posted again, with another key each time."""
    outbox, sends = SqlOutbox(Database(place.database)), _transport(place)
    while waiting := outbox.waiting(_now()):
        for channel in waiting:
            delivery = outbox.next(channel)
            if delivery and isinstance(posted := sends.send(delivery), Delivered):
                outbox.sent(delivery, posted.id, _now())


def _transport(place: SendingPlace) -> PlatformTransport:
    logging.disable(logging.CRITICAL)
    client = MattermostClient(place.url, place.token)
    pen = Pen(Seals(place.token, time.time), None, "/xocompat")
    return PlatformTransport(MattermostPlatform(client, Directory(client), pen), plainly)


def _now() -> datetime:
    return datetime.now(UTC)
