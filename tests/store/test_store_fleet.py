"""The fleet on both databases: what is recorded is what is read."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, event, func, select

from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind, SourceState, WatchedHost
from bot.store.database import Database
from bot.store.fleet import SqlFleet
from bot.store.tables import mixed_pools, sightings
from bot.xapi.observation import NEVER_SYNCED, Pool, Power, Software
from tests.fleet.book import Book, stamped, sweeps
from tests.fleet.fleets import LAB, PROD, START, XO, answered, at, bare, failed, host, pool


def _count(database: Database, table: Table) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_was_recorded_is_read_again_to_the_last_field(database: Database) -> None:
    fleet = SqlFleet(database)
    full = host("a", licence_expires=at(1), pending_updates=3, up_to_date=False, enabled=None)
    full = full._replace(is_preview=True, power=Power.RUNNING)
    fleet.record([answered(LAB, pool("p", full))], START)
    assert fleet.hosts() == (
        WatchedHost(full, Pool("uuid-p", "p", "uuid-a"), ("lab",), START, unreachable_since=None, mixed_since=None),
    )
    assert fleet.sources() == (SourceState("lab", SourceKind.TARGET, START, START, 0, None, None, None),)


def test_changes_are_stored_the_newest_first(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("p", host("a", "8.2.1")))], START)
    found = fleet.record([answered(LAB, pool("p", host("a", when_version := "8.3.0"), when=at(1)))], at(1))
    assert found == (
        Change(at(1), ChangeKind.UPGRADED, "lab", "uuid-a", "a", "p", "XCP-ng 8.2.1", f"XCP-ng {when_version}"),
    )
    assert [change.kind for change in fleet.changes(START)] == [ChangeKind.UPGRADED, ChangeKind.JOINED]
    assert fleet.changes(at(1)) == found


def test_a_source_that_fails_keeps_its_hosts_and_counts(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("p", host("a")))], START)
    for hour in (1, 2):
        fleet.record([failed(LAB, when=at(hour))], at(hour))
    (state,) = fleet.sources()
    assert (state.failures, state.unreachable_since, state.ok_at, state.error_code) == (2, at(1), START, "timeout")
    (watched,) = fleet.hosts()
    assert (watched.host, watched.unreachable_since, watched.observed_at) == (host("a"), at(1), START)


def test_sources_that_do_not_answer_and_those_that_ever_did(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("p", host("a"))), failed(XO), answered(PROD, pool("q", host("b")))], START)
    assert [state.name for state in fleet.failing()] == ["xo"]
    assert fleet.heard() == {"lab", "prod"}
    fleet.record([failed(LAB, when=at(1)), failed(XO, when=at(1))], at(1))
    assert fleet.failing() == tuple(state for state in fleet.sources() if state.name != "prod")
    assert fleet.heard() == {"lab", "prod"}


def test_a_host_that_two_sources_see_is_one_host(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(XO, pool("p", bare("a"))), answered(LAB, pool("p", host("a"), when=at(0.1)))], START)
    (watched,) = fleet.hosts()
    assert (watched.host, watched.sources) == (host("a"), ("lab", "xo"))
    fleet.record([failed(LAB, when=at(1))], at(1))
    (watched,) = fleet.hosts()
    assert (watched.sources, watched.is_reachable) == (("lab", "xo"), True)


def test_what_has_left_leaves_nothing_behind(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("p", host("a"), host("b", "8.2.1")))], START)
    assert _count(database, mixed_pools) == 1
    fleet.record([answered(LAB, pool("q", host("c")))], at(1))
    assert [watched.host.name for watched in fleet.hosts()] == ["c"]
    assert (_count(database, mixed_pools), _count(database, sightings)) == (0, 1)


def test_a_source_that_is_not_configured_any_more_is_forgotten_with_what_only_it_saw(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("p", host("a"), host("b"))), answered(XO, pool("p", bare("a")))], START)
    fleet.record([answered(PROD, pool("q", host("c")))], START)
    assert fleet.keep_only([LAB, PROD, XO], at(1)) == ()
    gone = fleet.keep_only([PROD, XO], at(2))
    assert {(change.kind, change.source, change.host) for change in gone} == {
        (ChangeKind.REMOVED, "lab", "b"),
        (ChangeKind.REMOVED, "lab", None),
    }
    assert [(watched.host.name, watched.sources) for watched in fleet.hosts()] == [("a", ("xo",)), ("c", ("prod",))]
    assert [state.name for state in fleet.sources()] == ["prod", "xo"]


def test_a_name_that_is_now_of_the_other_kind_is_another_source(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("p", host("a")))], START)
    fleet.keep_only([Source("lab", SourceKind.XEN_ORCHESTRA)], at(1))
    assert not fleet.hosts()
    assert not fleet.sources()


def test_hosts_come_by_pool_and_name(database: Database) -> None:
    fleet = SqlFleet(database)
    fleet.record([answered(LAB, pool("Zoo", host("b"), host("A"))), answered(PROD, pool("ape", host("c")))], START)
    assert [watched.host.name for watched in fleet.hosts()] == ["c", "A", "b"]


def test_text_that_a_database_cannot_hold_is_held_nearly(database: Database) -> None:
    fleet = SqlFleet(database)
    for hour in range(2):
        fleet.record([answered(LAB, pool("p\0", host("a\0b\ud800", pending_updates=2**40)))], at(hour))
    (watched,) = fleet.hosts()
    assert (watched.host.name, watched.pool.name) == ("a\ufffdb?", "p\ufffd")
    assert watched.host.pending_updates == 2**31 - 1


def test_the_number_of_statements_does_not_depend_on_the_number_of_hosts(database: Database) -> None:
    fleet, statements = SqlFleet(database), list[str]()
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for size in (1, 40):
        statements.clear()
        sources = [Source(f"s{size}-{n}", SourceKind.TARGET) for n in range(size)]
        hosts = [host(f"{source.name}-{n}") for source in sources for n in range(size)]
        fleet.record(
            [answered(s, pool(s.name, *hosts[i * size : (i + 1) * size])) for i, s in enumerate(sources)], START
        )
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 13


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(sweeps(), min_size=1, max_size=5),
    st.permutations(range(5)),
    st.sets(st.sampled_from(["lab", "prod", "xo", "xo2"])),
)
def test_a_part_of_the_fleet_is_enough_to_record_what_the_whole_would(
    database: Database, all_sweeps: list[list[PollResult]], hours: list[int], configured: set[str]
) -> None:
    """Whatever the order in which the answers come."""
    fleet, book = SqlFleet(database), Book()
    fleet.keep_only([], START)
    for hour, sweep in zip(hours, all_sweeps, strict=False):
        results = [stamped(result, at(hour)) for result in sweep]
        book.record_late(*results, now=at(9))
        assert sorted(map(repr, fleet.record(results, at(9)))) == sorted(map(repr, book.changes))
    _holds(fleet, book)
    sources = [Source(state.name, state.kind) for state in fleet.sources() if state.name in configured]
    book.forget({state.name for state in fleet.sources()} - configured, at(9))
    assert sorted(map(repr, fleet.keep_only(sources, at(9)))) == sorted(map(repr, book.changes))
    _holds(fleet, book)


def _holds(fleet: SqlFleet, book: Book) -> None:
    found = {watched.host.uuid: watched for watched in fleet.hosts()}
    assert found.keys() == book.hosts.keys()
    for uuid, current in book.hosts.items():
        assert found[uuid] == current.watched(book.stored.mixed.get(current.pool.uuid))
    assert set(fleet.sources()) == set(book.stored.sources.values())


SOFTWARE = Software("4.17.6-9", "26.1.4", "20260512T09:41:00Z", "lp_1, lp_2", None, ("XS82ECU1078", "XS82ECU1086"), "x")
ODD = Software("\0", 'a"b\\', "\u202e\x1b[31m", "<!channel>", "\ud800", ("", "\n", "1, 2", "ä😀"), "null")
_said = st.none() | st.text(st.characters(codec=None), max_size=5)


@pytest.mark.parametrize("software", [SOFTWARE, ODD, Software(), Software(xen=""), None], ids=repr)
def test_what_runs_is_read_again_as_it_was_said_whatever_texts_are_in_it(
    software: Software | None, database: Database
) -> None:
    said = host("a", software=software, updated_at=at(-1), updates_synced_at=NEVER_SYNCED, certificate_expires=at(9))
    fleet = SqlFleet(database)
    for hour in range(2):
        assert not [c for c in fleet.record([answered(LAB, pool("p", said, when=at(hour)))], at(hour)) if hour]
    (watched,) = fleet.hosts()
    assert watched.host == said


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.builds(Software, *[_said] * 5, st.lists(st.text(max_size=5), max_size=3).map(tuple), _said))
def test_any_texts_come_back(database: Database, software: Software) -> None:
    fleet = SqlFleet(database)
    fleet.keep_only([], START)
    fleet.record([answered(LAB, pool("p", host("a", software=software)))], START)
    assert fleet.hosts()[0].host.software == software


def test_hosts_that_say_the_same_share_it_once_they_are_read(database: Database) -> None:
    fleet = SqlFleet(database)
    members = (host(name, software=Software(*SOFTWARE)) for name in "abc")
    fleet.record([answered(LAB, pool("p", *members))], START)
    first, *others = (watched.host.software for watched in fleet.hosts())
    assert all(other is first for other in others)


def test_since_when_a_host_waits_for_a_restart_is_stored_until_it_does_no_longer(database: Database) -> None:
    fleet, since = SqlFleet(database), []
    for hour, waits in enumerate((False, True, True, None, True, False)):
        fleet.record([answered(LAB, pool("p", host("a", reboot_required=waits), when=at(hour)))], at(hour))
        since.append(fleet.hosts()[0].restart_since)
    assert since == [None, at(1), at(1), None, at(4), None]
