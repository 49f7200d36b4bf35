"""Databases that are damaged, each in a way of its own: whoever asks is told so in one line."""

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

from tests.bench.attack.shell import run
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally

COMMANDS = (["fleet"], ["alerts"], ["audit"], ["alerts", "all"], ["XenServer", "7.2"], ["db", "upgrade"], ["sweep"])
AT_ONCE = 4
PAGE = 4096


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    random, folder = stage.random("damaged"), stage.room("whole")
    config = stage.config(folder)
    ran = run(["sweep"], folder, config, DATABASE_URL=f"sqlite:///{folder / 'whole.db'}")
    assert ran.status == 0, ran.err
    copies = [_copy(stage, folder / "whole.db", Random(random.random())) for _ in range(tries)]

    def ask(at: int) -> tuple[str, str]:
        how, file = copies[at]
        words = COMMANDS[at % len(COMMANDS)]
        ran = run(words, file.parent, config, DATABASE_URL=f"sqlite:///{file}")
        return f"{how}, {' '.join(words)}", ran.untidy

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for what, wrong in threads.map(ask, range(tries)):
            tally.tried(what, wrong)


def _copy(stage: Stage, whole: Path, random: Random) -> tuple[str, Path]:
    """A copy that is damaged, and how."""
    file = stage.room("damaged") / "xocompat.db"
    shutil.copy(whole, file)
    how, damage = random.choice(DAMAGES)
    damage(file, random)
    return how, file


def _bytes(file: Path, random: Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(random.choice((1, 10, 100, 1000))):
        data[random.randrange(len(data))] = random.randrange(256)
    file.write_bytes(data)


def _head(file: Path, random: Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(random.choice((1, 2, 5, 20))):
        data[random.randrange(100)] = random.randrange(256)
    file.write_bytes(data)


def _schema(file: Path, random: Random) -> None:
    """Bytes of the first page, where the tables are written down."""
    data = bytearray(file.read_bytes())
    for _ in range(random.choice((1, 5, 50))):
        data[random.randrange(100, PAGE)] = random.randrange(256)
    file.write_bytes(data)


def _pages(file: Path, random: Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(random.choice((1, 3, 10))):
        at = random.randrange(len(data) // PAGE) * PAGE
        data[at : at + PAGE] = random.choice((bytes(PAGE), b"\xff" * PAGE, random.randbytes(PAGE), data[:PAGE]))
    file.write_bytes(data)


def _cut(file: Path, random: Random) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: random.choice((0, 1, 15, 16, 99, 100, random.randrange(len(data)), len(data) - 1))])


def _other(file: Path, random: Random) -> None:
    file.write_bytes(random.choice((b"hello\n", random.randbytes(50_000), b"\0" * 50_000, b"SQLite format 3\0" * 500)))


def _values(file: Path, random: Random) -> None:
    """Another value in a column of a table, whatever its type."""
    with closing(sqlite3.connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for _ in range(random.choice((1, 5, 20))):
            table = random.choice(tables)
            column = random.choice([row[1] for row in database.execute(f'PRAGMA table_info("{table}")')])
            value = random.choice((None, "", "x", -1, 2**62, 1.5, b"\xff\x00", "[", "{}", "9999-99-99"))
            try:
                database.execute(f'UPDATE "{table}" SET "{column}" = ?', (value,))
            except sqlite3.IntegrityError:
                continue
        database.commit()


def _tables(file: Path, random: Random) -> None:
    """A table gone, or with a column less."""
    with closing(sqlite3.connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = random.choice([name for name in tables if not name.startswith("sqlite_")])
        database.execute("PRAGMA foreign_keys = OFF")
        what = random.choice(
            (f'DROP TABLE "{table}"', f'ALTER TABLE "{table}" RENAME TO "gone"', f'DELETE FROM "{table}"')
        )
        database.execute(what)
        database.commit()


DAMAGES: tuple[tuple[str, Callable[[Path, Random], None]], ...] = (
    ("bytes", _bytes),
    ("the head", _head),
    ("the schema", _schema),
    ("pages", _pages),
    ("cut", _cut),
    ("another file", _other),
    ("values", _values),
    ("tables", _tables),
)
