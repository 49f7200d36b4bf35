"""Senders in processes of their own: the product's, and two that do it in an order that loses or doubles."""

import logging
import multiprocessing
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import structlog

from bot.alerts.delivery.outbox import Delivery, Outbox
from bot.alerts.delivery.outcome import Delivered
from bot.alerts.delivery.retry import RetryPolicy
from bot.alerts.delivery.worker import OutboxWorker
from bot.chat.transport import PlatformTransport
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from tests.alerts.delivery.slack import TOKEN, transport

PACE = RetryPolicy(between=0, settling=0.05, pause=0.02, longest=0.1, lease=0.4, poll=0.02)


def to_slack(place: "Place") -> PlatformTransport:
    """The worker's transport to the Slack there."""
    return transport(place.api, token=place.token)


class Place(NamedTuple):
    """Where a sender finds its outbox and its chat, and how it gets `to` that. `by` is its name among senders."""

    database: str
    api: str
    by: str
    pace: RetryPolicy = PACE
    token: str = TOKEN
    to: "Callable[[Place], PlatformTransport]" = to_slack


Run = Callable[[Place], None]


def started(run: Run, place: Place) -> BaseProcess:
    """A sender in a process that can be killed. Forked from one that has imported what a sender needs."""
    context = multiprocessing.get_context("forkserver")
    needed = [run.__module__, place.to.__module__]
    context.set_forkserver_preload([*needed, "sqlalchemy.dialects.sqlite", "psycopg"])
    process = context.Process(target=run, args=(place,), daemon=True)
    process.start()
    return process


def right(place: Place) -> None:
    """The product's sender, until it is killed."""
    log = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    outbox = SqlOutbox(Database(place.database))
    OutboxWorker(log, outbox, place.to(place), _now, place.by, place.pace).run(threading.Event())


def mark_then_post(place: Place) -> None:
    """Wrong: what it marked when it was killed is lost."""

    def send(outbox: Outbox, sends: PlatformTransport, delivery: Delivery) -> None:
        outbox.sent(delivery, None, _now())
        sends.send(delivery)

    _wrongly(place, send)


def post_then_mark(place: Place) -> None:
    """Wrong: what it posted when it was killed is posted again."""

    def send(outbox: Outbox, sends: PlatformTransport, delivery: Delivery) -> None:
        if isinstance(posted := sends.send(delivery), Delivered):
            outbox.sent(delivery, posted.id, _now())

    _wrongly(place, send)


def _wrongly(place: Place, send: Callable[[Outbox, PlatformTransport, Delivery], None]) -> None:
    logging.disable(logging.CRITICAL)
    outbox, sends = SqlOutbox(Database(place.database)), place.to(place)
    while waiting := outbox.waiting(_now()):
        for channel in waiting:
            if delivery := outbox.next(channel):
                send(outbox, sends, delivery)


def _now() -> datetime:
    return datetime.now(UTC)
