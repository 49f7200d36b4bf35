"""What a shell completes of the operator's own names: from the file and the database, without changing either."""

import os
from pathlib import Path

import pytest

from bot.chat.commands import ACK, ALERTS, FLEET, PROBE, WATCH, XO
from bot.cli.chat_commands import candidates
from bot.cli.completion import KnownNames, known_names
from bot.store.database import Database
from tests.cli.running import Run

CONFIG = """
database: sqlite:///names.db
targets:
  - {name: lab-a, address: 192.0.2.1, username: u, password_env: PW, tags: [lab]}
  - {name: lab-b, address: 192.0.2.2, username: u, password_env: PW, tags: [lab, old]}
xen_orchestra: [{name: xo-main, url: https://xo.example.org, token_env: XO, tags: [prod]}]
"""
HOST = """
INSERT INTO sightings (uuid, source, pool, pool_name, coordinator, name, address, is_coordinator, seen_at, is_lost)
VALUES ('{uuid}', 'paris/a', 'p', '{pool}', 'c', '{name}', '192.0.2.9', true, '2026-11-27T00:00:00Z', {lost})
"""
SOURCE = "INSERT INTO sources (name, kind, tried_at, failures) VALUES ('paris/a', 'site', '2026-11-27T00:00:00Z', 0)"
ROWS = (
    SOURCE,
    HOST.format(uuid="1", pool="prod", name="xen-1", lost="false"),
    HOST.format(uuid="2", pool="two words", name="xen-2", lost="false"),
    HOST.format(uuid="3", pool="gone", name="gone-1", lost="true"),
)


@pytest.fixture
def known(run: Run, folder: Path) -> Path:
    """A folder with a configuration, and a database with hosts of a site."""
    (folder / "xocompat.yaml").write_text(CONFIG)
    os.environ["PW"] = os.environ["XO"] = "x"
    try:
        assert run("db", "upgrade").status == 0
    finally:
        del os.environ["PW"], os.environ["XO"]
    database = Database(f"sqlite:///{folder}/names.db")
    with database.writing() as connection:
        for row in ROWS:
            connection.exec_driver_sql(row)
    database.close()
    return folder


def test_names_are_those_of_the_file_and_the_database(known: Path) -> None:
    assert known_names(None, {}, known) == KnownNames(
        targets=("lab-a", "lab-b", "paris/a"),
        orchestras=("xo-main",),
        tags=("lab", "old", "prod"),
        hosts=("xen-1", "xen-2"),
        pools=("prod",),
    )


ALERT = """
INSERT INTO alerts (bulletin, channel, rule, subject, subject_name, hosts, gone, watched, state, reason, opened_at,
 told_at)
VALUES ({bulletin}, 'C1', 'eol', '{subject}', 'x', '[]', '[]', false, '{state}', 'new', '2026-11-27', '2026-11-27')
"""
BULLETIN = "INSERT INTO bulletins (id, channel, subject, opened_at) VALUES ({0}, 'C1', '{0}', '2026-11-27')"


def test_open_alerts_are_offered_the_newest_first(known: Path) -> None:
    database = Database(f"sqlite:///{known}/names.db")
    with database.writing() as connection:
        for number, state in ((1, "firing"), (2, "resolved"), (3, "snoozed")):
            connection.exec_driver_sql(BULLETIN.format(number))
            connection.exec_driver_sql(ALERT.format(bulletin=number, subject=number, state=state))
    database.close()
    assert candidates(ACK, "") == ["3", "1"]
    assert candidates(ALERTS, "") == ["all", "3", "1"]


def test_each_command_is_offered_what_it_takes(known: Path) -> None:
    assert known.is_dir()
    assert candidates(PROBE, "lab") == ["lab-a", "lab-b"]
    assert candidates(XO, "") == ["xo-main"]
    assert candidates(FLEET, "xen-") == ["xen-1", "xen-2"]
    assert "eol" in candidates(FLEET, "e")
    assert candidates(WATCH, "pr") == ["prod"]
    assert candidates(ALERTS, "") == ["all"]
    assert candidates(ACK, "") == []


def test_names_come_from_postgresql_too(postgresql: Database, tmp_path: Path) -> None:
    with postgresql.writing() as connection:
        connection.exec_driver_sql(SOURCE)
        connection.exec_driver_sql(ROWS[1])
    url = postgresql.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    found = KnownNames()
    for _ in range(50):  # the first connection may take longer than a shell waits
        found = known_names(None, {"DATABASE_URL": url}, tmp_path)
        if found.hosts:
            break
    assert (found.targets, found.hosts) == (("paris/a",), ("xen-1",))


@pytest.mark.parametrize(
    "text", ["", "targets: 7", "targets: [7, {}, {name: }]", "]broken", "- a", "\x00", "database: [x]", "tags: {}"]
)
def test_a_file_that_is_broken_completes_nothing(folder: Path, text: str) -> None:
    (folder / "xocompat.yaml").write_text(text)
    assert known_names(None, {}, folder) == KnownNames()


@pytest.mark.parametrize(
    "url", ["sqlite:///none.db", "sqlite:///xocompat.yaml", "postgresql://127.0.0.1:1/x", "odd", ""]
)
def test_a_database_that_is_none_completes_nothing_and_is_not_made(folder: Path, url: str) -> None:
    (folder / "xocompat.yaml").write_text("{}\n")
    assert known_names(None, {"DATABASE_URL": url}, folder) == KnownNames()
    assert [path.name for path in folder.iterdir()] == ["xocompat.yaml"]


def test_a_database_that_is_locked_keeps_nobody_waiting(known: Path) -> None:
    database = Database(f"sqlite:///{known}/names.db")
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM sightings")
        assert known_names(None, {}, known).targets[:2] == ("lab-a", "lab-b")
    database.close()
