"""What Xen Orchestras say stays until they say something else, and goes with the source and the host."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.errors import UnavailableError
from bot.fleet.hosts import Source, SourceKind
from bot.store.database import Database
from bot.store.fleet import SqlFleet
from bot.store.orchestras import PAGE, SqlOrchestras
from bot.xapi.observation import Failure, FailureCode
from bot.xo.updates import MissingUpdate, MissingUpdates, WhyNotAsked
from bot.xo.version import OrchestraVersion
from tests.fleet.fleets import LAB, START, XO, answered, at, host, pool

XEN = MissingUpdate("xen-hypervisor", "4.17.6-9.5.1.xcpng8.3", True)
OF_XENSERVER = MissingUpdate("XS82 \0 <b>", "", None, ("restartHost",), paid=True, upgrade=True)
URL = "https://xo.example.org"
TIMED_OUT = Failure("xo", FailureCode.TIMEOUT, "xo had not told its version after 20 seconds.", "Try again.")


@pytest.fixture
def store(database: Database) -> SqlOrchestras:
    """With a fleet: the hosts a and b of a Xen Orchestra, and b of a target, too."""
    fleet = SqlFleet(database)
    fleet.record([answered(XO, pool("p", host("a"), host("b"))), answered(LAB, pool("p", host("b")))], START)
    return SqlOrchestras(database)


def misses(name: str, *missing: MissingUpdate, why: WhyNotAsked | None = None, hours: int = 0) -> MissingUpdates:
    return MissingUpdates(f"uuid-{name}", XO.name, at(hours), why is None, missing, why)


def version(server: str | None = "5.207.2", failure: Failure | None = None, hours: int = 0) -> OrchestraVersion:
    return OrchestraVersion(XO.name, URL, server, None, at(hours), failure, None if failure else at(hours))


def test_what_hosts_miss_is_read_as_it_was_told(store: SqlOrchestras) -> None:
    told = (misses("a", XEN, OF_XENSERVER), misses("b", why=WhyNotAsked.HOSTS_FAILED))
    store.record_updates(XO.name, told)
    assert tuple(store.missing()) == told
    assert tuple(store.missing(["uuid-b", "uuid-c"])) == told[1:]
    assert tuple(store.missing([])) == ()
    store.record_updates(XO.name, [misses("a", hours=1)])
    assert tuple(store.missing()) == (misses("a", hours=1), told[1])
    assert store.asked_at(XO.name) == {"uuid-a": at(1), "uuid-b": START}


def test_a_host_that_no_sweep_saw_there_is_left_out(store: SqlOrchestras) -> None:
    store.record_updates(XO.name, [misses("c", XEN)])
    store.record_updates(LAB.name, [misses("a", XEN)])
    assert tuple(store.missing()) == ()


def test_a_failure_leaves_the_number_that_is_known(store: SqlOrchestras) -> None:
    store.record_version(version())
    store.record_version(version(None, TIMED_OUT, 1))
    (state,) = store.states()
    assert (state.version.xo_server, state.version.asked_at, state.version.known_at) == ("5.207.2", at(1), START)
    assert state.version.failure
    assert (state.version.failure.code, state.version.failure.message) == (TIMED_OUT.code, TIMED_OUT.message)
    store.record_version(version(None, hours=2)._replace(rest_api="0.37.0"))
    assert store.states()[0].version == version(None, hours=2)._replace(rest_api="0.37.0")


def test_a_round_is_told_with_its_failure_until_the_next(store: SqlOrchestras) -> None:
    store.record_version(version(None, TIMED_OUT))
    assert store.states()[0].version.xo_server is None
    assert store.states()[0].updates_asked_at is None
    store.record_round(XO.name, at(1), TIMED_OUT)
    (state,) = store.states()
    assert state.updates_failure
    assert (state.updates_asked_at, state.updates_failure.code) == (at(1), FailureCode.TIMEOUT)
    store.record_round(XO.name, at(2), None)
    assert store.states()[0][1:] == (at(2), None)


def test_one_that_no_sweep_asked_is_not_kept(store: SqlOrchestras) -> None:
    assert store.known() == {XO.name}
    store.record_version(version()._replace(name="other"))
    store.record_round("other", START, None)
    assert store.states() == ()


def test_all_of_it_goes_with_the_source_and_a_hosts_part_with_the_host(
    store: SqlOrchestras, database: Database
) -> None:
    fleet = SqlFleet(database)
    store.record_version(version())
    store.record_updates(XO.name, [misses("a", XEN), misses("b", XEN)])
    fleet.record([answered(XO, pool("p", host("b"), when=at(1)))], at(1))
    assert [each.host for each in store.missing()] == ["uuid-a", "uuid-b"], "not seen is not gone"
    with database.writing() as connection:
        connection.execute(text("DELETE FROM sightings WHERE uuid = 'uuid-a'"))
    assert [each.host for each in store.missing()] == ["uuid-b"]
    fleet.keep_only([Source(XO.name, SourceKind.TARGET), LAB], at(2))
    assert (tuple(store.missing()), store.states(), store.known()) == ((), (), frozenset())


def test_a_xen_orchestra_is_one_processes_for_the_time_that_is_given(store: SqlOrchestras) -> None:
    assert store.claim("xo", "one", START, 3600)
    assert not store.claim("xo", "two", at(1) - timedelta(seconds=1), 3600)
    assert not store.claim("xo", "one", at(1) - timedelta(seconds=1), 3600)
    assert store.claim("other", "two", START, 3600)
    assert store.claim("xo", "two", at(1), 3600)


@pytest.mark.parametrize("damage", ["why = 'x'", "missing = 'x'", "missing = '[[1,2]]'", "missing = '[[]]'"])
def test_what_nobody_wrote_is_damage(store: SqlOrchestras, database: Database, damage: str) -> None:
    store.record_updates(XO.name, [misses("a", XEN)])
    with database.writing() as connection:
        connection.execute(text(f"UPDATE missing_updates SET {damage}"))
    with pytest.raises(UnavailableError):
        list(store.missing())


def test_of_ten_thousand_hosts_equal_lists_are_read_once(sqlite: Database) -> None:
    """They are written as they are asked, some at a time, and read by pages: only the distinct lists are many."""
    hosts, lists = 10_000, 10
    fleet, store = SqlFleet(sqlite), SqlOrchestras(sqlite)
    fleet.record([answered(XO, pool("p", *(host(f"h{number:05}") for number in range(hosts))))], START)
    offered = [
        tuple(MissingUpdate(f"package-{number}", f"1.{which}-{number}.xcpng8.3", None) for number in range(30))
        for which in range(lists)
    ]

    def chunks() -> Iterator[list[MissingUpdates]]:
        for begin in range(0, hosts, 64):
            yield [misses(f"h{n:05}", *offered[n % lists]) for n in range(begin, min(begin + 64, hosts))]

    for chunk in chunks():
        store.record_updates(XO.name, chunk)
    tracemalloc.start()
    try:
        count = sum(len(each.missing) for each in store.missing())
        streamed = tracemalloc.get_traced_memory()[1]
        whole = list(store.missing())
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert (count, len({id(each.missing) for each in whole})) == (30 * hosts, lists)
    assert hosts > PAGE
    assert streamed < 8 << 20
    assert kept < 8 << 20
