"""The life of an alert: firing, acknowledged, snoozed, resolved. Pure: values in, values out.

What happens        firing                acknowledged          snoozed
stricter threshold  told                  fires again, told     fires again, told
the snooze is over                                              fires again, told
more hosts          told                  told, stays           kept in silence
30 days of silence  reminder
fewer hosts         kept in silence       kept in silence       kept in silence
concern is gone     resolved, told        resolved, told        resolved, told

Several at once are told once, by the first that applies. Time that runs back changes nothing: a threshold that was
crossed stays crossed, and only a concern that is gone resolves.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.alerts.alert import AffectedHost, Alert, AlertState, Condition, Notification, NotifyReason, Reconciled, Rule
from bot.alerts.ports import AlertAct, AlertAction, ResolutionReason
from bot.matrix.wording import day_in_words

REMIND_AFTER = timedelta(days=30)

_OF_RELEASES = frozenset({Rule.EOL, Rule.MAINTENANCE, Rule.SUPPORT, Rule.UNKNOWN_VERSION})
"""Rules that more hosts make worse."""


class _Step(NamedTuple):
    alert: Alert
    notification: Notification | None = None


def reconcile(
    concerns: Iterable[Condition], open_alerts: Iterable[Alert], now: datetime, why_gone: ResolutionReason
) -> Reconciled:
    """Hold what concerns channels now against the alerts that are open. Done twice it does nothing more."""
    holding = {concern.fingerprint: concern for concern in concerns}
    known = {alert.fingerprint: alert for alert in open_alerts if alert.is_open}
    steps = [_follow(alert, holding.get(key), now, why_gone) for key, alert in known.items()]
    steps += [_open(concern, now) for key, concern in holding.items() if concern.is_news and key not in known]
    changed = tuple(step.alert for step in steps if step.alert != known.get(step.alert.fingerprint))
    return Reconciled(changed, tuple(step.notification for step in steps if step.notification))


def apply(alert: Alert, apply: AlertAct) -> Alert:
    """An alert after somebody did something about it; the same one if that changes nothing.

    The first acknowledgement counts. An acknowledgement ends a snooze, and the other way round.
    """
    if not alert.is_open or (apply.until and apply.until <= apply.at):
        return alert
    if apply.action is AlertAction.ACKNOWLEDGE:
        if alert.state is AlertState.ACKNOWLEDGED:
            return alert
        freed = alert._replace(snoozed_by=None, snoozed_at=None, snoozed_until=None)
        return freed._replace(state=AlertState.ACKNOWLEDGED, acknowledged_by=apply.by, acknowledged_at=apply.at)
    if alert.state is AlertState.SNOOZED and alert.snoozed_until == apply.until:
        return alert
    freed = alert._replace(acknowledged_by=None, acknowledged_at=None)
    return freed._replace(state=AlertState.SNOOZED, snoozed_by=apply.by, snoozed_at=apply.at, snoozed_until=apply.until)


def _open(concern: Condition, now: datetime) -> _Step:
    """On first sight only the tightest threshold crossed, which the concern has."""
    alert = Alert(
        id=0,
        channel=concern.channel,
        rule=concern.rule,
        subject=concern.subject,
        hosts=concern.hosts,
        due=concern.due,
        threshold_days=concern.threshold_days,
        detail=concern.detail,
        watched=concern.watched,
        state=AlertState.FIRING,
        reason=NotifyReason.NEW,
        opened_at=now,
        told_at=now,
    )
    return _Step(alert, Notification(alert, NotifyReason.NEW, now, _days_left(alert.due, now), added=concern.hosts))


def _follow(alert: Alert, concern: Condition | None, now: datetime, why_gone: ResolutionReason) -> _Step:
    if concern is None:
        return _resolve(alert, now, why_gone(alert))
    if alert.due and concern.due and concern.due > alert.due and not concern.is_news:
        return _resolve(alert, now, f"its date moved to {day_in_words(concern.due)}")
    seen = _seen(alert, concern)
    told_of = {host.uuid for host in (*alert.hosts, *alert.gone)}
    added = tuple(host for host in concern.hosts if host.uuid not in told_of)
    reason = _reason(alert, seen, added, now)
    if reason is None:
        return _Step(seen)
    fires = reason in (NotifyReason.THRESHOLD, NotifyReason.SNOOZE_OVER)
    told = seen._replace(state=AlertState.FIRING if fires else seen.state, reason=reason, told_at=now, gone=())
    return _Step(told, Notification(told, reason, now, _days_left(told.due, now), added, seen.gone))


def _seen(alert: Alert, concern: Condition) -> Alert:
    """The alert as its concern is now, before anything is told. Thresholds never loosen."""
    crossed = [days for days in (alert.threshold_days, concern.threshold_days) if days is not None]
    here = {host.uuid for host in concern.hosts}
    return alert._replace(
        subject=concern.subject,
        hosts=concern.hosts,
        due=concern.due,
        threshold_days=min(crossed, default=None),
        detail=concern.detail,
        watched=concern.watched,
        gone=tuple(host for host in (*alert.gone, *alert.hosts) if host.uuid not in here),
    )


def _reason(alert: Alert, seen: Alert, added: tuple[AffectedHost, ...], now: datetime) -> NotifyReason | None:
    """Why something is told now; the first reason that applies."""
    snoozed = alert.state is AlertState.SNOOZED
    if seen.threshold_days is not None and seen.threshold_days != alert.threshold_days:
        return NotifyReason.THRESHOLD
    if snoozed and alert.snoozed_until and alert.snoozed_until <= now:
        return NotifyReason.SNOOZE_OVER
    if added and not snoozed and alert.rule in _OF_RELEASES:
        return NotifyReason.MORE_HOSTS
    if alert.state is AlertState.FIRING and now - alert.told_at >= REMIND_AFTER:
        return NotifyReason.REMINDER
    return None


def _resolve(alert: Alert, now: datetime, why: str) -> _Step:
    ended = alert._replace(
        state=AlertState.RESOLVED, reason=NotifyReason.RESOLVED, told_at=now, resolved_at=now, why_resolved=why
    )
    gone = (*alert.gone, *alert.hosts)
    return _Step(ended, Notification(ended, NotifyReason.RESOLVED, now, _days_left(alert.due, now), gone=gone))


def _days_left(due: date | None, now: datetime) -> int | None:
    return (due - now.date()).days if due else None
