"""Migrations: they make the tables that the code has, once, whoever comes first, and never touch a newer database."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bot.errors import UnavailableError
from bot.store.database import Database
from bot.store.migrate import FOLDER, REVISIONS, migrate, revision
from bot.store.tables import metadata
from bot.store.ticks import SqlTicks
from tests.fleet.fleets import START

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
    SqlTicks(database).claim("sync", START, START)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    database.close()


def test_a_database_that_is_up_to_date_is_opened_without_alembic(migrated_file: Path) -> None:
    script = (
        "import sys; from bot.store.database import Database; from bot.store.migrate import migrate;"
        f"migrate(Database('sqlite:///{migrated_file}')); print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
