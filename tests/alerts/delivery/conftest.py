"""Messages to queue in a database, and a Slack to send them to."""

import os
from collections.abc import Iterator
from random import Random, SystemRandom

import pytest

from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from tests.alerts.delivery.kill_runs import CHANNELS
from tests.alerts.delivery.queue import LAB, Queue
from tests.alerts.delivery.slack import Slack


@pytest.fixture
def outbox(database: Database) -> SqlOutbox:
    return SqlOutbox(database)


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)


@pytest.fixture
def random() -> Random:
    """Another one each time; `XOCOMPAT_TEST_SEED` repeats one that was printed."""
    seed = int(os.environ.get("XOCOMPAT_TEST_SEED") or SystemRandom().randrange(10**9))
    print(f"XOCOMPAT_TEST_SEED={seed}")  # noqa: T201 # for whoever has to repeat it
    return Random(seed)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as running:
        for channel in (LAB, *CHANNELS):
            running.room(channel)
        yield running
