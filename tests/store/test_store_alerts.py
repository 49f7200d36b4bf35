"""Alerts on both databases: each is kept with what is queued about it, and once."""

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.alerts.alert import AlertState, Rule
from bot.alerts.ports import AlertAct, AlertAction
from bot.errors import UnavailableError
from bot.store.alerts import SqlAlerts
from bot.store.database import Database
from bot.store.tables import bulletins, outbox
from tests.alerts.fakes import judged
from tests.fleet.fleets import START, at
from tests.store.decisions import POOL, SIMPLE, XCP82, A, B, concern, settle, why_gone

ACK = AlertAct(AlertAction.ACKNOWLEDGE, "U1", at(2))


@pytest.fixture
def book(database: Database) -> SqlAlerts:
    return SqlAlerts(database, SIMPLE)


def _rows(database: Database, *columns: str) -> list[Any]:
    with database.reading() as connection:
        found = connection.execute(select(*(outbox.c[name] for name in columns)).order_by(outbox.c.id)).all()
    return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def _post_all(database: Database) -> None:
    """As if everything that waits had been sent."""
    with database.writing() as connection:
        connection.execute(update(outbox).values(state="sent", done_at=START))
        connection.execute(update(bulletins).where(bulletins.c.ts.is_(None)).values(ts="1.1"))


def test_an_alert_is_read_again_to_the_last_field(book: SqlAlerts) -> None:
    full = concern(A, B, detail="soon")._replace(due=date(2025, 9, 16), threshold_days=30, watched=True)
    (opened,) = book.settle(judged([full], why_gone), START).changed
    assert opened.id == 1
    assert book.open() == (opened,)
    assert (opened.hosts, opened.subject, opened.due, opened.threshold_days) == ((A, B), XCP82, full.due, 30)
    assert (opened.detail, opened.watched, opened.opened_at) == ("soon", True, START)


def test_a_new_alert_is_one_post_and_no_news(book: SqlAlerts, database: Database) -> None:
    settled = book.settle(judged([concern(A), concern(rule=Rule.MAINTENANCE)], why_gone), START)
    assert _rows(database, "kind", "channel", "bulletin", "state") == [("bulletin", "C1", 1, "pending")]
    assert [(n.alert.id, n.alert) for n in settled.notifications] == [(a.id, a) for a in settled.changed]


def test_channels_and_subjects_have_bulletins_of_their_own(book: SqlAlerts, database: Database) -> None:
    book.settle(
        judged([concern(A), concern(A, channel="C2"), concern(A, rule=Rule.MIXED_POOL, subject=POOL)], why_gone), START
    )
    assert _rows(database, "kind", "channel", "bulletin") == [
        ("bulletin", "C1", 1), ("bulletin", "C2", 2), ("bulletin", "C1", 3),
    ]  # fmt: skip


def test_what_is_new_of_a_posted_bulletin_is_an_edit_and_news(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    _post_all(database)
    book.settle(judged([concern(A, B)], why_gone), at(1))
    assert _rows(database, "kind", "bulletin", "payload")[1:] == [
        ("edit", 1, {}),
        ("news", 1, {"alert": 1, "reason": "more_hosts"}),
    ]


def test_a_further_rule_of_a_subject_goes_into_its_bulletin_and_its_thread(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    _post_all(database)
    book.settle(judged([concern(A), concern(A, rule=Rule.SUPPORT)], why_gone), at(1))
    assert _rows(database, "kind", "bulletin", "payload")[1:] == [
        ("edit", 1, {}),
        ("news", 1, {"alert": 2, "reason": "new"}),
    ]


def test_edits_that_wait_are_one_edit(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    _post_all(database)
    book.settle(judged([concern(A, B)], why_gone), at(1))
    book.settle(judged([concern(B)], why_gone), at(2))
    book.act([1], ACK)
    assert _rows(database, "kind") == ["bulletin", "edit", "news"]


def test_an_edit_that_is_being_sent_takes_in_nothing_more(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    _post_all(database)
    book.act([1], ACK)
    with database.writing() as connection:
        connection.execute(update(outbox).where(outbox.c.kind == "edit").values(state="sending"))
    book.settle(judged([concern(B)], why_gone), at(3))
    assert _rows(database, "kind", "state") == [
        ("bulletin", "sent"), ("edit", "sending"), ("edit", "pending"), ("news", "pending"),
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "kinds"), [("pending", ["bulletin"]), ("sending", ["bulletin", "edit"])])
def test_a_post_that_nobody_began_needs_no_edit(
    book: SqlAlerts, database: Database, state: str, kinds: list[str]
) -> None:
    book.settle(judged([concern(A, B)], why_gone), START)
    with database.writing() as connection:
        connection.execute(update(outbox).values(state=state))
    book.settle(judged([concern(A)], why_gone), at(1))
    assert _rows(database, "kind") == kinds


def test_a_resolved_alert_says_why_and_its_bulletin_is_closed(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    _post_all(database)
    assert book.settle(judged([], why_gone), at(1)).resolved == 1
    (resolved,) = book.resolved(at(1))
    assert (resolved.state, resolved.why_resolved) == (AlertState.RESOLVED, "nothing runs XCP-ng 8.2 LTS any more")
    assert (book.open(), book.resolved(at(2)), book.find([1, 99])) == ((), (), (resolved,))
    book.settle(judged([concern(A)], why_gone), at(2))
    assert _rows(database, "kind", "bulletin") == [("bulletin", 1), ("edit", 1), ("news", 1), ("bulletin", 2)]


def test_a_bulletin_stays_open_for_the_alerts_that_are_left(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A), concern(A, rule=Rule.SUPPORT)], why_gone), START)
    book.settle(judged([concern(A)], why_gone), at(1))
    book.settle(judged([concern(A), concern(A, rule=Rule.MAINTENANCE)], why_gone), at(2))
    with database.reading() as connection:
        assert connection.execute(select(bulletins.c.id, bulletins.c.closed_at)).all() == [(1, None)]


def test_nothing_new_queues_nothing(book: SqlAlerts, database: Database) -> None:
    for hour in range(3):
        book.settle(judged([concern(A)], why_gone), at(hour))
    assert _rows(database, "kind") == ["bulletin"]


def test_an_act_is_kept_once_and_edits_the_bulletin(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    _post_all(database)
    (changed,) = book.act([1, 99], ACK)
    assert (changed.state, changed.acknowledged_by, changed.acknowledged_at) == (AlertState.ACKNOWLEDGED, "U1", at(2))
    assert book.open() == (changed,)
    _post_all(database)
    assert book.act([1], ACK) == ()
    assert _rows(database, "kind") == ["bulletin", "edit"]


def test_nothing_is_done_about_an_alert_that_has_ended(book: SqlAlerts) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    book.settle(judged([], why_gone), at(1))
    assert book.act([1], ACK) == ()


def test_an_alert_that_ends_makes_room_for_its_like_in_the_same_settling(database: Database) -> None:
    def swap(concerns, open_alerts, now, why):  # type: ignore[no-untyped-def]  # as Decisions has it
        ended, begun = settle([], open_alerts, now, why), settle(concerns, [], now, why)
        return ended._replace(changed=begun.changed + ended.changed)

    book = SqlAlerts(database, SIMPLE._replace(settle=swap))
    book.settle(judged([concern(A)], why_gone), START)
    book.settle(judged([concern(A)], why_gone), at(1))
    assert [alert.id for alert in book.open()] == [2]
    assert [alert.id for alert in book.resolved(START)] == [1]


def test_what_cannot_be_kept_whole_is_not_kept_at_all(database: Database) -> None:
    def two_of_a_kind(concerns, open_alerts, now, why):  # type: ignore[no-untyped-def]  # as Decisions has it
        settled = settle(concerns, open_alerts, now, why)
        return settled._replace(changed=settled.changed * 2)

    book = SqlAlerts(database, SIMPLE._replace(settle=two_of_a_kind))
    with pytest.raises(UnavailableError):
        book.settle(judged([concern(A)], why_gone), START)
    assert (book.open(), _rows(database, "kind")) == ((), [])


def test_two_that_settle_at_once_open_an_alert_once(book: SqlAlerts, database: Database) -> None:
    ready = threading.Barrier(4)

    def run() -> None:
        ready.wait(10)
        book.settle(judged([concern(A), concern(B, channel="C2")], why_gone), START)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [alert.channel for alert in book.open()] == ["C1", "C2"]
    assert _rows(database, "kind") == ["bulletin", "bulletin"]


def test_the_number_of_an_alert_never_comes_twice(book: SqlAlerts, database: Database) -> None:
    book.settle(judged([concern(A)], why_gone), START)
    with database.writing() as connection:
        for table in ("outbox", "alerts", "bulletins"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    book.settle(judged([concern(A)], why_gone), START)
    assert [alert.id for alert in book.open()] == [2]


def test_alerts_of_a_subject_that_end_together_for_one_reason_are_told_of_once(
    book: SqlAlerts, database: Database
) -> None:
    book.settle(judged([concern(A), concern(A, rule=Rule.SUPPORT)], why_gone), START)
    assert book.settle(judged([], why_gone), at(1)).resolved == 2
    assert _rows(database, "kind") == ["bulletin", "news"]
