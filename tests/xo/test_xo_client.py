"""A Xen Orchestra asked by the real client over real TLS: its pools are those that the hosts tell themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator import (
    SimCertificate,
    SimHost,
    SimPool,
    SimRelease,
    Simulator,
    all_releases,
    demo_fleet,
    lone,
    release,
)
from bot.simulator.orchestra import TOKEN, Rights, SimulatedOrchestra
from bot.xapi.observation import Host, Observation, Transport
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xo.client import ask, date_of
from bot.xo.doctor import check
from tests.xapi.network import FakeNetwork
from tests.xapi.probing import target_of
from tests.xo.orchestras import NOW, failed, orchestra, seen, simulated, telling

FAR = Endpoint("192.0.2.9", 443, Trust(TlsMode.INSECURE))
HOST = SimHost("xen-1", release("XCP-ng", "8.3"))
POOL = SimPool((HOST, SimHost("xen-2", release("XCP-ng", "8.2"))), name="lab")


def test_a_pool_is_told_with_its_hosts_and_how_they_were_asked() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        (observed,) = seen(simulated(stand_in))
        assert observed.address == str(stand_in.address)
        assert stand_in.seen.handshakes == 1
        assert [asked.path for asked in stand_in.seen.requests] == ["/rest/v0/pools", "/rest/v0/hosts"]
    assert (observed.target, observed.observed_at, observed.tls) == ("xo", NOW, TlsMode.PINNED)
    assert observed.transport is Transport.XO_REST
    assert observed.pool.name == "lab"
    assert [(host.name, host.is_coordinator) for host in observed.hosts] == [("xen-1", True), ("xen-2", False)]
    assert observed.pool.coordinator == observed.hosts[0].uuid
    assert observed.mixed_versions


@pytest.mark.parametrize("runs", all_releases(), ids=lambda runs: f"{runs.product} {runs.name}")
def test_a_host_of_every_release_is_the_one_that_it_says_itself(runs: SimRelease) -> None:
    with Simulator([lone(replace(HOST, release=runs))]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        (through,) = seen(simulated(stand_in))
        itself = Prober(lambda: NOW).probe(target_of(simulator.targets[0]))
    assert isinstance(itself, Observation)
    assert through.pool == itself.pool
    assert list(map(_common, through.hosts)) == list(map(_common, itself.hosts))


def _common(host: Host) -> Host:
    """A host without what Xen Orchestra does not tell; it says "no" where an old host says nothing."""
    same = host._replace(platform_version=None, edition=None, pending_updates=None, up_to_date=None, is_preview=None)
    same = same._replace(software=None, updated_at=None, updates_synced_at=None, certificate_expires=None)
    return same._replace(reboot_required=bool(host.reboot_required))


def test_the_whole_demo_fleet_is_told_but_the_host_that_is_down() -> None:
    with Simulator(demo_fleet()) as simulator, SimulatedOrchestra(simulator) as stand_in:
        observed = seen(simulated(stand_in))
    names = [[host.name for host in pool.hosts] for pool in observed]
    assert names == [
        ["xen-1", "xen-2"],
        ["xen-11", "xen-12", "xen-13"],
        ["edge-1"],
        ["office-1"],
        ["archive-1"],
        ["moved-1"],
    ]
    assert [pool.pool.name for pool in observed] == ["lab", "prod", "", "", "", ""]


def test_a_member_that_is_off_is_listed_and_a_lost_one_is_not() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        xo = simulated(stand_in)
        simulator["xen-2"].change(lambda host: replace(host, up=False))
        (halted,) = seen(xo)
        simulator["xen-2"].change(lambda host: replace(host, up=True))
        stand_in.forget("xen-2")
        (lost,) = seen(xo)
        stand_in.forget()
        (whole,) = seen(xo)
    assert [[host.power for host in pool.hosts] for pool in (halted, lost, whole)] == [
        ["running", "halted"],
        ["running"],
        ["running", "running"],
    ]


def test_when_certificates_and_licences_end_is_told() -> None:
    ends = datetime(2026, 12, 5, tzinfo=UTC)
    soon = replace(HOST, certificate=SimCertificate("xen-1", valid_until=ends.date()), licence_expires=ends)
    old = SimHost("xen-2", release("XCP-ng", "7.6"))
    with Simulator([lone(soon), lone(old)]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        told = [host for pool in seen(simulated(stand_in)) for host in pool.hosts]
    assert [(host.certificate_expires, host.software) for host in told] == [(ends, None), (None, None)]
    assert told[0].licence_expires == ends


def test_an_upgrade_is_told_at_the_next_asking() -> None:
    with Simulator([lone(HOST)]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        before = seen(simulated(stand_in))
        simulator["xen-1"].upgrade(release("XenServer", "8"))
        after = seen(simulated(stand_in))
    assert [(pool.hosts[0].product_brand) for (pool,) in (before, after)] == ["XCP-ng", "XenServer"]


def test_a_token_that_expired_is_refused_with_what_to_do() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        stand_in.renew({"another": Rights.READ})
        failure = failed(simulated(stand_in))
        stand_in.renew({TOKEN: Rights.NONE})
        other = failed(simulated(stand_in))
    assert failure.code == "login_refused"
    assert failure.message == (
        "xo refused the token in XO_TOKEN: it has expired, was deleted, or is not whole. "
        "Make a new one in Xen Orchestra, set XO_TOKEN to it and start again."
    )
    assert other.code == "not_authorized"
    assert "Let that user read hosts and pools" in other.message


def test_the_check_for_the_doctor_says_what_is_there_and_what_is_wrong() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        xo = simulated(stand_in)
        well = check(xo, lambda: NOW)
        trust = xo.endpoint.trust._replace(mode=TlsMode.INSECURE)
        unchecked = check(orchestra(xo.endpoint._replace(trust=trust)), lambda: NOW)
        refused = check(simulated(stand_in, "wrong"), lambda: NOW)
    assert well == (True, "it tells 2 hosts in 1 pool", "")
    assert unchecked.ok
    assert "not checked" in unchecked.text
    assert "`pin` under `tls` of xo" in unchecked.mend
    assert (refused.ok, refused.text.startswith("xo refused the token")) == (False, True)


def test_the_time_of_its_clock_is_handed_over_with_each_list() -> None:
    shown: list[datetime] = []
    with Simulator([POOL], lambda: NOW + timedelta(hours=2)) as simulator, SimulatedOrchestra(simulator) as stand_in:
        ask(simulated(stand_in), lambda: NOW, on_date=shown.append)
        stand_in.renew({})
        ask(simulated(stand_in), lambda: NOW, on_date=shown.append)
    assert shown == [NOW + timedelta(hours=2)] * 2, "of answers alone: what refuses may be something else"


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Mon, 23 Nov 2026 08:00:05 GMT", NOW + timedelta(seconds=5)),
        ("Monday, 23-Nov-26 08:00:00 GMT", NOW),
        ("Mon Nov 23 08:00:00 2026", NOW),
        ("Mon, 23 Nov 2026 09:00:00 +0100", NOW),
        ("", None),
        ("yesterday", None),
        ("Mon, 23 Nov 20266 08:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Mon, 23 Nov 2026 08:00:00 GMT" + " " * 64, None),
    ],
)
def test_a_date_is_read_in_every_form_that_http_has_had(header: str, moment: datetime | None) -> None:
    assert date_of(header) == moment


@given(st.text(st.characters(max_codepoint=255), max_size=64))
def test_any_text_is_a_date_or_none(header: str) -> None:
    found = date_of(header)
    assert found is None or found.utcoffset() == timedelta(0)


def test_an_answer_without_a_date_is_an_answer() -> None:
    shown: list[datetime] = []
    (observed,) = ask(orchestra(FAR), lambda: NOW, connect=FakeNetwork(telling()), on_date=shown.append)
    assert isinstance(observed, Observation)
    assert shown == []
