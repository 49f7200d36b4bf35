"""Slack is away for an hour's tries: sweeps go on, and afterwards everything arrives, once and in order."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.delivery.retry import DeliveryStatus, RetryPolicy
from bot.alerts.delivery.worker import OutboxWorker
from bot.alerts.routing import AlertPlan
from bot.chat.transport import reply_for
from bot.matrix.load import load_matrix
from bot.simulator import Simulator, release
from tests.acceptance.waiting import until
from tests.alerts.delivery.queue import Queue
from tests.alerts.delivery.slack import Slack, transport
from tests.alerts.delivery.weather import Answer, Call, Calm, Said
from tests.app.conftest import OPS, Clock, House, Start

PACE = RetryPolicy(between=0, settling=0.02, pause=0.01, longest=0.05, lease=10, poll=0.01)
TRIES = 60
"""An hour's, at a pause of a minute."""


class Away:
    """No call gets through; they are counted."""

    def __init__(self) -> None:
        self.tries = 0

    def meet(self, call: Call, answer: Answer) -> Said | None:  # noqa: ARG002 # as Weather has it
        self.tries += 1
        return None


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as running:
        running.room(OPS)
        yield running


def _sender(house: House, slack: Slack, log: FilteringBoundLogger) -> OutboxWorker:
    matrix = load_matrix()
    sends = transport(slack.api, lambda delivery: reply_for(delivery, matrix, AlertPlan()), timeout=2)
    return OutboxWorker(log, house.store.outbox, sends, lambda: datetime.now(UTC), "us", PACE)


def test_everything_arrives_afterwards_once_and_in_order(
    start: Start, hosts: Simulator, slack: Slack, clock: Clock, log: FilteringBoundLogger
) -> None:
    slack.weather = away = Away()
    house, stop = start(), threading.Event()
    sender = _sender(house, slack, log)
    running = threading.Thread(target=sender.run, args=(stop,))
    running.start()
    try:
        house.sweep()
        until(lambda: away.tries > TRIES // 2, 20, "it tries")
        hosts["xen-2"].upgrade(release("XCP-ng", "8.3"))
        clock.pass_by(0.25)
        assert house.sweep().settled.resolved == 1
        hosts["xen-1"].upgrade(release("XCP-ng", "8.2"))
        clock.pass_by(0.25)
        assert house.sweep().settled.opened == 1
        until(lambda: away.tries > TRIES, 20, "it goes on trying")
        slack.weather = Calm()
        until(lambda: not house.store.outbox.states(), 20, "all is sent")
    finally:
        stop.set()
        sender.wake()
        running.join(10)
    wanted = [row.key for row in Queue(house.store.database).rows(OPS) if row.kind != DeliveryKind.EDIT.value]
    assert slack.room(OPS).keys == wanted
    assert sender.counters.of(DeliveryStatus.AMBIGUOUS) == 0
