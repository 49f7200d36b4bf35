"""Who may do what, on both databases: leases, and the sweeps, slots of jobs and events of chat that they are on."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.fleet.ports import SweepRun
from bot.store import leases
from bot.store.database import Database
from bot.store.fleet import SqlSweeps
from bot.store.leases import LeaseKind, SqlSeen, SqlSlots, SqlWelcomes
from bot.store.tables import leases as lease_rows
from tests.fleet.fleets import START, at

SECOND = timedelta(seconds=1)


def _by(database: Database, holder: str, second: float, again: bool = False) -> bool:
    with database.writing() as connection:
        now = START + second * SECOND
        return leases.claim(connection, LeaseKind.CHANNEL, "C1", holder, now, 30, or_renew=again)


def test_a_lease_is_one_holders_until_its_time_is_over(database: Database) -> None:
    assert [_by(database, "one", 0), _by(database, "two", 29), _by(database, "one", 29)] == [True, False, False]
    assert _by(database, "two", 30)


def test_its_holder_prolongs_it_and_nobody_else_does(database: Database) -> None:
    assert _by(database, "one", 0)
    with database.writing() as connection:
        assert not leases.renew(connection, LeaseKind.CHANNEL, "C1", "two", START, 30)
        assert leases.renew(connection, LeaseKind.CHANNEL, "C1", "one", START + 20 * SECOND, 30)
    assert [_by(database, "two", 49), _by(database, "one", 49, again=True), _by(database, "two", 78)] == [
        False, True, False,
    ]  # fmt: skip


def test_leases_of_the_same_name_and_another_kind_have_nothing_to_do_with_each_other(database: Database) -> None:
    assert _by(database, "one", 0)
    with database.writing() as connection:
        assert leases.claim(connection, LeaseKind.EVENT, "C1", "two", START, 30)
        leases.release(connection, LeaseKind.EVENT, "C1")
    assert not _by(database, "two", 1)


def test_what_is_over_is_forgotten_and_what_is_done_stays_for_as_long_as_history(database: Database) -> None:
    assert _by(database, "one", 0)
    assert SqlSlots(database).claim("list", START, START)
    for before, now, left in ((at(-1), at(0), 2), (at(-1), at(1), 1), (at(1), at(2), 0)):
        with database.writing() as connection:
            leases.prune(connection, before, now)
            assert len(connection.execute(select(lease_rows)).all()) == left


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


def test_a_channel_is_welcomed_once_and_that_is_never_forgotten(database: Database) -> None:
    welcomes = SqlWelcomes(database)
    assert [welcomes.claim("C1", START), welcomes.claim("C1", at(1)), welcomes.claim("C2", START)] == [
        True, False, True,
    ]  # fmt: skip
    with database.writing() as connection:
        leases.prune(connection, at(999), at(999))
    assert not welcomes.claim("C1", at(999))
    welcomes.release("C2")
    assert [welcomes.claim("C2", at(999)), welcomes.claim("C1", at(999))] == [True, False]


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


def test_a_claim_is_given_once_until_it_is_released(database: Database, log: FilteringBoundLogger) -> None:
    seen, another_process = SqlSeen(log, database, Clock()), SqlSeen(log, database, Clock())
    assert [seen.claim("Ev1"), seen.claim("Ev1"), another_process.claim("Ev1"), seen.claim("Ev2")] == [
        True,
        False,
        False,
        True,
    ]
    seen.release("Ev1")
    assert another_process.claim("Ev1")


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
    away = Database("sqlite:////no/such/folder/x.db")
    seen, another_process = SqlSeen(log, away, Clock()), SqlSeen(log, away, Clock())
    assert [seen.claim("Ev1"), another_process.claim("Ev1"), seen.claim("Ev1")] == [True, True, False]
    seen.release("Ev1")
    assert [entry["log_level"] for entry in kept_log.entries] == ["warning"] * 3
