"""Known holes of hosts and of Xen Orchestra, and pools at several patch levels: one message each, whatever it has."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from bot.advisories.patch_level import levels_of
from bot.alerts.alert import (
    Alert,
    AlertState,
    Condition,
    Notification,
    NotifyReason,
    Rule,
    notification_data,
    notification_from_data,
)
from bot.alerts.digest import digest
from bot.alerts.evaluate import update
from bot.alerts.facts import FleetFacts, SecurityPlan, SweepHealth
from bot.alerts.patch_rules import holes
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.rules import find_conditions, resolution
from bot.alerts.state_machine import apply
from bot.chat.alert_context import alert_data
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.reply import plain
from bot.chat.rule_wording import sentence
from bot.fleet.hosts import WatchedHost
from bot.fleet.ports import OrchestraState
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from bot.xapi.observation import Power, Software
from bot.xo.updates import MissingUpdate, MissingUpdates
from bot.xo.version import OrchestraVersion
from tests.alerts.fakes import MemoryBook
from tests.alerts.fleets import LAB, LAB_A, OPS, PROD, TEAM, XO, host

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NEEDS = (Rule.ADVISORY, Rule.ORCHESTRA, Rule.PATCH_SKEW)
BEHIND, NEWEST = "4.17.5-23", "4.17.6-9"
"""Of the hypervisor on XCP-ng 8.3: security.md has 21 holes for the first, none that is known for the other."""


def seen(
    name: str, xen: str | None = NEWEST, version: str = "8.3.0", brand: str = "XCP-ng", **more: Any
) -> WatchedHost:
    """A host that shows a hypervisor; `xapi` and `built` are of its toolstack."""
    watched = host(name, version, brand, pool=more.pop("pool", LAB), sources=more.pop("sources", ("lab-a",)))
    software = Software(xen, more.pop("xapi", "26.1.4"), more.pop("built", "20260513T10:00:00Z")) if xen else None
    return watched._replace(host=watched.host._replace(software=software, **more))


def orchestra(server: str | None, name: str = "xo") -> OrchestraState:
    return OrchestraState(OrchestraVersion(name, f"https://{name}.example.org", server, None, NOW))


def misses(name: str, *updates: str, asked: bool = True) -> MissingUpdates:
    return MissingUpdates(f"uuid-{name}", "xo", NOW, asked, tuple(MissingUpdate(each, "2", None) for each in updates))


class Watching(NamedTuple):
    """Alerts about patch levels, sweep by sweep."""

    matrix: Matrix
    reader: Reader
    book: MemoryBook
    plan: AlertPlan = AlertPlan(OPS)
    security: SecurityPlan = SecurityPlan()
    orchestras: tuple[OrchestraState, ...] = ()
    missing: tuple[MissingUpdates, ...] = ()

    def facts(self, hosts: Sequence[WatchedHost], now: datetime = NOW) -> FleetFacts:
        return FleetFacts(
            host_verdicts(self.matrix, self.reader, hosts, now.date(), (LAB_A, XO)),
            (),
            (LAB_A, XO),
            (),
            self.plan,
            self.matrix,
            now,
            SweepHealth(timedelta(hours=6), now),
            security=self.security,
            orchestras=self.orchestras,
            missing=lambda: self.missing,
        )

    def found(self, hosts: Sequence[WatchedHost] = ()) -> list[Condition]:
        return [c for c in find_conditions(self.facts(hosts)) if c.rule in NEEDS]

    def swept(self, hosts: Sequence[WatchedHost] = (), now: datetime = NOW) -> tuple[Notification, ...]:
        facts = self.facts(hosts, now)
        found = [c for c in find_conditions(facts) if c.rule in NEEDS]
        with self.book.transaction() as unit:
            return update(unit, found, unit.open_alerts(), now, lambda gone: resolution(facts, gone)).notifications

    def said(self, hosts: Sequence[WatchedHost] = (), now: datetime = NOW) -> list[str]:
        return [plain(sentence(each.alert, now.date())).strip() for each in self.swept(hosts, now)]

    @property
    def open(self) -> Alert:
        (alert,) = self.book.open()
        return alert


@pytest.fixture
def watch(matrix: Matrix, reader: Reader) -> Watching:
    return Watching(matrix, reader, MemoryBook())


def ids(alert: Alert | Condition) -> list[str]:
    return [each["id"] for each in alert.detail.values["holes"]]


def test_a_first_look_at_a_fleet_that_is_behind_is_one_message(watch: Watching) -> None:
    hosts = [seen(f"xen-{number}", BEHIND) for number in range(30)]
    (told,) = watch.swept(hosts)
    assert (told.alert.rule, told.alert.subject.key, len(told.alert.hosts)) == (Rule.ADVISORY, "release:XCP-ng:8.3", 30)
    assert len(ids(told.alert)) > 3
    (said,) = [plain(sentence(told.alert, NOW.date())).strip()]
    assert said.startswith(f"30 hosts on XCP-ng 8.3 LTS lack the fix of {len(ids(told.alert))} known holes: ")
    assert watch.swept(hosts) == ()


def test_the_message_has_what_the_holes_are_and_what_to_do(watch: Watching, matrix: Matrix) -> None:
    watch.swept([seen("xen-2", BEHIND), seen("xen-3", pool=PROD)])
    shown = render(alert_message([watch.open], NOW.date(), NOW, matrix), Capabilities())
    first = alert_data(watch.open, matrix)["advisories"][0]
    assert (first["id"], first["hosts"], first["exploited"]) == (ids(watch.open)[0], 1, False)
    assert "1 host: xen-2 (lab)" in shown
    assert f"{ids(watch.open)[0]}: " in shown
    assert "(1 host)" not in shown  # all of them have it
    assert "; 13 more are less grave" in shown  # what security.tell leaves out, a probe counts
    assert "install updates and restart, one host at a time; xocompat advisory ID says" in shown


def test_a_release_that_gets_no_updates_is_to_be_left(watch: Watching, matrix: Matrix) -> None:
    watch.swept([seen("xen-2", "4.13.5-9.38", "8.2.1", built="2023-10-18", xapi="1.20")])
    shown = render(alert_message([watch.open], NOW.date(), NOW, matrix), Capabilities())
    assert "Next step: upgrade to XCP-ng 8.3 LTS" in shown


def test_a_host_that_was_updated_and_restarted_ends_it(watch: Watching) -> None:
    other = seen("xen-13", pool=PROD)
    watch.swept([seen("xen-12", BEHIND), other])
    assert watch.said([seen("xen-12", BEHIND, reboot_required=True), other], NOW + DAY) == []
    assert "1 host waits for a restart" in plain(sentence(watch.open, NOW.date()))
    (said,) = watch.said([seen("xen-12"), other], NOW + 2 * DAY)
    assert said.startswith("XCP-ng 8.3 LTS: xen-12 updated and restarted; whether XSA-517")


def test_what_cannot_be_told_is_not_told_as_fixed(watch: Watching) -> None:
    watch = watch._replace(security=SecurityPlan("low"))
    watch.swept([seen("xen-12", "4.17.6-8")])
    assert "XSA-507" in ids(watch.open)  # fixed in builds of which XCP-ng shows no more than 4.17.6-9
    (said,) = watch.said([seen("xen-12")], NOW + 2 * DAY)
    assert "updated and restarted; whether " in said
    assert "XSA-507" in said
    assert said.endswith(" fixed there cannot be told")
    assert watch._replace(book=MemoryBook()).found([seen("xen-12")]) == []


def test_who_does_not_say_what_runs_has_no_known_hole_and_closes_none(watch: Watching) -> None:
    assert watch.found([seen("xen-2", None)]) == []
    watch.swept([seen("xen-2", BEHIND)])
    assert watch.said([seen("xen-2", BEHIND)._replace(unreachable_since=NOW)], NOW + DAY) == []
    off = seen("xen-2", BEHIND)
    assert watch.said([off._replace(host=off.host._replace(power=Power.HALTED))], NOW + DAY) == []


def test_below_the_bar_there_is_a_line_in_the_digest_alone(watch: Watching) -> None:
    told = {tell: watch._replace(security=SecurityPlan(tell)).found([seen("xen-2", BEHIND)]) for tell in
            ("none", "critical", "high", "medium", "low")}  # fmt: skip
    counts = {tell: len(ids(found[0])) if found else 0 for tell, found in told.items()}
    assert counts["none"] == counts["critical"] == 0
    assert 0 < counts["high"] < counts["medium"] <= counts["low"]
    ((channel, found),) = holes(watch.facts([seen("xen-2", BEHIND)]))
    assert (channel, len(found.told)) == (OPS, counts["high"])
    assert len(found.told) + len(found.quiet) == counts["low"]


def test_a_hole_that_comes_to_be_known_is_told_and_ends_an_acknowledgement(watch: Watching) -> None:
    watch = watch._replace(security=SecurityPlan("medium"))
    watch.swept([seen("xen-2", "4.17.6-6")])
    watch.book.save([apply(watch.open, AlertAct(AlertAction.ACKNOWLEDGE, "U1", NOW))], NOW)
    before = ids(watch.open)
    (worse,) = watch.swept([seen("xen-2", BEHIND)], NOW + DAY)
    assert (worse.reason, worse.alert.state) == (NotifyReason.WORSE, AlertState.FIRING)
    new = [each for each in ids(worse.alert) if each not in before]
    assert new
    stored = notification_from_data(json.loads(json.dumps(notification_data(worse))))
    assert stored == worse
    shown = render(thread_update(stored), Capabilities())
    assert shown.startswith("Worse now: ")
    assert f"New: {new[0]}: " in shown
    assert watch.swept([seen("xen-2", BEHIND)], NOW + DAY) == ()
    assert watch.swept([seen("xen-2", "4.17.6-6")], NOW + 2 * DAY) == ()  # fewer are no news


def test_digest_and_first_message_count_hosts_with_holes(watch: Watching) -> None:
    facts = watch.facts([seen("xen-2", BEHIND), seen("xen-3")])
    made = digest(OPS, facts.verdicts, find_conditions(facts), (), (), NOW.date())
    assert made
    assert made.numbers.advisory == 1


def test_an_orchestra_is_one_alert_with_the_exploited_hole_first(watch: Watching, matrix: Matrix) -> None:
    watch = watch._replace(orchestras=(orchestra("5.207.2"),))
    (said,) = watch.said()
    assert said.startswith("xo runs xo-server 5.207.2 and, by that number, has ")
    assert "CVE-2026-133469 (used by attackers)" in said
    assert (watch.open.subject.key, watch.open.hosts) == ("source:xo", ())
    shown = render(alert_message([watch.open], NOW.date(), NOW, matrix), Capabilities())
    assert "Next step: update it: xocompat xo says to what" in shown
    assert watch.said(now=NOW + DAY) == []


def test_an_exploited_hole_is_told_whatever_the_bar(watch: Watching) -> None:
    quiet = watch._replace(orchestras=(orchestra("5.207.2"),), security=SecurityPlan("none"))
    assert [ids(c) for c in quiet.found()] == [["CVE-2026-133469"]]


def test_an_orchestra_that_was_updated_is_not_told_as_safe(watch: Watching) -> None:
    watch = watch._replace(orchestras=(orchestra("5.207.2"),))
    watch.swept()
    newer = watch._replace(orchestras=(orchestra("5.230.0"),))
    assert newer.said(now=NOW + DAY) == [
        "xo: it runs xo-server 5.230.0 now; whether CVE-2026-133469 and CVE-2026-113610 are fixed there cannot be told"
    ]
    watch.swept(now=NOW + DAY)
    known = newer._replace(security=SecurityPlan(orchestra_fixed_from="5.220.0"))
    assert known.said(now=NOW + 2 * DAY) == [
        "xo: it runs xo-server 5.230.0 now; whether CVE-2026-113610 is fixed there cannot be told"
    ]


def test_an_orchestra_goes_where_its_tags_lead(watch: Watching) -> None:
    plan = AlertPlan(OPS, routes=(Route(TEAM, (90,), tags=("prod",)),))
    led = watch._replace(orchestras=(orchestra("5.207.2"),), plan=plan)
    assert [c.channel for c in led.found()] == [TEAM]
    assert watch._replace(orchestras=(orchestra("5.207.2", "gone"), orchestra(None))).found() == []


def test_members_of_several_hypervisors_are_skewed_once_none_was_started_lately(watch: Watching) -> None:
    old, new = seen("xen-2", "4.17.6-6"), seen("xen-3", booted_at=NOW - timedelta(hours=5))
    (rolling,) = [c for c in watch.found([old, new]) if c.rule is Rule.PATCH_SKEW]
    assert not rolling.is_news
    later = [old, seen("xen-3", booted_at=NOW - 2 * DAY)]
    (said,) = [each for each in watch.said(later) if "patch levels" in each]
    assert said.startswith(
        "Pool lab has been seen at several patch levels since 26 Nov 2026: Xen 4.17.6-6 and 4.17.6-9"
    )
    assert watch.said([seen("xen-2"), later[1]], NOW + DAY)[-1] == "lab: all its hosts are at one patch level"


def test_hosts_of_two_pools_or_of_two_versions_are_not_skewed(watch: Watching) -> None:
    apart = [seen("xen-2", "4.17.6-6"), seen("xen-9", pool=PROD)]
    assert [c for c in watch.found(apart) if c.rule is Rule.PATCH_SKEW] == []
    mixed = [each._replace(mixed_since=NOW) for each in (seen("xen-2", "4.17.6-6"), seen("xen-3"))]
    assert [c for c in watch.found(mixed) if c.rule is Rule.PATCH_SKEW] == []


def test_members_that_miss_what_others_have_are_skewed(watch: Watching) -> None:
    hosts = [seen("xen-2"), seen("xen-3"), seen("xen-4")]
    told = watch._replace(
        missing=(misses("xen-2", "xen", "kernel"), misses("xen-3", "kernel"), misses("xen-4", asked=False))
    )
    assert told.found(hosts) == []  # no Xen Orchestra was asked
    told = told._replace(orchestras=(orchestra(None),))
    assert told.said(hosts) == [
        "Pool lab has been seen at several patch levels since 26 Nov 2026: xen-2 misses 1 update that others have"
    ]
    same = told._replace(missing=(misses("xen-2", "kernel"), misses("xen-3", "kernel")))
    assert same.said(hosts, NOW + DAY) == ["lab: all its hosts are at one patch level"]


def test_ten_thousand_hosts_are_judged_level_by_level(watch: Watching) -> None:
    levels = [f"4.17.{minor}-{number}" for minor in (5, 6) for number in range(1, 21)]
    hosts = [seen(f"xen-{number}", levels[number % len(levels)]) for number in range(10_000)]
    facts = watch.facts(hosts)
    judged = levels_of(watch.matrix)._judged
    before = judged.cache_info().misses
    assert list(holes(facts))
    assert judged.cache_info().misses - before <= len(levels)
