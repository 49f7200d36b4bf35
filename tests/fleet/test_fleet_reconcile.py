"""What a sweep's answers change: rules one by one, then whatever sequence of answers there may be."""

from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.hosts import Change, ChangeKind, PollResult, SourceKind
from bot.fleet.reconcile import CurrentHost, forget, version
from bot.xapi.observation import FailureCode
from tests.fleet.book import Book, sweeps
from tests.fleet.fleets import LAB, PROD, START, XO, answered, at, bare, failed, host, pool


def test_a_host_that_is_new_has_joined_and_says_what_it_runs() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"))))
    assert [*book.changes] == [Change(START, ChangeKind.JOINED, "lab", "uuid-a", "a", "p", None, "XCP-ng 8.3.0")]


def test_the_same_answer_again_is_no_change() -> None:
    book = Book()
    for hour in range(2):
        book.record(answered(LAB, pool("p", host("a"), when=at(hour))), when=at(hour))
    assert book.reported == []
    assert book.hosts["uuid-a"].observed_at == at(1)


def test_another_version_is_an_upgrade_but_another_build_or_none_given_is_not() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a", "8.2.1"))))
    book.record(answered(LAB, pool("p", host("a", "8.2.1", "b2"))))
    assert book.reported == []
    book.record(answered(LAB, pool("p", host("a", None))))
    assert book.reported == []
    book.record(answered(LAB, pool("p", host("a", "8.3.0"))))
    book.record(answered(LAB, pool("p", host("a", "8.2.1"))))
    (change,) = book.changes
    assert (change.kind, change.before, change.after) == (ChangeKind.UPGRADED, "XCP-ng 8.3.0", "XCP-ng 8.2.1")


def test_a_host_that_its_target_does_not_list_has_left_even_if_a_xen_orchestra_has_it() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"), host("b"))), answered(XO, pool("p", bare("a"), bare("b"))))
    book.record(answered(LAB, pool("p", host("a"))), answered(XO, pool("p", bare("a"), bare("b"))))
    assert (book.names, book.reported) == (["a"], [(ChangeKind.LEFT, "b")])
    book.record(answered(XO, pool("p", bare("a"), bare("b"))))
    assert (book.names, book.reported) == (["a"], [])


def test_while_its_target_is_away_a_xen_orchestra_may_add_to_a_pool() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"))))
    book.record(failed(LAB))
    book.record(answered(XO, pool("p", bare("a"), bare("b"))))
    assert (book.names, book.reported) == (["a", "b"], [(ChangeKind.JOINED, "b")])


def test_a_host_that_a_xen_orchestra_lost_is_not_seen_and_nothing_more() -> None:
    book = Book()
    book.record(answered(XO, pool("p", bare("a"), bare("b"))))
    book.record(answered(XO, pool("p", bare("a"))), when=at(1))
    book.record(answered(XO), when=at(2))
    assert (book.names, book.reported) == (["a", "b"], [])
    assert [book.stored.sightings["xo", uuid].missing_since for uuid in ("uuid-a", "uuid-b")] == [at(2), at(1)]
    book.record(answered(XO, pool("p", bare("a"), bare("b"))), when=at(3))
    assert {sighting.missing_since for sighting in book.stored.sightings.values()} == {None}


def test_a_target_that_answers_for_another_pool_takes_its_old_hosts_with_it() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"), host("b"))), answered(XO, pool("p", bare("b"))))
    book.record(answered(LAB, pool("q", host("c"))))
    assert book.names == ["b", "c"]
    assert book.reported == [(ChangeKind.JOINED, "c"), (ChangeKind.LEFT, "a")]
    assert list(book.stored.sightings) == [("xo", "uuid-b"), ("lab", "uuid-c")]


def test_a_host_that_moves_to_the_pool_of_another_target_joins_there_and_is_not_lost() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"), host("b"))), answered(PROD, pool("q", host("c"))))
    book.record(answered(LAB, pool("p", host("a"))), answered(PROD, pool("q", host("c"), host("b"))))
    (change,) = book.changes
    assert change == Change(START, ChangeKind.JOINED, "prod", "uuid-b", "b", "q", "p", "q")
    assert set(book.stored.sightings) == {("lab", "uuid-a"), ("prod", "uuid-b"), ("prod", "uuid-c")}


def test_the_last_host_takes_its_pool_with_it() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"))))
    book.record(answered(LAB, pool("q", host("a"))))
    assert [current.pool.uuid for current in book.hosts.values()] == ["uuid-q"]


def test_a_pool_without_hosts_is_a_mistake_that_empties_nothing() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"))))
    book.record(answered(LAB, pool("p")))
    assert (book.names, book.reported) == (["a"], [])


def test_a_source_that_fails_is_reported_once_and_its_hosts_stay() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"))))
    book.record(failed(LAB), when=at(1))
    assert [*book.changes] == [Change(at(1), ChangeKind.UNREACHABLE, "lab", before=None, after="timeout")]
    book.record(failed(LAB, FailureCode.UNREACHABLE), when=at(2))
    assert book.reported == []
    state = book.stored.sources["lab"]
    assert (state.failures, state.unreachable_since, state.ok_at) == (2, at(1), START)
    assert book.stored.sightings["lab", "uuid-a"].missing_since == at(1)
    book.record(answered(LAB, pool("p", host("a"))), when=at(3))
    assert [*book.changes] == [Change(at(3), ChangeKind.REACHABLE, "lab", before="unreachable", after=None)]
    assert (book.names, book.stored.sources["lab"].failures) == (["a"], 0)


def test_what_xapi_says_stands_whichever_comes_first() -> None:
    answers = [answered(LAB, pool("p", host("a"))), answered(XO, pool("p", bare("a", address="198.51.100.9")))]
    for order in (answers, answers[::-1]):
        together, apart = Book(), Book()
        together.record(*order)
        for one in order:
            apart.record(one)
        assert together.host("a") == apart.host("a") == host("a")


def test_a_xen_orchestra_fills_in_what_xapi_does_not_say() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a"))), answered(XO, pool("p", bare("a", pending_updates=4))))
    assert book.host("a") == host("a", pending_updates=4)
    book.record(answered(LAB, pool("p", host("a"))))
    assert book.host("a") == host("a", pending_updates=4)


def test_a_xen_orchestra_alone_leaves_what_it_does_not_have_unless_the_version_is_another() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a", "8.2.1"))))
    book.record(failed(LAB), answered(XO, pool("p", bare("a", "8.2.1"))))
    assert book.host("a") == host("a", "8.2.1")
    book.record(answered(XO, pool("p", bare("a", "8.3.0"))))
    found = book.host("a")
    assert (found.product_version, found.build, found.platform_version, found.edition) == (
        "8.3.0",
        None,
        None,
        "xcp-ng",
    )


def test_a_pool_is_mixed_from_its_first_difference_to_its_last() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a", "8.2.1"), host("b", "8.2.1"))))
    book.record(answered(LAB, pool("p", host("a", "8.3.0"), host("b", "8.2.1"))), when=at(1))
    mixed = book.changes[-1]
    assert (mixed.kind, mixed.pool, mixed.after) == (ChangeKind.POOL_MIXED, "p", "XCP-ng 8.2.1, XCP-ng 8.3.0")
    book.record(answered(LAB, pool("p", host("a", "8.3.0"), host("b", "8.2.1"))), when=at(2))
    assert book.stored.mixed["uuid-p"] == at(1)
    book.record(failed(LAB), when=at(3))
    assert book.stored.mixed["uuid-p"] == at(1)
    book.record(answered(LAB, pool("p", host("a", "8.3.0"))), when=at(4))
    assert book.reported[-1] == (ChangeKind.POOL_UNIFORM, None)
    assert "uuid-p" not in book.stored.mixed


def test_a_version_that_is_known_at_last_makes_a_pool_uniform() -> None:
    book = Book()
    book.record(answered(LAB, pool("r", host("a"))), answered(XO, pool("p", bare("c"), host("e", None))))
    assert "uuid-p" in book.stored.mixed
    book.record(answered(XO, pool("p", bare("c")), pool("r", bare("a"), bare("e"))))
    assert "uuid-p" not in book.stored.mixed


def test_a_source_that_is_forgotten_takes_along_what_only_it_saw() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a", "8.2.1"), host("b"))), answered(XO, pool("p", bare("b"))))
    only_lab = book.stored._replace(sources={"lab": book.stored.sources["lab"]})
    found = forget(only_lab, at(1))
    assert (found.sources_gone, found.sightings_gone) == (("lab",), (("lab", "uuid-a"), ("lab", "uuid-b")))
    assert [(c.kind, c.host) for c in found.changes] == [
        (ChangeKind.REMOVED, "a"),
        (ChangeKind.REMOVED, None),
        (ChangeKind.POOL_UNIFORM, None),
    ]


@given(st.lists(sweeps(), max_size=8))
def test_whatever_is_answered_what_is_stored_is_consistent(all_sweeps: list[list[PollResult]]) -> None:
    book = Book()
    for number, sweep in enumerate(all_sweeps):
        before = book.hosts
        book.record(*sweep, when=at(number))
        hosts, stored = book.hosts, book.stored
        assert hosts.keys() <= {uuid for _, uuid in stored.sightings}
        assert {source for source, _ in stored.sightings} <= stored.sources.keys()
        members = {pool: {version(h.host) for h in hosts.values() if h.pool.uuid == pool} for pool in _pools(hosts)}
        assert stored.mixed.keys() == {pool for pool, versions in members.items() if len(versions) > 1}
        if all(one.failure for one in sweep):
            assert {uuid: found[:3] for uuid, found in hosts.items()} == {u: found[:3] for u, found in before.items()}
        _as_counted(book, before)


def _pools(hosts: dict[str, CurrentHost]) -> set[str]:
    return {current.pool.uuid for current in hosts.values()}


def _as_counted(book: Book, before: dict[str, CurrentHost]) -> None:
    """Every host that is new or gone was reported, however it moved in between."""
    joined = {c.uuid for c in book.changes if c.kind is ChangeKind.JOINED}
    left = {c.uuid for c in book.changes if c.kind is ChangeKind.LEFT}
    assert book.hosts.keys() - before.keys() == joined - before.keys()
    assert before.keys() - book.hosts.keys() == left


@given(sweeps())
def test_targets_that_agree_with_themselves_change_nothing_the_second_time(sweep: list[PollResult]) -> None:
    book = Book()
    targets = [one for one in sweep if one.source.kind is SourceKind.TARGET][:1]
    for _ in range(2):
        book.record(*targets)
    assert book.reported == []
