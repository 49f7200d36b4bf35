"""What alerts make of hosts that look alike, that are off, that run a preview, and that do not say what they run."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest

from bot.alerts.alert import Alert, Condition, Rule
from bot.alerts.digest import digest
from bot.alerts.facts import FleetFacts, SweepHealth
from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import AlertPlan
from bot.alerts.rules import find_conditions, resolution
from bot.alerts.state_machine import reconcile
from bot.chat.alert_context import alert_data
from bot.chat.alert_messages import alert_message, next_step
from bot.chat.rule_wording import resolution_in_words
from bot.fleet.hosts import SourceState, WatchedHost
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from bot.xapi.observation import Pool, Power
from tests.alerts.fleets import LAB_A, OPS, TEAM, XO, host, state

NOW = datetime.fromisoformat("2026-11-26T08:00:00+00:00")
TODAY = NOW.date()


def _off(watched: WatchedHost) -> WatchedHost:
    return watched._replace(host=watched.host._replace(power=Power.HALTED), down_since=NOW)


def _preview(watched: WatchedHost) -> WatchedHost:
    return watched._replace(host=watched.host._replace(is_preview=True))


def _alone(
    name: str, version: str | None = "8.2.1", brand: str | None = "XCP-ng", source: str = "lab-a"
) -> WatchedHost:
    """A host in a pool of its own that has no name."""
    made = host("x", version, brand, sources=(source,))
    return made._replace(
        host=made.host._replace(uuid=f"uuid-{source}", name=name), pool=Pool(f"pool-{source}", "", f"uuid-{source}")
    )


class Alerts:
    """The alerts of some hosts, by rule and subject; another fleet may follow."""

    def __init__(self, matrix: Matrix, reader: Reader) -> None:
        self._matrix, self._reader = matrix, reader
        self.alerts: tuple[Alert, ...] = ()
        self.told: list[str] = []

    def see(
        self, hosts: Iterable[WatchedHost], sources: Sequence[SourceState] = (), watches: Sequence[Watch] = ()
    ) -> tuple[Condition, ...]:
        verdicts = host_verdicts(self._matrix, self._reader, hosts, TODAY)
        health = SweepHealth(timedelta(hours=6), NOW)
        facts = FleetFacts(verdicts, sources, (LAB_A, XO), watches, AlertPlan(OPS), self._matrix, NOW, health)
        found = find_conditions(facts)
        settled = reconcile(found, self.alerts, NOW, lambda gone: resolution(facts, gone))
        self.alerts = tuple(alert._replace(id=at) for at, alert in enumerate(settled.changed, 17))
        self.told = [str(notification.reason) for notification in settled.notifications]
        return found

    def said(self, at: int = 0) -> str:
        reply = alert_message([self.alerts[at]], TODAY, NOW, self._matrix)
        return render(reply, Capabilities())


@pytest.fixture
def alerts(matrix: Matrix, reader: Reader) -> Alerts:
    return Alerts(matrix, reader)


def test_hosts_that_look_alike_are_told_apart_in_message_and_json(alerts: Alerts, matrix: Matrix) -> None:
    alerts.see(_alone("localhost.localdomain", source=source) for source in ("lab-a", "lab-b", "lab-c"))
    (eol,) = alerts.alerts
    names = [f"localhost.localdomain ({source})" for source in ("lab-a", "lab-b", "lab-c")]
    assert f"3 hosts in 3 pools: {', '.join(names)}" in alerts.said()
    found = alert_data(eol, matrix)["hosts"]
    assert [(each["name"], each["pool"]) for each in found] == [(name, name) for name in names]


def test_pools_that_look_alike_are_told_apart_when_they_are_mixed(alerts: Alerts) -> None:
    since = NOW - timedelta(days=2)
    pools = [Pool(f"pool-{at}", "pool", f"uuid-a{at}") for at in range(2)]
    hosts = [
        host(f"{name}{at}", version, pool=pool, sources=(f"lab-{at}",), mixed_since=since)
        for at, pool in enumerate(pools)
        for name, version in (("a", "8.2.1"), ("b", "8.3.0"))
    ]
    alerts.see(hosts)
    mixed = [alert.subject.name for alert in alerts.alerts if alert.rule is Rule.MIXED_POOL]
    assert mixed == ["pool (lab-0)", "pool (lab-1)"]


def test_a_host_that_is_off_counts_where_its_release_ends(alerts: Alerts) -> None:
    alerts.see([host("xen-2"), _off(host("xen-3"))])
    (eol,) = alerts.alerts
    assert (eol.rule, [each.name for each in eol.hosts]) == (Rule.EOL, ["xen-2", "xen-3"])


@pytest.mark.parametrize(
    ("hosts", "is_told"),
    [
        ([host("a", sources=("lab-a",))], True),
        ([_off(host("a", sources=("lab-a", "xo")))], False),
        ([_off(host("a", sources=("lab-a", "xo"))), _off(host("b", sources=("lab-a", "xo")))], False),
        ([_off(host("a", sources=("lab-a", "xo"))), host("b", sources=("lab-a", "xo"))], True),
        ([_off(host("a", sources=("xo",))), host("b", sources=("lab-a",))], True),
        ([_off(host("a", sources=("lab-a",), unreachable_since=NOW))], True),  # nobody can tell any more
        ([], True),
    ],
)
def test_that_hosts_do_not_answer_which_are_off_is_not_told(
    alerts: Alerts, hosts: list[WatchedHost], is_told: bool
) -> None:
    alerts.see(hosts, [state(LAB_A, 3)])
    assert [alert.subject.name for alert in alerts.alerts if alert.rule is Rule.UNREACHABLE] == ["lab-a"] * is_told


def test_an_alert_of_a_silent_target_ends_once_its_hosts_are_found_to_be_off(alerts: Alerts) -> None:
    seen = host("a", "8.3.0", sources=("lab-a", "xo"))
    alerts.see([seen], [state(LAB_A, 3)])
    alerts.see([_off(seen)], [state(LAB_A, 4)])
    (ended,) = alerts.alerts
    assert (ended.rule, resolution_in_words(ended.why_resolved)) == (Rule.UNREACHABLE, "its hosts are off")


def test_a_preview_is_told_as_one_and_not_as_its_release(alerts: Alerts, matrix: Matrix) -> None:
    hosts = [
        host("a", "8.3.0", "XenServer"),
        _preview(host("b", "8.4.0", "XenServer")),
        host("c", "8.4.0", "XenServer"),
    ]
    conditions = alerts.see(hosts)
    (early,) = alerts.alerts
    assert (early.rule, early.subject) == (
        Rule.SUPPORT,
        ("release:XenServer:8:preview", "XenServer 8 preview", "XenServer", "8"),
    )
    assert [each.name for each in early.hosts] == ["a", "b"]
    assert [[each.name for each in c.hosts] for c in conditions if c.rule is Rule.EOL] == [["c"]]
    said = alerts.said()
    assert "❔ XenServer 8 preview is a pre-release: for tests, without support or timely security fixes" in said
    assert "Next step: move to the final XenServer 8 by ISO." in said
    data = alert_data(early, matrix)
    assert (data["name"], data["release"], data["eol_on"], data["detail"]) == (
        "XenServer 8 preview",
        "8",
        None,
        "pre-release",
    )


def test_an_alert_of_a_preview_ends_with_the_final_release(alerts: Alerts, matrix: Matrix) -> None:
    early = _preview(host("a", "8.4.0", "XenServer"))
    alerts.see([early])
    before = alerts.alerts
    alerts.see([early])
    assert alerts.alerts == ()  # nothing changed
    alerts.alerts = before
    alerts.see([host("a", "8.4.0", "XenServer")])
    (ended,) = alerts.alerts
    assert resolution_in_words(ended.why_resolved) == "no host runs it any more (a upgraded to XenServer 8)"
    assert next_step(ended, TODAY, matrix) == "move to the final XenServer 8 by ISO."


def test_who_watches_a_release_is_told_of_its_previews(alerts: Alerts) -> None:
    watch = Watch(TEAM, WatchKind.RELEASE, "XenServer 8", "XenServer", "8")
    alerts.see([host("a", "8.3.0", "XenServer")], watches=[watch])
    assert {(alert.channel, alert.subject.name) for alert in alerts.alerts} == {
        (OPS, "XenServer 8 preview"),
        (TEAM, "XenServer 8 preview"),
    }


@pytest.mark.parametrize(
    ("brand", "version", "first"),
    [
        ("XCP-ng", "9.9.9", "XCP-ng 9.9.9 is a version that I do not know"),
        ("XenServer", "12.0.1-custom", "XenServer 12.0.1-custom is a version that I do not know"),
        ("XCP-ng", None, "XCP-ng unknown version: its hosts do not say which release they run"),
        ("XCP-ng", " ", "XCP-ng unknown version: its hosts do not say which release they run"),
        (None, "8.3.0", "unknown brand 8.3.0: its hosts do not say which release they run"),
        (None, None, "unknown brand unknown version: its hosts do not say which release they run"),
    ],
)
def test_a_host_that_does_not_say_what_it_runs_is_told_without_a_made_up_word(
    alerts: Alerts, brand: str | None, version: str | None, first: str
) -> None:
    alerts.see([_alone("a", version, brand)])
    assert alerts.said().splitlines()[0] == f"❔ {first}"
    assert "None" not in alerts.said()


def test_a_digest_counts_hosts_that_are_off_apart_from_those_that_do_not_answer(matrix: Matrix, reader: Reader) -> None:
    hosts = [host("a"), _off(host("b")), host("c", unreachable_since=NOW), _preview(host("d", "8.3.0"))]
    made = digest(OPS, host_verdicts(matrix, reader, hosts, TODAY), (), (), (), TODAY)
    assert made
    assert (made.numbers.hosts, made.numbers.off, made.numbers.unreachable, made.numbers.weak) == (4, 1, 1, 1)
