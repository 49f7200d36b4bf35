"""A flood: one person asks ten times a second, and others ask as always."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.acceptance.waiting import until
from tests.bench.attack.product import Product, somebody
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally

MINUTE = 60.0
ROWS = 300
"""Of 600 look-ups in a minute, so many may stand in the audit trail: enough to see who it was."""

AT_ONCE = 8


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    """`tries` look-ups of one person within a minute; what others notice is told by the look-ups beside it."""
    who, begun = somebody(), time.monotonic()
    with stage.product() as product, stage.pulse(product) as others, ThreadPoolExecutor(AT_ONCE) as threads:

        def ask(number: int) -> str:
            with closing(product.caller()) as caller:
                told = caller.command(f"XenServer 7.{number % 7}, XCP-ng 8.{number}", who)
            return "" if told.status in (200, 429) else f"{told.status} {told.body[:60]}"

        for wrong in threads.map(ask, range(tries)):
            tally.tried("a look-up", wrong)
        tally.tried("all of them", "" if time.monotonic() - begun < MINUTE else "they took more than a minute")
        tally.tried("others", others.wrong[0] if others.wrong else "")
        rows = _audited(product, who)
        tally.tried("the audit trail", f"{rows} rows" if rows > ROWS * tries / 600 else "")


def _audited(product: Product, who: str) -> int:
    """Rows of a person, once no more come."""
    last = [-1, time.monotonic()]

    def settled() -> bool:
        with closing(sqlite3.connect(f"file:{product.database}?mode=ro", uri=True)) as database:
            rows = int(database.execute("SELECT count(*) FROM audit WHERE who LIKE ?", (f"%{who}%",)).fetchone()[0])
        if rows != last[0]:
            last[:] = rows, time.monotonic()
        return time.monotonic() - last[1] > 2

    until(settled, 30, "the audit trail is written")
    return int(last[0])
