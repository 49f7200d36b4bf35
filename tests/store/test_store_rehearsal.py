"""What is only tried: it is read where it was written, by nobody else, and gone at the end; others wait for it."""

import threading

import pytest
from sqlalchemy import select
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.store.database import Database
from bot.store.store import Store, open_store
from bot.store.tables import metadata
from tests.alerts.fakes import settle
from tests.fleet.fakes import answered, host, target
from tests.fleet.fleets import START, at
from tests.store.conditions import A, condition


@pytest.fixture
def store(database: Database, log: FilteringBoundLogger) -> Store:
    return open_store(database.url.render_as_string(hide_password=False), log, lambda: START)


def _all(store: Store) -> dict[str, list[object]]:
    with store.database.reading() as connection:
        return {t.name: [*connection.execute(select(t)).mappings()] for t in metadata.sorted_tables}


def test_what_is_tried_is_read_within_and_nowhere_else_and_is_gone_afterwards(store: Store) -> None:
    settle(store.alerts, [condition(A)], START)
    before = _all(store)
    with store.rehearsing() as tried:
        tried.fleet.record([answered(target("lab-a"), START, host("xen-1"))], START)
        settle(tried.alerts, [condition(A, channel="C2")], at(1))
        assert [seen.host.name for seen in tried.fleet.hosts()] == ["xen-1"]
        assert [alert.channel for alert in tried.alerts.open()] == ["C2"]
        assert {state.channel: state.pending for state in tried.outbox.states()} == {"C1": 2, "C2": 1}
        assert _all(store) == before
    assert _all(store) == before
    store.close()


def test_what_fails_within_leaves_nothing_either(store: Store) -> None:
    before = _all(store)

    def fail() -> None:
        with store.rehearsing() as tried:
            settle(tried.alerts, [condition(A)], START)
            raise UnavailableError("no")

    with pytest.raises(UnavailableError):
        fail()
    assert _all(store) == before
    store.close()


def test_an_evaluation_meanwhile_waits_and_then_counts(store: Store) -> None:
    tries, done = threading.Event(), threading.Event()

    def evaluate() -> None:
        assert tries.wait(10)
        settle(store.alerts, [condition(A)], START)
        done.set()

    other = threading.Thread(target=evaluate)
    other.start()
    with store.rehearsing() as tried:
        settle(tried.alerts, [condition(A, channel="C2")], at(1))
        tries.set()
        assert [alert.channel for alert in tried.alerts.open()] == ["C2"]
    assert done.wait(10)
    other.join(10)
    assert [alert.channel for alert in store.alerts.open()] == ["C1"]
    store.close()
