"""What rules read, the fleet with its verdicts, routes and watches as of a moment; and the values that they find."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from bot.alerts.routing import AlertPlan, Routing, Watch, WatchKind
from bot.fleet.hosts import Change, ChangeKind, Source, SourceState
from bot.fleet.sites import NO_SITES, KnownSites
from bot.fleet.verdicts import HostVerdict
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release

if TYPE_CHECKING:
    from bot.advisories.advisories import Advisories
    from bot.advisories.advisory import Advisory
    from bot.fleet.ports import OrchestraState
    from bot.xo.updates import MissingUpdates


class Detail(NamedTuple):
    """What a rule found, or why that is gone, as values of which bot.chat.rule_wording makes words.

    `kind` says what the values are; these are what JSON can hold: texts, numbers, None, lists and objects of them.
    """

    kind: str
    values: Mapping[str, Any] = {}

    def to_data(self) -> dict[str, Any]:
        """As one JSON object."""
        return {"kind": self.kind, **self.values}

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | str | None) -> Self | None:
        """What `to_data` wrote, or words as an earlier version stored them; None for None. KeyError for anything else.

        Words are shown as they are; without any there is no detail.
        """
        if isinstance(data, str):
            return cls("text", {"text": data}) if data else cls("none")
        return cls(data["kind"], {name: value for name, value in data.items() if name != "kind"}) if data else None


NO_DETAIL = Detail("none")
"""Of alerts whose subject and day say all that there is to say."""


class AlertSubject(NamedTuple):
    """What an alert is about. `key` tells subjects apart, `name` is for people.

    `release:XCP-ng:8.2`, `pool:UUID`, `source:NAME`, `version:BRAND VERSION` or `sweep`. `product` and `release` are of
    a release alone.
    """

    key: str
    name: str
    product: str | None = None
    release: str | None = None


def release_subject(release: Release, day: date) -> AlertSubject:
    """A release as the subject of alerts; its name follows the day."""
    product, number = release.product.value, release.number
    return AlertSubject(f"release:{product}:{number}", release.name(day), product, number)


class AffectedHost(NamedTuple):
    """A host that an alert is about, and its pool, by what they are called among all of the fleet."""

    uuid: str
    name: str
    pool: str


class SweepHealth(NamedTuple):
    """How sweeping goes. `every` is how often one is due, `since` since when any is, `error` why the last one failed.

    `finished_at` is the end of the last one that was done; an evaluation after a sweep counts that one. `late_since`
    says since when which channels have an alert of late sweeps, and `channels` are all that have any open alert.
    """

    every: timedelta
    finished_at: datetime | None
    since: datetime | None = None
    error: str | None = None
    late_since: Mapping[str, datetime] = {}
    channels: tuple[str, ...] = ()


class SecurityPlan(NamedTuple):
    """Which holes make an alert (`security` of the configuration).

    `tell` is a severity, or `none`. `orchestra_fixed_from` is the xo-server from which on the operator knows those
    holes to be fixed whose fix the data do not know.
    """

    tell: str = "high"
    orchestra_fixed_from: str | None = None

    def tells(self, advisory: "Advisory") -> bool:
        """Whether a hole makes an alert: one that is used by attackers always does."""
        if advisory.exploited:
            return True
        order = ["critical", "high", "medium", "low"]
        return self.tell in order and order.index(advisory.severity) <= order.index(self.tell)


@dataclass
class ReleaseInChannel:
    """What one channel has to do with one release: hosts, and the leads of all routes that bring them there."""

    hosts: dict[str, AffectedHost] = field(default_factory=dict)
    lead: set[int] = field(default_factory=set)
    watched: bool = False

    @cached_property
    def in_order(self) -> tuple[AffectedHost, ...]:
        """The hosts once all are there, by pool and name."""
        return in_order(self.hosts.values())


@dataclass(frozen=True)
class FleetFacts:
    """All that rules read. What several rules need is worked out once.

    `now` is the moment of the evaluation, in UTC, and says the day unless `today` does: in another zone there may be
    another one. `failing` are the sources that do not answer, and `heard` reads the names of those that ever did, for
    a channel's first message. `changes` reads the latest ones, the newest first: only what is gone needs them.
    `orchestras` are those that were asked, and `missing` what hosts miss by what these say.
    """

    verdicts: Sequence[HostVerdict]
    failing: Sequence[SourceState]
    configured: Sequence[Source]
    watches: Sequence[Watch]
    plan: AlertPlan
    matrix: Matrix
    now: datetime
    sweep: SweepHealth
    changes: Callable[[], Sequence[Change]] = tuple
    security: SecurityPlan = field(default_factory=SecurityPlan)
    orchestras: "Sequence[OrchestraState]" = ()
    missing: "Callable[[], Iterable[MissingUpdates]]" = tuple
    sites: KnownSites = NO_SITES
    today: date | None = None
    heard: Callable[[], Collection[str]] = tuple

    @cached_property
    def day(self) -> date:
        return self.today or self.now.date()

    @cached_property
    def routing(self) -> Routing:
        """Routes and watches in force."""
        return Routing(self.configured, self.watches, self.plan)

    @cached_property
    def by_uuid(self) -> Mapping[str, HostVerdict]:
        """Every host with its verdict."""
        return {verdict.host.host.uuid: verdict for verdict in self.verdicts}

    @cached_property
    def advisories(self) -> "Advisories":
        """The advisories of the data in use, loaded where something is to be judged."""
        from bot.advisories.load import advisories_of

        return advisories_of(self.matrix)

    @cached_property
    def pools(self) -> Mapping[str, Sequence[HostVerdict]]:
        """The hosts of each pool, by its uuid."""
        found: dict[str, list[HostVerdict]] = defaultdict(list)
        for verdict in self.verdicts:
            found[verdict.host.pool.uuid].append(verdict)
        return found

    @cached_property
    def last_changes(self) -> Mapping[str, ChangeKind]:
        """What last changed about each host, by uuid, as far back as changes are read."""
        last: dict[str, ChangeKind] = {}
        for change in self.changes():
            if change.uuid:
                last.setdefault(change.uuid, change.kind)
        return last

    @cached_property
    def affected(self) -> Mapping[str, AffectedHost]:
        """Every host as alerts name it, by uuid."""
        uuids = ((verdict.host.host.uuid, verdict) for verdict in self.verdicts)
        return {uuid: AffectedHost(uuid, verdict.name, verdict.pool_name) for uuid, verdict in uuids}

    @cached_property
    def releases(self) -> Mapping[tuple[str, Release], ReleaseInChannel]:
        """What each channel has to do with each release, by its hosts and its watches. A prerelease is none."""
        found: dict[tuple[str, Release], ReleaseInChannel] = defaultdict(ReleaseInChannel)
        for verdict in self.verdicts:
            if verdict.assessment and not verdict.is_prerelease:
                release, host = verdict.assessment.release, self.affected[verdict.host.host.uuid]
                for recipient in (*self.routing.of_host(verdict.host), *self.routing.of_release(release)):
                    entry = found[recipient.channel, release]
                    entry.lead.update(recipient.lead)
                    entry.hosts[host.uuid] = host
        for watch in self.watches:
            if watch.kind is WatchKind.RELEASE and (watched := self.release(watch.product, watch.release)):
                found[watch.channel, watched].lead.update(watch.lead or self.plan.lead)
                found[watch.channel, watched].watched = True
        return found

    @cached_property
    def prereleases(self) -> Mapping[tuple[str, str], Sequence[HostVerdict]]:
        """The hosts of each channel that run a prerelease, by its name."""
        found: dict[tuple[str, str], list[HostVerdict]] = defaultdict(list)
        for verdict in self.verdicts:
            if (assessment := verdict.assessment) and verdict.is_prerelease:
                recipients = (*self.routing.of_host(verdict.host), *self.routing.of_release(assessment.release))
                for channel in dict.fromkeys(recipient.channel for recipient in recipients):
                    found[channel, assessment.name].append(verdict)
        return found

    def release(self, product: str | None, number: str | None) -> Release | None:
        """The release of a name and a number, if the matrix has it."""
        return self.matrix.release(Product(product), number) if product in tuple(Product) and number else None

    def in_order(self, verdicts: Iterable[HostVerdict]) -> tuple[AffectedHost, ...]:
        """The hosts of some verdicts, each once, by pool and name."""
        return in_order(self.affected[verdict.host.host.uuid] for verdict in verdicts)


def in_order(hosts: Iterable[AffectedHost]) -> tuple[AffectedHost, ...]:
    """Hosts, each once, by pool and name."""
    return tuple(
        sorted({host.uuid: host for host in hosts}.values(), key=lambda host: (host.pool, host.name, host.uuid))
    )
