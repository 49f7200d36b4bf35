"""What goes wrong with a database is said in plain words, and without anything secret."""

import gc
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, select, text
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.store import audit, fleet
from bot.store.audit import SqlAudit
from bot.store.database import Database, WriteLock
from bot.store.fleet import SqlFleet
from bot.store.maintenance import write
from bot.store.migrate import migrate
from bot.store.tables import leases
from tests.fleet.fleets import LAB, START, answered, host, pool
from tests.store.test_store_audit import ENTRY

SECRET = "hunter2-hunter2"


@pytest.fixture
def file(tmp_path: Path, migrated_file: Path) -> Path:
    path = tmp_path / "xocompat.db"
    path.write_bytes(migrated_file.read_bytes())
    return path


@pytest.fixture
def quick(file: Path) -> Iterator[Database]:
    """A database of SQLite's that has no patience."""
    database = Database(f"sqlite:///{file}", patience=0.05)
    yield database
    database.close()


def _record(database: Database) -> None:
    SqlFleet(database).record([answered(LAB, pool("p", host("a")))], START)


def test_a_file_that_another_process_holds_is_reported(quick: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="is locked by another process"):
            _record(quick)
        assert SqlFleet(quick).hosts() == ()  # reading goes on
        other.execute("ROLLBACK")
    _record(quick)
    assert len(SqlFleet(quick).hosts()) == 1


def test_a_lock_that_another_process_has_is_reported(server: str, migrated_server: Database) -> None:
    quick = Database(server, patience=0.05)
    with (
        migrated_server.writing(WriteLock.FLEET),
        pytest.raises(UnavailableError, match="is locked by another process"),
        quick.writing(WriteLock.FLEET),
    ):
        pass
    with quick.writing(WriteLock.FLEET):
        pass
    quick.close()


def test_patience_can_be_shorter_for_one_transaction(database: Database) -> None:
    with (
        database.writing(WriteLock.ALERTS),
        pytest.raises(UnavailableError, match="is locked by another process"),
        database.writing(WriteLock.ALERTS, patience=0.01),
    ):
        pass


def test_whether_it_can_be_written_is_tried(quick: Database, file: Path) -> None:
    write(quick, START)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="is locked by another process"):
            write(quick, START)
        other.execute("ROLLBACK")
    write(quick, START)


def test_writing_a_little_leaves_a_database_as_it_is(database: Database) -> None:
    write(database, START)
    write(database, START)
    with database.reading() as connection:
        assert len(connection.execute(select(leases)).all()) == 1


def test_who_is_in_a_hurry_shares_the_connections_of_those_who_wait(database: Database) -> None:
    hurried = database.hurried(0.05)
    assert hurried.engine.pool is database.engine.pool
    with (
        database.writing(WriteLock.ALERTS),
        pytest.raises(UnavailableError, match="is locked by another process"),
        hurried.writing(WriteLock.ALERTS),
    ):
        pass
    with hurried.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_full_disk_is_reported_and_nothing_is_half_stored(quick: Database) -> None:
    with quick.engine.connect() as connection:
        size = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {size}")  # of this connection, which the pool gives again
    crowd = [host(f"{n:04}") for n in range(2000)]
    with pytest.raises(UnavailableError, match="its disk is full: make room"):
        SqlFleet(quick).record([answered(LAB, pool("p", *crowd))], START)
    assert not SqlFleet(quick).hosts()
    assert not SqlFleet(quick).sources()


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk, bread, eggs\n" * 100)
    with pytest.raises(UnavailableError, match=r"notes\.txt is no SQLite database"):
        migrate(Database(f"sqlite:///{path}"))
    assert path.read_text().startswith("milk")


def test_a_damaged_file_is_reported(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(UnavailableError, match="is damaged: put a backup in its place"):
        _record(Database(f"sqlite:///{file}"))


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be opened: its folder must exist"):
        migrate(Database(f"sqlite:///{tmp_path}/no/such/x.db"))


def test_a_folder_that_may_not_be_written_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    ran = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, f"sqlite:///{folder}/x.db"], capture_output=True, text=True, check=False
    )
    assert "cannot be opened: its folder must exist, and this user must be able to write" in ran.stdout, ran.stderr


_AS_NOBODY = """
import os, sys
from bot.errors import UnavailableError
from bot.store.database import Database
from bot.store.migrate import migrate
database = Database(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
try:
    migrate(database)
except UnavailableError as error:
    print(error)
"""


def test_a_number_without_a_name_and_a_url_without_a_user_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What libpq says where it looks the user of the process up, as of an account that a container has no name for."""

    def connect(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("connection failed: local user with ID 54321 does not exist")

    monkeypatch.setattr("bot.store.patient.PatientConnection.connect", connect)
    with pytest.raises(UnavailableError, match="user has no name here, so the URL must have one"):
        migrate(Database("postgresql://127.0.0.1:1/fleet"))


def test_a_server_that_does_not_listen_is_reported_without_the_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        database = Database(f"postgresql://somebody:{SECRET}@127.0.0.1:{port}/fleet")
        with pytest.raises(UnavailableError) as caught:
            migrate(database)
    assert (
        str(caught.value)
        == "The database fleet at 127.0.0.1 cannot be reached: nothing listens there. Is the server up?"
    )
    assert caught.value.__cause__ is None


def test_a_server_that_has_no_such_database_is_reported(server: str) -> None:
    with pytest.raises(UnavailableError, match="the server has no database of that name"):
        migrate(Database(server.replace("/postgres?", "/nowhere?")))


def test_connections_that_the_server_closed_are_made_anew(server: str) -> None:
    database = Database(server)
    with database.reading() as connection:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    killer = Database(server)
    with killer.reading() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend({mine}, 5000)"))
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    for each in (database, killer):
        each.close()


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://somebody:{SECRET}@db.example/fleet",
        f"postgres://somebody:{SECRET}@db.example/fleet?sslmode=require",
        f"postgresql://db.example/fleet?user=somebody&password={SECRET}",
        f"postgresql+psycopg://somebody:{SECRET}@db.example/fleet",
    ],
)
def test_no_repr_shows_the_password(url: str) -> None:
    database = Database(url)
    assert SECRET not in f"{database!r} {database.engine!r} {database.url!r} {database.name} {database.engine.pool!r}"
    assert database.url.password == SECRET
    assert database.url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", [f"mysql://a:{SECRET}@b/c", f"postgresql://a:{SECRET}@b:x/c", SECRET, ""])
def test_a_url_that_cannot_be_read_is_reported_without_repeating_it(url: str) -> None:
    with pytest.raises(UnavailableError, match="URL cannot be read") as caught:
        Database(url)
    assert SECRET not in str(caught.value)


def test_a_fault_of_our_own_is_reported_without_values(database: Database) -> None:
    with pytest.raises(UnavailableError, match="please report it") as caught, database.reading() as connection:
        connection.execute(text("SELECT :secret FROM no_such_column_at(1)"), {"secret": SECRET})
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"


def test_a_file_of_sqlite_is_in_wal_mode_and_holds_to_its_keys(quick: Database) -> None:
    with quick.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]
    assert found == ["wal", 1, 1, 50]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused_as_a_file_is_needed(url: str) -> None:
    with pytest.raises(UnavailableError, match="in memory cannot be used: name a file"):
        Database(url)


@pytest.mark.parametrize("name", ["hosts", "audit"])
def test_a_server_that_goes_away_in_the_middle_of_reading_leaves_nothing_open(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch, log: FilteringBoundLogger, name: str
) -> None:
    """A cursor of the server's that was left open would show as a warning, which fails the test."""
    SqlFleet(postgresql).record([answered(LAB, pool("p", *(host(f"{n}") for n in range(9))))], START)
    trail = SqlAudit(log, postgresql)
    for _ in range(9):
        trail.record(ENTRY)
    trail.flush()
    monkeypatch.setattr(fleet, "PAGE", 2)
    monkeypatch.setattr(audit, "PAGE", 2)
    read = SqlFleet(postgresql).hosts if name == "hosts" else lambda: trail.find(["nothing"], 9)
    killer, pages = Database(postgresql.url.render_as_string(hide_password=False)), list[str]()

    def kill(connection: Connection, _: object, statement: str, *__: object) -> None:
        pages.append(statement)
        if len(pages) == 3:
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr] # psycopg's
            with killer.reading() as other:
                other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))

    event.listen(postgresql.engine, "before_cursor_execute", kill)
    try:
        with pytest.raises(UnavailableError, match="cannot be reached"):
            read()
        gc.collect()
        assert len(pages) == 3
        read()
        assert len(pages) > 6
    finally:
        event.remove(postgresql.engine, "before_cursor_execute", kill)
        trail.close()
        killer.close()


@pytest.mark.parametrize("way", ["reading", "writing"])
def test_a_server_that_goes_away_before_the_end_of_a_transaction_leaves_no_line_of_a_library(
    server: str, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    database, killer = Database(server), Database(server)
    caplog.set_level("INFO")
    transaction = getattr(database, way)()
    pid = transaction.__enter__().execute(text("SELECT pg_backend_pid()")).scalar_one()
    with killer.reading() as other:
        other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
    with pytest.raises(UnavailableError, match="cannot be reached"):
        transaction.__exit__(None, None, None)
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert caplog.records == []
    for each in (database, killer):
        each.close()


def test_no_cursor_is_kept_open_on_the_server() -> None:
    """One that is not closed before its connection breaks warns at some later moment, with a traceback in the log."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path(audit.__file__).parent.rglob("*.py"))
    assert not [name for name in ("yield_per", "stream_results", "partitions(") if name in source]
