"""What hosts need from time to time: found, told in words, and over once a host was seen to have it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from bot.alerts.alert import Alert, AlertState, Condition, NotifyReason, Rule
from bot.alerts.digest import digest
from bot.alerts.evaluate import update
from bot.alerts.facts import FleetFacts, SweepHealth
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.rules import find_conditions, resolution
from bot.alerts.start import start
from bot.alerts.state_machine import reconcile
from bot.chat.alert_messages import alert_message
from bot.chat.digest_message import digest_message
from bot.chat.reply import Paragraph, plain
from bot.chat.rule_wording import sentence
from bot.chat.start_message import start_message
from bot.fleet.hosts import WatchedHost
from bot.fleet.policy import Policy
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.xapi.observation import Pool, Power
from tests.alerts.fakes import MemoryBook
from tests.alerts.fleets import LAB, LAB_A, OPS, PROD, TEAM, XO, host

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NEEDS = (Rule.RESTART, Rule.OLD_UPDATES, Rule.CERTIFICATE, Rule.LICENCE)


def seen(name: str, version: str = "8.3.0", brand: str = "XCP-ng", **more: Any) -> WatchedHost:
    """A host with more that it says of itself; `restart_since` and `pool` are of how it is watched."""
    watched = host(name, version, brand, pool=more.pop("pool", LAB))
    waits = more.pop("restart_since", None)
    if waits:
        more["reboot_required"] = True
    return watched._replace(host=watched.host._replace(**more), restart_since=waits)


class Needs(NamedTuple):
    """What hosts need, day by day, with the alerts about it."""

    matrix: Matrix
    reader: Reader
    book: MemoryBook
    plan: AlertPlan = AlertPlan(OPS)
    policy: Policy | None = None

    def facts(self, hosts: Sequence[WatchedHost], now: datetime = NOW) -> FleetFacts:
        verdicts = host_verdicts(self.matrix, self.reader, hosts, now.date(), (LAB_A,), self.policy)
        health = SweepHealth(timedelta(hours=6), now)
        return FleetFacts(verdicts, (), (LAB_A, XO), (), self.plan, self.matrix, now, health)

    def found(self, hosts: Sequence[WatchedHost], now: datetime = NOW) -> list[Condition]:
        return [c for c in find_conditions(self.facts(hosts, now)) if c.rule in NEEDS]

    def swept(self, hosts: Sequence[WatchedHost], now: datetime = NOW) -> list[Alert]:
        """The alerts that a sweep notifies of."""
        facts = self.facts(hosts, now)
        with self.book.transaction() as unit:
            made = update(unit, self.found(hosts, now), unit.open_alerts(), now, lambda gone: resolution(facts, gone))
        return [each.alert for each in made.notifications]

    def said(self, hosts: Sequence[WatchedHost], now: datetime = NOW) -> list[str]:
        return [plain(sentence(alert, now.date())).strip() for alert in self.swept(hosts, now)]


@pytest.fixture
def needs(matrix: Matrix, reader: Reader) -> Needs:
    return Needs(matrix, reader, MemoryBook())


def test_a_restart_is_told_after_a_week_and_is_over_with_it(needs: Needs) -> None:
    waits = seen("xen-2", restart_since=NOW)
    assert needs.said([waits], NOW + 7 * DAY) == []
    assert needs.said([waits], NOW + 7 * DAY + timedelta(hours=6)) == [
        "1 host on XCP-ng 8.3 LTS has waited for a restart since 26 Nov 2026: what was updated does not run yet"
    ]
    assert needs.said([waits], NOW + 8 * DAY) == []
    assert needs.said([seen("xen-2", reboot_required=False)], NOW + 9 * DAY) == ["XCP-ng 8.3 LTS: xen-2 restarted"]


def test_a_whole_fleet_that_waits_is_one_message(needs: Needs) -> None:
    pools = [LAB._replace(uuid=f"pool-{number}", name=f"pool {number}") for number in range(50)]
    hosts = [seen(f"xen-{number}", restart_since=NOW - 8 * DAY, pool=pools[number % 50]) for number in range(100)]
    assert [(alert.rule, len(alert.hosts)) for alert in needs.swept(hosts)] == [(Rule.RESTART, 100)]


def test_who_does_not_answer_or_does_not_say_has_not_restarted(needs: Needs) -> None:
    waits = seen("xen-2", restart_since=NOW - 8 * DAY)
    needs.swept([waits])
    assert needs.said([waits._replace(unreachable_since=NOW)], NOW + DAY) == []
    assert needs.said([seen("xen-2")], NOW + 2 * DAY) == ["XCP-ng 8.3 LTS: xen-2 without a word about it any more"]


def test_a_host_that_is_off_needs_nothing(needs: Needs) -> None:
    waits = seen("xen-2", restart_since=NOW - 8 * DAY, certificate_expires=NOW)
    off = waits._replace(host=waits.host._replace(power=Power.HALTED))
    assert needs.found([off]) == []
    needs.swept([waits])
    assert needs.said([off], NOW + DAY) == ["XCP-ng 8.3 LTS: xen-2 off", "lab: xen-2 off"]


def test_a_host_that_was_upgraded_is_said_to_be(needs: Needs) -> None:
    needs.swept([seen("xen-2", "8.2.1", restart_since=NOW - 8 * DAY)])
    assert needs.said([seen("xen-2")], NOW + DAY) == ["XCP-ng 8.2 LTS: xen-2 upgraded to XCP-ng 8.3 LTS"]


@pytest.mark.parametrize(
    ("left", "threshold", "said"),
    [
        (31, None, ""),
        (30, 30, "lab: the certificate of xen-2 ends on 26 Dec 2026: 30 days left"),
        (14, 14, "lab: the certificate of xen-2 ends on 10 Dec 2026: 14 days left"),
        (8, 14, "lab: the certificate of xen-2 ends on 4 Dec 2026: 8 days left"),
        (7, 7, "lab: the certificate of xen-2 ends on 3 Dec 2026: 7 days left"),
        (0, 0, "lab: the certificate of xen-2 ends today"),
        (-9, 0, "lab: the certificate of xen-2 ended on 17 Nov 2026"),
    ],
)
def test_a_certificate_is_told_before_it_ends(needs: Needs, left: int, threshold: int | None, said: str) -> None:
    hosts = [seen("xen-2", certificate_expires=NOW + left * DAY)]
    found = [(c.threshold_days, c.due) for c in needs.found(hosts)]
    assert found == ([(threshold, (NOW + left * DAY).date())] if said else [])
    assert needs.said(hosts) == ([said] if said else [])


def test_a_certificate_is_told_again_at_each_mark_and_over_with_a_new_one(needs: Needs) -> None:
    ends = NOW + 30 * DAY
    hosts = [seen("xen-2", certificate_expires=ends), seen("xen-3", certificate_expires=ends + 365 * DAY)]
    told = {day: [a.reason for a in needs.swept(hosts, NOW + day * DAY)] for day in range(32)}
    assert {day: reasons for day, reasons in told.items() if reasons} == {
        0: [NotifyReason.NEW],
        16: [NotifyReason.THRESHOLD],
        23: [NotifyReason.THRESHOLD],
        30: [NotifyReason.THRESHOLD],
    }
    renewed = [seen("xen-2", certificate_expires=ends + 365 * DAY), hosts[1]]
    assert needs.said(renewed, NOW + 32 * DAY) == ["lab: xen-2 with a new certificate"]


def test_certificates_of_a_pool_are_one_alert_with_the_first_day(needs: Needs) -> None:
    hosts = [seen("xen-2", certificate_expires=NOW + 9 * DAY), seen("xen-3", certificate_expires=NOW + 20 * DAY)]
    assert needs.said(hosts) == ["lab: the certificates of 2 hosts end, the first on 5 Dec 2026: 9 days left"]
    first = [hosts[0], seen("xen-3", certificate_expires=NOW + 900 * DAY)]
    assert needs.said(first, NOW + DAY) == []
    (alert,) = needs.book.open()
    assert [each.name for each in alert.hosts] == ["xen-2"]


def test_routes_lead_what_hosts_need(needs: Needs) -> None:
    plan = AlertPlan(OPS, routes=(Route(TEAM, (90,), tags=("lab",)),))
    lab, prod = seen("xen-2", certificate_expires=NOW), seen("xen-9", restart_since=NOW - 8 * DAY, pool=PROD)
    hosts = [lab, prod._replace(sources=("xo",))]
    assert {(c.channel, c.rule) for c in needs._replace(plan=plan).found(hosts)} == {
        (TEAM, Rule.CERTIFICATE),
        (OPS, Rule.RESTART),
    }


def test_a_licence_is_told_of_xenserver_alone(needs: Needs) -> None:
    ends = NOW + 10 * DAY
    assert needs.found([seen("xen-2", licence_expires=ends, edition="xcp-ng")]) == []
    assert needs.found([seen("xen-2", "8.4.0", "XenServer", licence_expires=datetime(2100, 1, 1, tzinfo=UTC))]) == []
    paid = [seen("xen-2", "8.4.0", "XenServer", licence_expires=ends, edition="premium-per-socket")]
    assert needs.said(paid) == ["lab: the licence of xen-2 ends on 6 Dec 2026: 10 days left"]
    renewed = [seen("xen-2", "8.4.0", "XenServer", licence_expires=ends + 365 * DAY, edition="premium-per-socket")]
    assert needs.said(renewed, NOW + DAY) == ["lab: xen-2 with another licence"]


def test_of_a_pool_of_one_its_name_is_said_once(needs: Needs) -> None:
    alone = Pool("pool-1", "", "uuid-office-1")
    office = seen("office-1", certificate_expires=NOW + 9 * DAY, pool=alone)
    assert needs.said([office]) == ["office-1: its certificate ends on 5 Dec 2026: 9 days left"]


def test_a_trial_is_told_with_what_its_end_means(needs: Needs) -> None:
    trial = {"licence_expires": NOW + 10 * DAY, "edition": "trial"}
    assert needs.said([seen("xen-2", "8.4.0", "XenServer", **trial)]) == [
        "lab: the trial of xen-2 ends on 6 Dec 2026: 10 days left. After a trial no VM can be started"
    ]


def test_a_pool_that_is_too_large_for_a_trial_is_told(needs: Needs) -> None:
    hosts = [seen(f"xen-{n}", "8.4.0", "XenServer", edition="trial", licence_expires=NOW + 80 * DAY) for n in range(4)]
    assert needs.found(hosts[:3]) == []
    assert needs.said(hosts) == ["Pool lab is too large for a trial: one of XenServer 8 may have 3 hosts"]


OLD, NEW, NEVER = NOW - 184 * DAY, NOW - 183 * DAY, datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("says", "is_old"),
    [
        ({}, False),  # does not say
        ({"updated_at": OLD}, True),
        ({"updated_at": NEW}, False),
        ({"updates_synced_at": OLD}, True),
        ({"updates_synced_at": NEVER}, True),
        ({"updated_at": NEW, "updates_synced_at": NEVER}, False),  # from an ISO
        ({"updated_at": OLD, "updates_synced_at": NEW}, True),
        ({"updated_at": OLD, "updates_synced_at": NEW, "up_to_date": True}, False),
        ({"updated_at": OLD, "updates_synced_at": OLD, "up_to_date": True}, True),
    ],
)
def test_updates_are_too_old_after_six_months(needs: Needs, says: dict[str, Any], is_old: bool) -> None:
    assert [c.rule for c in needs.found([seen("xen-2", "8.4.0", "XenServer", **says)])] == (
        [Rule.OLD_UPDATES] if is_old else []
    )
    assert needs.found([seen("xen-2", **says)]) == []  # XCP-ng asks for no such thing


def test_old_updates_are_told_with_what_support_asks_for(needs: Needs, matrix: Matrix) -> None:
    hosts = [
        seen("xen-2", "8.4.0", "XenServer", updated_at=NOW - 200 * DAY),
        seen("xen-3", "8.4.0", "XenServer", updates_synced_at=NEVER),
    ]
    assert needs.said(hosts) == [
        "Updates are too old on 2 hosts with XenServer 8: the oldest are of 10 May 2026 and 1 host never had any. "
        "It is supported only with updates of the last six months"
    ]
    (alert,) = needs.book.open()
    message = alert_message([alert], NOW.date(), NOW, matrix)
    assert any("synchronise its pools" in plain(row) for block in message.blocks for row in getattr(block, "lines", ()))
    fresh = [seen(each.host.name, "8.4.0", "XenServer", updated_at=NOW) for each in hosts]
    assert needs.said(fresh, NOW + DAY) == ["XenServer 8: xen-2, xen-3 updated"]


def test_a_host_more_is_told_in_the_thread(needs: Needs) -> None:
    first = seen("xen-2", restart_since=NOW - 8 * DAY)
    needs.swept([first])
    (more,) = needs.swept([first, seen("xen-3", restart_since=NOW - 8 * DAY)])
    assert (more.reason, more.state, len(more.hosts)) == (NotifyReason.MORE_HOSTS, AlertState.FIRING, 2)


def test_digest_and_first_message_count_what_hosts_need(needs: Needs) -> None:
    hosts = [
        seen("xen-2", restart_since=NOW - 8 * DAY, certificate_expires=NOW + DAY),
        seen("xen-3", "8.4.0", "XenServer", updated_at=OLD, licence_expires=NOW),
    ]
    facts = needs._replace(policy=Policy(("XCP-ng 8.3",))).facts(hosts)
    conditions = find_conditions(facts)
    made = digest(OPS, facts.verdicts, conditions, (), (), NOW.date())
    assert made
    assert made.numbers[-4:] == (1, 1, 1, 1)
    text = [plain(row) for block in digest_message(made).blocks for row in getattr(block, "items", ())]
    assert [each for each in text if "%" in each] == ["all hosts: 1 of 2 (50 %)", "lab: 1 of 2 (50 %)"]
    first = start_message(start(OPS, facts, conditions, 0)).blocks[0]
    assert isinstance(first, Paragraph)
    said = " ".join(map(plain, first.lines))
    for words in ("1 waiting for a restart", "1 with updates that are too old", "1 with a certificate that ends"):
        assert words in said


def test_what_was_found_stays_open_where_nothing_changes(needs: Needs) -> None:
    hosts = [seen("xen-2", restart_since=NOW - 8 * DAY, certificate_expires=NOW + DAY)]
    conditions = needs.found(hosts)
    made = reconcile(conditions, (), NOW, lambda gone: resolution(needs.facts(hosts), gone))
    assert reconcile(conditions, made.changed, NOW, lambda gone: resolution(needs.facts(hosts), gone)).changed == ()
    assert {c.subject.key for c in conditions} == {"release:XCP-ng:8.3", "pool:pool-lab"}
    assert date(2026, 11, 27) in {c.due for c in conditions}
