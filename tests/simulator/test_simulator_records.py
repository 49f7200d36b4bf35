"""What records hold, by release."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.simulator import CITRIX, XCP_NG, XENSERVER, Grade, SimHost, SimRelease, all_releases, release
from tests.simulator.client import connected
from tests.simulator.conftest import OneHost


def record_of(one_host: OneHost, runs: SimRelease, **what: object) -> Any:
    host = one_host(**what)
    host.upgrade(runs)
    with connected(host.address) as connection:
        session = connection.xml("session.login_with_password", "root", "demo").partition("<value>OpaqueRef:")[2]
        (record,) = connection.json("host.get_all_records", "OpaqueRef:" + session.partition("<")[0])["result"].values()
    return record


JSON = [runs for runs in all_releases() if runs.api >= (2, 3)]


@pytest.mark.parametrize("runs", JSON, ids=lambda runs: f"{runs.product} {runs.name}")
def test_every_release_says_what_it_is(one_host: OneHost, runs: SimRelease) -> None:
    record = record_of(one_host, runs)
    said = record["software_version"]
    assert said["product_brand"] == runs.product
    assert runs.software_version.items() <= said.items()
    assert (record["API_version_major"], record["API_version_minor"]) == runs.api
    assert "" not in said.values()


@pytest.mark.parametrize(
    ("product", "name", "version", "platform"),
    [
        (XENSERVER, "5.6", "5.6.0", None),
        (XENSERVER, "6.0", "6.0.0", None),
        (XENSERVER, "6.5", "6.5.0", "1.9.0"),
        (XENSERVER, "7.1", "7.1.2", "2.1.1"),
        (XENSERVER, "8", "8.4.0", "3.4.0"),
        (CITRIX, "8.2", "8.2.1", "3.2.1"),
        (XCP_NG, "8.2", "8.2.1", "3.2.1"),
        (XCP_NG, "8.3", "8.3.0", "3.4.0"),
    ],
)
def test_presets_hold_the_table_of_versions(product: str, name: str, version: str, platform: str | None) -> None:
    said = release(product, name).software_version
    assert said["product_version"] == version
    assert said.get("platform_version") == platform
    assert ("platform_name" in said) == (platform is not None)


def test_the_traps_of_the_table_are_there() -> None:
    assert release(XENSERVER, "8").software_version["product_version_text"] == "8"
    assert "product_version_text" not in release(XENSERVER, "5.5").software_version
    assert release(XCP_NG, "8.2").software_version["xapi"] == release(XCP_NG, "8.0").software_version["xapi"] == "1.20"
    assert release(XENSERVER, "6.5").api == (2, 4)
    assert release(XENSERVER, "6.5.0").api == (2, 3)


def test_presets_that_nobody_recorded_are_marked() -> None:
    synthetic = {(runs.product, runs.name) for runs in all_releases() if runs.grade is Grade.SYNTHETIC}
    wanted = [(XENSERVER, name) for name in ("6.2", "7.1", "7.2", "7.3", "7.4", "9")] + [
        (CITRIX, "8.0"),
        (CITRIX, "8.2"),
    ]
    assert set(wanted) <= synthetic
    assert release(XCP_NG, "8.2").grade is Grade.RECORDED


@pytest.mark.parametrize(
    ("field", "first"),
    [
        ("updates_requiring_reboot", (2, 6)),
        ("certificates", (2, 15)),
        ("pending_guidances", (2, 20)),
        ("latest_synced_updates_applied", (2, 21)),
    ],
)
def test_fields_appear_with_the_api_that_brought_them(one_host: OneHost, field: str, first: tuple[int, int]) -> None:
    for runs in (release(XENSERVER, "7.0"), release(XCP_NG, "7.6"), release(XCP_NG, "8.2"), release(XENSERVER, "8")):
        assert (field in record_of(one_host, runs)) == (runs.api >= first)


@pytest.mark.parametrize("runs", [runs for runs in JSON if runs.api >= (2, 12)], ids=lambda runs: runs.name)
def test_a_record_is_as_long_as_a_real_one(one_host: OneHost, runs: SimRelease) -> None:
    assert 12_000 < len(json.dumps(record_of(one_host, runs), separators=(",", ":"))) < 14_000


def test_xcp_ng_says_by_times_that_a_restart_is_pending(one_host: OneHost) -> None:
    for pending in (True, False):
        times = record_of(one_host, release(XCP_NG, "8.3"), restart_pending=pending)["other_config"]
        assert (float(times["boot_time"]) < float(times["rpm_patch_installation_time"])) == pending


def test_xenserver_says_by_updates_that_a_restart_is_pending(one_host: OneHost) -> None:
    for pending in (True, False):
        record = record_of(one_host, release(XENSERVER, "8"), restart_pending=pending)
        assert bool(record["updates_requiring_reboot"]) == pending
        assert "rpm_patch_installation_time" not in record["other_config"]


def test_licence_edition_and_updates_are_the_hosts_own(one_host: OneHost) -> None:
    expires = datetime(2026, 5, 6, tzinfo=UTC)
    host = {"licence_expires": expires, "edition": "premium", "up_to_date": False, "enabled": False}
    record = record_of(one_host, release(XENSERVER, "8"), **host)
    assert record["license_params"]["expiry"] == "20260506T00:00:00Z"
    assert (record["edition"], record["license_params"]["sku_type"]) == ("premium", "premium")
    assert (record["latest_synced_updates_applied"], record["enabled"]) == ("no", False)


def test_a_release_can_say_anything(one_host: OneHost) -> None:
    odd = release(XCP_NG, "8.3").saying(product_version="<!channel>\x1b[31m", product_brand=None, build_number="\udcff")
    host = one_host(label='"&<>\x07')
    host.upgrade(odd)
    with connected(host.address) as connection:
        session = connection.login()
        body = connection.post(
            "/jsonrpc", json.dumps({"method": "host.get_all_records", "params": [session], "id": 0}).encode()
        ).body
        xml = connection.xml("host.get_name_label", session, connection.json("host.get_all", session)["result"][0])
    assert b'"product_version":"<!channel>\\u001b[31m"' in body
    assert b'"product_brand"' not in body
    assert b'"build_number":"\xff"' in body
    assert "<value>&quot;&amp;&lt;&gt;</value>" in xml


def test_hosts_are_values() -> None:
    host = SimHost("xen-1", release(XCP_NG, "8.3"))
    assert replace(host, latency=1) != host == SimHost("xen-1", release(XCP_NG, "8.3"))
