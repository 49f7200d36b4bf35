"""An alert: one (channel, subject, rule) with the hosts that it is about, and what was done about it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from bot.alerts.condition import Condition as Condition
from bot.alerts.condition import Fingerprint as Fingerprint
from bot.alerts.condition import Rule as Rule
from bot.alerts.facts import NO_DETAIL as NO_DETAIL
from bot.alerts.facts import AffectedHost as AffectedHost
from bot.alerts.facts import AlertSubject as AlertSubject
from bot.alerts.facts import Detail as Detail


class AlertState(StrEnum):
    """CONTRACT.md section 2."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class NotifyReason(StrEnum):
    """Why a channel is notified."""

    NEW = "new"
    THRESHOLD = "threshold"
    MORE_HOSTS = "more_hosts"
    REMINDER = "reminder"
    NOTE = "note"
    """Somebody wrote a note: of a notification alone, no alert has it as its reason."""
    SNOOZE_OVER = "snooze_over"
    WORSE = "worse"
    """What it is about got worse, with no day nearer and no host more."""
    PLAN_OVER = "plan_over"
    """The day for which it was planned is over."""
    RESOLVED = "resolved"


class Alert(NamedTuple):
    """An alert. `id` is 0 before it is stored. `reason` is that of the last notification, `told_at` its moment.

    `detail` says what its rule found, `why_resolved` why that is gone. `snoozed_until` None in a snooze means: until
    the next threshold. `gone` are hosts that left it since the last notification: the next one names them. An alert
    that fires again keeps who had acknowledged or snoozed it, and when. `planned_for` is the day for which somebody
    planned to end it, `note` the last one that somebody wrote, `noted_by`: it stays, whatever is done about the alert.
    """

    id: int
    channel: str
    rule: Rule
    subject: AlertSubject
    hosts: tuple[AffectedHost, ...]
    due: date | None
    threshold_days: int | None
    detail: Detail
    watched: bool
    state: AlertState
    reason: NotifyReason
    opened_at: datetime
    told_at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    snoozed_by: str | None = None
    snoozed_at: datetime | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    why_resolved: Detail | None = None
    gone: tuple[AffectedHost, ...] = ()
    planned_for: date | None = None
    planned_by: str | None = None
    note: str | None = None
    noted_by: str | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.channel, self.rule, self.subject.key)

    @property
    def condition(self) -> Condition:
        """What held when it was evaluated last."""
        return Condition(
            self.channel,
            self.rule,
            self.subject,
            self.hosts,
            self.due,
            self.threshold_days,
            detail=self.detail,
            watched=self.watched,
        )

    @property
    def is_open(self) -> bool:
        return self.state is not AlertState.RESOLVED

    def as_local(self, local: Callable[[datetime], datetime]) -> "Alert":
        """The same with its moments as a clock shows them, so that their days are that clock's."""
        moments: dict[str, Any] = {name: local(at) for name in _MOMENTS if (at := getattr(self, name))}
        return self._replace(**moments)


class Notification(NamedTuple):
    """What a channel is to read about an alert, as it was when it was decided; `added` and `gone` are hosts since then.

    `fates` is what became of those that are gone; None where none are, or where nobody looked. `days_left` is to the
    alert's `due` on the day it was decided; negative after it. `before` is what was found before it got worse.
    """

    alert: Alert
    reason: NotifyReason
    at: datetime
    days_left: int | None = None
    added: tuple[AffectedHost, ...] = ()
    gone: tuple[AffectedHost, ...] = ()
    fates: Detail | None = None
    before: Detail | None = None


class Reconciled(NamedTuple):
    """What comes of holding conditions against the open alerts.

    `changed` are alerts to store (new ones have id 0), whether or not anybody is notified: their messages are edited.
    """

    changed: tuple[Alert, ...] = ()
    notifications: tuple[Notification, ...] = ()

    @property
    def opened(self) -> int:
        return sum(n.reason is NotifyReason.NEW for n in self.notifications)

    @property
    def resolved(self) -> int:
        return sum(alert.state is AlertState.RESOLVED for alert in self.changed)


VERSION = 2
"""Of a notification as data. In version 1 details were sentences."""

_MOMENTS = ("opened_at", "told_at", "acknowledged_at", "snoozed_at", "snoozed_until", "resolved_at")


def notification_data(notification: Notification) -> dict[str, Any]:
    """All of it, in what JSON can hold."""
    return {
        "version": VERSION,
        "alert": alert_to_data(notification.alert),
        "reason": notification.reason.value,
        "at": notification.at.isoformat(),
        "days_left": notification.days_left,
        "added": [list(host) for host in notification.added],
        "gone": [list(host) for host in notification.gone],
        "fates": notification.fates.to_data() if notification.fates else None,
        "before": notification.before.to_data() if notification.before else None,
    }


def notification_from_data(data: Mapping[str, Any]) -> Notification:
    """What `notification_data` wrote. Keys that it lacks have their default, others are passed over.

    ValueError or KeyError for what is no notification.
    """
    return Notification(
        alert=alert_from_data(data["alert"]),
        reason=NotifyReason(data["reason"]),
        at=datetime.fromisoformat(data["at"]),
        days_left=data.get("days_left"),
        added=tuple(map(AffectedHost._make, data.get("added") or ())),
        gone=tuple(map(AffectedHost._make, data.get("gone") or ())),
        fates=Detail.from_data(data.get("fates")),
        before=Detail.from_data(data.get("before")),
    )


def alert_to_data(alert: Alert) -> dict[str, Any]:
    """An alert, field by field."""
    return {
        **alert._asdict(),
        "rule": alert.rule.value,
        "subject": [*alert.subject],
        "hosts": [list(host) for host in alert.hosts],
        "gone": [list(host) for host in alert.gone],
        "state": alert.state.value,
        "reason": alert.reason.value,
        "detail": alert.detail.to_data(),
        "why_resolved": alert.why_resolved.to_data() if alert.why_resolved else None,
        "due": alert.due.isoformat() if alert.due else None,
        "planned_for": alert.planned_for.isoformat() if alert.planned_for else None,
        **{name: moment.isoformat() if (moment := getattr(alert, name)) else None for name in _MOMENTS},
    }


def alert_from_data(data: Mapping[str, Any]) -> Alert:
    """What `alert_to_data` wrote."""
    stored = {name: data[name] for name in Alert._fields if name in data}
    due, planned = data.get("due"), data.get("planned_for")
    return Alert(
        **{
            **stored,
            "rule": Rule(data["rule"]),
            "subject": AlertSubject(*data["subject"]),
            "hosts": tuple(map(AffectedHost._make, data.get("hosts") or ())),
            "gone": tuple(map(AffectedHost._make, data.get("gone") or ())),
            "state": AlertState(data["state"]),
            "reason": NotifyReason(data["reason"]),
            "detail": Detail.from_data(data.get("detail")) or NO_DETAIL,
            "why_resolved": Detail.from_data(data.get("why_resolved")),
            "due": date.fromisoformat(due) if due else None,
            "planned_for": date.fromisoformat(planned) if planned else None,
            **{name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in _MOMENTS},
        }
    )
