"""An alert as a row, and a row as an alert."""

from typing import Any

from sqlalchemy import Row

from bot.alerts.alert import Alert, AlertState, Concerned, NotifyReason, Rule, Subject

_AS_IT_IS = tuple(
    field for field in Alert._fields if field not in ("id", "rule", "subject", "hosts", "gone", "state", "reason")
)


def alert_row(alert: Alert) -> dict[str, Any]:
    """All columns but `id` and `bulletin`."""
    return {
        **{field: getattr(alert, field) for field in _AS_IT_IS},
        "rule": alert.rule.value,
        "subject": alert.subject.key,
        "subject_name": alert.subject.name,
        "product": alert.subject.product,
        "release": alert.subject.release,
        "hosts": [list(host) for host in alert.hosts],
        "gone": [list(host) for host in alert.gone],
        "state": alert.state.value,
        "reason": alert.reason.value,
    }


def row_alert(row: Row[Any]) -> Alert:
    """The alert of a row of `alerts`."""
    return Alert(
        id=row.id,
        rule=Rule(row.rule),
        subject=Subject(row.subject, row.subject_name, row.product, row.release),
        hosts=tuple(Concerned(*host) for host in row.hosts),
        gone=tuple(Concerned(*host) for host in row.gone),
        state=AlertState(row.state),
        reason=NotifyReason(row.reason),
        **{field: getattr(row, field) for field in _AS_IT_IS},
    )
