"""The demo's simulator, asked by the real client: every release that it has, pools, sessions, faults."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.simulator import (
    Body,
    Delay,
    Drip,
    Fault,
    FaultMoment,
    JsonRpc,
    Oversize,
    Raw,
    Refuse,
    Reset,
    Role,
    Silence,
    SimCertificate,
    SimHost,
    SimPool,
    SimRelease,
    Simulator,
    SimUser,
    Truncate,
    all_releases,
    html_page,
    http_error,
    lone,
    release,
)
from bot.xapi.bounds import ProbeBounds
from bot.xapi.observation import NEVER_SYNCED, FailureCode, Transport
from bot.xapi.target import Target
from tests.xapi.probing import failed, prober, seen, target_of

HOST = SimHost("xen-1", release("XCP-ng", "8.3"))
HOSTS, METRICS, LOGIN = "host.get_all_records", "host_metrics.get_all_records", "session.login_with_password"
POOLS, LOGOUT = "pool.get_all_records", "session.logout"
CERTIFICATES, UPDATES = "Certificate.get_all_records", "pool_update.get_all_records"
SPOKEN = {
    JsonRpc.NONE: Transport.XML_RPC,
    JsonRpc.ALWAYS_V1: Transport.JSON_RPC_1,
    JsonRpc.MATCHING: Transport.JSON_RPC_2,
}


@pytest.mark.parametrize("runs", all_releases(), ids=lambda runs: f"{runs.product} {runs.name}")
def test_every_release_says_what_it_is_in_its_own_way_of_speaking(runs: SimRelease) -> None:
    with Simulator([lone(SimHost("xen-1", runs))]) as simulator:
        observed = seen(prober().probe(target_of(simulator.targets[0], "lab")))
        assert simulator["xen-1"].sessions == ()
    (host,) = observed.hosts
    said = runs.software_version
    assert (host.product_brand, host.product_version) == (said.get("product_brand"), said.get("product_version"))
    assert (host.platform_version, host.build) == (said.get("platform_version"), said.get("build_number"))
    assert observed.transport is SPOKEN[runs.json_rpc]
    assert host.is_coordinator


def test_a_pool_is_told_through_a_supporter_with_the_pin_of_its_coordinator() -> None:
    members = (SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2")))
    with Simulator([SimPool(members, name="lab")]) as simulator:
        lab = target_of(simulator.targets[0], "lab")
        through = Target("lab", lab.also[0], lab.username, lab.password, lab.password_from, (lab.endpoint,))
        observed = seen(prober().probe(through))
        methods = {name: simulator[name].seen.methods for name in ("xen-1", "xen-2")}
    assert [host.name for host in observed.hosts] == ["xen-1", "xen-2"]
    assert observed.mixed_versions
    assert observed.address == str(lab.endpoint)
    assert methods == {"xen-1": (LOGIN, POOLS, HOSTS, METRICS, CERTIFICATES, LOGOUT), "xen-2": (LOGIN,)}


def test_a_member_that_is_off_is_told_with_what_it_ran_last() -> None:
    members = (
        SimHost("xen-1", release("XCP-ng", "8.3")),
        SimHost("xen-2", release("XCP-ng", "8.2"), up=False),
        SimHost("xen-3", release("XCP-ng", "8.3"), enabled=False),
        SimHost("xen-4", release("XCP-ng", "8.3"), enabled=False, up=False),
    )
    with Simulator([SimPool(members, name="lab")]) as simulator:
        observed = seen(prober().probe(target_of(simulator.targets[0], "lab")))
    assert [(host.name, host.product_version, host.enabled, host.power) for host in observed.hosts] == [
        ("xen-1", "8.3.0", True, "running"),
        ("xen-2", "8.2.1", True, "halted"),
        ("xen-3", "8.3.0", False, "running"),
        ("xen-4", "8.3.0", False, "halted"),
    ]


CITRIX = SimHost("xen-1", release("Citrix Hypervisor", "8.2"), hotfixes=("XS82ECU1086", "XS82ECU1078"))
ENDS = datetime(2026, 12, 5, tzinfo=UTC)
SOON = SimCertificate("xen-2", valid_until=ENDS.date())


@pytest.mark.parametrize("runs", all_releases(), ids=lambda runs: f"{runs.product} {runs.name}")
def test_every_release_is_told_with_what_it_says_of_its_software(runs: SimRelease) -> None:
    soon = replace(SOON, name="xen-1")
    with Simulator([lone(SimHost("xen-1", runs, certificate=soon, cpu_vendor="AuthenticAMD"))]) as simulator:
        (host,) = seen(prober().probe(target_of(simulator.targets[0], "lab"))).hosts
        assert simulator["xen-1"].seen.methods[-4:] == (LOGIN, POOLS, HOSTS, LOGOUT), (
            "a lone host costs no further call"
        )
    said = runs.software_version
    assert host.software is not None
    assert (host.software.xen, host.software.xapi) == (said.get("xen"), said.get("xapi_build", said.get("xapi")))
    assert host.software.cpu_vendor == ("AuthenticAMD" if runs.api >= (1, 7) else None)
    assert host.certificate_expires == ENDS, "of whatever age: it has shown it"


def test_certificates_of_a_pools_members_are_told() -> None:
    for runs in (release("XCP-ng", "8.2"), release("XenServer", "8")):
        with Simulator([SimPool((replace(HOST, release=runs), SimHost("xen-2", runs, certificate=SOON)))]) as simulator:
            first, second = seen(prober().probe(target_of(simulator.targets[0], "lab"))).hosts
        assert (first.certificate_expires, second.certificate_expires) == (datetime(2045, 1, 1, tzinfo=UTC), ENDS)


def test_a_pool_before_8_2_tells_of_no_members_certificate_and_is_asked_for_none() -> None:
    runs = release("XCP-ng", "7.6")
    with Simulator([SimPool((replace(HOST, release=runs), SimHost("xen-2", runs, certificate=SOON)))]) as simulator:
        _, second = seen(prober().probe(target_of(simulator.targets[0], "lab"))).hosts
        assert CERTIFICATES not in simulator["xen-1"].seen.methods
    assert second.certificate_expires is None


def test_hotfixes_are_told_by_name_and_asked_only_where_there_are_any() -> None:
    with Simulator([lone(CITRIX), lone(replace(CITRIX, name="xen-2", hotfixes=()))]) as simulator:
        one, other = (seen(prober().probe(target_of(target, "lab"))).hosts[0] for target in simulator.targets)
        methods = [UPDATES in simulator[name].seen.methods for name in ("xen-1", "xen-2")]
    assert one.software is not None
    assert one.software.hotfixes == ("XS82ECU1078", "XS82ECU1086")
    assert other.software is not None
    assert (other.software.hotfixes, methods) == ((), [True, False])


def test_updates_and_when_they_were_asked_for_are_told() -> None:
    synced, updated = datetime(2026, 11, 22, 19, tzinfo=UTC), datetime(2026, 11, 14, 14, tzinfo=UTC)
    eight = SimHost("xen-8", release("XenServer", "8"), restart_pending=True, updated=updated)
    pools = [
        replace(lone(eight), synced=synced),
        lone(replace(eight, name="xen-9")),
        replace(lone(replace(HOST, restart_pending=True, updated=updated)), synced=synced),
    ]
    with Simulator(pools) as simulator:
        told = [seen(prober().probe(target_of(target, "lab"))).hosts[0] for target in simulator.targets]
    assert [host.updates_synced_at for host in told] == [synced, NEVER_SYNCED, None]
    assert [host.updated_at for host in told] == [updated] * 3
    assert [host.reboot_required for host in told] == [True] * 3


def test_hosts_that_run_the_same_share_what_is_said_of_it() -> None:
    members = tuple(SimHost(f"xen-{number}", release("XCP-ng", "8.3")) for number in range(3))
    with Simulator([SimPool(members), lone(SimHost("xen-9", release("XCP-ng", "8.3")))]) as simulator:
        told = [seen(prober().probe(target_of(target, "lab"))).hosts for target in simulator.targets]
    first, *others = (host.software for hosts in told for host in hosts)
    assert all(each is first for each in others)


def test_a_reader_may_ask_all_that_is_asked() -> None:
    reader = (SimUser("xocompat", role=Role.READ_ONLY),)
    pool = SimPool((CITRIX, replace(CITRIX, name="xen-2", certificate=SOON)), users=reader)
    with Simulator([pool]) as simulator:
        _, second = seen(prober().probe(target_of(simulator.targets[0], "lab"))).hosts
        calls = simulator["xen-1"].seen.methods
    assert calls == (LOGIN, POOLS, HOSTS, METRICS, UPDATES, CERTIFICATES, LOGOUT)
    assert (second.power, second.certificate_expires) == ("running", ENDS)
    assert second.software is not None
    assert second.software.hotfixes


@pytest.mark.parametrize("what", [UPDATES, CERTIFICATES])
@pytest.mark.parametrize(
    "make",
    [
        lambda on: Truncate(40, on=on),
        lambda on: Body(b"not JSON", on=on),
        lambda on: Silence(on=on),
        lambda on: Reset(on=on),
        lambda on: Oversize(9 << 20, on=on),
        lambda on: Refuse("RBAC_PERMISSION_DENIED", on=on),
        lambda on: Refuse("MESSAGE_METHOD_UNKNOWN", on=on),
        lambda on: http_error(500, on=on),
        lambda on: Drip(20, on=on),
    ],
)
def test_what_is_asked_beside_fails_alone(what: str, make: Callable[[str], Fault]) -> None:
    bounds = ProbeBounds(metrics=0.3, logout=0.3)
    with Simulator([SimPool((CITRIX, replace(CITRIX, name="xen-2", certificate=SOON)))]) as simulator:
        simulator["xen-1"].fail(make(what))
        observed = seen(prober(bounds).probe(target_of(simulator.targets[0], "lab")))
        assert simulator["xen-1"].sessions == ()
    assert [host.product_version for host in observed.hosts] == ["8.2.1", "8.2.1"]
    second = observed.hosts[1]
    assert second.power == "running"
    assert second.software is not None
    assert not (second.software.hotfixes if what == UPDATES else second.certificate_expires)


@pytest.mark.parametrize(
    "fault",
    [
        Truncate(40, on=METRICS),
        Body(b"not JSON", on=METRICS),
        Silence(on=METRICS),
        Delay(9, on=METRICS),
        Reset(on=METRICS),
        Oversize(9 << 20, on=METRICS),
        Raw(b"\0", on=METRICS),
        http_error(500, on=METRICS),
        http_error(404, on=METRICS),
        Drip(20, on=METRICS),
    ],
    ids=repr,
)
def test_a_pool_whose_members_may_run_or_not_is_told_all_the_same(fault: Fault) -> None:
    members = (SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"), up=False))
    bounds = ProbeBounds(metrics=0.3, logout=0.3)
    with Simulator([SimPool(members, name="lab")]) as simulator:
        simulator["xen-1"].fail(fault)
        observed = seen(prober(bounds).probe(target_of(simulator.targets[0], "lab")))
    assert [(host.name, host.product_version, host.power) for host in observed.hosts] == [
        ("xen-1", "8.3.0", "running"),
        ("xen-2", "8.2.1", None),
    ]


def test_a_restart_and_updates_are_told() -> None:
    waiting = replace(HOST, restart_pending=True)
    with Simulator([lone(waiting), lone(SimHost("xen-8", release("XenServer", "8"), up_to_date=True))]) as simulator:
        one, other = (seen(prober().probe(target_of(target, "lab"))).hosts[0] for target in simulator.targets)
    assert one.reboot_required is True
    assert (other.up_to_date, other.pending_updates) == (True, 0)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Truncate(40, on=HOSTS), FailureCode.BAD_REPLY),
        (Truncate(10, on=LOGIN), FailureCode.BAD_REPLY),
        (Oversize(9 << 20, on=HOSTS), FailureCode.REPLY_TOO_LARGE),
        (Oversize(9 << 20, declared=False, on=HOSTS), FailureCode.REPLY_TOO_LARGE),
        (Reset(FaultMoment.ACCEPT), FailureCode.UNREACHABLE),
        (Reset(FaultMoment.REQUEST, on=HOSTS), FailureCode.BAD_REPLY),
        (Silence(FaultMoment.HANDSHAKE), FailureCode.TIMEOUT),
        (Silence(FaultMoment.REQUEST, on=HOSTS), FailureCode.TIMEOUT),
        (Refuse("HOST_STILL_BOOTING", on=LOGIN), FailureCode.BOOTING),
        (Refuse("RBAC_PERMISSION_DENIED", on=HOSTS), FailureCode.NOT_AUTHORIZED),
        (Body(b"{}", on=LOGIN), FailureCode.NOT_XAPI),
        (html_page(on=LOGIN), FailureCode.NOT_XAPI),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_fault_ends_in_its_code(fault: Truncate, code: FailureCode) -> None:
    quick = ProbeBounds(connect=1.0, login=1.0, whole=2.5, logout=0.5)
    with Simulator([lone(HOST)]) as simulator:
        simulator["xen-1"].fail(fault)
        assert failed(prober(quick).probe(target_of(simulator.targets[0], "lab"))).code is code


def test_a_session_is_ended_although_the_records_broke_off() -> None:
    with Simulator([lone(HOST)]) as simulator:
        simulator["xen-1"].fail(Truncate(40, on=HOSTS))
        failed(prober().probe(target_of(simulator.targets[0], "lab")))
        assert simulator["xen-1"].sessions == ()
        assert simulator["xen-1"].seen.methods[-1] == "session.logout"


def test_a_wrong_password_and_a_user_without_a_role_are_told_apart() -> None:
    pool = lone(HOST)
    with Simulator([replace(pool, users=(SimUser("xocompat", role=Role.NONE),))]) as simulator:
        target = target_of(simulator.targets[0], "lab")
        assert failed(prober().probe(target)).code is FailureCode.NOT_AUTHORIZED
        wrong = target_of(simulator.targets[0], "lab", "wrong")
        assert failed(prober().probe(wrong)).code is FailureCode.LOGIN_REFUSED
