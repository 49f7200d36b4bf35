"""A channel's week: what ended, what ends next, what nobody acknowledged, and its hosts in numbers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Self

from bot.alerts.alert import Alert, AlertState, Condition, Rule
from bot.fleet.verdicts import HostVerdict, PolicyScore, policy_scores
from bot.matrix.support import SupportLevel

VERSION = 1
WEEK = timedelta(days=7)
WEEKS_TOLD = 12


class ReleaseEnd(NamedTuple):
    """A release with the day that its updates end, and how many of the channel's hosts run it."""

    name: str
    day: date
    hosts: int


class Unacknowledged(NamedTuple):
    """An alert that nobody acknowledged. `opened` is the day of its first notification."""

    id: int
    rule: Rule
    name: str
    opened: date


class HostCounts(NamedTuple):
    """The channel's hosts: all, those past their end of life, in partial or no support, unknown, unreachable, off.

    Then those that a rule about hosts is about: they have known holes, wait too long for a restart, have updates that
    are too old, a licence or a certificate that ends.
    """

    hosts: int = 0
    eol: int = 0
    weak: int = 0
    unknown: int = 0
    unreachable: int = 0
    off: int = 0
    advisory: int = 0
    restart: int = 0
    old_updates: int = 0
    licence: int = 0
    certificate: int = 0


OF_RULES = (Rule.ADVISORY, Rule.RESTART, Rule.OLD_UPDATES, Rule.LICENCE, Rule.CERTIFICATE)
"""Rules whose hosts are counted, each in the count of its name."""


class QuietHoles(NamedTuple):
    """A release with known holes that make no alert: how many, and on how many hosts the most widespread is."""

    name: str
    holes: int
    hosts: int


class WeekCount(NamedTuple):
    """What a digest said of its week: its day, the channel's hosts, and those past their end of life."""

    day: date
    hosts: int
    eol: int


class Digest(NamedTuple):
    """What a channel reads once a week. `ended` has the newest first, `next` the nearest.

    `weeks` are this week and those before it that a digest was made of, the oldest first; none where this is the first.
    `policy` has the scores of all hosts and of each tag, where there is a policy. `quiet` are holes below the bar.
    """

    channel: str
    day: date
    numbers: HostCounts
    ended: tuple[ReleaseEnd, ...] = ()
    next: tuple[ReleaseEnd, ...] = ()
    unacknowledged: tuple[Unacknowledged, ...] = ()
    resolved: int = 0
    weeks: tuple[WeekCount, ...] = ()
    policy: tuple[PolicyScore, ...] = ()
    quiet: tuple[QuietHoles, ...] = ()

    @property
    def ended_this_week(self) -> tuple[ReleaseEnd, ...]:
        return tuple(ending for ending in self.ended if ending.day > self.day - WEEK)

    def to_data(self) -> dict[str, Any]:
        """In what JSON can hold."""
        return {
            "version": VERSION,
            "channel": self.channel,
            "day": self.day.isoformat(),
            "numbers": self.numbers._asdict(),
            "ended": [[end.name, end.day.isoformat(), end.hosts] for end in self.ended],
            "next": [[end.name, end.day.isoformat(), end.hosts] for end in self.next],
            "unheeded": [
                [each.id, each.rule.value, each.name, each.opened.isoformat()] for each in self.unacknowledged
            ],
            "resolved": self.resolved,
            "weeks": [[week.day.isoformat(), week.hosts, week.eol] for week in self.weeks],
            "policy": [list(score) for score in self.policy],
            "quiet": [list(each) for each in self.quiet],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote; what is missing counts nothing. ValueError or KeyError for what is no digest."""
        ended, next_ = (
            tuple(ReleaseEnd(name, date.fromisoformat(day), hosts) for name, day, hosts in data.get(key, ()))
            for key in ("ended", "next")
        )
        known = {name: data["numbers"][name] for name in HostCounts._fields if name in data.get("numbers", {})}
        return cls(
            channel=data["channel"],
            day=date.fromisoformat(data["day"]),
            numbers=HostCounts(**known),
            ended=ended,
            next=next_,
            unacknowledged=tuple(
                Unacknowledged(number, Rule(rule), name, date.fromisoformat(opened))
                for number, rule, name, opened in data.get("unheeded", ())
            ),
            resolved=data.get("resolved", 0),
            weeks=tuple(WeekCount(date.fromisoformat(day), hosts, eol) for day, hosts, eol in data.get("weeks", ())),
            policy=tuple(PolicyScore(*score) for score in data.get("policy", ())),
            quiet=tuple(QuietHoles(*each) for each in data.get("quiet", ())),
        )

    def after(self, earlier: "Iterable[Digest]") -> Self:
        """The same with the numbers of the last weeks, as the digests of those weeks had them: they are never reckoned.

        A week without a digest, or without hosts, is absent. What is of no earlier day is of a wrong clock.
        """
        oldest = self.day - WEEKS_TOLD * WEEK
        before = {each.day: each.numbers for each in earlier if oldest < each.day < self.day and each.numbers.hosts}
        if not (before and self.numbers.hosts):
            return self
        known = sorted((before | {self.day: self.numbers}).items())[-WEEKS_TOLD:]
        return self._replace(weeks=tuple(WeekCount(day, numbers.hosts, numbers.eol) for day, numbers in known))


def digest(
    channel: str,
    hosts: Sequence[HostVerdict],
    conditions: Iterable[Condition],
    open_alerts: Iterable[Alert],
    resolved: Iterable[Alert],
    day: date,
    quiet: Iterable[QuietHoles] = (),
) -> Digest | None:
    """A channel's digest on a day; None where there is nothing that it would be about.

    `hosts` are those that the channel is notified of (`Routing.hosts`), `resolved` what ended within the week.
    Conditions and alerts may be those of all channels.
    """
    conditions = [c for c in conditions if c.channel == channel]
    dated = [c for c in conditions if c.rule is Rule.EOL and c.due]
    endings = [ReleaseEnd(c.subject.name, c.due, len(c.hosts)) for c in dated if c.due]
    alerts = [alert for alert in open_alerts if alert.channel == channel]
    if not (hosts or endings or alerts):
        return None
    return Digest(
        channel=channel,
        day=day,
        numbers=_count(hosts, conditions),
        ended=tuple(sorted((e for e in endings if e.day <= day), key=lambda e: (-e.day.toordinal(), e.name))),
        next=tuple(sorted((e for e in endings if e.day > day), key=lambda e: (e.day, e.name))),
        unacknowledged=tuple(
            Unacknowledged(alert.id, alert.rule, alert.subject.name, alert.opened_at.date())
            for alert in sorted(alerts, key=lambda alert: (alert.opened_at, alert.id))
            if alert.state is AlertState.FIRING
        ),
        resolved=sum(alert.channel == channel for alert in resolved),
        policy=policy_scores(hosts),
        quiet=tuple(quiet),
    )


def _count(hosts: Sequence[HostVerdict], conditions: Sequence[Condition]) -> HostCounts:
    levels = [verdict.assessment.support.level for verdict in hosts if verdict.assessment]
    return HostCounts(
        hosts=len(hosts),
        eol=sum(verdict.is_eol for verdict in hosts),
        weak=sum(level is not SupportLevel.FULL for level in levels),
        unknown=len(hosts) - len(levels),
        unreachable=sum(not (verdict.host.is_reachable or verdict.host.is_off) for verdict in hosts),
        off=sum(verdict.host.is_off for verdict in hosts),
        **{rule.value: len({h.uuid for c in conditions if c.rule is rule for h in c.hosts}) for rule in OF_RULES},
    )
