"""What `doctor` finds about the hosts of the inventory, against simulated ones over real TLS."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.checkup import Check
from bot.cli import main
from bot.fleet.doctor import AT_ONCE, examine_targets
from bot.simulator import (
    PASSWORD_VARIABLE,
    Role,
    SimHost,
    SimPool,
    SimTarget,
    Simulator,
    SimUser,
    as_yaml,
    lone,
    release,
)
from bot.xapi.account import Account, Admission
from bot.xapi.observation import Failure
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from tests.xapi.probing import NOW

HOST = SimHost("xen-1", release("XCP-ng", "8.3"))


def _target(simulated: SimTarget, mode: TlsMode = TlsMode.PINNED, password: str = "demo") -> Target:
    first, *also = (
        Endpoint(at.host, at.port, Trust(mode, at.pin, minimum=simulated.minimum))
        for at in (simulated.address, *simulated.also)
    )
    return Target(simulated.name, first, simulated.user.name, lambda: password, "LAB_PASSWORD", tuple(also))


def _examine(targets: Iterable[Target]) -> list[Check]:
    return list(examine_targets(tuple(targets), Prober(lambda: NOW), lambda _, __: None))


def _lines(pool: SimPool, mode: TlsMode = TlsMode.PINNED) -> list[str]:
    with Simulator([pool]) as simulator:
        lines = list(map(str, _examine([_target(target, mode) for target in simulator.targets])))
        assert all(host.sessions == () for host in simulator.hosts)
        return lines


def test_a_target_with_nothing_wrong_is_one_line() -> None:
    (line,) = _lines(lone(HOST, "lab-a"))
    assert line.startswith("ok      target lab-a: 127.0.0.1:")
    assert line.endswith(" answers, certificate pinned, xocompat logs in (read-only)")


@pytest.mark.parametrize(
    ("role", "account", "said"),
    [
        (Role.LOCAL, "local superuser", "xocompat is a local account, so it may do everything"),
        (Role.POOL_ADMIN, "more than read", "xocompat may do more than read"),
        (Role.VM_OPERATOR, "more than read", "xocompat may do more than read"),
    ],
)
@pytest.mark.parametrize("runs", [("XCP-ng", "8.3"), ("XenServer", "7.0"), ("XenServer", "6.2"), ("XenServer", "5.6")])
def test_an_account_that_may_do_more_than_read_is_a_warning(
    role: Role, account: str, said: str, runs: tuple[str, str]
) -> None:
    pool = replace(lone(SimHost("xen-1", release(*runs)), "lab-a"), users=(SimUser("xocompat", role=role),))
    first, *warnings = _lines(pool)
    assert first.endswith(f"xocompat logs in ({account})")
    end = f"warning target lab-a account: {said} → a directory account with the role read-only is enough"
    assert warnings[-1] == end


def test_a_host_that_knows_no_roles_does_not_tell() -> None:
    assert "the host does not tell what xocompat may do" in _lines(lone(SimHost("x", release("XenServer", "5.5"))))[-1]


def test_no_check_of_the_certificate_and_old_tls_are_warnings() -> None:
    _, insecure, old = _lines(lone(SimHost("old-1", release("XenServer", "6.2")), "lab-a"), TlsMode.INSECURE)
    assert insecure.startswith("warning target lab-a tls: whatever certificate is shown gets the password (`insecure`)")
    assert insecure.endswith("`xocompat trust lab-a`")
    assert old.startswith("warning target lab-a tls: TLS 1.0 is allowed")


def test_what_is_wrong_is_told_apart_with_what_to_do() -> None:
    with Simulator([lone(HOST, "lab-a")]) as simulator:
        lab = _target(simulator.targets[0])
        wrong = _target(simulator.targets[0], password="wrong")
        other = Endpoint(lab.endpoint.host, lab.endpoint.port, Trust(TlsMode.PINNED, b"\0" * 32))
        changed = Target("lab-b", other, "xocompat", lab.password, "LAB_PASSWORD")
        simulator["xen-1"].forget()
        checks = _examine([wrong, changed])
        simulator["xen-1"].go_down()
        checks += _examine([lab])
    assert not any(check.ok for check in checks)
    assert [(check.text, check.mend) for check in checks] == [
        (
            "lab-a refused the login of user xocompat",
            "The password comes from LAB_PASSWORD: mend it before you try again.",
        ),
        (
            "lab-b showed another certificate than the pinned one, so nothing was sent",
            "If it was replaced on purpose: `xocompat trust lab-b`.",
        ),
        (
            "lab-a did not answer: nothing listens on its address",
            "Is the host up, and is the management network reachable from here?",
        ),
    ]


def test_a_supporter_is_tried_by_way_of_its_coordinator() -> None:
    members = (HOST, SimHost("xen-2", release("XCP-ng", "8.3")))
    with Simulator([SimPool(members)]) as simulator:
        lab = _target(simulator.targets[0])
        through = Target("lab-b", lab.also[0], lab.username, lab.password, "LAB_PASSWORD", (lab.endpoint,))
        (check,) = _examine([through])
    assert check.text.startswith(f"{lab.endpoint} answers, by way of {lab.also[0]}, ")


class Crowd:
    """Lets nobody in before as many are at the door as may be."""

    def __init__(self) -> None:
        self.most = 0
        self._running = 0
        self._lock = threading.Lock()
        self._meet = threading.Barrier(AT_ONCE)

    def admit(self, target: Target) -> Admission | Failure:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        self._meet.wait(10)  # breaks unless so many are under way together
        with self._lock:
            self._running -= 1
        return Admission(target.name, str(target.endpoint), TlsMode.CA, Account.READER)

    def meet(self, target: Target, member: Endpoint) -> Failure | None:
        raise AssertionError(target, member)


def test_many_targets_are_tried_at_once_but_not_all_and_listed_in_their_order() -> None:
    endpoint, seen, crowd = Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), list[tuple[int, int]](), Crowd()
    targets = [Target(f"lab-{n}", endpoint, "x", str, "P") for n in range(3 * AT_ONCE)]
    checks = examine_targets(targets, crowd, lambda done, total: seen.append((done, total)))
    assert [check.name for check in checks] == [f"target lab-{n}" for n in range(3 * AT_ONCE)]
    assert crowd.most == AT_ONCE
    assert seen == [(done, 3 * AT_ONCE) for done in range(1, 3 * AT_ONCE + 1)]


def test_an_inventory_of_none_needs_no_check() -> None:
    assert _examine(()) == []


def test_members_are_reported_only_if_a_redirect_to_them_would_fail() -> None:
    members = tuple(SimHost(f"xen-{n}", release("XCP-ng", "8.3")) for n in range(1, 5))
    with Simulator([SimPool(members)]) as simulator:
        lab = _target(simulator.targets[0])
        fine, changed, away = lab.also
        simulator["xen-2"].forget()
        simulator["xen-4"].go_down()
        changed = changed._replace(trust=Trust(TlsMode.PINNED, b"\0" * 32))
        pool = Target("lab-a", lab.endpoint, lab.username, lab.password, "LAB_PASSWORD", (fine, changed, away))
        checks = _examine([pool])
        assert (simulator["xen-2"].seen.handshakes, simulator["xen-2"].seen.bytes) == (1, 0)
    assert [(check.name, check.ok) for check in checks] == [
        ("target lab-a", True),
        (f"target lab-a member {changed}", False),
        (f"target lab-a member {away}", True),
    ]
    assert checks[1].text.startswith(f"lab-a's member {changed} showed another certificate than the pinned one")
    assert checks[1].mend.endswith(f"`xocompat trust lab-a {changed}`.")
    assert "Is the host up" in checks[2].mend


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A host in the configuration of the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    with Simulator([lone(HOST, "lab-a")]) as simulator:
        (tmp_path / "xocompat.yaml").write_text(as_yaml(simulator.targets))
        yield simulator


def _doctor(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = main(["doctor", *words])
    return status, capsys.readouterr().out


@pytest.mark.usefixtures("lab")
def test_without_slack_the_targets_are_checked_and_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = _doctor(capsys)
    assert status == 0
    assert [line[:20] for line in out.splitlines()] == [
        "warning slack: no to",
        "ok      web routes: ",
        "ok      database: Th",
        "ok      database: di",
        "ok      data: what i",
        "ok      target lab-a",
    ]


@pytest.mark.usefixtures("lab")
def test_json_tells_a_warning_by_its_mend(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = _doctor(capsys, "--json")
    checks: Any = json.loads(out)["checks"]
    assert (status, [check["name"] for check in checks]) == (
        0,
        ["slack", "web routes", "database", "database: disk", "data", "target lab-a"],
    )
    assert [(check["ok"], check["mend"] is None) for check in checks] == [(True, False), *[(True, True)] * 5]


@pytest.mark.usefixtures("lab")
def test_a_password_that_is_not_to_be_had_is_not_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    status, out = _doctor(capsys)
    assert status == 1
    assert (
        f"not ok  target lab-a: There is no password to log in to lab-a with: The variable {PASSWORD_VARIABLE}" in out
    )


def test_without_targets_and_without_slack_it_says_what_slack_needs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out = _doctor(capsys)
    assert (status, "SLACK_BOT_TOKEN is not set" in out, "target" in out) == (1, True, False)
