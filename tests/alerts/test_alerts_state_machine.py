"""The life of an alert, step by step."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.alerts.alert import (
    AffectedHost,
    Alert,
    AlertState,
    AlertSubject,
    Condition,
    Detail,
    Notification,
    NotifyReason,
    Reconciled,
    Rule,
)
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.state_machine import apply, reconcile

DUE = date(2025, 9, 16)
NOW = datetime(2025, 6, 20, 8, tzinfo=UTC)
RELEASE = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
ONE, TWO = (AffectedHost(f"uuid-{name}", name, "lab") for name in ("xen-1", "xen-2"))
CONDITION = Condition("C1", Rule.EOL, RELEASE, (ONE,), DUE, 90)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

FIRING, ACKED, SNOOZED, RESOLVED = AlertState


def gone(_: Condition) -> Detail:
    return Detail("no_route")


def reconciled(condition: Condition | None, alert: Alert | None, now: datetime) -> Reconciled:
    return reconcile((condition,) if condition else (), (alert,) if alert else (), now, gone)


def opened() -> Alert:
    """An alert as it is stored after its first notification."""
    (alert,) = reconciled(CONDITION, None, NOW).changed
    return alert._replace(id=17)


def notified(reconciled: Reconciled) -> Notification:
    (notification,) = reconciled.notifications
    return notification


def ack(by: str = "U1", at: datetime = NOW) -> AlertAct:
    return AlertAct(AlertAction.ACKNOWLEDGE, by, at)


def snooze(until: datetime | None, by: str = "U1") -> AlertAct:
    return AlertAct(AlertAction.SNOOZE, by, NOW, until)


def test_on_first_sight_it_is_notified_once() -> None:
    first = reconciled(CONDITION, None, NOW)
    assert (first.opened, notified(first).reason, notified(first).days_left) == (1, NotifyReason.NEW, 88)
    assert (notified(first).alert.threshold_days, notified(first).alert.state) == (90, FIRING)
    assert reconciled(CONDITION, first.changed[0], NOW) == Reconciled()


def test_what_is_too_far_off_opens_nothing_and_ends_nothing() -> None:
    far = CONDITION._replace(threshold_days=None, is_news=False)
    assert reconciled(far, None, NOW) == Reconciled()
    assert reconciled(far, opened(), NOW) == Reconciled()


def test_a_stricter_threshold_is_notified_and_a_looser_one_is_not() -> None:
    stricter = reconciled(CONDITION._replace(threshold_days=30), opened(), NOW + 60 * DAY)
    assert (notified(stricter).reason, notified(stricter).alert.threshold_days) == (NotifyReason.THRESHOLD, 30)
    assert reconciled(CONDITION, stricter.changed[0], NOW + 61 * DAY) == Reconciled()


@pytest.mark.parametrize("done", [ack(), snooze(None), snooze(NOW + 300 * DAY)])
def test_a_stricter_threshold_ends_an_acknowledgement_and_a_snooze(done: AlertAct) -> None:
    alert = apply(opened(), done)
    assert reconciled(CONDITION, alert, NOW + 40 * DAY) == Reconciled()
    after = notified(reconciled(CONDITION._replace(threshold_days=30), alert, NOW + 60 * DAY))
    assert (after.reason, after.alert.state) == (NotifyReason.THRESHOLD, FIRING)
    assert "U1" in (after.alert.acknowledged_by, after.alert.snoozed_by)


def test_a_snooze_ends_by_itself_and_that_is_notified_once() -> None:
    alert = apply(opened(), snooze(NOW + 7 * DAY))
    assert reconciled(CONDITION, alert, NOW + 7 * DAY - HOUR) == Reconciled()
    over = reconciled(CONDITION, alert, NOW + 7 * DAY)
    assert (notified(over).reason, notified(over).alert.state) == (NotifyReason.SNOOZE_OVER, FIRING)
    assert reconciled(CONDITION, over.changed[0], NOW + 7 * DAY) == Reconciled()


def planned(day: date, at: datetime = NOW) -> AlertAct:
    return ack()._replace(at=at, planned_for=day)


@pytest.mark.parametrize("done", [None, ack()])
def test_a_plan_is_told_once_when_its_day_is_over_and_the_alert_fires_again(done: AlertAct | None) -> None:
    day = (NOW + 10 * DAY).date()
    alert = apply(apply(opened(), done) if done else opened(), planned(day))
    assert (alert.state, alert.planned_for, alert.planned_by) == (ACKED, day, "U1")
    assert reconciled(CONDITION, alert, NOW + 10 * DAY) == Reconciled()
    over = reconciled(CONDITION, alert, NOW + 11 * DAY)
    assert (notified(over).reason, notified(over).alert.state) == (NotifyReason.PLAN_OVER, FIRING)
    assert notified(over).alert.planned_for == day
    assert reconciled(CONDITION, over.changed[0], NOW + 12 * DAY) == Reconciled()
    later = apply(over.changed[0], planned((NOW + 20 * DAY).date(), NOW + 12 * DAY))
    assert (later.state, later.planned_for) == (ACKED, (NOW + 20 * DAY).date())
    again = reconciled(CONDITION, later, NOW + 21 * DAY)
    assert notified(again).reason is NotifyReason.PLAN_OVER


def test_a_plan_that_was_kept_is_not_told_as_over() -> None:
    alert = apply(opened(), planned((NOW + 10 * DAY).date()))
    ended = notified(reconciled(None, alert, NOW + 11 * DAY))
    assert ended.reason is NotifyReason.RESOLVED


def test_a_plan_that_is_over_is_told_with_what_else_is_told_that_day() -> None:
    alert = apply(opened(), planned((NOW + 10 * DAY).date()))
    both = reconciled(CONDITION._replace(threshold_days=30), alert, NOW + 60 * DAY)
    assert notified(both).reason is NotifyReason.THRESHOLD
    assert reconciled(CONDITION._replace(threshold_days=30), both.changed[0], NOW + 61 * DAY) == Reconciled()


def test_more_hosts_are_notified() -> None:
    more = notified(reconciled(CONDITION._replace(hosts=(ONE, TWO)), opened(), NOW + HOUR))
    assert (more.reason, more.added) == (NotifyReason.MORE_HOSTS, (TWO,))


def test_more_hosts_of_an_acknowledged_alert_are_notified_and_it_stays_acknowledged() -> None:
    more = notified(reconciled(CONDITION._replace(hosts=(ONE, TWO)), apply(opened(), ack()), NOW + HOUR))
    assert (more.reason, more.alert.state) == (NotifyReason.MORE_HOSTS, ACKED)


def test_a_snoozed_alert_takes_more_hosts_in_silence() -> None:
    more = reconciled(CONDITION._replace(hosts=(ONE, TWO)), apply(opened(), snooze(None)), NOW + HOUR)
    assert (more.notifications, more.changed[0].hosts) == ((), (ONE, TWO))


def test_a_threshold_and_more_hosts_are_one_notification() -> None:
    both = notified(reconciled(CONDITION._replace(hosts=(ONE, TWO), threshold_days=30), opened(), NOW + 60 * DAY))
    assert (both.reason, both.added) == (NotifyReason.THRESHOLD, (TWO,))


def test_hosts_that_leave_are_stored_in_silence_and_named_with_the_next_notice() -> None:
    alert = opened()._replace(hosts=(ONE, TWO))
    fewer = reconciled(CONDITION, alert, NOW + HOUR)
    assert (fewer.notifications, fewer.changed[0].hosts) == ((), (ONE,))
    next_notice = notified(reconciled(CONDITION._replace(threshold_days=30), fewer.changed[0], NOW + 60 * DAY))
    assert (next_notice.gone, next_notice.alert.gone) == ((TWO,), ())


def test_a_host_that_comes_back_before_anybody_was_notified_is_no_news() -> None:
    both = CONDITION._replace(hosts=(ONE, TWO))
    (fewer,) = reconciled(CONDITION, opened()._replace(hosts=(ONE, TWO)), NOW + HOUR).changed
    back = reconciled(both, fewer, NOW + 2 * HOUR)
    assert (back.notifications, back.changed[0].hosts, back.changed[0].gone) == ((), (ONE, TWO), ())


def test_a_firing_alert_is_notified_again_after_30_days() -> None:
    alert = opened()
    assert reconciled(CONDITION, alert, NOW + 30 * DAY - HOUR) == Reconciled()
    reminder = reconciled(CONDITION, alert, NOW + 30 * DAY)
    assert notified(reminder).reason is NotifyReason.REMINDER
    assert reconciled(CONDITION, reminder.changed[0], NOW + 59 * DAY) == Reconciled()
    assert reconciled(CONDITION, apply(alert, ack()), NOW + 300 * DAY) == Reconciled()


@pytest.mark.parametrize("done", [None, ack(), snooze(None)])
def test_a_condition_that_is_gone_resolves_and_that_is_notified_once(done: AlertAct | None) -> None:
    alert = apply(opened(), done) if done else opened()
    ended = reconciled(None, alert, NOW + DAY)
    assert (notified(ended).reason, ended.resolved, notified(ended).gone) == (NotifyReason.RESOLVED, 1, (ONE,))
    after = ended.changed[0]
    assert (after.state, after.why_resolved, after.resolved_at) == (RESOLVED, gone(CONDITION), NOW + DAY)
    assert reconciled(None, after, NOW + DAY) == Reconciled()


def test_a_condition_that_comes_back_is_a_new_alert() -> None:
    (ended,) = reconciled(None, opened(), NOW + DAY).changed
    again = reconciled(CONDITION, ended, NOW + 2 * DAY)
    assert (again.opened, again.changed[0].id) == (1, 0)


def test_a_date_that_moves_out_of_sight_resolves_with_that_reason() -> None:
    moved = CONDITION._replace(due=date(2027, 9, 16), threshold_days=None, is_news=False)
    ended = notified(reconciled(moved, opened(), NOW + DAY))
    assert (ended.alert.state, ended.alert.why_resolved) == (RESOLVED, Detail("date_moved", {"day": "2027-09-16"}))


def test_a_date_that_moves_but_stays_in_sight_is_stored_in_silence_and_notified_at_its_own_marks() -> None:
    later = CONDITION._replace(due=date(2025, 12, 16), threshold_days=180)
    moved = reconciled(later, opened(), NOW + DAY)
    assert (moved.notifications, moved.changed[0].due, moved.changed[0].threshold_days) == (
        (), date(2025, 12, 16), 180,
    )  # fmt: skip
    assert reconciled(later, moved.changed[0], NOW + DAY) == Reconciled()
    marked = notified(
        reconciled(later._replace(threshold_days=90), moved.changed[0], datetime(2025, 9, 17, tzinfo=UTC))
    )
    assert (marked.reason, marked.alert.threshold_days) == (NotifyReason.THRESHOLD, 90)


@pytest.mark.parametrize("done", [None, ack(), snooze(NOW + 7 * DAY)])
@pytest.mark.parametrize("back", [HOUR, DAY])
def test_a_clock_that_runs_back_by_a_day_changes_nothing(done: AlertAct | None, back: timedelta) -> None:
    """Clocks of several processes differ: what one notified is not notified again by another."""
    alert = apply(opened(), done) if done else opened()
    for condition in (CONDITION._replace(threshold_days=365), CONDITION._replace(threshold_days=None, is_news=False)):
        assert reconciled(condition, alert, NOW - back) == Reconciled()


@pytest.mark.parametrize("done", [None, ack(), snooze(NOW + 7 * DAY)])
def test_a_threshold_of_a_day_that_has_not_come_is_stepped_back_to_the_one_that_holds(done: AlertAct | None) -> None:
    alert = apply(opened(), done) if done else opened()
    again = notified(reconciled(CONDITION._replace(threshold_days=180), alert, NOW - 60 * DAY))
    assert (again.reason, again.alert.threshold_days, again.alert.state) == (NotifyReason.THRESHOLD, 180, FIRING)
    assert (again.alert.opened_at, again.alert.told_at) == (NOW - 60 * DAY, NOW - 60 * DAY)
    assert notified(reconciled(CONDITION, again.alert, NOW)).reason is NotifyReason.THRESHOLD


def test_what_a_clock_ahead_opened_and_is_not_due_ends_and_is_notified_when_it_is() -> None:
    far = CONDITION._replace(threshold_days=None, is_news=False)
    ended = notified(reconciled(far, opened(), NOW - 300 * DAY)).alert
    assert (ended.state, ended.why_resolved) == (RESOLVED, Detail("not_due_yet"))
    assert notified(reconciled(CONDITION, ended, NOW)).reason is NotifyReason.NEW


def test_reminders_and_snoozes_of_a_day_that_has_not_come_are_stepped_back() -> None:
    mixed = Condition("C1", Rule.MIXED_POOL, AlertSubject("pool:1", "lab"), (ONE,))
    (alert,) = reconciled(mixed, None, NOW).changed
    ahead = NOW + 700 * DAY
    (reminded,) = reconciled(mixed, reconciled(mixed, alert, ahead).changed[0], NOW + HOUR).changed
    assert reminded.told_at == NOW + HOUR
    assert notified(reconciled(mixed, reminded, NOW + 31 * DAY)).reason is NotifyReason.REMINDER
    asleep = apply(alert, AlertAct(AlertAction.SNOOZE, "U1", ahead, ahead + 7 * DAY))
    (snoozed,) = reconciled(mixed, asleep, NOW + HOUR).changed
    assert (snoozed.state, snoozed.snoozed_at, snoozed.snoozed_until) == (SNOOZED, NOW + HOUR, NOW + HOUR + 7 * DAY)


def test_a_snooze_that_a_clock_ahead_ended_goes_on() -> None:
    alert = apply(opened(), snooze(NOW + 7 * DAY))
    over = notified(reconciled(CONDITION, alert, NOW + 60 * DAY)).alert
    assert over.state is FIRING
    (again,) = reconciled(CONDITION, over, NOW + DAY).changed
    assert (again.state, again.snoozed_until) == (SNOOZED, NOW + 7 * DAY)
    assert notified(reconciled(CONDITION, again, NOW + 7 * DAY)).reason is NotifyReason.SNOOZE_OVER


def test_the_first_acknowledgement_counts() -> None:
    alert = apply(opened(), ack("U1"))
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_at) == (ACKED, "U1", NOW)
    assert apply(alert, ack("U2", NOW + HOUR)) is alert


def test_a_snooze_can_be_made_longer_but_not_to_end_before_it_begins() -> None:
    alert = apply(opened(), snooze(NOW + DAY))
    assert apply(alert, snooze(NOW + DAY, "U2")) is alert
    assert apply(alert, snooze(NOW + 2 * DAY, "U2")).snoozed_by == "U2"
    assert apply(alert, snooze(NOW)) is alert


def test_acknowledging_ends_a_snooze_and_the_other_way_round() -> None:
    snoozed = apply(apply(opened(), ack("U1")), snooze(None, "U2"))
    assert (snoozed.state, snoozed.acknowledged_by, snoozed.snoozed_by) == (SNOOZED, None, "U2")
    acked = apply(snoozed, ack("U3"))
    assert (acked.state, acked.acknowledged_by, acked.snoozed_by) == (ACKED, "U3", None)


def test_nothing_can_be_done_about_what_ended() -> None:
    (ended,) = reconciled(None, opened(), NOW).changed
    assert apply(ended, ack()) is ended
    assert apply(ended, snooze(None)) is ended


def test_more_members_of_a_mixed_pool_are_no_news() -> None:
    mixed = Condition("C1", Rule.MIXED_POOL, AlertSubject("pool:1", "lab"), (ONE,))
    (alert,) = reconciled(mixed, None, NOW).changed
    assert reconciled(mixed._replace(hosts=(ONE, TWO)), alert, NOW).notifications == ()
