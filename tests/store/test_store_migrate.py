"""Migrations make the tables that the code has, once, by one process; a newer database is left alone."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.fleet.hosts import ChangeKind
from bot.fleet.ports import SweepRun
from bot.store.database import Database
from bot.store.fleet import SqlFleet, SqlSweeps
from bot.store.leases import SqlSeen, SqlSlots
from bot.store.migrate import FOLDER, REVISIONS, migrate, revision
from bot.store.outbox import SqlOutbox
from bot.store.tables import metadata
from bot.xapi.observation import Power
from tests.fleet.fleets import LAB, START, answered, at, host, pool

_INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
}
_PROCESS = """
import sys
from bot.store.database import Database
from bot.store.migrate import migrate
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(migrate(database))
"""


def test_migrations_make_the_tables_that_the_code_has(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_make_the_same_indexes_with_the_same_conditions(empty_url: str) -> None:
    database = Database(empty_url)
    migrate(database)
    migrated = _indexes(database)
    with database.writing() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert [index for index in migrated if "alembic" not in index[0]] == [
        index for index in _indexes(database) if "alembic" not in index[0]
    ]
    database.close()


def _indexes(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(text(_INDEXES[database.engine.dialect.name]))]


def test_the_revisions_that_the_code_knows_are_those_in_the_folder() -> None:
    found = [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_a_second_start_has_nothing_to_do(empty_url: str) -> None:
    database = Database(empty_url)
    assert [migrate(database), migrate(database)] == [True, False]
    with database.reading() as connection:
        assert revision(connection) == REVISIONS[-1]
    database.close()


def test_of_processes_that_start_at_once_one_migrates_and_all_go_on(empty_url: str) -> None:
    command = [sys.executable, "-c", _PROCESS, empty_url]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60) for process in started]
    assert sorted(out for out, _ in said) == ["False\n", "False\n", "True\n"], [error for _, error in said]


def test_a_newer_database_is_refused_and_left_as_it_is(empty_url: str) -> None:
    database = Database(empty_url)
    migrate(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'f00d'"))
    with pytest.raises(UnavailableError, match=r"made by a newer xocompat .revision 'f00d'.: upgrade this one"):
        migrate(database)
    database.close()


def test_a_database_of_another_program_is_refused_and_left_as_it_is(empty_url: str) -> None:
    database = Database(empty_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE outbox (letter TEXT)"))
    with pytest.raises(UnavailableError, match="holds tables of another program: give xocompat a database of its own"):
        migrate(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["outbox"]
    database.close()


def test_a_file_is_made_for_its_user_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate(database)
    SqlSlots(database).claim("sync", START, START)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    database.close()


def test_a_database_that_is_up_to_date_is_opened_without_alembic(migrated_file: Path) -> None:
    script = (
        "import sys; from bot.store.database import Database; from bot.store.migrate import migrate;"
        f"migrate(Database('sqlite:///{migrated_file}')); print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


_OLD = """
INSERT INTO sources (name, kind, tried_at, ok_at, failures) VALUES
    ('lab', 'target', '2026-11-23 08:00:00.000000', '2026-11-23 08:00:00.000000', 0),
    ('xo', 'xen_orchestra', '2026-11-23 08:00:00.000000', '2026-11-23 08:00:00.000000', 0);
INSERT INTO pools (uuid, name, coordinator, mixed_since) VALUES ('uuid-p', 'p', 'uuid-a', '2026-11-23 07:00:00.000000');
INSERT INTO hosts (uuid, pool, name, address, is_coordinator, product_brand, product_version, booted_at,
                   reboot_required, first_seen_at, observed_at) VALUES
    ('uuid-a', 'uuid-p', 'a', '192.0.2.1', true, 'XCP-ng', '8.3.0', '2026-11-23 06:00:00.000000', false,
     '2026-11-23 07:00:00.000000', '2026-11-23 08:00:00.000000'),
    ('uuid-b', 'uuid-p', 'b', '192.0.2.1', false, 'XCP-ng', '8.2.1', NULL, NULL,
     '2026-11-23 07:00:00.000000', '2026-11-23 08:00:00.000000');
INSERT INTO sightings (source, host, seen_at, missing_since) VALUES
    ('lab', 'uuid-a', '2026-11-23 08:00:00.000000', NULL),
    ('lab', 'uuid-b', '2026-11-23 08:00:00.000000', NULL),
    ('xo', 'uuid-a', '2026-11-23 07:00:00.000000', '2026-11-23 08:00:00.000000');
INSERT INTO sweeps (id, slot, by, started_at, beat_at, finished_at, sources, failed) VALUES
    (1, '2026-11-23 02:00:00.000000', 'one', '2026-11-23 02:00:00.000000',
     '2026-11-23 02:00:09.000000', '2026-11-23 02:00:10.000000', 2, 0),
    (2, '2026-11-23 08:00:00.000000', 'one', '2026-11-23 08:00:00.000000', '2026-11-23 08:00:20.000000', NULL, 0, 0);
INSERT INTO ticks (name, slot, at) VALUES ('digest:C1', '2026-11-23 08:00:00.000000', '2026-11-23 08:00:01.000000');
INSERT INTO seen (key, at) VALUES ('Ev1', '2026-11-23 08:00:00.000000');
INSERT INTO channels (channel, leased_by, leased_until, not_before) VALUES
    ('C1', 'one', '2026-11-23 08:00:30.000000', '2026-11-23 08:00:10.000000'), ('C2', NULL, NULL, NULL);
INSERT INTO outbox (key, channel, kind, payload, state, created_at, attempts) VALUES
    ('k1', 'C1', 'digest', '{}', 'pending', '2026-11-23 08:00:00.000000', 0),
    ('k2', 'C2', 'digest', '{}', 'pending', '2026-11-23 08:00:00.000000', 0);
"""
"""What a database of the first version holds in the middle of its work."""


def test_what_processes_had_and_did_before_the_table_of_leases_is_in_it(
    empty_url: str, log: FilteringBoundLogger
) -> None:
    database = _of_revision(empty_url, "0002")
    assert migrate(database)
    second = timedelta(seconds=1)
    sweeps, outbox, now = SqlSweeps(database), SqlOutbox(database), START + 30 * second
    assert not SqlSlots(database).claim("digest:C1", START, now)
    assert SqlSlots(database).claim("digest:C1", at(168), now)
    seen = SqlSeen(log, database, lambda: now)
    assert [seen.claim("Ev1"), seen.claim("Ev2")] == [False, True]
    assert outbox.waiting(now - second) == ("C2",)
    assert not outbox.lease("C1", "two", now - second, 30)
    assert outbox.waiting(now) == ("C1", "C2")
    assert sweeps.is_done(at(-6))
    assert sweeps.claim(START, "two", now, 20) is None
    taken = sweeps.claim(START, "two", now + 10 * second, 20)
    assert taken == SweepRun(2, START, START, is_resumed=True)
    assert not sweeps.beat(taken, "one", now + 11 * second, 20)
    database.close()


def test_hosts_that_were_known_before_are_known_with_all_their_sources(empty_url: str) -> None:
    database = _of_revision(empty_url, "0002")
    assert migrate(database)
    fleet = SqlFleet(database)
    first, second = fleet.hosts()
    assert (first.host.name, first.host.product_version, first.host.booted_at) == ("a", "8.3.0", at(-2))
    assert (first.sources, first.observed_at, first.mixed_since) == (("lab", "xo"), START, at(-1))
    assert (second.host.name, second.sources, second.host.reboot_required) == ("b", ("lab",), None)
    assert {(each.power, each.is_reachable, each.host.is_preview) for each in (first, second)} == {
        (Power.UNKNOWN, True, None)
    }
    changes = fleet.record([answered(LAB, pool("p", host("a"), host("b"), when=at(1)))], at(1))
    kinds = [change.kind for change in changes]
    assert kinds == [ChangeKind.UPGRADED, ChangeKind.POOL_UNIFORM]
    database.close()


def _of_revision(url: str, wanted: str) -> Database:
    """A database of an older version, with what such a one holds."""
    database = Database(url)
    with database.writing() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER))
        command.upgrade(config, wanted)
    with database.writing() as connection:
        for statement in _OLD.strip().split(";\n"):
            connection.exec_driver_sql(statement.replace("\n", " ").removesuffix(";"))
    return database
