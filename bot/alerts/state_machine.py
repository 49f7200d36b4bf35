"""The life of an alert: firing, acknowledged, snoozed, resolved. Pure: values in, values out.

What happens        firing                acknowledged          snoozed
stricter threshold  notified              fires again, notified fires again, notified
the snooze is over                                              fires again, notified
got worse           notified              fires again, notified fires again, notified
the planned day     notified              fires again, notified stored in silence
  is over
more hosts          notified              notified, stays       stored in silence
30 days of silence  reminder
fewer hosts         stored in silence     stored in silence     stored in silence
condition is gone   resolved, notified    resolved, notified    resolved, notified

Several at once are one notification, by the first that applies. Before that, what a wrong clock wrote is stepped back:
a moment or a threshold from a day that has not come counts as not having been, and what is due today is notified again.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.alerts.alert import AffectedHost, Alert, AlertState, Detail, Notification, NotifyReason, Reconciled
from bot.alerts.condition import Condition
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.rules import RULES

REMIND_AFTER = timedelta(days=30)

AHEAD = timedelta(days=1)
"""What lies further ahead was written by a wrong clock: those of several processes may differ by a little."""

ResolutionReason = Callable[[Condition], Detail]
"""Why a condition that held before is gone."""


FIRES_AGAIN = (NotifyReason.THRESHOLD, NotifyReason.WORSE, NotifyReason.SNOOZE_OVER, NotifyReason.PLAN_OVER)
"""After a notification for one of these, an acknowledgement or a snooze counts no more."""


class _Step(NamedTuple):
    alert: Alert
    notification: Notification | None = None


LocalTime = Callable[[str, datetime], datetime]
"""A moment as a channel's clock shows it: its `date()` is the channel's day."""


def reconcile(
    conditions: Iterable[Condition],
    open_alerts: Iterable[Alert],
    now: datetime,
    resolution: ResolutionReason,
    local: LocalTime = lambda _, at: at,
) -> Reconciled:
    """Hold what holds for channels now against the alerts that are open. Done twice it does nothing more.

    Each channel counts days as its own clock has them: what is below gets `now` as that shows it.
    """
    holding = {condition.fingerprint: condition for condition in conditions}
    known = {alert.fingerprint: alert for alert in open_alerts if alert.is_open}
    steps = [_follow(each, holding.get(key), local(each.channel, now), resolution) for key, each in known.items()]
    steps += [
        _open(condition, local(condition.channel, now))
        for key, condition in holding.items()
        if condition.is_news and key not in known
    ]
    changed = tuple(step.alert for step in steps if step.alert != known.get(step.alert.fingerprint))
    return Reconciled(changed, tuple(step.notification for step in steps if step.notification))


def apply(alert: Alert, act: AlertAct) -> Alert:
    """An alert after somebody did something about it; the same one if that changes nothing.

    The first acknowledgement counts, the last note, and the last plan. An acknowledgement ends a snooze, and the other
    way round.
    """
    if not alert.is_open or (act.until and act.until <= act.at):
        return alert
    if act.note and act.note != alert.note:
        alert = alert._replace(note=act.note, noted_by=act.by)
    if act.action is AlertAction.ACKNOWLEDGE:
        if act.planned_for and act.planned_for != alert.planned_for:
            alert = alert._replace(planned_for=act.planned_for, planned_by=act.by)
        if alert.state is AlertState.ACKNOWLEDGED:
            return alert
        freed = alert._replace(snoozed_by=None, snoozed_at=None, snoozed_until=None)
        return freed._replace(state=AlertState.ACKNOWLEDGED, acknowledged_by=act.by, acknowledged_at=act.at)
    if alert.state is AlertState.SNOOZED and alert.snoozed_until == act.until:
        return alert
    freed = alert._replace(acknowledged_by=None, acknowledged_at=None)
    return freed._replace(state=AlertState.SNOOZED, snoozed_by=act.by, snoozed_at=act.at, snoozed_until=act.until)


def _open(condition: Condition, now: datetime) -> _Step:
    """On first sight only the tightest threshold crossed, which the condition has."""
    alert = Alert(
        id=0,
        channel=condition.channel,
        rule=condition.rule,
        subject=condition.subject,
        hosts=condition.hosts,
        due=condition.due,
        threshold_days=condition.threshold_days,
        detail=condition.detail,
        watched=condition.watched,
        state=AlertState.FIRING,
        reason=NotifyReason.NEW,
        opened_at=now,
        told_at=now,
    )
    return _notify(alert, now, added=condition.hosts)


def _follow(alert: Alert, condition: Condition | None, now: datetime, resolution: ResolutionReason) -> _Step:
    """An open alert goes on as long as its condition holds, and is resolved once that is gone or was none."""
    if condition is None:
        why = resolution(alert.condition)
    elif alert.due and condition.due and condition.due > alert.due and not condition.is_news:
        why = Detail("date_moved", {"day": condition.due.isoformat()})
    elif _is_early(alert, condition, now) and not condition.is_news:
        why = Detail("not_due_yet")
    else:
        return _go_on(alert, condition, now)
    ended = alert._replace(
        state=AlertState.RESOLVED, reason=NotifyReason.RESOLVED, told_at=now, resolved_at=now, why_resolved=why
    )
    return _notify(ended, now, gone=(*alert.gone, *alert.hosts))


def _go_on(alert: Alert, condition: Condition, now: datetime) -> _Step:
    """The alert as its condition is now, with a notification if one is due."""
    before = _stepped_back(alert, condition, now)
    seen = _seen(before, condition)
    known = {host.uuid for host in (*before.hosts, *before.gone)}
    added = tuple(host for host in condition.hosts if host.uuid not in known)
    reason = _reason(before, seen, added, now)
    if reason is None:
        return _Step(seen)
    fires = reason in FIRES_AGAIN
    state = AlertState.FIRING if fires else seen.state
    notified = seen._replace(state=state, reason=reason, told_at=now, gone=())
    step = _notify(notified, now, added, seen.gone)
    if reason is NotifyReason.WORSE and step.notification:
        return step._replace(notification=step.notification._replace(before=before.detail))
    return step


def _is_early(alert: Alert, condition: Condition, now: datetime) -> bool:
    """Whether the alert crossed its threshold on a day that has not come: a clock was ahead."""
    if alert.threshold_days is None or condition.due is None or condition.due != alert.due:
        return False
    return condition.due - now.date() > timedelta(days=alert.threshold_days) + AHEAD


def _stepped_back(alert: Alert, condition: Condition, now: datetime) -> Alert:
    """The alert without what a clock that was ahead wrote.

    A snooze that it ended goes on, one that was begun then lasts as long from now on.
    """

    def is_ahead(moment: datetime | None) -> bool:
        return moment is not None and moment - now > AHEAD

    if _is_early(alert, condition, now):
        alert = alert._replace(threshold_days=None)
    if is_ahead(alert.told_at):
        snooze_holds = alert.snoozed_by and not (alert.snoozed_until and alert.snoozed_until <= now)
        if alert.state is AlertState.FIRING and snooze_holds:
            alert = alert._replace(state=AlertState.SNOOZED)
        alert = alert._replace(told_at=now)
    if is_ahead(alert.opened_at):
        alert = alert._replace(opened_at=now)
    if is_ahead(alert.acknowledged_at):
        alert = alert._replace(acknowledged_at=now)
    if alert.snoozed_at and is_ahead(alert.snoozed_at):
        until = alert.snoozed_until and now + (alert.snoozed_until - alert.snoozed_at)
        alert = alert._replace(snoozed_at=now, snoozed_until=until)
    return alert


def _seen(alert: Alert, condition: Condition) -> Alert:
    """The alert as its condition is now, before anybody is notified. Thresholds loosen only with a later date."""
    is_later = alert.due is not None and condition.due is not None and condition.due > alert.due
    crossed = [condition.threshold_days] if is_later else [alert.threshold_days, condition.threshold_days]
    here = {host.uuid for host in condition.hosts}
    return alert._replace(
        subject=condition.subject,
        hosts=condition.hosts,
        due=condition.due,
        threshold_days=min((days for days in crossed if days is not None), default=None),
        detail=condition.detail,
        watched=condition.watched,
        gone=tuple(host for host in (*alert.gone, *alert.hosts) if host.uuid not in here),
    )


def _reason(alert: Alert, seen: Alert, added: tuple[AffectedHost, ...], now: datetime) -> NotifyReason | None:
    """Why a notification is due now; the first reason that applies."""
    snoozed = alert.state is AlertState.SNOOZED
    before, after = alert.threshold_days, seen.threshold_days
    if after is not None and (before is None or after < before):
        return NotifyReason.THRESHOLD
    is_worse = RULES[alert.rule].is_worse
    if is_worse and is_worse(alert.detail, seen.detail):
        return NotifyReason.WORSE
    if snoozed and alert.snoozed_until and alert.snoozed_until <= now:
        return NotifyReason.SNOOZE_OVER
    # Told once: with any notification after the planned day, the message says that it is over.
    told_on = alert.told_at.astimezone(now.tzinfo).date()
    if alert.planned_for and not snoozed and told_on <= alert.planned_for < now.date():
        return NotifyReason.PLAN_OVER
    if added and not snoozed and RULES[alert.rule].more_hosts:
        return NotifyReason.MORE_HOSTS
    if alert.state is AlertState.FIRING and now - alert.told_at >= REMIND_AFTER:
        return NotifyReason.REMINDER
    return None


def _notify(
    alert: Alert, now: datetime, added: tuple[AffectedHost, ...] = (), gone: tuple[AffectedHost, ...] = ()
) -> _Step:
    """The alert, with what its channel is to read of it, for the reason that it has."""
    days_left = (alert.due - now.date()).days if alert.due else None
    return _Step(alert, Notification(alert, alert.reason, now, days_left, added, gone))
