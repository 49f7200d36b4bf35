"""A database that is damaged, in whatever way: one plain line, never a traceback, for every command that opens it."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.ports import Watch, WatchKind
from bot.cli import main
from bot.errors import UnavailableError
from bot.store.store import open_store
from tests.alerts.fakes import settle
from tests.fleet.fleets import LAB, answered, host, pool
from tests.store.conditions import A, condition, why_gone
from tests.store.pages import LIST, finding
from tests.store.test_store_audit import ENTRY

NOW = datetime.now(UTC).replace(microsecond=0)
DAMAGES = 200
COMMANDS = (
    ("fleet",), ("alerts",), ("alerts", "all"), ("audit",), ("watches", "--channel", "C1"), ("sweep",), ("changes",),
    ("export",), ("db", "check"), ("db", "upgrade"), ("doctor",), ("fleet", "--json"), ("sync",),
    ("ack", "1", "--channel", "C1"), ("digest", "--channel", "C1"), ("xen-1",), ("sites",), ("xo",), ("patches",),
    ("XSA-517",), ("alerts", "--as-of", "2027-01-01"), ("snooze", "1", "7d", "--channel", "C1"),
)  # fmt: skip
_SETTINGS = """
list: {url: %s}
targets: [{name: lab, address: "127.0.0.1:9", username: u, password_env: LAB, tls: {insecure: true}}]
"""


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database in which every table that commands read has rows."""
    from structlog import get_logger

    path = tmp_path_factory.mktemp("whole") / "whole.db"
    log: FilteringBoundLogger = get_logger().bind()
    store = open_store(f"sqlite:///{path}", log, lambda: NOW)
    run = store.sweeps.claim(NOW, "one", NOW, 60)
    assert run
    store.fleet.record([answered(LAB, pool("p", *(host(f"xen-{n}") for n in range(30))))], NOW)
    settle(store.alerts, [condition(A)], NOW, why_gone)
    store.watches.add(Watch("C1", WatchKind.ALL, "", lead=(90, 30), by="U1", at=NOW))
    store.digests.turn("C2", False, "U1", NOW)
    for n in range(40):
        store.audit.record(ENTRY._replace(at=NOW, ms=float(n)))
    store.revisions.save(finding("a1"), NOW)
    store.sweeps.finish(run, NOW)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def _flip(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.choice((1, 3, 20, 200))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _flip_what_is_written(chance: random.Random, data: bytearray) -> None:
    """Where rows are, and not the empty room between them."""
    written = [at for at, byte in enumerate(data) if byte]
    for _ in range(chance.choice((1, 5, 50))):
        data[chance.choice(written)] ^= 1 << chance.randrange(8)


def _zero_a_page(chance: random.Random, data: bytearray) -> None:
    at = 4096 * chance.randrange(len(data) // 4096)
    data[at : at + 4096] = bytes(4096)


def _swap_pages(chance: random.Random, data: bytearray) -> None:
    one, other = (4096 * chance.randrange(len(data) // 4096) for _ in range(2))
    data[one : one + 4096], data[other : other + 4096] = data[other : other + 4096], data[one : one + 4096]


def _cut(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


def _spoil_the_header(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(100)] ^= chance.randrange(1, 256)


def _write_garbage(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    data[at : at + chance.randrange(4096)] = chance.randbytes(chance.randrange(4096))


_VALUES = (
    *(None, "", "x", -1, 2**62, 1.5, b"\xff\x00", "[", "{}", "[]", "null", "7", "[[1]]", "[" * 5000, "x" * 100_000),
    *("2026-01-01", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2026-01-01 00:00:00+99:00", "firing", "8.2"),
)


def _write_other_values(chance: random.Random, data: bytearray) -> None:
    """What the file's format allows, and no writer of ours leaves."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(bytes(data))
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for _ in range(chance.choice((1, 3, 10))):
            table = chance.choice(tables)
            column = chance.choice([row[1] for row in database.execute(f'PRAGMA table_info("{table}")')])
            with suppress(sqlite3.IntegrityError):
                database.execute(f'UPDATE "{table}" SET "{column}" = ?', [chance.choice(_VALUES)])
        database.commit()
        data[:] = database.serialize()


_WAYS: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip,
    _flip_what_is_written,
    _flip_what_is_written,
    _zero_a_page,
    _swap_pages,
    _cut,
    _spoil_the_header,
    _write_garbage,
    _write_other_values,
    _write_other_values,
)


def _spoiled(whole: bytes, seed: int) -> bytes:
    chance, data = random.Random(seed), bytearray(whole)
    _WAYS[seed % len(_WAYS)](chance, data)
    return bytes(data)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a configuration whose only host is away, and whose page is a file."""
    (tmp_path / "page.md").write_text("nothing", encoding="utf-8")
    (tmp_path / "xocompat.yaml").write_text(_SETTINGS % (tmp_path / "page.md"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAB", "x")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def _put(place: Path, content: bytes) -> None:
    for left in place.glob("xocompat.db*"):
        left.unlink()
    (place / "xocompat.db").write_bytes(content)


@pytest.mark.parametrize("tenth", range(10))
def test_no_damage_is_more_than_one_plain_line(
    tenth: int, whole: bytes, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(tenth, DAMAGES, 10):
        content = _spoiled(whole, seed)
        for number in range(4):
            words = COMMANDS[(seed + 5 * number) % len(COMMANDS)]
            _put(place, content)
            status = main([*words])
            said = capsys.readouterr()
            what = f"{seed} {words}: {said.err}"
            assert status in (0, 1, 3), what
            lines = said.err.splitlines()
            assert "Traceback" not in said.err, what
            assert len([line for line in lines if line.startswith("xocompat: ")]) == len(lines) <= 1, what
            if status == 1 and words[0] not in ("db", "doctor"):
                assert lines, what


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sightings SET name = x'00ff'",
        "UPDATE sightings SET seen_at = 'yesterday'",
        "UPDATE sightings SET seen_at = '2026-01-01'",
        f"UPDATE sightings SET software = '{'[' * 5000}{']' * 5000}'",
        "UPDATE sources SET kind = 'tarket'",
        "UPDATE sources SET failures = 'many'",
        "UPDATE sources SET tried_at = 17",
        "UPDATE sightings SET restart_since = 'monday'",
        "UPDATE sightings SET certificate_expires = 17",
        "UPDATE sightings SET software = x'00'",
        "UPDATE sightings SET software = '{'",
        "UPDATE sightings SET software = '[]'",
        "UPDATE sightings SET software = '7'",
        "UPDATE sightings SET software = 'null'",
        "UPDATE sightings SET software = '[1,null,null,null,null,[],null]'",
        "UPDATE sightings SET software = '[0,null,null,null,null,[],null]'",
        "UPDATE sightings SET software = '[null,null,null,null,null,\"ab\",null]'",
        "UPDATE sightings SET software = '[null,null,null,null,null,[null],null]'",
        "UPDATE sightings SET software = '[null,null,null,null,null,{},null]'",
        "UPDATE sightings SET software = '[null,null,null,null,[],null]'",
        "UPDATE sightings SET software = '[null,null,null,null,null,[],[]]'",
    ],
)
def test_a_value_that_nobody_wrote_is_damage(
    sql: str, whole: bytes, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(place, whole)
    with closing(sqlite3.connect(place / "xocompat.db")) as connection:
        connection.execute(sql)
        connection.commit()
    assert main(["fleet"]) == 1
    assert "is damaged: put a backup in its place" in capsys.readouterr().err


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE alerts SET hosts = '{'",
        "UPDATE alerts SET hosts = '[[1]]'",
        "UPDATE alerts SET rule = 'eoll'",
        "UPDATE alerts SET due = 'soon'",
        "UPDATE alerts SET detail = '{\"kimd\": 1}'",
        "UPDATE alerts SET opened_at = x'00'",
        "DROP TABLE alerts",
    ],
)
def test_so_is_one_in_an_alert(sql: str, whole: bytes, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _put(place, whole)
    with closing(sqlite3.connect(place / "xocompat.db")) as connection:
        connection.execute(sql)
        connection.commit()
    assert main(["alerts"]) == 1
    assert "is damaged: put a backup in its place" in capsys.readouterr().err


@pytest.mark.parametrize("moment", ["0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"])
@pytest.mark.parametrize("words", ["fleet --json", "xen-1", "alerts all", "sweep --as-of 2027-01-01"])
def test_a_moment_at_an_end_of_the_calendar_is_shown(
    words: str, moment: str, whole: bytes, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A host may say that its certificate expires then."""
    _put(place, whole)
    with closing(sqlite3.connect(place / "xocompat.db")) as connection:
        for table, column in (("sightings", "seen_at"), ("sightings", "certificate_expires"), ("sources", "tried_at")):
            connection.execute(f"UPDATE {table} SET {column} = ?", [moment])
        connection.execute("UPDATE alerts SET opened_at = ?", [moment])
        connection.commit()
    assert main(words.split()) in (0, 1, 3)
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "damaged" not in said


@pytest.mark.parametrize("column", ["changes", "problems"])
def test_nothing_where_a_list_must_be_is_damage(
    column: str, whole: bytes, place: Path, log: FilteringBoundLogger
) -> None:
    _put(place, whole)
    with closing(sqlite3.connect(place / "xocompat.db")) as connection:
        connection.execute(f"UPDATE revisions SET {column} = 'null'")
        connection.commit()
    store = open_store(f"sqlite:///{place / 'xocompat.db'}", log, lambda: NOW)
    with pytest.raises(UnavailableError, match="is damaged: put a backup in its place"):
        store.revisions.latest(LIST)
    store.close()


@pytest.mark.parametrize("words", [["fleet"], ["serve"], ["db", "check"]])
def test_a_process_says_so_too(words: list[str], whole: bytes, place: Path) -> None:
    _put(place, whole[:4096] + b"\xff" * (len(whole) - 4096))
    environ = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "PATH": "/usr/bin", "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=place, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "is damaged" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


_ROOT = Path(__file__).parents[2]
