"""What `doctor` finds about the hosts of the inventory, against simulated ones over real TLS."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.demo.simulator import Role, SimHost, SimPool, Simulator, SimUser, as_yaml, lone, release
from bot.demo.simulator.inventory import PASSWORD_VARIABLE, SimTarget
from bot.doctor.check import Check
from bot.doctor.targets import AT_ONCE, examine
from bot.xapi.account import Account, Admission
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, Target, TlsMode, Trust
from tests.xapi.asking import NOW

HOST = SimHost("xen-1", release("XCP-ng", "8.3"))


def _target(simulated: SimTarget, mode: TlsMode = TlsMode.PINNED, password: str = "demo") -> Target:
    first, *also = (
        Endpoint(at.host, at.port, Trust(mode, at.pin, minimum=simulated.minimum))
        for at in (simulated.address, *simulated.also)
    )
    return Target(simulated.name, first, simulated.user.name, lambda: password, "LAB_PASSWORD", tuple(also))


def _examine(targets: Iterable[Target]) -> list[Check]:
    return list(examine(tuple(targets), Prober(lambda: NOW).admit, lambda _, __: None))


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


def test_many_targets_are_tried_at_once_but_not_all_and_told_in_their_order() -> None:
    meet, lock, running, most = threading.Barrier(AT_ONCE), threading.Lock(), 0, 0

    def admit(target: Target) -> Admission | Failure:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        meet.wait(10)  # breaks unless so many are under way together
        with lock:
            running -= 1
        return Admission(target.name, str(target.endpoint), TlsMode.CA, Account.READER)

    endpoint, seen = Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), list[tuple[int, int]]()
    targets = [Target(f"lab-{n}", endpoint, "x", str, "P") for n in range(3 * AT_ONCE)]
    checks = examine(targets, admit, lambda done, total: seen.append((done, total)))
    assert [check.name for check in checks] == [f"target lab-{n}" for n in range(3 * AT_ONCE)]
    assert most == AT_ONCE
    assert seen == [(done, 3 * AT_ONCE) for done in range(3 * AT_ONCE + 1)]


def test_an_inventory_of_none_needs_no_check() -> None:
    assert examine((), lambda target: Failure(target.name, FailureCode.BUSY, ""), lambda _, __: None) == ()


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
    assert [line[:20] for line in out.splitlines()] == ["warning slack: no to", "ok      target lab-a"]


@pytest.mark.usefixtures("lab")
def test_json_tells_a_warning_by_its_mend(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = _doctor(capsys, "--json")
    checks: Any = json.loads(out)["checks"]
    assert (status, [check["name"] for check in checks]) == (0, ["slack", "target lab-a"])
    assert [(check["ok"], check["mend"] is None) for check in checks] == [(True, False), (True, True)]


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
