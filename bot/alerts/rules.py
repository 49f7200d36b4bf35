"""The rules of days: which leads a day has crossed, and what that is worth telling of a release."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.alerts.alert import AffectedHost, Alert, AlertSubject, Condition, Rule
from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import AlertPlan, Recipient, Routing
from bot.fleet.hosts import Source, SourceState
from bot.fleet.verdicts import HostVerdict
from bot.matrix.lifecycle import Lifecycle
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import Support, SupportLevel
from bot.matrix.wording import moment_in_words
from bot.query.text import shown
from bot.xapi.observation import Host


class DueDate(NamedTuple):
    """A day of a release's life that a rule is about. `threshold` is the tightest lead crossed, None if none is."""

    rule: Rule
    day: date
    threshold: int | None


def due_dates(life: Lifecycle, leads: Collection[int], on: date) -> Iterator[DueDate]:
    """The end of life; before it, also the end of maintenance where it is another day."""
    if life.eol:
        yield DueDate(Rule.EOL, life.eol, tightest(leads, (life.eol - on).days))
    ended = life.eol is not None and on >= life.eol
    if life.maintenance_ends and life.maintenance_ends != life.eol and not ended:
        yield DueDate(Rule.MAINTENANCE, life.maintenance_ends, tightest(leads, (life.maintenance_ends - on).days))


def tightest(leads: Collection[int], left: int) -> int | None:
    """The smallest of the leads that are crossed with so many days left: from the day on, the smallest of all."""
    return min((lead for lead in leads if lead >= left), default=None)


UNREACHABLE_AFTER = 3
"""Sweeps in a row that a source has to fail: one or two are a restart."""

MIXED_AFTER = timedelta(days=1)
"""A rolling upgrade takes hours."""

_LATE_AFTER, _LATE_GRACE = 2, timedelta(minutes=10)
"""Periods without a sweep that are late, and the time that a sweep itself may take."""


class SweepHealth(NamedTuple):
    """How sweeping goes. `every` is how often one is due, `since` since when any is, `error` why the last one failed.

    `finished_at` is the end of the last one that was done; a sweep that tells what it found counts itself. `open` are
    the alerts that are open, with or without hosts: their channels are told of late sweeps, too.
    """

    every: timedelta
    finished_at: datetime | None
    since: datetime | None = None
    error: str | None = None
    open: tuple[Alert, ...] = ()


def conditions(
    findings: Sequence[HostVerdict],
    sources: Sequence[SourceState],
    configured: Sequence[Source],
    watches: Sequence[Watch],
    plan: AlertPlan,
    matrix: Matrix,
    day: date,
    now: datetime,
    sweep: SweepHealth,
) -> tuple[Condition, ...]:
    """All that holds now, of every rule, for every channel. Each fingerprint comes once."""
    routing = Routing(configured, watches, plan)
    return (
        *_releases(findings, routing, watches, plan, matrix, day),
        *_unknown(findings, routing),
        *_mixed(findings, routing, now),
        *_unreachable(findings, sources, configured, routing),
        *_late(routing, now, sweep),
    )


def affected(finding: HostVerdict) -> AffectedHost:
    """A host as alerts name it. Its names are its own, so they are made fit to be shown."""
    host, pool = finding.host.host, finding.host.pool
    name = shown(host.name) or host.uuid
    return AffectedHost(host.uuid, name, shown(pool.name) or name)


def release_subject(release: Release, day: date) -> AlertSubject:
    """A release as the subject of alerts; its name follows the day."""
    product, number = release.product.value, release.number
    return AlertSubject(f"release:{product}:{number}", release.name(day), product, number)


class _Gathered:
    """What one channel is told about one release: hosts, and the leads of all ways that bring them there."""

    def __init__(self) -> None:
        self.hosts: dict[str, AffectedHost] = {}
        self.lead: set[int] = set()
        self.watched = False

    def add(self, way: Recipient, host: AffectedHost) -> None:
        self.lead.update(way.lead)
        self.hosts[host.uuid] = host


def _releases(
    findings: Sequence[HostVerdict],
    routing: Routing,
    watches: Sequence[Watch],
    plan: AlertPlan,
    matrix: Matrix,
    day: date,
) -> Iterator[Condition]:
    gathered: dict[tuple[str, Release], _Gathered] = defaultdict(_Gathered)
    for finding in findings:
        if finding.assessment:
            release, host = finding.assessment.release, affected(finding)
            for way in (*routing.of_host(finding.host), *routing.of_release(release)):
                gathered[way.channel, release].add(way, host)
    for watch in watches:
        if watched := _watched(watch, matrix):
            gathered[watch.channel, watched].lead.update(watch.lead or plan.lead)
            gathered[watch.channel, watched].watched = True
    for (channel, release), told in gathered.items():
        subject, hosts = release_subject(release, day), _in_order(told.hosts)
        for rule, due, threshold in due_dates(release.lifecycle, told.lead, day):
            is_news = threshold is not None
            yield Condition(channel, rule, subject, hosts, due, threshold, is_news, watched=told.watched)
        if hosts and (detail := lack_of_support(matrix.support(release))):
            yield Condition(channel, Rule.SUPPORT, subject, hosts, detail=detail)


def _watched(watch: Watch, matrix: Matrix) -> Release | None:
    if watch.kind is not WatchKind.RELEASE or watch.product not in tuple(Product):
        return None
    return matrix.release(Product(watch.product), watch.release or "")


def lack_of_support(support: Support) -> str:
    """The worst that the list says of a release; empty where it is in full support."""
    if support.level is SupportLevel.UNLISTED:
        return "not on the Host Compatibility List"
    if not support.official:
        return "no official support"
    return "partial support" if support.level is SupportLevel.PARTIAL else ""


def version_of(host: Host) -> str:
    """What a host says that it runs, fit to be shown."""
    return shown(f"{host.product_brand or 'unknown brand'} {host.product_version or 'unknown version'}")


def _unknown(findings: Sequence[HostVerdict], routing: Routing) -> Iterator[Condition]:
    found: dict[tuple[str, str], dict[str, AffectedHost]] = defaultdict(dict)
    for finding in findings:
        if finding.assessment is None:
            host, version = affected(finding), version_of(finding.host.host)
            for way in routing.of_host(finding.host):
                found[way.channel, version][host.uuid] = host
    for (channel, version), hosts in found.items():
        yield Condition(channel, Rule.UNKNOWN_VERSION, AlertSubject(f"version:{version}", version), _in_order(hosts))


def _mixed(findings: Sequence[HostVerdict], routing: Routing, now: datetime) -> Iterator[Condition]:
    pools: dict[str, list[HostVerdict]] = defaultdict(list)
    for finding in findings:
        if finding.host.mixed_since:
            pools[finding.host.pool.uuid].append(finding)
    for uuid, members in pools.items():
        since = min(finding.host.mixed_since or now for finding in members)
        hosts = _in_order({finding.host.host.uuid: affected(finding) for finding in members})
        subject = AlertSubject(f"pool:{uuid}", hosts[0].pool)
        detail = " and ".join(sorted({version_of(finding.host.host) for finding in members}))
        for channel in dict.fromkeys(way.channel for f in members for way in routing.of_host(f.host)):
            is_news = now - since > MIXED_AFTER
            yield Condition(channel, Rule.MIXED_POOL, subject, hosts, is_news=is_news, detail=detail)


def _unreachable(
    findings: Sequence[HostVerdict], sources: Sequence[SourceState], configured: Sequence[Source], routing: Routing
) -> Iterator[Condition]:
    """A source that failed less often opens no alert, but one that is open stays: only an answer ends it."""
    names = {source.name for source in configured}
    failing = {state.name: state for state in sources if state.failures and state.name in names}
    seen: dict[str, list[HostVerdict]] = {name: [] for name in failing}
    for finding in findings if failing else ():
        for name in finding.host.sources:
            if name in seen:
                seen[name].append(finding)
    for name, state in failing.items():
        hosts = _in_order({finding.host.host.uuid: affected(finding) for finding in seen[name]})
        since = f"since {moment_in_words(state.unreachable_since)}" if state.unreachable_since else ""
        detail = ": ".join(filter(None, (since, shown(state.error or "", 200))))
        subject, is_news = AlertSubject(f"source:{name}", name), state.failures >= UNREACHABLE_AFTER
        for channel in routing.of_source(name, {finding.host.pool for finding in seen[name]}):
            yield Condition(channel, Rule.UNREACHABLE, subject, hosts, is_news=is_news, detail=detail)


def _late(routing: Routing, now: datetime, sweep: SweepHealth) -> Iterator[Condition]:
    """Late sweeps are told wherever silence would be taken for good news. Only a sweep that is done ends it."""
    last = sweep.finished_at or sweep.since
    is_late = last is not None and is_late_by(now - last, sweep.every)
    told = {alert.channel: alert.opened_at for alert in sweep.open if alert.rule is Rule.SWEEP_LATE}
    for channel in dict.fromkeys((*routing.channels, *(alert.channel for alert in sweep.open))):
        told_at = told.get(channel, now)
        # What was told far ahead of now was told by a wrong clock.
        was_wrong = told_at - now > _LATE_AFTER * sweep.every
        is_over = sweep.finished_at is not None and (sweep.finished_at > told_at or was_wrong)
        if is_late or (channel in told and not is_over):
            yield Condition(channel, Rule.SWEEP_LATE, SWEEP, is_news=is_late, detail=_lateness(sweep))


def is_late_by(since: timedelta, every: timedelta) -> bool:
    """Whether so long without a finished sweep is too long."""
    return since > _LATE_AFTER * every + _LATE_GRACE


SWEEP = AlertSubject("sweep", "The fleet's sweep")


def _lateness(sweep: SweepHealth) -> str:
    """Completes "No sweep has finished ..."; it does not change while nothing else does."""
    since = f"since {moment_in_words(sweep.finished_at)}" if sweep.finished_at else "yet"
    error = f". Last error: {shown(sweep.error, 200)}" if sweep.error else ""
    return f"{since}, one every {_period(sweep.every)} expected{error}"


def _period(every: timedelta) -> str:
    minutes = round(every.total_seconds() / 60)
    hours, odd = divmod(minutes, 60)
    if hours and not odd:
        return "hour" if hours == 1 else f"{hours} hours"
    return "minute" if minutes <= 1 else f"{minutes} minutes"


def _in_order(hosts: dict[str, AffectedHost]) -> tuple[AffectedHost, ...]:
    return tuple(sorted(hosts.values(), key=lambda host: (host.pool, host.name, host.uuid)))
