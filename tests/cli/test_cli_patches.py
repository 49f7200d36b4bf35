"""Patch levels in a shell, from simulated hosts and a Xen Orchestra over real sockets to exit statuses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.simulator import PASSWORD_VARIABLE, Simulator, as_yaml, branch_fleet, demo_fleet
from bot.simulator.orchestra import TOKEN, SimulatedOrchestra
from tests.cli.running import Run

CONFIG = """
database: sqlite:///bot.db
xen_orchestra:
  - {{name: xo, url: "https://{address}", token_env: XO_TOKEN, tls: {{pin: "sha256:{pin}"}}}}
"""
UP = {"lab-a", "prod-a", "office-a"}


@pytest.fixture
def swept(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A shell whose fleet was swept."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    monkeypatch.setenv("XO_TOKEN", TOKEN)
    with Simulator((*demo_fleet(), *branch_fleet())) as simulator, SimulatedOrchestra(simulator) as xo:
        targets = as_yaml([entry for entry in simulator.targets if entry.name in UP])
        orchestra = CONFIG.format(address=xo.address, pin=xo.address.pin.hex())
        (folder / "xocompat.yaml").write_text(f"{targets}{orchestra}", encoding="utf-8")
        assert run("sweep").status == 0
        yield run


def _hosts(told: Any) -> dict[str, Any]:
    return {each["name"]: each["patch"] for each in told["hosts"]}


def test_a_fleet_is_told_by_its_patches(swept: Run) -> None:
    every = _hosts(swept("fleet", "--json").json)
    states = {name: (patch["state"], patch["restart_required"]) for name, patch in every.items()}
    assert states["xen-1"] == ("cannot_tell", False)
    assert states["xen-2"] == ("vulnerable", True)
    assert states["xen-11"] == ("vulnerable", False)
    assert every["xen-1"] == {**every["xen-1"], "vulnerable": [], "cannot_tell": 16}
    assert set(_hosts(swept("fleet", "vulnerable", "restart", "--json").json)) == {"xen-2", "xen-12"}
    assert "16 cannot be told" in swept("probe", "lab-a").out
    for words, status in (
        (("fleet", "vulnerable"), 4),
        (("fleet", "xen-1"), 0),
        (("xo",), 4),
        (("XSA-486",), 4),
        (("CVE-2026-133469",), 4),
        (("CVE-2026-23745",), 0),
        (("patches", "prod"), 4),
        (("check", "XCP-ng", "8.3"), 2),
    ):
        assert swept(*words, "--fail-on", "vulnerable").status == status, words
    assert swept("xo", "--fail-on", "eol").status == 2
    told = swept("CVE-2026-133469").out
    assert "Your Xen Orchestra\n• 🚨 1 vulnerable: xo\n• xocompat xo has more" in told
    assert "Your fleet" not in told
    (orchestra,) = json.loads(swept("xo", "--json").out)["orchestras"]
    assert (orchestra["state"], orchestra["fix_unknown"]) == ("vulnerable", ["CVE-2026-133469"])
