"""A channel's first message: what is watched for it, what was found at first, and what it will be told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, Self

from bot.alerts.alert import Condition
from bot.alerts.digest import HostCounts, ReleaseEnd, digest
from bot.alerts.facts import FleetFacts
from bot.alerts.routing import UTC_ZONE, AlertPlan, Route
from bot.xapi.observation import Pool

VERSION = 1


class Start(NamedTuple):
    """What a channel reads once, before its first alerts.

    `sources` is how many targets lead to the channel, `silent` are those of them that have never answered. `follow` is
    how many alerts come right after it. `ended` has the newest first, `next` the nearest. `plan` has all routes, as
    what no route takes depends on them. `zone` is the one in which the channel counts days.
    """

    channel: str
    day: date
    plan: AlertPlan
    numbers: HostCounts = HostCounts()
    sources: int = 0
    silent: tuple[str, ...] = ()
    ended: tuple[ReleaseEnd, ...] = ()
    next: tuple[ReleaseEnd, ...] = ()
    follow: int = 0
    zone: str = UTC_ZONE

    def to_data(self) -> dict[str, Any]:
        """In what JSON can hold."""
        return {
            "version": VERSION,
            "channel": self.channel,
            "day": self.day.isoformat(),
            "plan": [
                self.plan.channel,
                list(self.plan.lead),
                [[of, list(lead), list(tags), list(pools)] for of, lead, tags, pools in self.plan.routes],
            ],
            "numbers": self.numbers._asdict(),
            "sources": self.sources,
            "silent": list(self.silent),
            "ended": [[end.name, end.day.isoformat(), end.hosts] for end in self.ended],
            "next": [[end.name, end.day.isoformat(), end.hosts] for end in self.next],
            "follow": self.follow,
            "zone": self.zone,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote. ValueError or KeyError for what is none."""
        channel, lead, routes = data["plan"]
        known = (Route(of, tuple(days), tuple(tags), tuple(pools)) for of, days, tags, pools in routes)
        ended, next_ = (
            tuple(ReleaseEnd(name, date.fromisoformat(day), hosts) for name, day, hosts in data[key])
            for key in ("ended", "next")
        )
        return cls(
            channel=data["channel"],
            day=date.fromisoformat(data["day"]),
            plan=AlertPlan(channel, tuple(lead), tuple(known)),
            numbers=HostCounts(**{name: data["numbers"].get(name, 0) for name in HostCounts._fields}),
            sources=data["sources"],
            silent=tuple(data["silent"]),
            ended=ended,
            next=next_,
            follow=data["follow"],
            zone=data.get("zone", UTC_ZONE),
        )


def start(channel: str, facts: FleetFacts, conditions: Iterable[Condition], follow: int) -> Start:
    """The first message of a channel. Conditions may be those of all channels."""
    heard = frozenset(facts.heard())
    pools: dict[str, set[Pool]] = defaultdict(set)
    for verdict in facts.verdicts:
        for name in heard.intersection(verdict.host.sources):
            pools[name].add(verdict.host.pool)
    leading = [s.name for s in facts.configured if channel in facts.routing.of_source(s.name, pools.get(s.name, ()))]
    hosts = facts.routing.hosts(facts.verdicts).get(channel, ())
    found = digest(channel, hosts, conditions, (), (), facts.day)
    made = Start(
        channel=channel,
        day=facts.day,
        plan=facts.plan,
        sources=len(leading),
        silent=tuple(name for name in leading if name not in heard),
        follow=follow,
        zone=facts.plan.zone_of(channel),
    )
    return made._replace(numbers=found.numbers, ended=found.ended, next=found.next) if found else made
