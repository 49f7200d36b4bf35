"""Sweeps, slots of jobs, watches, digests and claims on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.alerts.ports import Watch, WatchKind
from bot.fleet.ports import SweepRun
from bot.slack.seen import SeenEvents, SqliteSeen
from bot.store.database import Database
from bot.store.digests import SqlDigests
from bot.store.fleet import SqlSweeps
from bot.store.leases import SqlSeen, SqlSlots
from bot.store.tables import outbox
from bot.store.watches import SqlWatches
from tests.fleet.fleets import START, at

SECOND = timedelta(seconds=1)


@pytest.fixture
def sweeps(database: Database) -> SqlSweeps:
    return SqlSweeps(database)


def test_a_slot_is_given_to_one(sweeps: SqlSweeps) -> None:
    assert sweeps.claim(START, "one", START, 60) == SweepRun(1, START, START)
    assert sweeps.claim(START, "two", START + 59 * SECOND, 60) is None
    assert sweeps.claim(at(6), "two", at(6), 60) is not None


def test_a_slot_whose_owner_died_goes_on_with_another_one_and_the_first_may_not(sweeps: SqlSweeps) -> None:
    run = sweeps.claim(START, "one", START, 60)
    assert run
    assert sweeps.beat(run, "one", START + 30 * SECOND, 60)
    assert sweeps.claim(START, "two", START + 89 * SECOND, 60) is None
    assert sweeps.claim(START, "two", START + 90 * SECOND, 60) == run._replace(is_resumed=True)
    assert not sweeps.beat(run, "one", START + 91 * SECOND, 60)
    assert sweeps.beat(run, "two", START + 91 * SECOND, 60)


def test_one_that_was_silent_for_too_long_goes_on_if_nobody_took_it_over(sweeps: SqlSweeps) -> None:
    run = sweeps.claim(START, "one", START, 60)
    assert run
    assert sweeps.beat(run, "one", START + 600 * SECOND, 60)
    assert sweeps.claim(START, "two", START + 601 * SECOND, 60) is None


def test_a_slot_that_is_released_is_anybodys_and_only_its_owner_releases_it(sweeps: SqlSweeps) -> None:
    run = sweeps.claim(START, "one", START, 60)
    assert run
    sweeps.release(run, "two")
    assert sweeps.claim(START, "two", START, 60) is None
    sweeps.release(run, "one")
    assert sweeps.claim(START, "two", START, 60) == run._replace(is_resumed=True)


def test_a_slot_that_is_done_is_never_given_again(sweeps: SqlSweeps) -> None:
    run = sweeps.claim(START, "one", START, 60)
    assert run
    sweeps.finish(run._replace(sources=3, failed=1), at(1))
    assert sweeps.claim(START, "two", at(9), 60) is None
    assert not sweeps.beat(run, "one", at(9), 60)
    assert [sweeps.is_done(START), sweeps.is_done(at(6))] == [True, False]


def test_a_clock_that_went_back_does_not_hold_a_slot_for_ever(sweeps: SqlSweeps) -> None:
    assert sweeps.claim(START, "one", at(48), 60)
    assert sweeps.claim(START, "two", START, 60)


def test_sweeps_that_somebody_asks_for_have_no_slot_and_do_not_exclude_each_other(sweeps: SqlSweeps) -> None:
    assert [sweeps.begin("U1", START).slot, sweeps.begin("U1", START).slot] == [None, None]


def test_the_last_sweep_that_was_done_and_the_error_since(sweeps: SqlSweeps) -> None:
    assert (sweeps.last_finished(), sweeps.last_error()) == (None, None)
    done = sweeps.begin("one", START)._replace(sources=2, failed=1)
    sweeps.finish(done, at(1))
    broken = sweeps.begin("one", at(2))._replace(error="The database is locked.")
    sweeps.finish(broken, at(3))
    sweeps.begin("one", at(4))
    assert sweeps.last_finished() == done._replace(finished_at=at(1))
    assert sweeps.last_error() == broken._replace(finished_at=at(3))
    sweeps.finish(sweeps.begin("one", at(5)), at(6))
    assert sweeps.last_error() is None


def test_a_sweep_under_a_clock_far_ahead_is_not_the_last_one_for_ever(sweeps: SqlSweeps) -> None:
    sweeps.finish(sweeps.begin("one", at(9999)), at(9999))
    right = sweeps.begin("one", START)
    sweeps.finish(right, at(1))
    assert sweeps.last_finished() == right._replace(finished_at=at(1))


def test_a_jobs_slot_is_given_once(database: Database) -> None:
    slots = SqlSlots(database)
    assert [slots.claim("sync", START, START), slots.claim("sync", START, at(1))] == [True, False]
    assert slots.claim("sync", at(24), at(24))
    assert slots.claim("prune", START, START)


WATCH = Watch("C1", WatchKind.RELEASE, "XCP-ng 8.2", "XCP-ng", "8.2", lead=(90, 30), by="U1", at=START)


def test_a_watch_is_kept_until_it_is_removed(database: Database) -> None:
    watches = SqlWatches(database)
    everything = Watch("C1", WatchKind.ALL, "", by="U2", at=at(-1))
    other = WATCH._replace(channel="C0", lead=None)
    assert all(map(watches.add, (WATCH, everything, other)))
    assert watches.all() == (other, everything, WATCH)
    assert watches.remove("C1", WatchKind.ALL, "")
    assert not watches.remove("C1", WatchKind.ALL, "")
    assert watches.all() == (other, WATCH)


def test_the_same_watch_again_is_no_news_but_one_with_another_lead_takes_its_place(database: Database) -> None:
    watches = SqlWatches(database)
    watches.add(WATCH)
    assert not watches.add(WATCH._replace(by="U2", at=at(1)))
    assert watches.all() == (WATCH,)
    later = WATCH._replace(lead=None, by="U2", at=at(1))
    assert watches.add(later)
    assert watches.all() == (later,)


def test_a_digest_is_on_until_it_is_turned_off(database: Database) -> None:
    digests = SqlDigests(database)
    assert digests.is_on("C1")
    digests.turn("C1", False, "U1", START)
    assert [digests.is_on("C1"), digests.is_on("C2")] == [False, True]
    digests.turn("C1", True, "U1", at(1))
    assert digests.is_on("C1")


def test_a_digest_is_queued_once_a_week_for_each_channel(database: Database) -> None:
    digests = SqlDigests(database)
    text: dict[str, object] = {"ended": ["XCP-ng 8.2"]}
    asked = [("C1", START), ("C1", START), ("C2", START), ("C1", at(168))]
    assert [digests.queue(channel, slot, text, START) for channel, slot in asked] == [True, False, True, True]
    with database.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.kind, outbox.c.payload, outbox.c.state)).all()
    assert [tuple(row) for row in rows] == [(channel, "digest", text, "pending") for channel in ("C1", "C2", "C1")]


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


def _claims(seen: SeenEvents) -> list[bool]:
    found = [seen.claim("Ev1"), seen.claim("Ev1"), seen.claim("Ev2")]
    seen.release("Ev1")
    return [*found, seen.claim("Ev1")]


def test_claims_are_as_in_a_file_of_ones_own(database: Database, log: FilteringBoundLogger) -> None:
    clock = Clock()
    local = SqliteSeen(log, None, lambda: clock().timestamp())
    assert _claims(SqlSeen(log, database, clock)) == _claims(local) == [True, False, True, True]
    local.close()


def test_a_claim_is_forgotten_after_an_hour_or_when_the_clock_was_wrong(
    database: Database, log: FilteringBoundLogger
) -> None:
    clock = Clock()
    seen = SqlSeen(log, database, clock)
    assert seen.claim("Ev1")
    clock.now = at(1) - SECOND
    assert not seen.claim("Ev1")
    clock.now = at(1)
    assert seen.claim("Ev1")
    clock.now = START - SECOND
    assert seen.claim("Ev1")


def test_a_database_that_fails_answers_twice_rather_than_not_at_all(
    log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    seen = SqlSeen(log, Database("sqlite:////no/such/folder/x.db"), Clock())
    assert [seen.claim("Ev1"), seen.claim("Ev1")] == [True, True]
    seen.release("Ev1")
    assert [entry["log_level"] for entry in kept_log.entries] == ["warning"] * 3
