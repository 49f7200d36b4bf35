"""Answers may arrive in any order: the newest one of each source counts, and nothing goes back."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.hosts import ChangeKind, PollResult, SourceKind
from bot.fleet.reconcile import AHEAD, CurrentHost
from bot.xapi.observation import Host, Pool
from tests.fleet.book import Book, answers, stamped
from tests.fleet.fleets import LAB, PROD, START, XO, answered, at, bare, failed, host, pool

LATER = at(100)
MINUTE = timedelta(minutes=1)


@st.composite
def histories(draw: st.DrawFn) -> list[PollResult]:
    """Results of different moments, in the order of those."""
    given = draw(st.lists(answers(), min_size=1, max_size=7))
    return [stamped(result, at(number)) for number, result in enumerate(given)]


def _recorded(results: list[PollResult]) -> Book:
    book = Book()
    for result in results:
        book.record_late(result, now=LATER)
    return book


def _facts(current: CurrentHost) -> tuple[Host, Pool, object]:
    return current.host, current.pool, current.observed_at


def _sources(book: Book) -> dict[str, object]:
    """How sources do; of failures before and after an answer that came late no more than the last one is known."""
    states = book.stored.sources.values()
    return {s.name: (s.tried_at, s.ok_at, s.error_code, s.unreachable_since is None, s.failures > 0) for s in states}


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_what_targets_answer_ends_in_the_same_fleet(history: list[PollResult], random: Random) -> None:
    results = [result for result in history if result.source.kind is SourceKind.TARGET]
    shuffled = [*results]
    random.shuffle(shuffled)
    one, other = _recorded(results), _recorded(shuffled)
    assert other.hosts.keys() == one.hosts.keys()
    assert {uuid: _facts(found) for uuid, found in other.hosts.items()} == {u: _facts(f) for u, f in one.hosts.items()}
    assert {key: s[:5] for key, s in other.stored.sightings.items()} == {
        k: s[:5] for k, s in one.stored.sightings.items()
    }
    assert other.stored.mixed.keys() == one.stored.mixed.keys()
    assert _sources(other) == _sources(one)


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_ends_in_the_same_fleet_but_for_what_a_xen_orchestra_lost(
    history: list[PollResult], random: Random
) -> None:
    shuffled = [*history]
    random.shuffle(shuffled)
    one, other = _recorded(history), _recorded(shuffled)
    assert _listed(other) == _listed(one)
    assert _sources(other) == _sources(one)


def _listed(book: Book) -> dict[str, tuple[Host, Pool, object]]:
    """Hosts that the newest answer of some source has."""
    found = book.hosts.items()
    return {uuid: _facts(current) for uuid, current in found if not all(s.is_lost for s in current.sightings)}


@given(histories(), st.randoms(use_true_random=False))
def test_no_upgrade_is_of_an_earlier_moment_than_the_one_before(history: list[PollResult], random: Random) -> None:
    random.shuffle(history)
    book = Book()
    for result in history:
        before = book.hosts
        book.record_late(result, now=LATER)
        for change in (c for c in book.changes if c.kind is ChangeKind.UPGRADED):
            assert change.uuid
            assert change.at == book.hosts[change.uuid].observed_at >= before[change.uuid].observed_at


@given(histories())
def test_results_of_one_chunk_are_taken_in_the_order_of_their_moments(history: list[PollResult]) -> None:
    together, apart = Book(), _recorded(history)
    together.record_late(*reversed(history), now=LATER)
    assert together.stored[:2] == apart.stored[:2]
    assert together.stored.mixed.keys() == apart.stored.mixed.keys()


def test_an_older_answer_does_not_put_a_host_back() -> None:
    book = Book()
    book.record_late(answered(LAB, pool("p", host("a", "8.3.0"), when=at(2))), now=at(2))
    book.record_late(answered(LAB, pool("p", host("a", "8.2.1"), when=at(1))), now=at(3))
    assert (book.host("a").product_version, book.changes) == ("8.3.0", ())
    assert book.hosts["uuid-a"].observed_at == at(2)


def test_an_older_failure_does_not_make_a_source_unreachable_that_has_answered_since() -> None:
    book = Book()
    book.record_late(answered(LAB, pool("p", host("a"), when=at(2))), now=at(2))
    book.record_late(failed(LAB, when=at(1)), now=at(3))
    assert book.changes == ()
    assert book.stored.sources["lab"].unreachable_since is None
    assert book.stored.sightings["lab", "uuid-a"].missing_since is None


def test_an_answer_between_two_failures_leaves_a_source_unreachable_since_the_second() -> None:
    book = Book()
    for result in (failed(LAB, when=at(1)), failed(LAB, when=at(3)), answered(LAB, pool("p", host("a"), when=at(2)))):
        book.record_late(result, now=at(4))
    state = book.stored.sources["lab"]
    assert (state.ok_at, state.failures, state.unreachable_since) == (at(2), 1, at(3))
    assert book.stored.sightings["lab", "uuid-a"].missing_since == at(3)


def test_a_host_that_only_an_older_answer_has_does_not_come_back_and_one_that_it_lacks_does_not_leave() -> None:
    book = Book()
    book.record_late(answered(LAB, pool("p", host("a"), host("b"), when=at(2))), now=at(2))
    book.record_late(answered(LAB, pool("p", host("a"), host("c"), when=at(1))), now=at(3))
    assert (book.names, book.changes) == (["a", "b"], ())
    book.record_late(
        answered(PROD, pool("p", host("a"), host("c"), when=at(1))), now=at(3)
    )  # the same pool's other name
    assert (book.names, book.changes) == (["a", "b"], ())


def test_a_version_that_a_xen_orchestra_saw_later_is_not_put_back_by_the_hosts_older_answer() -> None:
    book = Book()
    book.record_late(answered(XO, pool("p", bare("a", "8.3.0"), when=at(2))), now=at(2))
    book.record_late(answered(LAB, pool("p", host("a", "8.2.1"), when=at(1))), now=at(3))
    assert book.host("a").product_version == "8.3.0"
    assert [kind for kind, _ in book.reported] == []


def test_an_observation_of_a_clock_that_was_ahead_is_replaced_by_any_answer_of_now() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a", "8.3.0"), host("b"))), when=at(9999))  # when the machine's clock was
    book.record(answered(PROD, pool("p", host("a", "8.2.1"))), when=at(1))
    assert book.names == ["a"]
    book.record(answered(LAB, pool("p", host("a", "8.2.1"))), when=at(2))
    state = book.stored.sources["lab"]
    assert (book.host("a").product_version, state.ok_at, book.hosts["uuid-a"].observed_at) == ("8.2.1", at(2), at(2))
    book.record(failed(LAB), when=at(3))
    assert book.stored.sources["lab"].unreachable_since == at(3)


def test_an_answer_that_says_it_is_of_the_future_is_of_now() -> None:
    book = Book()
    book.record_late(answered(LAB, pool("p", host("a"), when=at(50))), now=START)
    assert book.hosts["uuid-a"].observed_at == book.stored.sources["lab"].ok_at == START
    ahead = START + AHEAD - MINUTE  # as clocks differ
    book.record_late(answered(LAB, pool("p", host("a"), when=ahead)), now=START)
    assert book.hosts["uuid-a"].observed_at == ahead
