"""Which conditions hold for which channel, rule by rule and route by route."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest

from bot.alerts.alert import Alert, Condition, Detail, Rule
from bot.alerts.facts import FleetFacts, SweepHealth
from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.rules import find_conditions
from bot.alerts.state_machine import reconcile
from bot.chat.rule_wording import detail_in_words
from bot.fleet.hosts import SourceState, WatchedHost
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.query import QueryPart
from bot.query.reader import Reader
from tests.alerts.fleets import LAB, LAB_A, NOW, OPS, OTHER, PROD, TEAM, XO, host, state

FINE = SweepHealth(timedelta(hours=6), NOW)
DEFAULT = AlertPlan(OPS)
TODAY = NOW.date()
XCP_82 = Watch(TEAM, WatchKind.RELEASE, "XCP-ng 8.2", "XCP-ng", "8.2")
FindConditions = Callable[..., tuple[Condition, ...]]


@pytest.fixture
def conditions_of(matrix: Matrix, reader: Reader) -> FindConditions:
    """The conditions of some hosts; all that is not given is as usual."""

    def found(
        hosts: Sequence[WatchedHost],
        plan: AlertPlan = DEFAULT,
        watches: Sequence[Watch] = (),
        sources: Sequence[SourceState] = (),
        day: date | None = None,
        now: datetime = NOW,
        sweep: SweepHealth = FINE,
    ) -> tuple[Condition, ...]:
        day = day or now.date()
        findings = host_verdicts(matrix, reader, hosts, day)
        at = now if day == now.date() else datetime.combine(day, now.timetz())
        return find_conditions(FleetFacts(findings, sources, (LAB_A, XO), watches, plan, matrix, at, sweep))

    return found


def _one(found: Sequence[Condition], rule: Rule = Rule.EOL, channel: str = OPS) -> Condition:
    (condition,) = [c for c in found if c.rule is rule and c.channel == channel]
    return condition


def _with(health: SweepHealth, alert: Alert) -> SweepHealth:
    """While an alert of late sweeps is open."""
    return health._replace(late_since={alert.channel: alert.opened_at}, channels=(alert.channel,))


def _names(condition: Condition) -> list[str]:
    return [each.name for each in condition.hosts]


@pytest.mark.parametrize(
    ("day", "threshold"),
    [
        ("2024-09-15", None),
        ("2024-09-16", 365),
        ("2025-06-17", 180),
        ("2025-06-18", 90),
        ("2025-06-20", 90),
        ("2025-08-17", 30),
        ("2025-09-15", 7),
        ("2025-09-16", 0),
        ("2030-01-01", 0),
    ],
)
def test_the_tightest_lead_crossed_is_the_threshold(
    conditions_of: FindConditions, day: str, threshold: int | None
) -> None:
    condition = _one(conditions_of([host("xen-2")], day=date.fromisoformat(day)))
    assert (condition.threshold_days, condition.is_news) == (threshold, threshold is not None)
    assert condition.due == date(2025, 9, 16)
    assert condition.subject == ("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")


def test_after_the_end_the_smallest_lead_of_a_route_counts(conditions_of: FindConditions) -> None:
    plan = AlertPlan(OPS, routes=(Route(TEAM, (90, 30), tags=("lab",)),))
    assert _one(conditions_of([host("xen-2")], plan, day=date(2026, 1, 1)), channel=TEAM).threshold_days == 30


def test_maintenance_is_notified_before_the_end_of_life_only(conditions_of: FindConditions) -> None:
    old = [host("xen-1", "6.0.0", "XenServer")]
    before = _one(conditions_of(old, day=date(2014, 9, 1)), Rule.MAINTENANCE)
    assert (before.due, before.threshold_days) == (date(2014, 9, 26), 30)
    assert _one(conditions_of(old, day=date(2016, 9, 25)), Rule.MAINTENANCE).threshold_days == 0
    assert Rule.MAINTENANCE not in {c.rule for c in conditions_of(old, day=date(2016, 9, 26))}


def test_without_a_day_of_its_own_maintenance_is_not_notified(conditions_of: FindConditions) -> None:
    assert Rule.MAINTENANCE not in {c.rule for c in conditions_of([host("xen-2")])}


@pytest.mark.parametrize(
    ("brand", "version", "detail"),
    [
        ("XenServer", "6.0.0", "not on the Host Compatibility List"),
        ("XenServer", "7.2.0", "partial support"),
        ("XCP-ng", "8.3.0", None),
    ],
)
def test_a_lack_of_support_is_notified_by_its_worst(
    conditions_of: FindConditions, brand: str, version: str, detail: str | None
) -> None:
    found = [c for c in conditions_of([host("xen-1", version, brand)]) if c.rule is Rule.SUPPORT]
    assert [detail_in_words(c.detail) for c in found] == ([detail] if detail else [])


def test_no_official_support_is_worse_than_partial(matrix: Matrix, conditions_of: FindConditions) -> None:
    row = next(row for row in matrix.published.rows if not row.support.official)
    release = row.releases[0]
    condition = _one(conditions_of([host("xen-1", f"{release.number}", release.product.value)]), Rule.SUPPORT)
    assert detail_in_words(condition.detail) == "no official support"


def test_a_version_that_is_not_known_is_a_subject_of_its_own(conditions_of: FindConditions) -> None:
    found = conditions_of([host("xen-1", "9.9.9"), host("xen-2", "9.9.9"), host("xen-3", None, None)])
    assert {c.subject.key: _names(c) for c in found if c.rule is Rule.UNKNOWN_VERSION} == {
        "version:XCP-ng 9.9.9": ["xen-1", "xen-2"],
        "version:unknown brand unknown version": ["xen-3"],
    }


def test_a_pool_is_mixed_when_it_has_been_for_more_than_a_day(conditions_of: FindConditions) -> None:
    def mixed(hours: int) -> Condition:
        since = NOW - timedelta(hours=hours)
        members = [host("xen-2", mixed_since=since), host("xen-1", "8.3.0", mixed_since=since)]
        return _one(conditions_of(members), Rule.MIXED_POOL)

    assert not mixed(24).is_news
    assert mixed(-9000).is_news  # a wrong clock saw it
    assert mixed(25).is_news
    assert mixed(25).subject[:2] == ("pool:pool-lab", "lab")
    assert detail_in_words(mixed(25).detail) == "XCP-ng 8.2.1 and XCP-ng 8.3.0"
    assert _names(mixed(25)) == ["xen-1", "xen-2"]


def test_a_source_is_unreachable_after_three_sweeps(conditions_of: FindConditions) -> None:
    def failed(sweeps: int) -> list[Condition]:
        found = conditions_of([host("xen-2")], sources=[state(LAB_A, sweeps), state(XO)])
        return [c for c in found if c.rule is Rule.UNREACHABLE]

    assert failed(0) == []
    assert [c.is_news for c in (*failed(1), *failed(2), *failed(3))] == [False, False, True]
    assert failed(3)[0].subject.name == "lab-a"
    assert "It did not answer." in detail_in_words(failed(3)[0].detail)


def test_a_source_that_was_never_reached_is_routed_by_its_tags(conditions_of: FindConditions) -> None:
    plan = AlertPlan(OPS, routes=(Route(TEAM, (30,), tags=("lab",)),))
    found = conditions_of([], plan, sources=[state(LAB_A, 3), state(XO, 3)])
    assert {(c.channel, c.subject.name) for c in found} == {(TEAM, "lab-a"), (OPS, "xo")}


def test_sweeps_are_late_after_two_periods_and_a_while(conditions_of: FindConditions) -> None:
    health = SweepHealth(timedelta(hours=6), NOW - timedelta(hours=13), error="The database is away.")
    plan = AlertPlan(OPS, routes=(Route(TEAM, (30,), tags=("lab",)),))
    found = conditions_of([], plan, [XCP_82._replace(channel=OTHER)], sweep=health)
    late = [c for c in found if c.rule is Rule.SWEEP_LATE]
    assert {c.channel for c in late} == {OPS, TEAM, OTHER}
    assert detail_in_words(late[0].detail) == (
        "since 19 Jun 2025 19:00 UTC, one every 6 hours expected. Last error: The database is away."
    )
    assert not conditions_of([], sweep=health._replace(finished_at=NOW - timedelta(hours=12)))


def test_a_late_sweep_stays_a_condition_until_one_has_finished_even_if_the_clock_runs_back(
    conditions_of: FindConditions,
) -> None:
    health = SweepHealth(timedelta(hours=6), NOW - timedelta(hours=13))
    (alert,) = reconcile(conditions_of([], sweep=health), (), NOW, lambda _: Detail("no_route")).changed
    back = NOW - timedelta(hours=12)
    (still,) = conditions_of([], now=back, sweep=_with(health, alert))
    assert not still.is_news
    later = NOW + timedelta(minutes=5)
    assert not conditions_of([], now=later, sweep=_with(health, alert)._replace(finished_at=later))


def test_what_a_clock_years_ahead_called_late_ends_once_the_clock_is_right(conditions_of: FindConditions) -> None:
    health = SweepHealth(timedelta(hours=6), NOW)
    (alert,) = reconcile(
        conditions_of([], now=NOW + timedelta(days=9999), sweep=health), (), NOW, lambda _: Detail("no_route")
    ).changed
    wrong = alert._replace(opened_at=NOW + timedelta(days=9999))
    assert not conditions_of([], sweep=_with(health, wrong))


def test_nothing_is_late_where_no_sweep_was_ever_expected(conditions_of: FindConditions) -> None:
    assert not conditions_of([], sweep=SweepHealth(timedelta(hours=6), None))
    never = SweepHealth(timedelta(hours=6), None, since=NOW - timedelta(days=1))
    assert "yet" in detail_in_words(_one(conditions_of([], sweep=never), Rule.SWEEP_LATE).detail)


def test_every_route_that_matches_gets_it_and_the_default_what_none_takes(conditions_of: FindConditions) -> None:
    plan = AlertPlan(OPS, routes=(Route(TEAM, (90,), tags=("lab",)), Route(OTHER, (90,), pools=("LAB", "pool-prod"))))
    third = LAB._replace(uuid="pool-3", name="third")
    hosts = [
        host("xen-2"),
        host("xen-9", pool=PROD, sources=("xo",)),
        host("xen-7", pool=third, sources=("xo",)),
    ]
    found = {c.channel: _names(c) for c in conditions_of(hosts, plan)}
    assert found == {TEAM: ["xen-2"], OTHER: ["xen-9", "xen-2"], OPS: ["xen-7"]}


@pytest.mark.parametrize(
    ("watch", "names"),
    [
        (Watch(TEAM, WatchKind.ALL, ""), ["xen-9", "xen-2"]),
        (Watch(TEAM, WatchKind.POOL, "prod"), ["xen-9"]),
        (Watch(TEAM, WatchKind.POOL, "pool-lab"), ["xen-2"]),
        (XCP_82, ["xen-9", "xen-2"]),
    ],
)
def test_a_watch_adds_its_channel(conditions_of: FindConditions, watch: Watch, names: list[str]) -> None:
    found = conditions_of([host("xen-2"), host("xen-9", pool=PROD, sources=("xo",))], watches=[watch])
    assert _names(_one(found, channel=TEAM)) == names
    assert _names(_one(found)) == ["xen-9", "xen-2"]


def test_a_release_is_watched_without_any_host(conditions_of: FindConditions) -> None:
    condition = _one(conditions_of([], watches=[XCP_82]), channel=TEAM)
    assert (condition.hosts, condition.watched, condition.threshold_days) == ((), True, 90)
    far = _one(conditions_of([], watches=[XCP_82._replace(lead=(30, 0))]), channel=TEAM)
    assert not far.is_news


def test_leads_of_several_routes_into_a_channel_are_one(conditions_of: FindConditions) -> None:
    plan = AlertPlan(routes=(Route(TEAM, (100, 0), tags=("lab",)),))
    watch = XCP_82._replace(lead=(88, 0))
    assert _one(conditions_of([host("xen-2")], plan), channel=TEAM).threshold_days == 100
    assert _one(conditions_of([host("xen-2")], plan, [watch]), channel=TEAM).threshold_days == 88


def test_without_a_route_nobody_is_notified(conditions_of: FindConditions) -> None:
    assert conditions_of([host("xen-2")], AlertPlan()) == ()


def test_names_from_hosts_are_fit_to_be_shown(conditions_of: FindConditions) -> None:
    (each,) = _one(conditions_of([host("xen\x1b[31m\n<!here>", pool=LAB._replace(name=""))])).hosts
    assert each.name.isprintable()
    assert each.pool == each.name


class Counting(Reader):
    """Counts what it reads."""

    reads = 0

    def identify(self, brand: str | None, version: str | None, is_preview: bool = False) -> QueryPart:
        self.reads += 1
        return super().identify(brand, version, is_preview)


def test_of_ten_thousand_hosts_each_version_is_read_once(conditions_of: FindConditions, matrix: Matrix) -> None:
    pools = [LAB._replace(uuid=f"pool-{number}", name=f"pool {number}") for number in range(200)]
    versions = ("8.2.1", "8.3.0", "8.1.0")
    hosts = [host(f"xen-{number}", versions[number % 3], pool=pools[number % 200]) for number in range(10_000)]
    counting = Counting(matrix)
    assert len(host_verdicts(matrix, counting, hosts, TODAY)) == 10_000
    assert counting.reads == 3
    assert conditions_of(hosts)
