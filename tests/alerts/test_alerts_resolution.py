"""Why an alert's condition is gone, by the fleet as it is then."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest

from bot.alerts.alert import AffectedHost, AlertSubject, Condition, Detail, Rule
from bot.alerts.condition import NO_ROUTE
from bot.alerts.facts import FleetFacts, SweepHealth
from bot.alerts.routing import AlertPlan
from bot.alerts.rules import fates, resolution
from bot.alerts.state_machine import reconcile
from bot.chat.rule_wording import resolution_in_words
from bot.fleet.hosts import Change, ChangeKind, SourceState, WatchedHost
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fleets import LAB_A, NOW, OPS, XO, host, state

Why = Callable[..., str]
HOSTS = tuple(AffectedHost(f"uuid-{name}", name, "lab") for name in ("xen-2", "xen-3"))
NO_WAY = resolution_in_words(NO_ROUTE)
XCP_82 = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
EOL = Condition(OPS, Rule.EOL, XCP_82, HOSTS, date(2025, 9, 16), 90)


@pytest.fixture
def why(matrix: Matrix, reader: Reader) -> Why:
    """Why a condition is gone with these hosts, sources and changes."""

    def resolved(
        condition: Condition,
        hosts: Sequence[WatchedHost] = (),
        sources: Sequence[SourceState] = (),
        changes: Sequence[Change] = (),
        day: date = date(2025, 6, 20),
    ) -> str:
        facts = facts_of(matrix, reader, hosts, sources, changes, day)
        (alert,) = reconcile((condition,), (), NOW, _unasked).changed
        return resolution_in_words(resolution(facts, alert.condition))

    return resolved


def facts_of(
    matrix: Matrix,
    reader: Reader,
    hosts: Sequence[WatchedHost] = (),
    sources: Sequence[SourceState] = (),
    changes: Sequence[Change] = (),
    day: date = date(2025, 6, 20),
) -> FleetFacts:
    now = datetime.combine(day, NOW.timetz())
    return FleetFacts(
        host_verdicts(matrix, reader, hosts, day),
        sources,
        (LAB_A, XO),
        (),
        AlertPlan(OPS),
        matrix,
        now,
        SweepHealth(timedelta(hours=6), now),
        lambda: changes,
    )


def _unasked(gone: Condition) -> Detail:
    raise AssertionError(gone)


def test_hosts_that_were_upgraded_say_what_they_run_now(why: Why) -> None:
    changes = [Change(NOW, ChangeKind.LEFT, "lab-a", "uuid-xen-3", "xen-3")]
    said = why(EOL, [host("xen-2", "8.3.0")], changes=changes)
    assert said == "no host runs it any more (xen-2 upgraded to XCP-ng 8.3 LTS; xen-3 left)"


def test_hosts_that_did_not_go_up_are_not_called_upgraded(why: Why) -> None:
    said = why(EOL, [host("xen-2", "8.1.0"), host("xen-3", "11.0.0")])
    assert said == "no host runs it any more (xen-2 now on XCP-ng 8.1; xen-3 now on XCP-ng 11.0.0)"


def test_a_host_of_another_product_that_came_out_later_was_upgraded(why: Why) -> None:
    old = EOL._replace(subject=AlertSubject("release:XenServer:7.2", "XenServer 7.2", "XenServer", "7.2"))
    assert "xen-2 upgraded to XCP-ng 8.3 LTS" in why(old, [host("xen-2", "8.3.0")])


def test_hosts_of_which_nothing_is_known_are_not_said_to_have_left(why: Why) -> None:
    assert why(EOL) == "no host runs it any more (xen-2, xen-3 not known any more)"


@pytest.mark.parametrize("rule", Rule)
def test_hosts_that_are_not_in_an_open_alert_any_more_have_their_fates(
    rule: Rule, matrix: Matrix, reader: Reader
) -> None:
    """Whatever the rule: what became of them is said, and never that they are gone."""
    hosts = [host("xen-2", "8.3.0"), host("xen-4")]
    moved, unknown = AffectedHost("uuid-xen-4", "xen-4", "prod"), HOSTS[1]
    changes = [Change(NOW, ChangeKind.REMOVED, "lab-a", unknown.uuid)]
    facts = facts_of(matrix, reader, hosts, changes=changes)
    found = fates(facts, EOL._replace(rule=rule, hosts=(HOSTS[0], unknown, moved)))
    said = resolution_in_words(found)
    assert "xen-3 removed from the configuration" in said
    assert "xen-4 moved to another pool (lab)" in said
    assert "gone" not in said
    if rule not in (Rule.MIXED_POOL, Rule.UNREACHABLE):
        assert "xen-2 upgraded to XCP-ng 8.3 LTS" in said


def test_a_target_that_was_removed_is_named_as_such(why: Why) -> None:
    changes = [Change(NOW, ChangeKind.REMOVED, "lab-a", each.uuid, each.name) for each in HOSTS]
    assert why(EOL, changes=changes) == "no host runs it any more (xen-2, xen-3 removed from the configuration)"
    left = [Change(NOW, ChangeKind.LEFT, "lab-a", HOSTS[0].uuid), *changes]
    assert "xen-2 left; xen-3 removed" in why(EOL, changes=left)


def test_hosts_that_still_run_it_lost_their_route_here(why: Why) -> None:
    assert why(EOL, [host("xen-2")]) == NO_WAY


def test_a_watch_that_was_removed_is_named_as_such(why: Why) -> None:
    assert why(EOL._replace(hosts=(), watched=True)) == "nobody in this channel watches it any more"


def test_the_end_of_life_takes_over_from_maintenance(why: Why) -> None:
    subject = AlertSubject("release:XenServer:6.0", "XenServer 6.0", "XenServer", "6.0")
    ended = Condition(OPS, Rule.MAINTENANCE, subject, HOSTS, date(2014, 9, 26), 0)
    old = [host("xen-2", "6.0.0", "XenServer")]
    assert "its end of life has come" in why(ended, old, day=date(2016, 9, 26))


def test_a_release_that_is_in_full_support_now_is_named_as_such(why: Why) -> None:
    partial = Condition(OPS, Rule.SUPPORT, XCP_82, HOSTS, detail=Detail("support", {"lack": "partial"}))
    assert why(partial, [host("xen-2")]) == "the list has it in full support now"


def test_a_day_that_is_not_given_any_more_is_named_as_such(why: Why) -> None:
    assert "not given for it any more" in why(EOL._replace(due=date(2025, 6, 25)), [host("xen-2")])


def test_a_version_that_is_known_by_now_is_named_as_such(why: Why) -> None:
    unknown = Condition(OPS, Rule.UNKNOWN_VERSION, AlertSubject("version:XCP-ng 8.2.1", "XCP-ng 8.2.1"), HOSTS[:1])
    assert why(unknown, [host("xen-2")]) == "no host runs it any more (xen-2 known by now)"


@pytest.mark.parametrize(
    ("name", "failures", "said"),
    [("lab-a", 0, "it answers again"), ("lab-a", 4, NO_WAY), ("lab-b", 0, "lab-b was removed from the configuration")],
)
def test_a_source(why: Why, name: str, failures: int, said: str) -> None:
    unreachable = Condition(OPS, Rule.UNREACHABLE, AlertSubject(f"source:{name}", name))
    assert why(unreachable, sources=[state(LAB_A, failures)]) == said


def test_a_source_that_answers_for_the_first_time_does_not_answer_again(why: Why) -> None:
    never = Detail("no_answer", {"since": None, "error": "", "never": True})
    unreachable = Condition(OPS, Rule.UNREACHABLE, AlertSubject("source:lab-a", "lab-a"), detail=never)
    assert why(unreachable, sources=[state(LAB_A, 0)]) == "it answers now, for the first time"


def test_a_pool(why: Why) -> None:
    mixed = Condition(OPS, Rule.MIXED_POOL, AlertSubject("pool:pool-lab", "lab"), HOSTS)
    assert why(mixed, [host("xen-2", "8.3.0"), host("xen-3", "8.3.0")]) == "all its hosts run one version"
    assert why(mixed, [host("xen-2", mixed_since=NOW)]) == NO_WAY
    assert why(mixed) == "none of its hosts is there any more (xen-2, xen-3 not known any more)"


def test_a_sweep(why: Why) -> None:
    assert why(Condition(OPS, Rule.SWEEP_LATE, AlertSubject("sweep", "The fleet's sweep"))) == "a sweep has finished"


def test_many_hosts_are_counted(why: Why) -> None:
    many = tuple(AffectedHost(str(number), f"xen-{number}", "lab") for number in range(9))
    assert "xen-4 and 4 more not known any more" in why(EOL._replace(hosts=many))
