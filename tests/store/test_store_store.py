"""The store as a whole: opened, pruned, closed; and `xocompat db`."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from structlog.typing import FilteringBoundLogger

from bot.alerts.ports import Watch, WatchKind
from bot.chat.access_request import AccessRequest
from bot.cli import main
from bot.errors import UnavailableError
from bot.fleet.sites import Heartbeat, RemoteTarget
from bot.store.migrate import REVISIONS
from bot.store.store import UNHEARD, Store, open_store
from bot.store.tables import metadata, outbox
from bot.xo.updates import MissingUpdates
from bot.xo.version import OrchestraVersion
from tests.alerts.fakes import settle
from tests.fleet.fleets import LAB, START, XO, answered, at, host, pool
from tests.store.conditions import A, condition, why_gone
from tests.store.pages import LIST, bundle_of, finding
from tests.store.test_store_audit import ENTRY

DAY = timedelta(days=1)


@pytest.fixture
def store(empty_url: str, log: FilteringBoundLogger) -> Store:
    return open_store(empty_url, log, lambda: START)


def _fill(store: Store) -> None:
    run = store.sweeps.claim(START, "one", START, 60)
    assert run
    store.fleet.record([answered(source, pool("p", host("a"))) for source in (LAB, XO)], START)
    store.orchestras.record_version(OrchestraVersion(XO.name, "https://xo.example.org", "5.207.2", None, START))
    store.orchestras.record_updates(XO.name, [MissingUpdates(host("a").uuid, XO.name, START, asked=True)])
    settle(store.alerts, [condition(A)], START, why_gone)
    store.watches.add(Watch("C1", WatchKind.ALL, "", by="U1", at=START))
    store.digests.turn("C2", False, "U1", START)
    store.digests.queue("C1", START, {}, START)
    store.audit.record(ENTRY)
    store.seen.claim("Ev1")
    for digest in ("a1", "b2"):
        store.revisions.save(finding(digest), START)
        store.renewals.save(bundle_of(digest), START)
    store.revisions.fetched(LIST, START)
    store.sweeps.finish(run, START)
    store.access.ask(AccessRequest("U0000001", "fleet", None, START), "C0000OPS")
    store.table_forms.save("T0000001", 1, START)
    store.sites.hear([Heartbeat("paris", "one", "1.0", START + 400 * DAY, (RemoteTarget("paris/lab-a"),))])


def _counts(store: Store) -> dict[str, int]:
    store.audit.flush()
    with store.database.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


def test_everything_that_ended_is_forgotten_after_400_days_and_nothing_else(store: Store) -> None:
    _fill(store)
    with store.database.writing() as connection:
        connection.execute(update(outbox).values(state="sent", done_at=START))
    settle(store.alerts, [], START + DAY, why_gone)  # whose edit is not sent
    store.prune(START + 400 * DAY)
    before = _counts(store)
    assert {name for name, count in before.items() if count == 0} == {"channels", "mixed_pools"}
    store.prune(START + 402 * DAY)
    kept = _counts(store)
    assert {name for name in kept if kept[name] < before[name]} == {
        "changes", "sweeps", "leases", "audit", "outbox", "revisions", "renewals", "access_requests", "table_forms",
    }  # fmt: skip
    with store.database.writing() as connection:
        connection.execute(update(outbox).values(state="sent", done_at=START))
    store.prune(START + 402 * DAY)
    assert {name for name, count in _counts(store).items() if count} == {
        "sources", "sightings", "orchestras", "missing_updates", "watches", "digests", "revisions", "renewals", "tries",
        "sites", "site_workers",
    }  # fmt: skip
    store.prune(START + 400 * DAY + UNHEARD + DAY)
    assert not _counts(store)["sites"] + _counts(store)["site_workers"]
    store.close()


def test_an_alert_message_in_use_keeps_its_post_however_old_it_is(store: Store) -> None:
    settle(store.alerts, [condition(A)], START, why_gone)
    with store.database.writing() as connection:
        connection.execute(update(outbox).values(state="sent", done_at=START))
    store.prune(START + 1000 * DAY)
    counts = _counts(store)
    assert (counts["alerts"], counts["bulletins"], counts["outbox"]) == (1, 1, 1)
    store.close()


def test_a_store_that_was_closed_is_there_again(empty_url: str, store: Store, log: FilteringBoundLogger) -> None:
    _fill(store)
    store.close()
    again = open_store(empty_url, log, lambda: START)
    assert [watched.host for watched in again.fleet.hosts()] == [host("a")]
    assert again.audit.find([], 10) == (ENTRY,)
    assert not again.slots.claim("digest:C1", START, at(1))
    again.close()


class Shell:
    """Runs `xocompat db` with a database; what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, url: str, *args: str) -> tuple[int, str, str]:
        self._monkeypatch.setenv("DATABASE_URL", url)
        self._capsys.readouterr()
        return (main(["db", *args]), *self._capsys.readouterr())


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys, monkeypatch)


def test_upgrade_makes_the_tables_and_check_finds_all_well(shell: Shell, empty_url: str) -> None:
    assert json.loads(shell(empty_url, "upgrade", "--json")[1]) == {"changed": True, "revision": REVISIONS[-1]}
    assert "already has the tables" in shell(empty_url, "upgrade")[1]
    status, out, _ = shell(empty_url, "check")
    assert status == 0
    assert "not ok" not in out
    found = json.loads(shell(empty_url, "check", "--json")[1])["checks"]
    names = ["database", "revision", "contents"]
    assert [check["name"] for check in found if check["name"] in names] == names


def test_check_makes_no_database_where_there_is_none(shell: Shell, tmp_path: Path) -> None:
    status, out, _ = shell("sqlite:///new.db", "check")
    assert (status, "`xocompat db upgrade` makes it" in out) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_check_says_that_tables_are_missing(shell: Shell, empty_server: str) -> None:
    status, out, _ = shell(empty_server, "check")
    assert status == 1
    assert f"not ok  revision: no tables yet: `xocompat db upgrade` makes it {REVISIONS[-1]}" in out


def test_check_finds_a_damaged_file(shell: Shell, tmp_path: Path, migrated_file: Path) -> None:
    content = bytearray(migrated_file.read_bytes())
    content[-4096 * 2 :] = b"\x07" * 4096 * 2
    (tmp_path / "bad.db").write_bytes(content)
    status, out, _ = shell("sqlite:///bad.db", "check")
    assert status == 1
    assert "is damaged: put a backup in its place" in out


def test_check_says_that_a_server_is_away(shell: Shell) -> None:
    status, out, err = shell("postgresql://u:hunter2-hunter2@127.0.0.1:1/x", "check")
    assert (status, "cannot be reached: nothing listens there" in out) == (1, True)
    assert "hunter2" not in out + err


def test_a_backup_is_whole_though_others_read_and_write(shell: Shell, tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "xocompat.db"
    path.write_bytes(migrated_file.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO leases VALUES ('event', 'kept', '', '2026-11-23 08:00:00', NULL)")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO leases VALUES ('event', 'half', '', '2026-11-23 08:00:00', NULL)")
        status, out, err = shell(f"sqlite:///{path}", "backup", "copy.db")
        assert (status, err) == (0, "")
        assert "copy.db is a copy of the database" in out
        other.execute("ROLLBACK")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT name FROM leases").fetchall() == [("kept",)]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir() if "copy" in file.name) == ["copy.db"]


def test_a_backup_overwrites_nothing(shell: Shell, tmp_path: Path, migrated_file: Path) -> None:
    (tmp_path / "there").write_text("mine")
    status, _, err = shell(f"sqlite:///{migrated_file}", "backup", "there")
    assert (status, "overwrites nothing" in err) == (2, True)
    assert (tmp_path / "there").read_text() == "mine"


def test_a_backup_that_fails_leaves_no_half_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("milk, bread, eggs\n" * 100)
    status, _, err = shell("sqlite:///notes.txt", "backup", "copy.db")
    assert (status, "could not be made: file is not a database" in err) == (1, True)
    assert not (tmp_path / "copy.db").exists()


def test_postgresql_is_backed_up_by_its_own_tool(shell: Shell) -> None:
    status, _, err = shell("postgres://bot:hunter2-hunter2@db.example:5433/fleet", "backup", "a file")
    assert status == 2
    expected = "pg_dump --format=custom --file='a file' --host=db.example --port=5433 --username=bot --dbname=fleet"
    assert err.strip().endswith(expected)
    assert "hunter2" not in err


@pytest.mark.parametrize("args", [["backup"], ["check", "file"], ["mend"], []])
def test_words_that_make_no_sense_are_refused(shell: Shell, args: list[str]) -> None:
    assert shell("sqlite:///x.db", *args)[0] == 2


def test_a_lookup_in_the_shell_imports_no_database() -> None:
    script = "import sys; from bot.cli import main; main(['XCP-ng', '8.3']); print('sqlalchemy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("False\n")


def test_opening_says_what_is_wrong(log: FilteringBoundLogger) -> None:
    with pytest.raises(UnavailableError, match="its folder must exist"):
        open_store("sqlite:////no/such/folder/x.db", log, lambda: START)


def test_of_the_audit_trail_only_so_many_entries_are_kept(store: Store) -> None:
    for number in range(10):
        store.audit.record(ENTRY._replace(ms=float(number)))
    store.audit.flush()
    store.prune(START, entries=4)
    assert [entry.ms for entry in store.audit.find([], 100)] == [9, 8, 7, 6]
