"""Since when a host waits for a restart: by what it says of itself, and by who said so first, whatever comes late."""

from datetime import datetime, timedelta
from itertools import takewhile
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.hosts import waits_since
from tests.fleet.book import Book
from tests.fleet.fleets import LAB, START, XO, answered, at, failed, host, pool

LATER = at(100)
SAID = st.lists(st.sampled_from([True, True, False, None]), min_size=1, max_size=8)


def _since(book: Book) -> datetime | None:
    return book.hosts["uuid-a"].watched(None).restart_since


def _take(book: Book, waits: bool | None, hour: float, **more: Any) -> None:
    result = answered(LAB, pool("p", host("a", reboot_required=waits, **more), when=at(hour)))
    book.record_late(result, now=LATER)


@given(SAID)
def test_it_waits_since_the_first_answer_after_which_all_said_so(said: list[bool | None]) -> None:
    book = Book()
    for hour, waits in enumerate(said):
        _take(book, waits, hour)
    run = len([*takewhile(bool, reversed(said))])
    assert _since(book) == (at(len(said) - run) if run else None)


@given(SAID, st.randoms(use_true_random=False))
def test_in_any_order_the_newest_answer_says_whether_and_an_answer_that_said_so_since_when(
    said: list[bool | None], random: Random
) -> None:
    book, hours = Book(), [*enumerate(said)]
    random.shuffle(hours)
    for hour, waits in hours:
        _take(book, waits, hour)
    since = _since(book)
    assert (since is not None) == bool(said[-1])
    assert since is None or since in {at(hour) for hour, waits in hours if waits}


@pytest.mark.parametrize(
    ("booted", "updated", "since"),
    [(-50, -20, -20), (-50, None, 0), (None, -20, 0), (-50, -60, 0), (-50, 7, 0)],
)
def test_a_host_that_says_when_it_was_updated_has_waited_since_then(
    booted: float | None, updated: float | None, since: float
) -> None:
    book = Book()
    moments = {"booted_at": booted, "updated_at": updated}
    said = {field: None if hours is None else at(hours) for field, hours in moments.items()}
    for hour in range(3):
        _take(book, True, hour, **said)
        assert _since(book) == at(since)


def test_a_restart_between_two_answers_begins_a_new_wait() -> None:
    book = Book()
    _take(book, True, 0, booted_at=at(-50), updated_at=at(-20))
    _take(book, True, 6, booted_at=at(2), updated_at=at(4))
    assert _since(book) == at(4)
    _take(book, True, 8, booted_at=at(7), updated_at=None)
    assert _since(book) == at(8)


def test_later_updates_do_not_make_the_wait_shorter() -> None:
    book = Book()
    for hour, updated in enumerate((-20, -20, 1.5)):
        _take(book, True, hour, booted_at=at(-50), updated_at=at(updated))
    assert _since(book) == at(-20)


def test_a_host_that_does_not_answer_waits_on() -> None:
    book = Book()
    _take(book, True, 0)
    book.record(failed(LAB), when=at(1))
    assert _since(book) == START
    _take(book, True, 2)
    assert _since(book) == START


def test_of_two_sources_the_first_to_say_so_counts_while_the_hosts_own_word_is_that_it_waits() -> None:
    book = Book()
    book.record(answered(XO, pool("p", host("a", reboot_required=True))), when=at(0))
    _take(book, True, 1)
    assert _since(book) == at(0)
    _take(book, False, 2)
    assert _since(book) is None


def test_a_clock_that_was_ahead_does_not_make_it_wait_in_the_future() -> None:
    book = Book()
    book.record(answered(LAB, pool("p", host("a", reboot_required=True))), when=at(9999))
    book.record(answered(LAB, pool("p", host("a", reboot_required=True))), when=at(2))
    since = _since(book)
    assert since is not None
    assert since <= at(2)


@pytest.mark.parametrize("waits", [False, None])
def test_a_host_that_waits_for_nothing_has_no_moment(waits: bool | None) -> None:
    said = host("a", reboot_required=waits, booted_at=START, updated_at=START + timedelta(days=1))
    assert waits_since(said) is None
    assert waits_since(said._replace(reboot_required=True)) == START + timedelta(days=1)
