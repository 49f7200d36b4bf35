"""The demo's simulator, asked by the real client: every release that it has, pools, sessions, faults."""

from dataclasses import replace

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
from bot.xapi.observation import FailureCode, Transport
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
