"""The audit trail: it takes what it is given at once, fails no command, and loses nothing on an orderly stop."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.chat.audit import AuditEntry
from bot.errors import UnavailableError
from bot.store.audit import SqlAudit
from bot.store.database import Database
from tests.fleet.fleets import START, at

ENTRY = AuditEntry(START, "U1", "T1", "C1", "command", "probe", "lab-a", "assessed", 12.5)
PRESS = AuditEntry(at(1), "U2", None, None, "button", "ack", "Straße 17", "done", 3.0)


@pytest.fixture
def trail(database: Database, log: FilteringBoundLogger) -> Iterator[SqlAudit]:
    trail = SqlAudit(log, database)
    yield trail
    trail.close()


def test_entries_are_found_the_newest_first(trail: SqlAudit) -> None:
    trail.record(ENTRY)
    trail.record(PRESS)
    assert trail.find([], 10) == (PRESS, ENTRY)
    assert trail.find([], 1) == (PRESS,)


def test_entries_of_one_channel_are_found_among_all(trail: SqlAudit) -> None:
    elsewhere = PRESS._replace(where="C2", words="ack C1")
    for entry in (ENTRY, PRESS, elsewhere):
        trail.record(entry)
    assert trail.find([], 1, "C1") == (ENTRY,)
    assert trail.find(["ack"], 10, "C2") == (elsewhere,)
    assert trail.find([], 10, "C3") == ()


@pytest.mark.parametrize(
    ("words", "count"),
    [(["u1"], 1), (["LAB-A", "probe"], 1), (["lab-a", "ack"], 0), (["STRASSE"], 1), (["2026-11-23"], 2), (["%"], 0)],
)
def test_every_word_must_be_somewhere_in_whatever_case(trail: SqlAudit, words: list[str], count: int) -> None:
    trail.record(ENTRY)
    trail.record(PRESS)
    assert len(trail.find(words, 10)) == count


def test_what_is_held_is_written_by_an_orderly_stop(database: Database, log: FilteringBoundLogger) -> None:
    trail = SqlAudit(log, database)
    for number in range(300):
        trail.record(ENTRY._replace(ms=float(number)))
    trail.close()
    found = SqlAudit(log, database).find([], 1000)
    assert [entry.ms for entry in reversed(found)] == [float(number) for number in range(300)]


@pytest.fixture
def locked(tmp_path: Path, migrated_file: Path) -> Iterator[tuple[Database, sqlite3.Connection]]:
    """A database that somebody else holds, without patience."""
    path = tmp_path / "xocompat.db"
    path.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{path}", patience=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield database, other
    database.close()


def test_entries_wait_while_the_database_is_locked(
    locked: tuple[Database, sqlite3.Connection], log: FilteringBoundLogger
) -> None:
    database, other = locked
    trail = SqlAudit(log, database, retry=0.01)
    for entry in (ENTRY, PRESS):
        trail.record(entry)
    with pytest.raises(UnavailableError, match="locked"):
        trail.find([], 10)
    other.execute("ROLLBACK")
    trail.close()
    assert trail.find([], 10) == (PRESS, ENTRY)


def test_what_is_too_much_or_cannot_be_written_at_the_end_is_lost_and_logged(
    locked: tuple[Database, sqlite3.Connection], log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    trail = SqlAudit(log, locked[0], held=5, retry=60)
    for number in range(8):
        trail.record(ENTRY._replace(ms=float(number)))
    trail.close()
    lost = [entry for entry in kept_log.entries if entry["log_level"] == "error"]
    assert sum(entry["count"] for entry in lost) == 8
