"""Alerts as rows: whatever is in them is read again, and many cost no more statements than one."""

from sqlalchemy import event

from bot.alerts.alert import AlertState, AlertSubject, NotifyReason, Rule
from bot.store.alerts import SqlAlerts
from bot.store.database import Database
from tests.alerts.fakes import settle
from tests.fleet.fleets import START, at
from tests.store.conditions import A, B, condition, why_gone


def test_what_was_done_about_an_alert_is_read_again_to_the_last_field(database: Database) -> None:
    book = SqlAlerts(database)
    (alert,) = settle(book, [condition(A)], START).changed
    with book.transaction() as unit:
        everything = alert._replace(
            state=AlertState.SNOOZED, reason=NotifyReason.THRESHOLD, told_at=at(1), acknowledged_by="U1",
            acknowledged_at=at(2), snoozed_by="U2", snoozed_at=at(3), snoozed_until=at(4), gone=(B,),
            why_resolved=why_gone(alert.condition),
        )  # fmt: skip
        assert unit.save([everything], at(4)) == unit.open_alerts() == (everything,)
    assert book.open() == (everything,)


def test_the_number_of_statements_does_not_depend_on_the_number_of_alerts(database: Database) -> None:
    book, statements, counts = SqlAlerts(database), list[str](), list[int]()
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for channel, size in (("C1", 2), ("C2", 100)):
        statements.clear()
        subjects = [AlertSubject(f"pool:{number}", str(number)) for number in range(size)]
        here = [condition(A, channel=channel, rule=Rule.MIXED_POOL, subject=subject) for subject in subjects]
        assert settle(book, here, START).opened == size
        counts.append(len(statements))
    assert counts[1] - counts[0] <= 3


def test_a_subject_that_a_database_cannot_hold_is_held_nearly(database: Database) -> None:
    book = SqlAlerts(database)
    settled = settle(book, [condition(A, subject=AlertSubject("version:a\0b", "a\0b"))], START)
    assert [alert.id for alert in settled.changed] == [1]
    assert book.open()[0].subject == AlertSubject("version:a\ufffdb", "a\ufffdb")
