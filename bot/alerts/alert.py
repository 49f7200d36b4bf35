"""An alert: one (channel, subject, rule) with the hosts that it is about, and what was done about it."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


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


class Subject(NamedTuple):
    """What an alert is about. `key` tells subjects apart, `name` is for people.

    `release:XCP-ng:8.2`, `pool:UUID`, `source:NAME`, `version:BRAND VERSION` or `sweep`. `product` and `release` are of
    a release alone.
    """

    key: str
    name: str
    product: str | None = None
    release: str | None = None


class Concerned(NamedTuple):
    """A host that an alert is about; `pool` is its pool's name, or the host's own where the pool has none."""

    uuid: str
    name: str
    pool: str


class Concern(NamedTuple):
    """What holds now for a channel, before anybody asks whether it was told already.

    `due` is the day it is about (end of life, end of maintenance). `threshold_days` is the tightest lead that the day
    has crossed: None if none is, or where days do not matter. `is_news` is whether it should open an alert: a date that
    is too far off is no news, but keeps an alert that is open. `detail` says what the rule found in a word or two.
    `watched`: the channel watches the release, with or without hosts.
    """

    channel: str
    rule: Rule
    subject: Subject
    hosts: tuple[Concerned, ...] = ()
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
    subject: Subject
    hosts: tuple[Concerned, ...]
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
    gone: tuple[Concerned, ...] = ()

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
    added: tuple[Concerned, ...] = ()
    gone: tuple[Concerned, ...] = ()


class Settled(NamedTuple):
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
