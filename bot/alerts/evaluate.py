"""Evaluation: what holds for each channel now, held against its open alerts; what comes of it is stored and queued."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from bot.alerts.alert import Alert, Detail, Notification, NotifyReason, Reconciled
from bot.alerts.condition import Condition, Rule
from bot.alerts.delivery.outbox import Outbox
from bot.alerts.digest import WEEK, Digest, QuietHoles, digest
from bot.alerts.facts import FleetFacts, SecurityPlan, SweepHealth
from bot.alerts.patch_rules import holes
from bot.alerts.ports import AlertAct, AlertBook, AlertTransaction, Watches
from bot.alerts.routing import UTC_ZONE, AlertPlan
from bot.alerts.rules import SWEEP, fates, find_conditions, resolution
from bot.alerts.start import start
from bot.alerts.state_machine import LocalTime, ResolutionReason, apply, reconcile
from bot.fleet.hosts import Source, WatchedHost
from bot.fleet.policy import Policy
from bot.fleet.ports import FleetStore, OrchestraStore, SweepLog
from bot.fleet.sites import KnownSites, no_sites
from bot.fleet.verdicts import HostVerdict, host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader

LOOKED_BACK = timedelta(days=30)
"""How far back changes are read to say why something is gone."""


class AlertStore(NamedTuple):
    """What is stored of a fleet and its sweeps, of alerts, of who watches what, of messages that wait, and of what Xen
    Orchestras say of themselves and of missing updates, where any is asked."""

    fleet: FleetStore
    sweeps: SweepLog
    alerts: AlertBook
    watches: Watches
    outbox: Outbox
    orchestras: OrchestraStore | None = None


class FleetEvaluation(NamedTuple):
    """Evaluates a fleet for all channels, by what is stored. `since` is since when sweeps are due every `every`.

    `data` is what is known of releases now, with the reader of versions. `policy` is what hosts are to run, if anything
    says so, `security` which holes make an alert; `sites` are those that report here.
    """

    data: Callable[[], tuple[Matrix, Reader]]
    store: AlertStore
    sources: tuple[Source, ...]
    plan: AlertPlan
    every: timedelta
    since: datetime
    policy: Policy | None = None
    security: SecurityPlan = SecurityPlan()
    sites: Callable[[], KnownSites] = no_sites

    @property
    def configured(self) -> tuple[Source, ...]:
        """All sources there are now: `sources`, and the targets of sites."""
        return (*self.sources, *self.sites().sources)

    def on_one_day(self, store: AlertStore) -> "FleetEvaluation":
        """The same by another store, and with one day for all channels, whatever their zones: a day that somebody names
        is each channel's own."""
        return self._replace(store=store, plan=self.plan._replace(zone=UTC_ZONE, zones={}))

    def evaluate(self, now: datetime, swept_at: datetime | None = None, begins: bool = True) -> Reconciled:
        """Open, notify and resolve as of a moment. `swept_at`: a sweep ended that is not in the log of sweeps yet.

        After the first sweep each channel of the configuration is told first what is watched for it, if this `begins`.

        UnavailableError where the database could not be reached; then nothing is changed.
        """
        with self.store.alerts.transaction() as unit:  # one evaluation at a time, and none by what another made old
            open_alerts = unit.open_alerts()
            facts = self.facts_by_day(now, open_alerts, swept_at)
            conditions = facts.conditions()
            if not any(known.sweep.finished_at for known in facts.on.values()):
                conditions = _of_no_sweep(conditions, open_alerts)
            elif begins:
                _start(unit, facts, conditions, open_alerts)
            return update(
                unit,
                conditions,
                open_alerts,
                now,
                lambda gone: resolution(facts.of(gone.channel), gone),
                lambda gone: fates(facts.of(gone.channel), gone),
                self.plan.local,
            )

    def facts_by_day(
        self, now: datetime, open_alerts: Collection[Alert], swept_at: datetime | None = None
    ) -> "FactsByDay":
        """What rules read, as it is stored now, for each day that it is in the zone of some channel."""
        first, *others = self.plan.days(now)
        known = self.facts(now, open_alerts, swept_at, first)
        found = {first: known}
        for day in others:
            verdicts = self._verdicts((verdict.host for verdict in known.verdicts), day)
            found[day] = replace(known, today=day, verdicts=verdicts)
        return FactsByDay(self.plan, now, found)

    def facts(
        self,
        now: datetime,
        open_alerts: Collection[Alert],
        swept_at: datetime | None = None,
        today: date | None = None,
    ) -> FleetFacts:
        """What rules read, as it is stored now; `today` is the day where that is not the one in UTC."""
        (matrix, _), store = self.data(), self.store
        last, failed = store.sweeps.last_finished(), store.sweeps.last_error()
        return FleetFacts(
            self._verdicts(store.fleet.hosts(), today or now.date()),
            store.fleet.failing(),
            self.configured,
            store.watches.all(),
            self.plan,
            matrix,
            now,
            SweepHealth(
                self.every,
                swept_at or (last and last.finished_at),
                self.since,
                failed.error if failed else None,
                {alert.channel: alert.opened_at for alert in open_alerts if alert.rule is Rule.SWEEP_LATE},
                tuple(dict.fromkeys(alert.channel for alert in open_alerts)),
            ),
            lambda: store.fleet.changes(now - LOOKED_BACK),
            self.security,
            store.orchestras.states() if store.orchestras else (),
            store.orchestras.missing if store.orchestras else tuple,
            self.sites(),
            today,
            store.fleet.heard,
        )

    def _verdicts(self, hosts: Iterable[WatchedHost], day: date) -> tuple[HostVerdict, ...]:
        return host_verdicts(*self.data(), hosts, day, self._tagged, self.policy)

    def findings(self, at: datetime) -> tuple[HostVerdict, ...]:
        """All hosts with their verdicts, the worst first."""
        return self._verdicts(self.store.fleet.hosts(), at.date())

    @property
    def _tagged(self) -> tuple[Source, ...]:
        """The sources whose tags count: only a policy asks for those of a host."""
        return self.sources if self.policy else ()

    def digests(self, at: datetime, zone: str | None = None) -> Iterator[Digest]:
        """The week of every channel that has something to read of it; `zone`: of those that count days in that one."""
        open_alerts, plan = self.store.alerts.open(), self.plan
        # What ended on a day that has not come was ended by a wrong clock, and in no week.
        resolved = [a for a in self.store.alerts.resolved(at - WEEK) if a.resolved_at and a.resolved_at <= at]
        facts = self.facts_by_day(at, open_alerts)
        conditions = facts.conditions()
        hosts = {day: known.routing.hosts(known.verdicts) for day, known in facts.on.items()}
        quiet = {day: _quiet_holes(known) for day, known in facts.on.items()}
        alerts = [alert.as_local(partial(plan.local, alert.channel)) for alert in open_alerts]
        for channel in dict.fromkeys((*facts.channels, *(alert.channel for alert in open_alerts))):
            if zone not in (None, plan.zone_of(channel)):
                continue
            day = facts.of(channel).day
            about = hosts[day].get(channel, ()), conditions, alerts, resolved, day, quiet[day].get(channel, ())
            if made := digest(channel, *about):
                yield made


class FactsByDay(NamedTuple):
    """What rules read for each channel, which counts days in its own zone: `on` has the facts of each day that it is
    for some channel at a moment."""

    plan: AlertPlan
    now: datetime
    on: Mapping[date, FleetFacts]

    def of(self, channel: str) -> FleetFacts:
        """Those of the channel's day."""
        return self.on[self.plan.local(channel, self.now).date()]

    def conditions(self) -> tuple[Condition, ...]:
        """All that holds now for every channel, on its own day."""
        if len(self.on) == 1:
            return find_conditions(next(iter(self.on.values())))
        return tuple(c for facts in self.on.values() for c in find_conditions(facts) if self.of(c.channel) is facts)

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels that are notified of anything."""
        return next(iter(self.on.values())).routing.channels


def _quiet_holes(facts: FleetFacts) -> Mapping[str, Sequence[QuietHoles]]:
    """The holes that make no alert, of each channel's hosts, release by release."""
    quiet: dict[str, list[QuietHoles]] = defaultdict(list)
    for channel, found in holes(facts):
        if found.quiet:
            name, most = found.release.name(facts.day), max(count for _, count in found.quiet)
            quiet[channel].append(QuietHoles(name, len(found.quiet), most))
    return quiet


def _of_no_sweep(conditions: Iterable[Condition], open_alerts: Iterable[Alert]) -> tuple[Condition, ...]:
    """What may be told before any sweep has ended. What the first one finds waits for its end: another process may
    evaluate meanwhile, and a channel's first message comes before its alerts.
    """
    known = {alert.fingerprint for alert in open_alerts}
    return tuple(c for c in conditions if c.subject.key == SWEEP.key or c.fingerprint in known)


def _start(
    unit: AlertTransaction, facts: FactsByDay, conditions: Sequence[Condition], open_alerts: Sequence[Alert]
) -> None:
    """Queue the first message of each channel of the configuration that has had none."""
    known = {alert.fingerprint for alert in open_alerts}
    for channel in unit.unstarted(facts.plan.channels):
        follow = sum(c.channel == channel and c.is_news and c.fingerprint not in known for c in conditions)
        unit.queue_start(channel, start(channel, facts.of(channel), conditions, follow).to_data(), facts.now)


def update(
    unit: AlertTransaction,
    conditions: Iterable[Condition],
    open_alerts: Iterable[Alert],
    now: datetime,
    why: ResolutionReason,
    fates_of: ResolutionReason | None = None,
    local: LocalTime = lambda _, at: at,
) -> Reconciled:
    """Hold conditions against the open alerts; store what changed, and queue what channels are to read of it.

    `fates_of` says what became of hosts that a condition is not about any more: the open alerts' messages tell it.
    """
    found = reconcile(conditions, open_alerts, now, why, local)
    saved = unit.save(found.changed, now)
    stored = {alert.fingerprint: alert for alert in saved}
    notifications = tuple(
        each._replace(
            alert=stored[each.alert.fingerprint],
            fates=fates_of(each.alert.condition._replace(hosts=each.gone))
            if fates_of and each.gone and each.alert.is_open
            else None,
        )
        for each in found.notifications
    )
    unit.queue(saved, _each_end_once(notifications), now)
    return Reconciled(saved, notifications)


def act_on(book: AlertBook, ids: Collection[int], act: AlertAct) -> tuple[Alert, ...]:
    """Do something about open alerts; those that changed, as they are then. Doing it twice changes nothing.

    A note that is new is told in the thread of each message once.
    """
    with book.transaction() as unit:
        acted = [(before, apply(before, act)) for before in unit.open_alerts(ids)]
        changed = unit.save([after for before, after in acted if after != before], act.at)
        noted = {before.id for before, after in acted if after.note != before.note}
        about = {(each.channel, each.subject.key): each for each in reversed(changed) if each.id in noted}
        unit.queue(changed, [Notification(each, NotifyReason.NOTE, act.at) for each in about.values()], act.at)
    return changed


def _each_end_once(notifications: Iterable[Notification]) -> Iterator[Notification]:
    """Without those that say again why something of the same subject ended: alerts of a subject mostly end together."""
    ended: list[tuple[str, str, Detail | None]] = []
    for each in notifications:
        end = each.alert.channel, each.alert.subject.key, each.alert.why_resolved
        if each.reason is NotifyReason.RESOLVED:
            if end in ended:
                continue
            ended.append(end)
        yield each
