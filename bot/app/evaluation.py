"""What concerns which channel, judged by all that is known of the fleet."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from bot.alerts.cycle import FleetState
from bot.alerts.digest import Digest, digest
from bot.alerts.ports import Evaluation
from bot.alerts.resolution import resolution_reason
from bot.alerts.routing import AlertPlan, Routing
from bot.alerts.rules import SweepHealth, conditions
from bot.app.dataset import Dataset
from bot.fleet.hosts import Source, SourceState, WatchedHost
from bot.fleet.verdicts import HostVerdict, host_verdicts
from bot.matrix.matrix import Matrix
from bot.store.store import Store

LOOKED_BACK = timedelta(days=30)
"""How far back the reason is looked for why something is gone."""

WEEK = timedelta(days=7)


class FleetEvaluation(NamedTuple):
    """Judges for all channels. `since` is since when sweeps are due every `every`."""

    edition: Callable[[], Dataset]
    store: Store
    sources: tuple[Source, ...]
    plan: AlertPlan
    every: timedelta
    since: datetime

    @property
    def matrix(self) -> Matrix:
        """What is known now."""
        return self.edition().matrix

    @property
    def read_at(self) -> datetime:
        """When the vendors' dates were read."""
        return datetime.combine(self.matrix.lifecycle_read_on, time(), UTC)

    def swept(self, known: FleetState) -> Evaluation:
        """After a sweep, whose moment is the newest."""
        return self._judged(known.hosts, known.sources, known.at, known.at)

    def standing(self, at: datetime) -> Evaluation:
        """Between two sweeps: days pass, snoozes end, and sweeps may be late."""
        last = self.store.sweeps.last_finished()
        return self._judged(self.store.fleet.hosts(), self.store.fleet.sources(), at, last and last.finished_at)

    def findings(self, at: datetime) -> tuple[HostVerdict, ...]:
        """All hosts with their verdicts, the worst first."""
        return host_verdicts(*self.edition()[:2], self.store.fleet.hosts(), at.date())

    def digests(self, at: datetime) -> tuple[Digest, ...]:
        """The week of every channel that there is something to tell."""
        findings, watches = self.findings(at), self.store.watches.all()
        routing = Routing(self.sources, watches, self.plan)
        hosts, now_open = routing.hosts(findings), self.store.alerts.open()
        told = self.standing(at).concerns, now_open, self.store.alerts.resolved(at - WEEK)
        channels = dict.fromkeys((*routing.channels, *(alert.channel for alert in now_open)))
        made = (digest(channel, hosts.get(channel, ()), *told, at.date()) for channel in channels)
        return tuple(each for each in made if each)

    def _judged(
        self,
        hosts: Sequence[WatchedHost],
        sources: Sequence[SourceState],
        at: datetime,
        finished_at: datetime | None,
    ) -> Evaluation:
        day = at.date()
        findings = host_verdicts(*self.edition()[:2], hosts, day)
        failed = self.store.sweeps.last_error()
        health = SweepHealth(
            self.every, finished_at, self.since, failed.error if failed else None, self.store.alerts.outlines()
        )
        watches, changes = self.store.watches.all(), self.store.fleet.changes(at - LOOKED_BACK)
        return Evaluation(
            conditions(findings, sources, self.sources, watches, self.plan, self.matrix, day, at, health),
            resolution_reason(findings, sources, self.sources, changes, self.matrix, day),
        )
