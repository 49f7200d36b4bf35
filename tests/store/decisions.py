"""Decisions about alerts that are as simple as can be: the store must keep whatever is decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.alerts.alert import (
    AffectedHost,
    Alert,
    AlertState,
    AlertSubject,
    Condition,
    Notification,
    NotifyReason,
    Reconciled,
    Rule,
)
from bot.alerts.ports import AlertAct, ResolutionReason
from bot.store.alerts import Decisions

XCP82 = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
POOL = AlertSubject("pool:uuid-p", "p")
A, B = AffectedHost("uuid-a", "a", "p"), AffectedHost("uuid-b", "b", "p")


def concern(
    *hosts: AffectedHost, channel: str = "C1", rule: Rule = Rule.EOL, subject: AlertSubject = XCP82, detail: str = ""
) -> Condition:
    """Something that concerns a channel."""
    return Condition(channel, rule, subject, hosts, detail=detail)


def settle(
    concerns: Sequence[Condition], open_alerts: Sequence[Alert], now: datetime, why_gone: ResolutionReason
) -> Reconciled:
    """New concerns open, those that are gone resolve, more hosts are told, fewer are kept in silence."""
    known = {alert.fingerprint: alert for alert in open_alerts}
    holding = {each.fingerprint: each for each in concerns}
    changed, told = list[Alert](), list[Notification]()
    for alert in open_alerts:
        if alert.fingerprint not in holding:
            ended = alert._replace(state=AlertState.RESOLVED, resolved_at=now, why_resolved=why_gone(alert))
            changed.append(ended._replace(reason=NotifyReason.RESOLVED))
            told.append(Notification(changed[-1], NotifyReason.RESOLVED, now))
        elif (hosts := holding[alert.fingerprint].hosts) != alert.hosts:
            changed.append(alert._replace(hosts=hosts, reason=NotifyReason.MORE_HOSTS, told_at=now))
            if added := tuple(host for host in hosts if host not in alert.hosts):
                told.append(Notification(changed[-1], NotifyReason.MORE_HOSTS, now, added=added))
    for key, each in holding.items():
        if key not in known:
            changed.append(_opened(each, now))
            told.append(Notification(changed[-1], NotifyReason.NEW, now, added=each.hosts))
    return Reconciled(tuple(changed), tuple(told))


def _opened(concern: Condition, now: datetime) -> Alert:
    return Alert(
        id=0,
        **{name: getattr(concern, name) for name in concern._fields if name != "is_news"},
        state=AlertState.FIRING,
        reason=NotifyReason.NEW,
        opened_at=now,
        told_at=now,
    )


def act(alert: Alert, act: AlertAct) -> Alert:
    """Whatever is done acknowledges, once."""
    if alert.state is AlertState.ACKNOWLEDGED:
        return alert
    return alert._replace(state=AlertState.ACKNOWLEDGED, acknowledged_by=act.by, acknowledged_at=act.at)


def as_data(notification: Notification) -> dict[str, Any]:
    """Enough to tell notifications apart."""
    return {"alert": notification.alert.id, "reason": notification.reason.value}


def why_gone(alert: Alert) -> str:
    """A reason that names the alert."""
    return f"nothing runs {alert.subject.name} any more"


SIMPLE = Decisions(settle, act, as_data)
