"""Bundles of data on both databases: stored as a whole or not at all, told once."""

import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.errors import UnavailableError
from bot.published.renewals import newest
from bot.store.database import Database
from bot.store.renewals import SqlRenewals
from bot.store.store import HISTORY, open_store
from bot.store.tables import outbox, renewals
from tests.fleet.fleets import START, at
from tests.published.bundles import DAY, bundle, following, small_content
from tests.store.pages import BUNDLES, LATER, bundle_of

NEWS: dict[str, Any] = {"version": 1}


@pytest.fixture
def kept(database: Database) -> SqlRenewals:
    return SqlRenewals(database)


def test_a_bundle_is_stored_as_it_came(kept: SqlRenewals) -> None:
    assert kept.latest() is None
    stored = kept.save(bundle_of(), START)
    assert stored == kept.latest()
    assert (stored.source, stored.day, stored.changes, stored.accepted_at) == (
        BUNDLES,
        bundle_of().day,
        (LATER,),
        START,
    )
    assert (kept.text(stored), kept.content(stored)) == ("{}", {"a": ["b"]})


def test_one_of_a_later_day_is_never_replaced_by_an_older_one(kept: SqlRenewals) -> None:
    newer = kept.save(bundle_of(), START)
    assert kept.save(bundle_of("b2", date(2026, 11, 25)), at(1)) == newer
    assert kept.save(bundle_of("c3"), at(2)).digest == "c3"


def test_what_the_checks_did_not_leave_there_is_damage(kept: SqlRenewals, database: Database) -> None:
    stored = kept.save(bundle_of(), START)
    with database.writing() as connection:
        connection.execute(update(renewals).values(content='{"a": ["c"]}'))
    with pytest.raises(UnavailableError, match="is damaged"):
        kept.content(stored)


def test_each_bundle_is_told_once(kept: SqlRenewals, database: Database) -> None:
    stored = kept.save(bundle_of(), START)
    assert [kept.queue_news(stored, "C1", NEWS, moment) for moment in (START, at(1))] == [True, False]
    with database.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.kind, outbox.c.payload)).all()
    assert [tuple(row) for row in rows] == [("C1", "data", NEWS)]


def test_a_failure_is_told_once_for_each_reason(kept: SqlRenewals) -> None:
    said = []
    for hours, why in enumerate(("is no JSON", "is no JSON", "lacks list.yaml")):
        kept.failed(BUNDLES, why, False, at(hours))
        said.append(kept.queue_failure(BUNDLES, "C1", NEWS, at(hours)))
    assert said == [True, False, True]
    kept.fetched(BUNDLES, at(9))
    assert not kept.queue_failure(BUNDLES, "C1", NEWS, at(9))


def test_old_bundles_are_forgotten_and_the_last_one_never(tmp_path: Path) -> None:
    from structlog.testing import ReturnLogger

    store = open_store(f"sqlite:///{tmp_path / 'x.db'}", ReturnLogger(), lambda: START)  # type: ignore[arg-type]
    for digest in ("a1", "b2"):
        store.renewals.save(bundle_of(digest), START)
    store.prune(START + HISTORY + timedelta(days=1))
    with store.database.reading() as connection:
        assert connection.execute(select(renewals.c.digest)).scalars().all() == ["b2"]
    store.close()


_KILLED = """
import os, signal, sys
from sqlalchemy import event
from bot.store.database import Database
from bot.store.renewals import SqlRenewals
from tests.published.bundles import bundle, following
database = Database(sys.argv[1])
@event.listens_for(database.engine, "after_cursor_execute")
def kill(connection, cursor, statement, *_):
    if statement.startswith("INSERT INTO renewals"):
        os.kill(os.getpid(), signal.SIGKILL)
following(bundle(("releases", "2028-11-30", "2029-11-30"))).sync(SqlRenewals(database))
"""


def test_a_kill_in_the_middle_of_storing_leaves_what_was_in_use(sqlite: Database) -> None:
    kept = SqlRenewals(sqlite)
    before = following(bundle()).sync(kept).stored
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _KILLED, f"sqlite:///{sqlite.url.database}"]
    ended = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (kept.latest(), kept.content(before) if before else None) == (before, small_content())
    again = following(bundle(("releases", "2028-11-30", "2029-11-30"))).sync(kept)
    assert (again.problem, len(again.changes)) == (None, 1)


def test_what_is_in_use_is_not_checked_again(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = SqlRenewals(sqlite)
    stored = following(bundle()).sync(kept).stored
    monkeypatch.setattr("bot.published.bundle.read_bundle", json.loads)  # which would give no bundle
    found = newest(kept, lambda: DAY)
    assert found
    assert found == (stored, small_content())
