"""Alerts on both databases: each is stored with what is queued about it, and once."""

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.alerts.alert import AlertState, Detail, NotifyReason, Rule, notification_from_data
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.state_machine import reconcile
from bot.errors import UnavailableError
from bot.store.alerts import SqlAlerts
from bot.store.database import Database
from bot.store.tables import bulletins, outbox
from tests.alerts.fakes import settle
from tests.fleet.fleets import START, at
from tests.store.conditions import POOL, XCP82, A, B, condition, why_gone

SOON = Detail("no_answer", {"since": "2025-06-20T08:00Z", "error": "It\u00b4s down."})
WHAT = ("kind", "bulletin", "payload")
ACK = AlertAct(AlertAction.ACKNOWLEDGE, "U1", at(2))


@pytest.fixture
def book(database: Database) -> SqlAlerts:
    return SqlAlerts(database)


def _rows(database: Database, *columns: str) -> list[Any]:
    with database.reading() as connection:
        found = connection.execute(select(*(outbox.c[name] for name in columns)).order_by(outbox.c.id)).all()
    return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def _about(payload: Mapping[str, Any]) -> tuple[int, str] | None:
    """The alert that an update is about, and its reason."""
    return (payload["alert"]["id"], payload["reason"]) if payload else None


def _post_all(database: Database) -> None:
    """As if everything that waits had been sent."""
    with database.writing() as connection:
        connection.execute(update(outbox).values(state="sent", done_at=START))
        connection.execute(update(bulletins).where(bulletins.c.ts.is_(None)).values(ts="1.1"))


def test_an_alert_is_read_again_to_the_last_field(book: SqlAlerts) -> None:
    full = condition(A, B, detail=SOON)._replace(due=date(2025, 9, 16), threshold_days=30, watched=True)
    (opened,) = settle(book, [full], START, why_gone).changed
    assert opened.id == 1
    assert book.open() == (opened,)
    assert (opened.hosts, opened.subject, opened.due, opened.threshold_days) == ((A, B), XCP82, full.due, 30)
    assert (opened.detail, opened.watched, opened.opened_at) == (SOON, True, START)


def test_a_note_is_stored_and_told_in_the_thread_of_the_message_once(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A), condition(A, rule=Rule.MAINTENANCE)], START, why_gone)
    _post_all(database)
    noted = ACK._replace(note="Waiting for \u201chardware\u201d", by="U2")
    for _ in range(2):
        act_on(book, [1, 2], noted)
    assert {(alert.note, alert.noted_by) for alert in book.open()} == {("Waiting for \u201chardware\u201d", "U2")}
    (data,) = [payload for payload in _rows(database, "payload") if payload]
    told = notification_from_data(data)
    assert (told.reason, told.alert.note, told.alert.reason) == (NotifyReason.NOTE, noted.note, NotifyReason.NEW)


def test_a_new_alert_is_one_post_and_no_news(book: SqlAlerts, database: Database) -> None:
    settled = settle(book, [condition(A), condition(rule=Rule.MAINTENANCE)], START, why_gone)
    assert _rows(database, "kind", "channel", "bulletin", "state") == [("bulletin", "C1", 1, "pending")]
    assert [(n.alert.id, n.alert) for n in settled.notifications] == [(a.id, a) for a in settled.changed]


def test_channels_and_subjects_have_messages_of_their_own(book: SqlAlerts, database: Database) -> None:
    settle(
        book,
        [condition(A), condition(A, channel="C2"), condition(A, rule=Rule.MIXED_POOL, subject=POOL)],
        START,
        why_gone,
    )
    assert _rows(database, "kind", "channel", "bulletin") == [
        ("bulletin", "C1", 1), ("bulletin", "C2", 2), ("bulletin", "C1", 3),
    ]  # fmt: skip


def test_what_is_new_of_a_posted_alert_message_is_an_edit_and_news(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A)], START, why_gone)
    _post_all(database)
    settle(book, [condition(A, B)], at(1), why_gone)
    assert [(kind, message, _about(payload)) for kind, message, payload in _rows(database, *WHAT)][1:] == [
        ("edit", 1, None),
        ("news", 1, (1, "more_hosts")),
    ]


def test_a_further_rule_of_a_subject_goes_into_its_alert_message_and_its_thread(
    book: SqlAlerts, database: Database
) -> None:
    settle(book, [condition(A)], START, why_gone)
    _post_all(database)
    settle(book, [condition(A), condition(A, rule=Rule.SUPPORT)], at(1), why_gone)
    assert [(kind, message, _about(payload)) for kind, message, payload in _rows(database, *WHAT)][1:] == [
        ("edit", 1, None),
        ("news", 1, (2, "new")),
    ]


def test_edits_that_wait_are_one_edit(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A)], START, why_gone)
    _post_all(database)
    settle(book, [condition(A, B)], at(1), why_gone)
    settle(book, [condition(B)], at(2), why_gone)
    act_on(book, [1], ACK)
    assert _rows(database, "kind") == ["bulletin", "edit", "news"]


def test_an_edit_that_is_being_sent_takes_in_nothing_more(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A)], START, why_gone)
    _post_all(database)
    act_on(book, [1], ACK)
    with database.writing() as connection:
        connection.execute(update(outbox).where(outbox.c.kind == "edit").values(state="sending"))
    settle(book, [condition(B)], at(3), why_gone)
    assert _rows(database, "kind", "state") == [
        ("bulletin", "sent"), ("edit", "sending"), ("edit", "pending"), ("news", "pending"),
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "kinds"), [("pending", ["bulletin"]), ("sending", ["bulletin", "edit"])])
def test_a_post_that_nobody_began_needs_no_edit(
    book: SqlAlerts, database: Database, state: str, kinds: list[str]
) -> None:
    settle(book, [condition(A, B)], START, why_gone)
    with database.writing() as connection:
        connection.execute(update(outbox).values(state=state))
    settle(book, [condition(A)], at(1), why_gone)
    assert _rows(database, "kind") == kinds


def test_a_resolved_alert_says_why_and_its_alert_message_is_closed(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A)], START, why_gone)
    _post_all(database)
    assert settle(book, [], at(1), why_gone).resolved == 1
    (resolved,) = book.resolved(at(1))
    assert (resolved.state, resolved.why_resolved) == (AlertState.RESOLVED, why_gone(condition(A)))
    assert (book.open(), book.resolved(at(2)), book.find([1, 99])) == ((), (), (resolved,))
    settle(book, [condition(A)], at(2), why_gone)
    assert _rows(database, "kind", "bulletin") == [("bulletin", 1), ("edit", 1), ("news", 1), ("bulletin", 2)]


def test_an_alert_message_stays_open_for_the_alerts_that_are_left(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A), condition(A, rule=Rule.SUPPORT)], START, why_gone)
    settle(book, [condition(A)], at(1), why_gone)
    settle(book, [condition(A), condition(A, rule=Rule.MAINTENANCE)], at(2), why_gone)
    with database.reading() as connection:
        assert connection.execute(select(bulletins.c.id, bulletins.c.closed_at)).all() == [(1, None)]


def test_nothing_new_queues_nothing(book: SqlAlerts, database: Database) -> None:
    for hour in range(3):
        settle(book, [condition(A)], at(hour), why_gone)
    assert _rows(database, "kind") == ["bulletin"]


def test_an_act_is_stored_once_and_edits_the_alert_message(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A)], START, why_gone)
    _post_all(database)
    (changed,) = act_on(book, [1, 99], ACK)
    assert (changed.state, changed.acknowledged_by, changed.acknowledged_at) == (AlertState.ACKNOWLEDGED, "U1", at(2))
    assert book.open() == (changed,)
    _post_all(database)
    assert act_on(book, [1], ACK) == ()
    assert _rows(database, "kind") == ["bulletin", "edit"]


def test_a_plan_is_stored_and_told_once_when_its_day_is_over(book: SqlAlerts) -> None:
    settle(book, [condition(A)], START, why_gone)
    day = at(24).date()
    (planned,) = act_on(book, [1], ACK._replace(planned_for=day))
    assert book.open() == (planned,)
    assert (planned.planned_for, planned.planned_by, planned.state) == (day, "U1", AlertState.ACKNOWLEDGED)
    told = [settle(book, [condition(A)], at(24 * days), why_gone).notifications for days in range(1, 5)]
    assert [[n.reason for n in each] for each in told] == [[], [NotifyReason.PLAN_OVER], [], []]


def test_nothing_is_done_about_an_alert_that_has_ended(book: SqlAlerts) -> None:
    settle(book, [condition(A)], START, why_gone)
    settle(book, [], at(1), why_gone)
    assert act_on(book, [1], ACK) == ()


def test_an_alert_that_ends_makes_room_for_its_like_in_the_same_transaction(book: SqlAlerts) -> None:
    (first,) = settle(book, [condition(A)], START, why_gone).changed
    ended = first._replace(state=AlertState.RESOLVED, resolved_at=at(1))
    with book.transaction() as unit:
        saved = unit.save([first._replace(id=0), ended], at(1))
        unit.queue(saved, (), at(1))
    assert [alert.id for alert in book.open()] == [2]
    assert [alert.id for alert in book.resolved(START)] == [1]


def test_what_cannot_be_stored_whole_is_not_stored_at_all(book: SqlAlerts, database: Database) -> None:
    (alert,) = reconcile([condition(A)], (), START, why_gone).changed

    def save_twice() -> None:
        with book.transaction() as unit:
            unit.queue(unit.save([alert], START), (), START)
            unit.save([alert], START)

    with pytest.raises(UnavailableError):
        save_twice()
    assert (book.open(), _rows(database, "kind")) == ((), [])


def test_an_evaluation_reads_what_the_one_before_it_wrote(book: SqlAlerts) -> None:
    """Whoever evaluates waits until the other one is done: none decides by a view that the other made old."""
    waiting, seen = threading.Event(), list[int]()

    def second() -> None:
        waiting.set()
        with book.transaction() as unit:
            seen.append(len(unit.open_alerts()))

    other = threading.Thread(target=second)
    with book.transaction() as unit:
        other.start()
        assert waiting.wait(10)
        unit.save(reconcile([condition(A)], unit.open_alerts(), START, why_gone).changed, START)
    other.join(10)
    assert seen == [1]


def test_two_that_settle_at_once_open_an_alert_once(book: SqlAlerts, database: Database) -> None:
    ready = threading.Barrier(4)

    def run() -> None:
        ready.wait(10)
        settle(book, [condition(A), condition(B, channel="C2")], START, why_gone)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [alert.channel for alert in book.open()] == ["C1", "C2"]
    assert _rows(database, "kind") == ["bulletin", "bulletin"]


def test_the_number_of_an_alert_never_comes_twice(book: SqlAlerts, database: Database) -> None:
    settle(book, [condition(A)], START, why_gone)
    with database.writing() as connection:
        for table in ("outbox", "alerts", "bulletins"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    settle(book, [condition(A)], START, why_gone)
    assert [alert.id for alert in book.open()] == [2]


def test_alerts_of_a_subject_that_end_together_for_one_reason_are_notified_once(
    book: SqlAlerts, database: Database
) -> None:
    settle(book, [condition(A), condition(A, rule=Rule.SUPPORT)], START, why_gone)
    assert settle(book, [], at(1), why_gone).resolved == 2
    assert _rows(database, "kind") == ["bulletin", "news"]
