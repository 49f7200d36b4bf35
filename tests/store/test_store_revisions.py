"""Pages of the published list on both databases: stored in their order, accepted, notified once."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.published.page import PageProblem
from bot.published.revisions import FetchAttempts, Revisions
from bot.store.database import Database
from bot.store.revisions import SqlRevisions
from bot.store.tables import outbox
from tests.fleet.fleets import START, at
from tests.store.pages import ADDED, LIST, finding

OTHER = "/srv/list.md"
PROBLEM = PageProblem(7, "the sign is unknown")
NEWS: dict[str, Any] = {"version": 1}


@pytest.fixture
def revisions(database: Database) -> Revisions:
    return SqlRevisions(database)


def test_nothing_is_stored_at_first(revisions: Revisions) -> None:
    assert (revisions.latest(LIST), revisions.in_use(), revisions.attempts(LIST)) == (None, None, None)


def test_a_page_is_stored_as_it_came(revisions: Revisions) -> None:
    found = finding()
    stored = revisions.save(found, START)
    assert (stored.revision, stored.etag, stored.changes, stored.problems) == (found.revision, '"tag"', (ADDED,), ())
    assert (stored.fetched_at, stored.accepted_at, stored.told_at) == (START, START, None)
    assert revisions.latest(LIST) == revisions.in_use() == stored
    assert revisions.latest(OTHER) is None


def test_a_page_with_problems_leaves_the_one_in_use_as_it_was(revisions: Revisions) -> None:
    good = revisions.save(finding("a1"), START)
    bad = revisions.save(finding("b2", problems=(PROBLEM,)), at(24))
    assert (revisions.latest(LIST), revisions.in_use()) == (bad, good)
    assert (bad.accepted_at, bad.problems) == (None, (PROBLEM,))


def test_the_same_page_again_is_the_same(revisions: Revisions) -> None:
    first = revisions.save(finding(), START)
    assert revisions.save(finding(), at(24)) == first


def test_a_page_that_comes_back_is_a_page_of_its_own(revisions: Revisions) -> None:
    numbers = [revisions.save(finding(digest), at(n)).id for n, digest in enumerate(("a1", "b2", "a1"))]
    assert numbers == [1, 2, 3]
    in_use = revisions.in_use()
    assert in_use
    assert in_use.id == 3


def test_a_page_that_was_refused_can_be_accepted_and_is_notified_anew(revisions: Revisions) -> None:
    refused = revisions.save(finding(problems=(PROBLEM,)), START)
    assert revisions.queue_news(refused, "C1", NEWS, START)
    accepted = revisions.save(finding(), at(1))
    assert (accepted.id, accepted.accepted_at, accepted.problems, accepted.told_at) == (refused.id, at(1), (), None)


def test_each_page_is_notified_once(revisions: Revisions, database: Database) -> None:
    stored = revisions.save(finding(), START)
    queued = [revisions.queue_news(stored, "C1", NEWS, moment) for moment in (START, at(1))]
    assert queued == [True, False]
    with database.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.kind, outbox.c.payload)).all()
    assert [tuple(row) for row in rows] == [("C1", "list", NEWS)]


def test_failures_are_stored_until_the_source_answers(revisions: Revisions) -> None:
    revisions.fetched(LIST, START)
    revisions.failed(LIST, "does not answer", True, at(24))
    assert revisions.failed(LIST, "is no text", False, at(48)) == FetchAttempts(at(48), START, at(24), "is no text")
    revisions.fetched(LIST, at(72))
    assert revisions.attempts(LIST) == FetchAttempts(at(72), at(72))


def test_a_failure_is_notified_once_until_the_source_answers(revisions: Revisions) -> None:
    queued = []
    for day in range(2):
        revisions.failed(LIST, "does not answer", True, at(24 * day))
        queued.append(revisions.queue_failure(LIST, "C1", NEWS, at(24 * day)))
    revisions.fetched(LIST, at(48))
    queued.append(revisions.queue_failure(LIST, "C1", NEWS, at(48)))
    revisions.failed(LIST, "does not answer", True, at(72))
    queued.append(revisions.queue_failure(LIST, "C1", NEWS, at(72)))
    assert queued == [True, False, False, True]
