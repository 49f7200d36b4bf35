"""What /metrics shows, as Prometheus' own parser reads it, and that rules and dashboard name nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from bot.alerts.alert import Alert, AlertState, AlertSubject, Condition, Rule
from bot.alerts.delivery.outbox import ChannelState
from bot.errors import UnavailableError
from bot.fleet.policy import Policy
from bot.fleet.ports import SweepRun
from bot.fleet.sites import KnownSites, MessageServer, RemoteTarget, Site, SiteTallies, SiteWorker
from bot.fleet.verdicts import host_verdicts, patch_states
from bot.matrix.freshness import data_ages
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.web.metrics import MetricsSnapshot, ProbeMetrics, metrics
from bot.web.server import HttpRequest
from bot.xapi.observation import Software
from tests.alerts.fakes import MemoryBook, settle
from tests.alerts.fleets import LAB_A, NOW, OPS, TEAM, XO, host, state

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
NAME = re.compile(r"xocompat_[a-z_]+")
FOUND = ("xen-1", "8.3.0"), ("xen-2", "8.2.1"), ("xen-3", "9.9")


def _alerts() -> tuple[Alert, ...]:
    book = MemoryBook()
    xcp = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
    rules = (Rule.EOL, Rule.SUPPORT)
    settle(book, [Condition(OPS, rule, xcp, ()) for rule in rules], NOW)
    return book.open()


@pytest.fixture
def picture(matrix: Matrix, reader: Reader) -> MetricsSnapshot:
    """Three hosts, one of an unknown version and out of reach; a source is away, and a channel stopped."""
    hosts = [host(name, version, unreachable_since=NOW if name == "xen-3" else None) for name, version in FOUND]
    minute = timedelta(minutes=1)
    return MetricsSnapshot(
        at=NOW,
        findings=host_verdicts(matrix, reader, hosts, date(2025, 10, 1)),
        sources=(state(LAB_A), state(XO, failures=2)),
        alerts=_alerts(),
        channels=(
            ChannelState(OPS, 2, NOW - 3 * minute),
            ChannelState(TEAM, 1, NOW - 9 * minute, stopped_code="is_archived", stopped="the channel is archived"),
        ),
        last_sweep=SweepRun(7, NOW, NOW - 2 * minute, NOW - minute, sources=2, failed=1),
        ambiguous=4,
        plainer_tables={"table": 1, "lines": 2},
        patch_states={"vulnerable": 1, "fixed": 0, "cannot_tell": 2},
        ages=data_ages(matrix, NOW.date(), NOW.date()),
        sites=KnownSites((PARIS, Site("lyon")), server=MessageServer(True, NOW)),
        site_tallies=SiteTallies({"paris": 500}, {"paris": 1}, {"paris": 3}, {"lyon": 2}),
    )


TARGETS = (RemoteTarget("paris/lab-a"), RemoteTarget("paris/lab-b"))
PARIS = Site("paris", NOW, TARGETS, (SiteWorker("one", "2.0", NOW),))
Families = dict[str, Metric]
Show = Callable[[Callable[[], MetricsSnapshot]], Families]


@pytest.fixture
def probes() -> ProbeMetrics:
    return ProbeMetrics()


@pytest.fixture
def show(probes: ProbeMetrics) -> Show:
    """What somebody who scrapes reads."""

    def scrape(picture: Callable[[], MetricsSnapshot]) -> Families:
        answer = metrics(probes, picture)(HttpRequest("GET", "/metrics", {}))
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        body = answer.body
        assert isinstance(body, bytes)
        return {family.name: family for family in text_string_to_metric_families(body.decode())}

    return scrape


def _values(family: Metric, *labels: str) -> dict[tuple[str, ...], float]:
    return {tuple(s.labels[label] for label in labels): s.value for s in family.samples}


def test_every_name_has_the_prefix(show: Show, picture: MetricsSnapshot) -> None:
    assert {name.split("_")[0] for name in show(lambda: picture)} <= {"xocompat", "process"}


def test_a_host_has_the_moment_at_which_its_release_ends_if_that_is_known(show: Show, picture: MetricsSnapshot) -> None:
    found = _values(show(lambda: picture)["xocompat_host_eol_timestamp_seconds"], "host", "pool", "uuid")
    ends = datetime(2025, 9, 16, tzinfo=UTC).timestamp()
    assert found[("xen-2", "lab", "uuid-xen-2")] == ends
    assert {name for name, *_ in found} == {"xen-1", "xen-2"}


def test_hosts_are_counted_by_the_stage_of_their_release(show: Show, picture: MetricsSnapshot) -> None:
    families = show(lambda: picture)
    assert _values(families["xocompat_hosts"], "stage") == {("eol",): 1, ("supported",): 1, ("unknown",): 1}
    assert _values(families["xocompat_hosts_unreachable"]) == {(): 1}


def test_hosts_are_counted_by_what_the_policy_says_of_them(show: Show, matrix: Matrix, reader: Reader) -> None:
    hosts = [host(name, version) for name, version in FOUND]
    verdicts = host_verdicts(matrix, reader, hosts, NOW.date(), [LAB_A], Policy(("XCP-ng 8.3",)))
    found = _values(show(lambda: MetricsSnapshot(NOW, verdicts))["xocompat_policy_hosts"], "tag", "state")
    assert {key: count for key, count in found.items() if key[0] == "lab"} == {
        ("lab", "approved"): 1,
        ("lab", "not_approved"): 2,
        ("lab", "cannot_tell"): 0,
    }
    assert sum(count for (tag, _), count in found.items() if tag == "*") == 3


def test_hosts_are_counted_by_the_worst_that_is_known_of_their_patches(
    show: Show, matrix: Matrix, reader: Reader
) -> None:
    said = {"xen-1": "4.17.5-1", "xen-2": "4.17.6-9", "xen-3": None}
    seen = [
        (said_by := host(name, "8.3.0"))._replace(host=said_by.host._replace(software=Software(xen)))
        for name, xen in said.items()
    ]
    verdicts = host_verdicts(matrix, reader, seen, NOW.date())
    states = patch_states(verdicts)
    shown = show(lambda: MetricsSnapshot(NOW, verdicts, patch_states=states))
    found = _values(shown["xocompat_hosts_patch_state"], "state")
    assert found == {("vulnerable",): 1, ("cannot_tell",): 2, ("fixed",): 0}


def test_certificates_have_their_days_left(show: Show, matrix: Matrix, reader: Reader) -> None:
    seen = [host("xen-1"), host("xen-2")]
    ends = seen[1].host._replace(certificate_expires=NOW + timedelta(days=12))
    verdicts = host_verdicts(matrix, reader, [seen[0], seen[1]._replace(host=ends)], NOW.date())
    found = _values(show(lambda: MetricsSnapshot(NOW, verdicts))["xocompat_host_certificate_days"], "host")
    assert found == {("xen-2",): 12}


def test_sources_and_sweeps_are_shown(show: Show, picture: MetricsSnapshot) -> None:
    families = show(lambda: picture)
    assert _values(families["xocompat_source_up"], "source") == {("lab-a",): 1, ("xo",): 0}
    names = ("last_success_timestamp_seconds", "duration_seconds", "sources", "sources_failed")
    assert [_values(families[f"xocompat_sweep_{name}"])[()] for name in names] == [NOW.timestamp() - 60, 60, 2, 1]


def test_without_any_sweep_there_is_no_moment_of_the_last_one(show: Show, picture: MetricsSnapshot) -> None:
    assert "xocompat_sweep_last_success_timestamp_seconds" not in show(lambda: picture._replace(last_sweep=None))


def test_alerts_are_counted_by_state_and_rule(show: Show, picture: MetricsSnapshot) -> None:
    firing = AlertState.FIRING.value
    found = _values(show(lambda: picture)["xocompat_alerts"], "state", "rule")
    assert found == {(firing, "eol"): 1, (firing, "support"): 1}


def test_what_waits_and_what_is_stopped_is_shown_by_channel(show: Show, picture: MetricsSnapshot) -> None:
    families = show(lambda: picture)
    assert _values(families["xocompat_outbox_pending"], "channel") == {(OPS,): 2, (TEAM,): 1}
    stopped = _values(families["xocompat_channel_stopped"], "channel", "code")
    assert stopped == {(OPS, ""): 0, (TEAM, "is_archived"): 1}
    assert _values(families["xocompat_outbox_oldest_age_seconds"]) == {(): 540}
    assert _values(families["xocompat_slack_ambiguous"]) == {(): 4}


AHEAD = ChannelState(OPS, 1, NOW + timedelta(hours=1))


@pytest.mark.parametrize("channels", [(), (AHEAD,)], ids=["nothing waits", "the clock went back"])
def test_the_oldest_message_is_never_of_a_negative_age(
    show: Show, picture: MetricsSnapshot, channels: tuple[ChannelState, ...]
) -> None:
    shown = show(lambda: picture._replace(channels=channels))
    assert _values(shown["xocompat_outbox_oldest_age_seconds"]) == {(): 0}


def test_probes_are_measured_and_their_errors_counted_by_code(
    show: Show, probes: ProbeMetrics, picture: MetricsSnapshot
) -> None:
    probes.probed(0.2, None)
    probes.probed(30.0, "timeout")
    families = show(lambda: picture)
    seconds = {s.name.rpartition("_")[2]: s.value for s in families["xocompat_probe_duration_seconds"].samples}
    assert (seconds["count"], seconds["sum"]) == (2, 30.2)
    (errors,) = [s for s in families["xocompat_probe_errors"].samples if s.name.endswith("_total")]
    assert (errors.labels, errors.value) == ({"code": "timeout"}, 1)


def test_without_the_database_it_says_just_that(show: Show) -> None:
    def away() -> MetricsSnapshot:
        raise UnavailableError("The database is away.")

    families = show(away)
    assert _values(families["xocompat_database_up"]) == {(): 0}
    assert "xocompat_hosts" not in families
    assert "xocompat_probe_duration_seconds" in families


def test_a_name_that_means_harm_stays_a_label(show: Show, matrix: Matrix, reader: Reader) -> None:
    name = 'x"} 1\nxocompat_database_up 7\n\\\u202e\u2028\x1b[2J\x07'
    findings = host_verdicts(matrix, reader, [host(name)], date(2025, 10, 1))
    families = show(lambda: MetricsSnapshot(NOW, findings))
    assert [s.labels["host"] for s in families["xocompat_host_eol_timestamp_seconds"].samples] == [
        'x"} 1 xocompat_database_up 7 \\'
    ]
    assert _values(families["xocompat_database_up"]) == {(): 1}


def _named(file: str) -> set[str]:
    return set(NAME.findall((MONITORING / file).read_text(encoding="utf-8")))


def _series(families: Families) -> Iterator[str]:
    """Names as queries have them: those of samples, too."""
    for name, family in families.items():
        yield name
        yield from (sample.name for sample in family.samples)


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_rules_and_dashboard_name_only_what_there_is(
    show: Show, probes: ProbeMetrics, picture: MetricsSnapshot, file: str
) -> None:
    probes.probed(1.0, "timeout")
    named = _named(file)
    assert len(named) > 3
    assert named <= {*_series(show(lambda: picture))}


def test_the_dashboard_is_json_with_panels() -> None:
    assert json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]


def test_how_many_workspaces_take_no_newer_tables_is_told(show: Show, picture: MetricsSnapshot) -> None:
    samples = show(lambda: picture)["xocompat_slack_plainer_tables"].samples
    assert {sample.labels["form"]: sample.value for sample in samples} == {"table": 1.0, "lines": 2.0}


def test_sites_are_shown_and_what_was_never_heard_has_no_moment(show: Show, picture: MetricsSnapshot) -> None:
    families = show(lambda: picture)
    assert _values(families["xocompat_site_server_up"]) == {(): 1}
    assert _values(families["xocompat_site_last_heard_timestamp_seconds"], "site") == {("paris",): NOW.timestamp()}
    for name, lyon, paris in (
        ("silent", 1, 0),
        ("workers", 0, 1),
        ("targets", 0, 2),
        ("waiting", 0, 3),
        ("dead_letters", 2, 0),
        ("results_recorded", 0, 500),
        ("messages_refused", 0, 1),
    ):
        assert _values(families[f"xocompat_site_{name}"], "site") == {("lyon",): lyon, ("paris",): paris}, name


def test_nothing_is_shown_of_sites_where_there_are_none_nor_a_number_that_nobody_knows(
    show: Show, picture: MetricsSnapshot
) -> None:
    assert [name for name in show(lambda: picture._replace(sites=None)) if "site" in name] == []
    unasked = show(lambda: picture._replace(site_tallies=SiteTallies({}, {})))
    assert not {"xocompat_site_waiting", "xocompat_site_dead_letters"} & unasked.keys()
