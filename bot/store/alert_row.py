"""A row of the table of alerts as an Alert."""

from typing import Any

from sqlalchemy import Row

from bot.alerts.alert import Alert, AlertState, Concerned, NotifyReason, Rule, Subject


def alert_of(row: Row[Any]) -> Alert:
    """The alert that a whole row of `alerts` keeps."""
    return Alert(
        id=row.id,
        channel=row.channel,
        rule=Rule(row.rule),
        subject=Subject(row.subject, row.subject_name, row.product, row.release),
        hosts=tuple(Concerned(*host) for host in row.hosts),
        due=row.due,
        threshold_days=row.threshold_days,
        detail=row.detail,
        watched=row.watched,
        state=AlertState(row.state),
        reason=NotifyReason(row.reason),
        opened_at=row.opened_at,
        told_at=row.told_at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        snoozed_by=row.snoozed_by,
        snoozed_at=row.snoozed_at,
        snoozed_until=row.snoozed_until,
        resolved_at=row.resolved_at,
        why_resolved=row.why_resolved,
    )
