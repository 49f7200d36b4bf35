"""An alert: one (channel, subject, rule) with the hosts that it is about, and what was done about it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple


class Rule(StrEnum):
    """What is worth telling. The worst first: the first one gives a bulletin its headline."""

    SWEEP_LATE = "sweep_late"
    EOL = "eol"
    UNKNOWN_VERSION = "unknown_version"
    SUPPORT = "support"
    """Not on the list, partial, or without official support."""
    MAINTENANCE = "maintenance"
    MIXED_POOL = "mixed_pool"
    UNREACHABLE = "unreachable"


class AlertSubject(NamedTuple):
    """What an alert is about. `key` tells subjects apart, `name` is for people.

    `release:XCP-ng:8.2`, `pool:UUID`, `source:NAME`, `version:BRAND VERSION` or `sweep`. `product` and `release` are of
    a release alone.
    """

    key: str
    name: str
    product: str | None = None
    release: str | None = None


class AffectedHost(NamedTuple):
    """A host that an alert is about; `pool` is its pool's name, or the host's own where the pool has none."""

    uuid: str
    name: str
    pool: str


class Condition(NamedTuple):
    """What holds now for a channel, before anybody asks whether it was told already.

    `due` is the day it is about (end of life, end of maintenance). `threshold_days` is the tightest lead that the day
    has crossed: None if none is, or where days do not matter. `is_news` is whether it should open an alert: a date that
    is too far off is no news, but keeps an alert that is open. `detail` says what the rule found in a word or two.
    `watched`: the channel watches the release, with or without hosts.
    """

    channel: str
    rule: Rule
    subject: AlertSubject
    hosts: tuple[AffectedHost, ...] = ()
    due: date | None = None
    threshold_days: int | None = None
    is_news: bool = True
    detail: str = ""
    watched: bool = False

    @property
    def fingerprint(self) -> "Fingerprint":
        return Fingerprint(self.channel, self.rule, self.subject.key)


class Fingerprint(NamedTuple):
    """What makes two alerts the same; of each at most one is open."""

    channel: str
    rule: Rule
    subject: str


class AlertState(StrEnum):
    """CONTRACT.md section 2."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class NotifyReason(StrEnum):
    """Why something is told."""

    NEW = "new"
    THRESHOLD = "threshold"
    MORE_HOSTS = "more_hosts"
    REMINDER = "reminder"
    SNOOZE_OVER = "snooze_over"
    RESOLVED = "resolved"


class Alert(NamedTuple):
    """An alert. `id` is 0 before it is kept. `reason` is that of the last notification.

    `snoozed_until` None in a snooze means: until the next threshold. `told_at` is when something was last told,
    for reminders; `why_resolved` completes "resolved: ...". `gone` are hosts that left it since then: the next
    notification tells of them. An alert that fires again keeps who had acknowledged or snoozed it, and when.
    """

    id: int
    channel: str
    rule: Rule
    subject: AlertSubject
    hosts: tuple[AffectedHost, ...]
    due: date | None
    threshold_days: int | None
    detail: str
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
    why_resolved: str | None = None
    gone: tuple[AffectedHost, ...] = ()

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.channel, self.rule, self.subject.key)

    @property
    def is_open(self) -> bool:
        return self.state is not AlertState.RESOLVED


class Notification(NamedTuple):
    """Something to tell about an alert, as it was when it was decided. `added` and `gone` are hosts since the last one.

    `days_left` is to the alert's `due` on the day it was decided; negative after it.
    """

    alert: Alert
    reason: NotifyReason
    at: datetime
    days_left: int | None = None
    added: tuple[AffectedHost, ...] = ()
    gone: tuple[AffectedHost, ...] = ()


class Reconciled(NamedTuple):
    """What comes of holding concerns against the alerts that are open.

    `changed` are alerts to keep (new ones have id 0), whether or not something is told: the bulletin of each is edited.
    """

    changed: tuple[Alert, ...] = ()
    notifications: tuple[Notification, ...] = ()

    @property
    def opened(self) -> int:
        return sum(n.reason is NotifyReason.NEW for n in self.notifications)

    @property
    def resolved(self) -> int:
        return sum(alert.state is AlertState.RESOLVED for alert in self.changed)


VERSION = 1


def notification_data(notification: Notification) -> dict[str, Any]:
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


def notification_from_data(data: Mapping[str, Any]) -> Notification:
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
            "subject": AlertSubject(*data["subject"]),
            "hosts": _to_hosts(data.get("hosts")),
            "gone": _to_hosts(data.get("gone")),
            "state": AlertState(data["state"]),
            "reason": NotifyReason(data["reason"]),
            "due": date.fromisoformat(due) if due else None,
            **{name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in _MOMENTS},
        }
    )


_MOMENTS = ("opened_at", "told_at", "acknowledged_at", "snoozed_at", "snoozed_until", "resolved_at")


def _from_hosts(hosts: Sequence[AffectedHost]) -> list[list[str]]:
    return [[*host] for host in hosts]


def _to_hosts(data: Sequence[Sequence[str]] | None) -> tuple[AffectedHost, ...]:
    return tuple(AffectedHost(*host) for host in data or ())
