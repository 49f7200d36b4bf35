"""Metrics for Prometheus: the fleet, its alerts and the outbox, read from the database at each scrape.

So every process shows the same. Probes, doubtful sends and commands are counted by the process they are in.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.alerts.alert import Alert
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.delivery.retry import DeliveryStatus
from bot.errors import UnavailableError
from bot.fleet.hosts import SourceState
from bot.fleet.policy import PolicyState
from bot.fleet.ports import SweepRun
from bot.fleet.sites import KnownSites, SiteTallies
from bot.fleet.verdicts import HostVerdict, policy_scores
from bot.matrix.freshness import DataAge
from bot.text import shown
from bot.web.server import Handler, HttpResponse

TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "xocompat"
LABEL_MAX = 200
"""Characters of a label; hosts and pools have any names."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)
"""Bounds of the histogram of probes; a probe ends after 30."""


class MetricsSnapshot(NamedTuple):
    """All that the gauges show, at one moment."""

    at: datetime
    findings: Sequence[HostVerdict] = ()
    sources: Sequence[SourceState] = ()
    alerts: Sequence[Alert] = ()
    channels: Sequence[ChannelState] = ()
    last_sweep: SweepRun | None = None
    ambiguous: int = 0
    """Messages that this process sent again without knowing whether Slack has the first one."""
    deliveries: Mapping[tuple[str, DeliveryStatus], int] = MappingProxyType({})
    """What became of this process's tries to send, by channel."""
    plainer_tables: Mapping[str, int] = MappingProxyType({})
    """How many workspaces get tables in a plainer form than Slack's newest, by that form."""
    patch_states: Mapping[str, int] = MappingProxyType({})
    """How many hosts are vulnerable, fixed, or not to be told, each by the worst of its known holes."""
    ages: Sequence[DataAge] = ()
    sites: KnownSites | None = None
    """None where no site can report here: nothing is shown of any then."""
    site_tallies: SiteTallies | None = None


class ProbeMetrics:
    """Counts the probes of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "probe_duration_seconds", "Time a probe took.", namespace=PREFIX, buckets=_SECONDS, registry=self.registry
        )
        self._errors = Counter(
            "probe_errors", "Probes without an answer, by code.", ["code"], namespace=PREFIX, registry=self.registry
        )

    def probed(self, seconds: float, code: str | None) -> None:
        """A probe ended; `code` is its error's, None where it has an answer."""
        self._seconds.observe(seconds)
        if code:
            self._errors.labels(code).inc()


def metrics(probes: ProbeMetrics, snapshot: Callable[[], MetricsSnapshot]) -> Handler:
    """The handler of /metrics. Where `snapshot` raises UnavailableError, the database is shown as down."""
    ProcessCollector(registry=probes.registry)
    probes.registry.register(_Gauges(snapshot))
    return lambda _: HttpResponse(200, generate_latest(probes.registry), {"content-type": TYPE})


class _Gauges(Collector):
    def __init__(self, snapshot: Callable[[], MetricsSnapshot]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        """Nothing: else the registry would ask the database before anybody scrapes."""
        return ()

    def collect(self) -> Iterator[Metric]:
        try:
            shown = self._snapshot()
        except UnavailableError:
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        of_hosts = tuple(_of_hosts(shown.findings, shown.at.date(), shown.patch_states))
        shown = shown._replace(findings=())  # of a large fleet, and what is read from them needs the room
        yield from of_hosts
        up = _family("source_up", "Whether a target or Xen Orchestra answered in the last sweep.", ("source",))
        for source in shown.sources:
            up.add_metric((source.name,), float(source.unreachable_since is None))
        yield up
        if (last := shown.last_sweep) and last.finished_at:
            name, about = "sweep_last_success_timestamp_seconds", "When a sweep was finished last."
            yield _gauge(name, about, last.finished_at.timestamp())
            yield _gauge(
                "sweep_duration_seconds", "Time it took.", (last.finished_at - last.started_at).total_seconds()
            )
            yield _gauge("sweep_sources", "Sources that it asked.", last.sources)
            yield _gauge("sweep_sources_failed", "Sources of it that did not answer.", last.failed)
        yield _tallied("alerts", "Open alerts.", ("state", "rule"), ((a.state, a.rule) for a in shown.alerts))
        yield from _of_outbox(shown.channels, shown.at)
        about = "Tries of this process to send, by channel and by what became of them."
        tries = CounterMetricFamily(f"{PREFIX}_deliveries", about, labels=("channel", "status"))
        for (channel, status), count in sorted(shown.deliveries.items()):
            tries.add_metric((channel, status.value), count)
        yield tries
        plainer = _family("slack_plainer_tables", "Workspaces that take no newer tables, by what they get.", ("form",))
        for form, count in sorted(shown.plainer_tables.items()):
            plainer.add_metric((form,), count)
        yield plainer
        if shown.sites:
            yield from _of_sites(shown.sites, shown.site_tallies, shown.at)
        old = _family("data_age_days", "Days since the sources of the data in use were read, by kind.", ("kind",))
        for age in shown.ages:
            old.add_metric((age.kind,), age.days)
        yield old
        yield CounterMetricFamily(f"{PREFIX}_slack_ambiguous", "Messages that may be there twice.", shown.ambiguous)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value=value)


def _family(name: str, about: str, labels: Sequence[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=labels)


def _tallied(name: str, about: str, labels: Sequence[str], seen: Iterable[tuple[str, ...]]) -> Metric:
    family = _family(name, about, labels)
    for values, count in sorted(Tally(seen).items()):
        family.add_metric(values, count)
    return family


def _of_hosts(findings: Sequence[HostVerdict], day: date, patch_states: Mapping[str, int]) -> Iterator[Metric]:
    ends = _family("host_eol_timestamp_seconds", "When a host's release is EOL.", ("host", "uuid", "pool", "release"))
    for finding in findings:
        eol = finding.assessment.release.lifecycle.eol if finding.assessment else None
        if finding.assessment and eol and not finding.is_prerelease:
            watched = finding.host
            said = (watched.host.name, watched.host.uuid, watched.pool.name, finding.assessment.release.base_name)
            labels = [shown(text, LABEL_MAX) for text in said]
            ends.add_metric(labels, datetime.combine(eol, time(), UTC).timestamp())
    yield ends
    stages = ((f.assessment.stage.value if f.assessment else "unknown",) for f in findings)
    yield _tallied("hosts", "Hosts by the stage of their release.", ("stage",), stages)
    scored = _family("policy_hosts", 'Hosts by what the policy says, by tag ("*": all).', ("tag", "state"))
    for score in policy_scores(findings):
        for state in PolicyState:
            scored.add_metric((shown(score.tag, LABEL_MAX), state.value), getattr(score, state.value))
    yield scored
    left = _family("host_certificate_days", "Days until a host's certificate ends.", ("host", "uuid", "pool"))
    for finding in findings:
        if expires := finding.host.host.certificate_expires:
            of_host = (finding.host.host.name, finding.host.host.uuid, finding.host.pool.name)
            left.add_metric([shown(text, LABEL_MAX) for text in of_host], (expires.date() - day).days)
    yield left
    if patch_states:
        states = _family("hosts_patch_state", "Hosts by the worst that is known of their patches.", ("state",))
        for known, count in patch_states.items():
            states.add_metric((known,), count)
        yield states
    unreachable = sum(not (finding.host.is_reachable or finding.host.is_off) for finding in findings)
    yield _gauge("hosts_unreachable", "Hosts that no source sees now; those that are off are none.", unreachable)


def _of_outbox(channels: Sequence[ChannelState], now: datetime) -> Iterator[Metric]:
    pending = _family("outbox_pending", "Messages that wait to be sent.", ("channel",))
    stopped = _family("channel_stopped", "Whether a permanent error stops a channel's queue.", ("channel", "code"))
    for channel in channels:
        pending.add_metric((channel.channel,), channel.pending)
        stopped.add_metric((channel.channel, channel.stopped_code or ""), float(channel.stopped_code is not None))
    yield pending
    yield stopped
    oldest = min((channel.oldest for channel in channels if channel.oldest), default=None)
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield _gauge("outbox_oldest_age_seconds", "Age of the oldest message that waits.", age)


def _of_sites(known: KnownSites, tallies: SiteTallies | None, now: datetime) -> Iterator[Metric]:
    """What was never heard has no moment, and what the server was not asked for no number."""
    if known.server:
        yield _gauge("site_server_up", "Whether the server of the sites can be reached.", float(known.server.is_up))
    heard = _family("site_last_heard_timestamp_seconds", "When a site was heard last.", ("site",))
    silent = _family("site_silent", "Whether a site was not heard for too long.", ("site",))
    workers = _family("site_workers", "Workers of a site that were heard within an hour.", ("site",))
    targets = _family("site_targets", "Targets that a site lists.", ("site",))
    for site in known.sites:
        if site.heard_at:
            heard.add_metric((site.name,), site.heard_at.timestamp())
        silent.add_metric((site.name,), float(known.is_silent(site, now)))
        workers.add_metric((site.name,), len(site.workers))
        targets.add_metric((site.name,), len(site.targets))
    yield from (heard, silent, workers, targets)
    if tallies is None:
        return
    names = [site.name for site in known.sites]
    for name, about, counts in (
        ("site_waiting", "Messages of a site that wait to be recorded.", tallies.waiting),
        ("site_dead_letters", "Messages of a site that could not be recorded, and were set aside.", tallies.dead),
    ):
        if counts is not None:
            family = _family(name, about, ("site",))
            for site_name in sorted({*names, *counts}):
                family.add_metric((site_name,), counts.get(site_name, 0))
            yield family
    for name, about, made in (
        ("site_results_recorded", "Results of a site that this process recorded.", tallies.recorded),
        ("site_messages_refused", "Messages of a site that this process could not record.", tallies.refused),
    ):
        counter = CounterMetricFamily(f"{PREFIX}_{name}", about, labels=("site",))
        for site_name in sorted({*names, *made}):
            counter.add_metric((site_name,), made.get(site_name, 0))
        yield counter
