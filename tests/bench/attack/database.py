"""A database that neither answers nor refuses: PostgreSQL stopped, SQLite locked."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from bot.store.database import Database
from tests.acceptance.waiting import until
from tests.bench.attack.product import Product
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.bench.postgres import postgres

ACKNOWLEDGED_WITHIN = READY_WITHIN = 3.0
AT_ONCE = 8
COMMANDS = ("fleet", "ack 1", "watch all", "alerts")


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    """So many commands, two fifths of them at PostgreSQL. SQLite lets others read while one writes, so some write."""
    with postgres() as url, stage.product(database=url) as product, stage.pulse(product):
        with _stopped(_processes(url)):
            _ask(product, "PostgreSQL stopped", max(1, tries * 2 // 5), tally)
        _recovers(product, "PostgreSQL", tally)
    with stage.product() as product, stage.pulse(product):
        with closing(sqlite3.connect(product.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            _ask(product, "SQLite locked", max(1, tries * 3 // 5), tally)
        _recovers(product, "SQLite", tally)


def _ask(product: Product, what: str, count: int, tally: Tally) -> None:
    def acknowledged(at: int) -> str:
        words = COMMANDS[at % len(COMMANDS)]
        with closing(product.caller()) as caller:
            told = caller.command(words)
        late = told.seconds > ACKNOWLEDGED_WITHIN
        return f"{words}: {told.status} after {told.seconds:.1f} s" if told.status != 200 or late else ""

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for wrong in threads.map(acknowledged, range(count)):
            tally.tried(what, wrong)
    for _ in range(3):
        with closing(product.caller()) as caller:
            told = caller.ask("GET", "/readyz")
        late = told.seconds > READY_WITHIN
        wrong = f"{told.status} after {told.seconds:.1f} s" if told.status not in (200, 503) or late else ""
        tally.tried(f"{what}: /readyz", wrong)


def _recovers(product: Product, what: str, tally: Tally) -> None:
    begun = time.monotonic()
    try:
        until(lambda: product.ask("GET", "/readyz")[0] == 200, 60, "ready again")
    except AssertionError:
        tally.tried(f"{what} is back", f"not ready {time.monotonic() - begun:.0f} s later")
    else:
        tally.tried(f"{what} is back")


def _processes(url: str) -> list[int]:
    """PostgreSQL's first process and its children."""
    database = Database(url)
    with database.engine.connect() as connection:
        first = int(connection.execute(text("SELECT pg_read_file('postmaster.pid')")).scalar_one().split()[0])
    database.close()
    children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii")
    return [first, *map(int, children.split())]


@contextmanager
def _stopped(processes: list[int]) -> Iterator[None]:
    """As they are when the machine under them hangs. The first is stopped first: it would make new ones."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):  # a connection's own ends with the connection
                os.kill(process, signal.SIGCONT)
