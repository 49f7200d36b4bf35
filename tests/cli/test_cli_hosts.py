"""Hosts as they are in the field, through XAPI and through a Xen Orchestra: told apart, off, previews, odd versions.

From the configuration to what a shell shows, against simulated hosts over real TLS.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.cli import main
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.simulator import PASSWORD_VARIABLE, InventoryEntry, SimHost, SimPool, Simulator, as_yaml, lone, release
from bot.simulator.orchestra import TOKEN, SimulatedOrchestra
from bot.simulator.records import uuid_of

DAY = "2026-11-26"
LOCALHOST = "localhost.localdomain"
XCP_83, XCP_82, XS_8, XS_70 = (
    release(*kind) for kind in (("XCP-ng", "8.3"), ("XCP-ng", "8.2"), ("XenServer", "8"), ("XenServer", "7.0"))
)
PREVIEWS = (
    XS_8.saying(product_version="8.3.0", is_preview_release="true"),
    XS_8.saying(product_version="8.3.0"),
    XS_8.saying(is_preview_release="true"),
)
ODD = (
    XS_70.saying(product_version="7.0.0-125380c"),
    XCP_83.saying(product_version="8.3.0-rc2"),
    XCP_82.saying(product_version="8.2.1.1"),
    XCP_83.saying(product_version="   "),
    XCP_83.saying(product_version=None),
    XCP_83.saying(product_brand=None),
    XCP_83.saying(product_brand=None, product_version=None),
    XCP_83.saying(product_version="8.3.0\n8.2.1"),
    XCP_83.saying(product_version="None"),
    release("XenServer", "5.6").saying(product_version="5.6.100"),
)
POOLS = (
    *(lone(SimHost(f"lh-{letter}", XCP_82, label=LOCALHOST), f"lab-{letter}") for letter in "abc"),
    SimPool(
        (
            SimHost("node-1", XCP_83, label="node"),
            SimHost("node-2", XCP_82, label="node", up=False),
            SimHost("node-3", XCP_83, label="node"),
        ),
        entries=(InventoryEntry("nodes", "node-1"),),
    ),
    *(lone(SimHost(f"preview-{at}", said), f"preview-{at}") for at, said in enumerate(PREVIEWS)),
    *(lone(SimHost(f"odd-{at}", said), f"odd-{at}") for at, said in enumerate(ODD)),
)
ELSEWHERE = (SimPool((SimHost("far-1", XCP_83, label=LOCALHOST), SimHost("far-2", XCP_82, label=LOCALHOST, up=False))),)


class Field(NamedTuple):
    """A shell, and the hosts that it asks."""

    run: Callable[..., str]
    near: Simulator
    far: Simulator

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def ended(self) -> list[dict[str, Any]]:
        """The hosts of the alert about XCP-ng 8.2, but for those whose version is odd."""
        (alert,) = (each for each in self.json("alerts")["alerts"] if each["name"] == "XCP-ng 8.2 LTS")
        return [host for host in alert["hosts"] if not host["name"].startswith("odd-")]

    def hosts(self) -> dict[str, dict[str, Any]]:
        """The fleet by where each host is: name, target and address."""
        found = self.json("fleet")["hosts"]
        hosts = {f"{host['name']} {host['target']} {host['address']}": host for host in found}
        assert len(hosts) == len(found)
        return hosts


@pytest.fixture
def field(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    monkeypatch.setenv("XO_TOKEN", TOKEN)
    with Simulator(POOLS) as near, Simulator(ELSEWHERE) as far, SimulatedOrchestra(far) as orchestra:
        xo = orchestra.address
        config = tmp_path / "xocompat.yaml"
        config.write_text(
            f"{as_yaml(near.targets)}database: sqlite:///{tmp_path / 'fleet.db'}\nalerts: {{channel: C0123456789}}\n"
            "security: {tell: none}\n"
            f'xen_orchestra: [{{name: xo, url: "https://{xo}", token_env: XO_TOKEN, tls: {{pin: "{xo.pin_text}"}}}}]\n'
        )

        def run(*words: str) -> str:
            capsys.readouterr()
            status = main([*words, "--config", str(config)])
            out, err = capsys.readouterr()
            assert status in (0, 3), err
            return out

        yield Field(run, near, far)


def test_hosts_that_look_alike_are_told_apart_wherever_they_are_shown(field: Field) -> None:
    swept, fleet = field.run("sweep"), field.run("fleet")
    (eol,) = (each["id"] for each in field.json("alerts")["alerts"] if each["name"] == "XCP-ng 8.2 LTS")
    alerts = field.run("alerts", str(eol))
    for target in ("lab-a", "lab-b", "lab-c"):
        name = f"{LOCALHOST} ({target})"
        assert fleet.count(name) == 2  # of itself, and of its pool
        assert f"{LOCALHOST} (asked {target})" in field.run("probe", target)
        assert name in alerts
    rows = [line.split("  ")[0] for line in fleet.splitlines() if line.startswith((LOCALHOST, "node"))]
    assert len(rows) == len(set(rows)) == 8
    different = [line for line in swept.splitlines() if line.startswith("• ") and "joined" in line]
    assert len(different) == len(set(different)) == 10
    ended = field.ended()
    assert len({host["name"] for host in ended}) == len({host["pool"] for host in ended}) == len(ended) == 5
    exported = [tuple(row.values()) for row in csv.DictReader(io.StringIO(field.run("export")))]
    assert len({(row[0], row[2], row[4], row[-3]) for row in exported}) == len(exported) == 21
    nodes = field.run("probe", "nodes").splitlines()
    assert nodes[0].startswith("Pool of node (127.0.0.1) (asked nodes)")
    assert {line.split("  ")[0] for line in nodes if line.startswith("node")} == {
        f"node (127.0.0.{at})" for at in (1, 2, 3)
    }


def test_hosts_that_are_off_are_listed_with_their_last_version(field: Field) -> None:
    field.run("sweep")
    hosts = field.hosts()
    off = {where: host for where, host in hosts.items() if host["power"] == "halted"}
    assert off.keys() == {f"{LOCALHOST} xo 127.0.0.2", "node nodes 127.0.0.2"}
    for host in off.values():
        assert (host["product_version"], host["reachable"]) == ("8.2.1", False)
        assert host["observed_at"] == host["unreachable_since"]
    assert {host["power"] for where, host in hosts.items() if where not in off} == {"running"}
    (first, *_) = fleet = field.run("fleet").splitlines()
    assert "21 hosts in" in first
    assert first.endswith("🔌 2 are off")
    assert sum("off since" in line and "last known version" in line for line in fleet) == 2
    assert "not seen since" not in "".join(fleet)
    assert len(field.ended()) == 5
    assert not [a for a in field.json("alerts")["alerts"] if a["rule"] == "unreachable"]
    probed = {host["address"]: host["power"] for host in field.json("probe", "nodes")["hosts"]}
    assert probed == {"127.0.0.1": "running", "127.0.0.2": "halted", "127.0.0.3": "running"}
    assert "🔌 1 of 3 hosts is off" in field.run("probe", "nodes")


def test_a_host_that_comes_back_is_seen_and_one_that_goes_off_is_not(field: Field) -> None:
    field.run("sweep")
    before = field.hosts()["node nodes 127.0.0.3"]["observed_at"]
    field.near["node-2"].change(lambda host: replace(host, up=True))
    field.near["node-3"].change(lambda host: replace(host, up=False))
    field.far["far-2"].change(lambda host: replace(host, up=True))
    field.run("sweep")
    hosts = field.hosts()
    assert [hosts[f"node nodes 127.0.0.{at}"]["power"] for at in (1, 2, 3)] == ["running", "running", "halted"]
    assert hosts["node nodes 127.0.0.3"]["observed_at"] >= before
    assert (hosts[f"{LOCALHOST} xo 127.0.0.2"]["power"], hosts["node nodes 127.0.0.2"]["reachable"]) == (
        "running",
        True,
    )


def test_previews_are_previews_everywhere(field: Field) -> None:
    field.run("sweep")
    for at in range(len(PREVIEWS)):
        assessment = field.hosts()[f"preview-{at} preview-{at} 127.0.0.1"]["assessment"]
        assert (assessment["name"], assessment["release"], assessment["prerelease"]) == (
            "XenServer 8 preview",
            "8",
            "preview",
        )
        assert (assessment["support"]["level"], assessment["lifecycle"]["stage"]) == ("unlisted", "prerelease")
        (probed,) = field.json("probe", f"preview-{at}")["hosts"]
        assert probed["assessment"] == assessment
        said = field.run("probe", f"preview-{at}", "--as-of", DAY)
        assert "❔ pre-release" in said.splitlines()[0]
        assert "Next step: move to the final XenServer 8 by ISO." in said
    assert re.search(r"❔ [3-9] run a pre-release", field.run("fleet").splitlines()[0])
    (alert,) = (a for a in field.json("alerts")["alerts"] if a["name"] == "XenServer 8 preview")
    assert (alert["rule"], alert["eol_on"], len(alert["hosts"])) == ("support", None, 3)


def test_what_hosts_say_that_they_run_is_shown_as_they_say_it(field: Field) -> None:
    field.run("sweep")
    hosts, fleet = field.hosts(), field.run("fleet")
    for at, said in enumerate(ODD):
        host = hosts[f"odd-{at} odd-{at} 127.0.0.1"]
        version = said.software_version.get("product_version")
        assert (host["product_brand"], host["product_version"]) == (said.software_version.get("product_brand"), version)
        if version and version.strip():
            shown = " ".join(version.split())
            assert f" {shown} " in fleet
            assert shown in field.run("probe", f"odd-{at}")
    told = (field.run("sweep"), fleet, field.run("alerts"), *(field.run("probe", f"odd-{at}") for at in (3, 4, 5, 6)))
    assert all("None" not in text.replace("XCP-ng None", "") for text in told)
    assert "XAPI does not say which release it is." in told[-1]


def _numbers(release: Release) -> list[str]:
    """All numbers that mean a release."""
    return [*release.aliases, *(alias for level in release.levels for alias in level.aliases)]


def test_the_packs_of_5_6_are_known_as_soon_as_the_data_knows_them(field: Field, matrix: Matrix) -> None:
    known = next((r for r in matrix.releases if "5.6.100" in _numbers(r)), None)
    (probed,) = field.json("probe", f"odd-{len(ODD) - 1}")["hosts"]
    assert probed["assessment"].get("release") == (known.number if known else None)


def test_the_fleet_counts_its_releases(field: Field) -> None:
    field.run("sweep")
    found = field.json("fleet")
    releases = {each["name"]: each for each in found["releases"]}
    assert list(releases["XCP-ng 8.2 LTS"]) == ["name", "hosts", "stage", "days_left"]
    assert releases["XCP-ng 8.2 LTS"]["stage"] == "eol"
    assert releases["XCP-ng 8.2 LTS"]["days_left"] < 0
    assert releases["XenServer 8 preview"] == {
        "name": "XenServer 8 preview",
        "hosts": 3,
        "stage": "prerelease",
        "days_left": None,
    }
    assert releases["XCP-ng 8.3 LTS"]["stage"] == "supported"
    assert sum(each["hosts"] for each in found["releases"]) == len(found["hosts"]) == 21
    assert all(host["site"] is None for host in found["hosts"])
    assert json.loads(field.run("export", "--format", "json")) == {
        name: found[name] for name in ("as_of", "releases", "hosts")
    }


def test_a_picture_has_the_hosts_at_the_ends_of_the_bars_once_they_are_known(field: Field) -> None:
    assert "host" not in field.run("timeline", "--svg", "--as-of", DAY)
    field.run("sweep")
    counts = {each["name"]: each["hosts"] for each in field.json("fleet", "--as-of", DAY)["releases"]}
    drawn = field.run("timeline", "--svg", "--as-of", DAY)
    assert f"ended 16 Sep 2025 &#183; {counts['XCP-ng 8.2 LTS']} hosts</text>" in drawn
    assert "lh-a" not in drawn
    assert "lab-a" not in drawn


def test_the_fleet_says_what_hosts_run_as_far_as_they_were_asked_themselves(field: Field) -> None:
    field.run("sweep")
    hosts = {host["uuid"]: host for host in field.json("fleet")["hosts"]}
    keys = ("xen", "xapi", "certificate_expires", "updated_at", "updates_synced_at", "restart_since")
    told = {name: [hosts[uuid_of("host", name)][key] for key in keys] for name in ("lh-a", "preview-2", "far-1")}
    ends, updated = "2045-01-01T00:00:00Z", "2026-03-01T06:29:00Z"
    assert told == {
        "lh-a": ["4.13.5-9.39", "1.20", ends, updated, None, None],
        "preview-2": ["4.17.4-4", "24.15.0", ends, updated, "1970-01-01T00:00:00Z", None],
        "far-1": [None, None, "2034-02-26T15:07:05Z", None, None, None],
    }
