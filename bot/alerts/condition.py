"""What rules find: conditions that hold now, of kinds; and what a row of the table of rules is."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from bot.alerts.facts import NO_DETAIL, AffectedHost, AlertSubject, Detail, FleetFacts
from bot.fleet.verdicts import HostVerdict


class Rule(StrEnum):
    """What is worth a notification. The worst first: the first one gives an alert message its headline."""

    SWEEP_LATE = "sweep_late"
    SITES_AWAY = "sites_away"
    """The server through which sites are heard cannot be reached."""
    SITE_SILENT = "site_silent"
    SITE_CLAIM = "site_claim"
    """A site claims a host that another place has."""
    WORKER_OLD = "worker_old"
    ORCHESTRA = "orchestra"
    """A Xen Orchestra with known holes."""
    EOL = "eol"
    ADVISORY = "advisory"
    """Hosts with known holes. Below the end of life of their release: that is why nobody closes them."""
    UNKNOWN_VERSION = "unknown_version"
    SUPPORT = "support"
    """Not on the list, partial, or without official support."""
    OLD_UPDATES = "old_updates"
    RESTART = "restart"
    MAINTENANCE = "maintenance"
    LICENCE = "licence"
    CERTIFICATE = "certificate"
    MIXED_POOL = "mixed_pool"
    PATCH_SKEW = "patch_skew"
    """A pool of one version at several patch levels."""
    UNREACHABLE = "unreachable"


class Fingerprint(NamedTuple):
    """What makes two alerts the same; of each at most one is open."""

    channel: str
    rule: Rule
    subject: str


class Condition(NamedTuple):
    """What holds now for a channel, whether or not anybody was notified already.

    `due` is the day it is about (end of life, end of maintenance). `threshold_days` is the tightest lead that the day
    has crossed: None if none is, or where days do not matter. `is_news` is whether it should open an alert: a date that
    is too far off is no news, but keeps an alert that is open. `watched`: the channel watches the release, with or
    without hosts.
    """

    channel: str
    rule: Rule
    subject: AlertSubject
    hosts: tuple[AffectedHost, ...] = ()
    due: date | None = None
    threshold_days: int | None = None
    is_news: bool = True
    detail: Detail = NO_DETAIL
    watched: bool = False

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.channel, self.rule, self.subject.key)


class RuleRow(NamedTuple):
    """A rule: the conditions that it finds, and why one that it found before is gone.

    `more_hosts` is whether a further host makes a condition worse, so that its channel is notified. `fate`, of a rule
    about hosts, is what became of one that still runs what it ran; None where the rule holds for it as before.
    `is_worse` compares the details of before and now: whether somebody who knew of that has to be told of this.
    """

    find: Callable[[FleetFacts], Iterable[Condition]]
    resolution: Callable[[FleetFacts, Condition], Detail]
    more_hosts: bool = False
    fate: Callable[[FleetFacts, HostVerdict], str | None] | None = None
    is_worse: Callable[[Detail, Detail], bool] | None = None


NO_ROUTE = Detail("no_route")
"""No route and no watch leads to the channel any more."""


def tightest(leads: Collection[int], left: int) -> int | None:
    """The smallest of the leads that are crossed with so many days left: from the day on, the smallest of all."""
    return min((lead for lead in leads if lead >= left), default=None)


def minute(moment: datetime | None) -> str | None:
    """A moment in UTC as details have it: to the minute, as it is shown, so that seconds make no difference."""
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else None
