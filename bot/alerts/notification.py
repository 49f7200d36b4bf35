"""A Notification as data for the outbox, and back. It may have to be read by a later version than wrote it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.alerts.alert import Alert, AlertState, Concerned, Notification, NotifyReason, Rule, Subject

VERSION = 1


def to_data(notification: Notification) -> dict[str, Any]:
    """All of it, in what JSON can hold."""
    return {
        "version": VERSION,
        "alert": alert_to_data(notification.alert),
        "reason": notification.reason.value,
        "at": notification.at.isoformat(),
        "days_left": notification.days_left,
        "added": _from_hosts(notification.added),
        "gone": _from_hosts(notification.gone),
    }


def from_data(data: Mapping[str, Any]) -> Notification:
    """What `to_data` wrote. Keys that it lacks have their default, others are passed over.

    ValueError or KeyError for what is no notification.
    """
    return Notification(
        alert=alert_from_data(data["alert"]),
        reason=NotifyReason(data["reason"]),
        at=datetime.fromisoformat(data["at"]),
        days_left=data.get("days_left"),
        added=_to_hosts(data.get("added")),
        gone=_to_hosts(data.get("gone")),
    )


def alert_to_data(alert: Alert) -> dict[str, Any]:
    """An alert, field by field."""
    return {
        **alert._asdict(),
        "rule": alert.rule.value,
        "subject": [*alert.subject],
        "hosts": _from_hosts(alert.hosts),
        "gone": _from_hosts(alert.gone),
        "state": alert.state.value,
        "reason": alert.reason.value,
        "due": alert.due.isoformat() if alert.due else None,
        **{name: moment.isoformat() if (moment := getattr(alert, name)) else None for name in _MOMENTS},
    }


def alert_from_data(data: Mapping[str, Any]) -> Alert:
    """What `alert_to_data` wrote."""
    kept = {name: data[name] for name in Alert._fields if name in data}
    due = data.get("due")
    return Alert(
        **{
            **kept,
            "rule": Rule(data["rule"]),
            "subject": Subject(*data["subject"]),
            "hosts": _to_hosts(data.get("hosts")),
            "gone": _to_hosts(data.get("gone")),
            "state": AlertState(data["state"]),
            "reason": NotifyReason(data["reason"]),
            "due": date.fromisoformat(due) if due else None,
            **{name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in _MOMENTS},
        }
    )


_MOMENTS = ("opened_at", "told_at", "acknowledged_at", "snoozed_at", "snoozed_until", "resolved_at")


def _from_hosts(hosts: Sequence[Concerned]) -> list[list[str]]:
    return [[*host] for host in hosts]


def _to_hosts(data: Sequence[Sequence[str]] | None) -> tuple[Concerned, ...]:
    return tuple(Concerned(*host) for host in data or ())
