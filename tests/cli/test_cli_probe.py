"""`probe` in a shell, from the configuration to the verdict, against simulated hosts over real TLS."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.simulator import (
    PASSWORD_VARIABLE,
    SimCertificate,
    SimHost,
    SimPool,
    Simulator,
    all_releases,
    as_yaml,
    lone,
    release,
)

Probe = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def pool() -> Iterator[Simulator]:
    """A pool in the middle of a rolling upgrade."""
    hosts = (SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2")))
    with Simulator([SimPool(hosts, name="lab")]) as simulator:
        yield simulator


@pytest.fixture
def probe(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Probe:
    """Probes the first target of a simulation: exit status, JSON, what stands on stderr."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")

    def run(
        simulator: Simulator, *args: str, name: str | None = None, inventory: str | None = None
    ) -> tuple[int, Any, str]:
        config = tmp_path / "xocompat.yaml"
        config.write_text(inventory or as_yaml(simulator.targets))
        capsys.readouterr()
        words = ("probe", name or simulator.targets[0].name, "--json", "--as-of", "2026-11-23", *args)
        status = main([*words, "--config", str(config)])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else None, err

    return run


def test_a_pool_is_told_host_by_host_the_worst_first(pool: Simulator, probe: Probe) -> None:
    status, found, err = probe(pool)
    assert (status, err) == (0, "")
    assert list(found) == [
        "query", "outcome", "observed_at", "target", "transport", "tls", "pool", "hosts", "error",
    ]  # fmt: skip
    assert (found["outcome"], found["transport"], found["tls"], found["error"]) == (
        "assessed", "json-rpc-2", "pinned", None,
    )  # fmt: skip
    assert found["pool"]["name"] == "lab"
    assert found["pool"]["coordinator"] == "xen-1"
    assert found["pool"]["mixed_versions"] is True
    assert [(host["name"], host["assessment"]["release"]) for host in found["hosts"]] == [
        ("xen-2", "8.2"),
        ("xen-1", "8.3"),
    ]
    assert not pool["xen-1"].sessions


def test_a_condition_that_holds_for_any_host_ends_with_4(pool: Simulator, probe: Probe) -> None:
    assert probe(pool, "--fail-on", "eol")[0] == 4
    assert probe(pool, "--fail-on", "unlisted")[0] == 0


def test_a_host_that_is_down_is_one_line_and_1(pool: Simulator, probe: Probe) -> None:
    pool["xen-1"].go_down()
    status, found, err = probe(pool)
    assert (status, found["outcome"], found["error"]["code"]) == (1, "failed", "unreachable")
    assert len(err.splitlines()) == 1


def test_a_changed_certificate_gets_no_byte(pool: Simulator, probe: Probe) -> None:
    inventory = as_yaml(pool.targets)
    pool["xen-1"].show_certificate(SimCertificate("xen-1", 2))
    status, found, err = probe(pool, inventory=inventory)
    assert (status, found["error"]["code"]) == (1, "tls_pin_mismatch")
    assert "nothing was sent" in err
    assert not pool["xen-1"].seen.methods


@pytest.mark.parametrize(
    ("name", "code"),
    [("lab-x", "unknown_host"), ("127.0.0.1", "refused_address"), ("https://x.example", "refused_address")],
)
def test_only_names_of_the_inventory_are_asked(pool: Simulator, probe: Probe, name: str, code: str) -> None:
    status, found, _ = probe(pool, name=name)
    assert (status, found["error"]["code"]) == (1, code)
    assert not pool["xen-1"].seen.methods


@pytest.mark.parametrize("runs", all_releases(), ids=str)
def test_every_release_of_the_facts_gets_its_own_verdict(runs: Any, probe: Probe) -> None:
    with Simulator([lone(SimHost("xen-1", runs))]) as simulator:
        status, found, err = probe(simulator)
    assert err == ""
    (host,) = found["hosts"]
    assert (status, host["assessment"].get("product")) in ((0, "XCP-ng"), (0, "XenServer"), (3, None))
