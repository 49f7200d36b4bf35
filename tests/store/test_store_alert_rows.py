"""Alerts as rows: whatever is in them is read again, and many cost no more statements than one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import event

from bot.alerts.alert import Alert, AlertState, AlertSubject, Condition, NotifyReason, Reconciled, Rule
from bot.alerts.ports import AlertAct, AlertAction
from bot.store.alerts import SqlAlerts
from bot.store.database import Database
from tests.alerts.fakes import judged
from tests.fleet.fleets import START, at
from tests.store.decisions import SIMPLE, A, B, concern, why_gone


def _settle(book: SqlAlerts, concerns: Sequence[Condition], when: datetime = START) -> Reconciled:
    return book.settle(judged(concerns, why_gone), when)


def test_what_was_done_about_an_alert_is_read_again_to_the_last_field(database: Database) -> None:
    def everything(alert: Alert, _: AlertAct) -> Alert:
        return alert._replace(
            state=AlertState.SNOOZED, reason=NotifyReason.THRESHOLD, told_at=at(1), acknowledged_by="U1",
            acknowledged_at=at(2), snoozed_by="U2", snoozed_at=at(3), snoozed_until=at(4), gone=(B,),
        )  # fmt: skip

    book = SqlAlerts(database, SIMPLE._replace(act=everything))
    _settle(book, [concern(A)])
    assert book.act([1], AlertAct(AlertAction.SNOOZE, "U2", at(3))) == book.open()
    assert book.open()[0].gone == (B,)


def test_the_number_of_statements_does_not_depend_on_the_number_of_alerts(database: Database) -> None:
    book, statements, counts = SqlAlerts(database, SIMPLE), list[str](), list[int]()
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for channel, size in (("C1", 2), ("C2", 100)):
        statements.clear()
        subjects = [AlertSubject(f"pool:{number}", str(number)) for number in range(size)]
        here = [concern(A, channel=channel, rule=Rule.MIXED_POOL, subject=subject) for subject in subjects]
        assert _settle(book, here).opened == size
        counts.append(len(statements))
    assert counts[1] - counts[0] <= 3


def test_a_subject_that_a_database_cannot_hold_is_held_nearly(database: Database) -> None:
    book = SqlAlerts(database, SIMPLE)
    settled = _settle(book, [concern(A, subject=AlertSubject("version:a\0b", "a\0b"))])
    assert [alert.id for alert in settled.changed] == [1]
    assert book.open()[0].subject == AlertSubject("version:a\ufffdb", "a\ufffdb")
