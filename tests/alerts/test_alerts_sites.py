"""What is told of sites: that one is silent, once, and heard again; who claims whose host; which worker is too old."""

from datetime import timedelta

import pytest

from bot.alerts.alert import Alert, NotifyReason, Rule
from bot.alerts.facts import FleetFacts, SweepHealth
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.rules import find_conditions, resolution
from bot.alerts.state_machine import reconcile
from bot.chat.reply import plain
from bot.chat.rule_wording import sentence
from bot.fleet.hosts import Source, SourceKind, WatchedHost
from bot.fleet.sites import KnownSites, MessageServer, RemoteTarget, Site, SiteWorker
from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fleets import NOW, OPS, TEAM, host

TARGETS = (RemoteTarget("paris/lab-a", ("lab",)),)
HEARD = Site("paris", NOW, TARGETS, (SiteWorker("one", "2.0", NOW),))
GONE = HEARD._replace(heard_at=NOW - timedelta(minutes=4))
SEEN = host("xen-1", "8.3.0", sources=("paris/lab-a",))
PLAN = AlertPlan(OPS, routes=(Route(TEAM, (30,), tags=("lab",)),))


class Told:
    """Evaluates again and again, as the schedule does."""

    def __init__(self, matrix: Matrix, reader: Reader) -> None:
        self._matrix, self._reader = matrix, reader
        self.alerts: tuple[Alert, ...] = ()

    def see(
        self, *sites: Site, hosts: tuple[WatchedHost, ...] = (SEEN,), server: MessageServer | None = None
    ) -> list[tuple[str, NotifyReason, str]]:
        """What is told of sites now: to which channel, why, and in which words."""
        known = KnownSites(sites, server=server)
        verdicts = host_verdicts(self._matrix, self._reader, hosts, NOW.date())
        sweep = SweepHealth(timedelta(hours=6), NOW)
        here = (Source("paris/lab-a", SourceKind.SITE, ("lab",)),)
        facts = FleetFacts(verdicts, (), here, (), PLAN, self._matrix, NOW, sweep, sites=known)
        conditions = [c for c in find_conditions(facts) if c.rule.value.startswith(("site", "worker"))]
        found = reconcile(conditions, [a for a in self.alerts if a.is_open], NOW, lambda gone: resolution(facts, gone))
        changed = {alert.fingerprint: alert for alert in found.changed}
        self.alerts = tuple({**{alert.fingerprint: alert for alert in self.alerts}, **changed}.values())
        return [
            (each.alert.channel, each.reason, plain(sentence(each.alert, NOW.date()))) for each in found.notifications
        ]


@pytest.fixture
def told(matrix: Matrix, reader: Reader) -> Told:
    return Told(matrix, reader)


def test_a_silent_site_is_told_once_where_its_targets_lead_and_resolved_once(told: Told) -> None:
    assert told.see(HEARD) == []
    ((channel, reason, words),) = told.see(GONE)
    assert (channel, reason) == (TEAM, NotifyReason.NEW)
    assert "Site paris has not been heard since" in words
    assert "its hosts are shown as they were last seen" in words
    assert told.see(GONE) == []
    ((channel, reason, words),) = told.see(HEARD)
    assert (channel, reason) == (TEAM, NotifyReason.RESOLVED)
    assert words.endswith("paris: it is heard again")
    assert told.see(HEARD) == []


def test_a_site_that_is_expected_is_missed_though_it_was_never_heard(told: Told) -> None:
    ((channel, _, words),) = told.see(Site("lyon"))
    assert channel == OPS
    assert "Site lyon has never been heard: none of its hosts is known" in words


def test_nobody_is_silent_before_anybody_has_listened_long_enough() -> None:
    known = KnownSites((GONE, Site("lyon")), since=NOW - timedelta(minutes=1))
    assert known.silent(NOW) == frozenset()
    assert known.silent(NOW + timedelta(minutes=3)) == {"paris", "lyon"}


def test_a_host_that_two_sites_claim_is_told(told: Told) -> None:
    ((_, _, words),) = told.see(HEARD, hosts=(SEEN._replace(claimed_by=("lyon/lab-a",)),))
    assert "xen-1 is paris/lab-a's, and claimed by lyon/lab-a too" in words
    ((_, reason, words),) = told.see(HEARD)
    assert (reason, words.partition(": ")[2]) == (NotifyReason.RESOLVED, "no other place claims it any more")


def test_a_worker_that_is_too_old_is_told(told: Told) -> None:
    old = HEARD._replace(workers=(SiteWorker("one", "0.1", NOW, is_too_old=True),))
    ((_, _, words),) = told.see(old)
    assert "Site paris has a worker that is too old to be understood (0.1)" in words
    assert [alert.rule for alert in told.alerts] == [Rule.WORKER_OLD]


AWAY = MessageServer(False, NOW - timedelta(minutes=4))
BACK = MessageServer(True, NOW - timedelta(minutes=1))
MESSAGE = "The NATS server of the sites"


def test_a_server_that_is_away_is_told_once_and_no_site_as_silent(told: Told) -> None:
    """Both sites lead to channels of their own, and each is told once; when it is back, that is told once as well."""
    lyon = Site("lyon", GONE.heard_at, (RemoteTarget("lyon/lab-b"),))
    said = told.see(GONE, lyon, server=AWAY)
    assert {(channel, reason) for channel, reason, _ in said} == {(OPS, NotifyReason.NEW), (TEAM, NotifyReason.NEW)}
    assert all(f"{MESSAGE} cannot be reached since" in words and "2 sites are" in words for _, _, words in said)
    assert told.see(GONE, lyon, server=AWAY) == []
    said = told.see(HEARD, lyon, server=BACK)  # lyon takes a moment longer
    assert {(reason, words.strip()) for _, reason, words in said} == {
        (NotifyReason.RESOLVED, f"{MESSAGE}: it can be reached again")
    }
    assert len(said) == 2
    ((_, reason, words),) = told.see(HEARD, lyon, server=BACK._replace(since=NOW - timedelta(minutes=4)))
    assert (reason, "Site lyon has not been heard since" in words) == (NotifyReason.NEW, True)


def test_a_site_that_was_silent_before_stays_so_while_the_server_is_away_and_comes_back(told: Told) -> None:
    assert len(told.see(GONE)) == 1
    assert [words for _, _, words in told.see(GONE, server=AWAY) if "Site paris" in words] == []
    told.see(GONE, server=BACK)
    silent = [alert for alert in told.alerts if alert.rule is Rule.SITE_SILENT]
    assert [alert.is_open for alert in silent] == [True]


def test_a_short_break_is_not_told_nor_one_in_which_another_centre_hears_sites(told: Told) -> None:
    assert told.see(GONE, server=MessageServer(False, NOW - timedelta(minutes=1))) == []
    assert told.see(HEARD, Site("lyon"), server=AWAY) == []
