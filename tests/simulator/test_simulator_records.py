"""What records hold, by release."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.simulator import (
    CITRIX,
    XCP_NG,
    XENSERVER,
    Grade,
    SimCertificate,
    SimHost,
    SimPool,
    SimRelease,
    Simulator,
    all_releases,
    release,
)
from bot.simulator.records import ref_of
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


def table_of(pool: SimPool, name: str) -> list[dict[str, Any]]:
    with Simulator([pool]) as simulator, connected(simulator[pool.hosts[0].name].address) as connection:
        return list(connection.json(f"{name}.get_all_records", connection.login())["result"].values())


LEVELS = [
    (XCP_NG, "8.3", "4.17.5-23"),
    (XCP_NG, "8.2", "4.13.5-9.49"),
    (XENSERVER, "8", "4.17.6-9"),
    (CITRIX, "8.2", "4.13.5-9.49"),
]


@pytest.mark.parametrize(("product", "name", "xen"), LEVELS)
def test_a_release_is_shown_at_a_patch_level(one_host: OneHost, product: str, name: str, xen: str) -> None:
    said = record_of(one_host, release(product, name).patched(xen))["software_version"]
    is_new = release(product, name).api >= (2, 20)
    assert said["xen"] == xen
    assert bool(re.fullmatch(r"[0-9]{8}T[0-9:]{8}Z" if is_new else r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said["date"]))
    assert ("xapi_build" in said) == is_new
    assert not is_new or said["xapi_build"].startswith(f"{said['xapi']}.")


def test_a_patch_level_that_nobody_knows_is_told_with_those_that_are() -> None:
    with pytest.raises(LookupError, match=r"XCP-ng 8\.3 has these patch levels: 4\.17\.3-4, .*4\.17\.6-9"):
        release(XCP_NG, "8.3").patched("4.17.9-1")
    with pytest.raises(LookupError, match=r"XCP-ng 7\.6 has these patch levels: none"):
        release(XCP_NG, "7.6").patched("4.7")


def test_a_host_that_was_updated_and_not_restarted_runs_the_old_hypervisor_under_a_new_toolstack(
    one_host: OneHost,
) -> None:
    runs = release(XCP_NG, "8.3").patched("4.17.6-9").saying(xen="4.17.5-23")
    record = record_of(one_host, runs, restart_pending=True)
    said = record["software_version"]
    assert (said["xen"], said["xapi_build"]) == ("4.17.5-23", "26.1.4")


@pytest.mark.parametrize(
    ("runs", "kinds"),
    [
        (release(XCP_NG, "7.6"), []),
        (release(XCP_NG, "8.2"), [None]),
        (release(XCP_NG, "8.3"), ["host", "host_internal"]),
        (release(XENSERVER, "8"), ["host", "host_internal"]),
    ],
)
def test_certificates_are_there_from_8_2_and_have_a_type_from_8_3(runs: SimRelease, kinds: list[str | None]) -> None:
    host = SimHost("xen-1", runs, certificate=SimCertificate("xen-1", valid_until=date(2026, 12, 5)))
    pool = SimPool((host,))
    if not kinds:
        with pytest.raises(KeyError, match="result"):
            table_of(pool, "Certificate")
        return
    found = table_of(pool, "Certificate")
    assert [each.get("type") for each in found] == kinds
    assert found[0]["not_after"] == "20261205T00:00:00Z"
    assert {each["host"] for each in found} == {ref_of("host", "xen-1")}
    (record,) = table_of(pool, "host")
    assert len(record["certificates"]) == len(kinds)


def test_hotfixes_are_updates_of_the_pool_with_names() -> None:
    runs = release(CITRIX, "8.2")
    hosts = SimHost("a", runs, hotfixes=("XS82ECU1078",)), SimHost("b", runs, hotfixes=("XS82ECU1078", "XS82ECU1086"))
    found = table_of(SimPool(hosts), "pool_update")
    assert {each["name_label"]: len(each["hosts"]) for each in found} == {"XS82ECU1078": 2, "XS82ECU1086": 1}


def test_a_pool_says_when_it_asked_for_updates_where_it_can() -> None:
    synced = datetime(2026, 11, 22, 19, tzinfo=UTC)
    host = SimHost("xen-1", release(XENSERVER, "8"))
    for pool, said in (
        (SimPool((host,), synced=synced), "20261122T19:00:00Z"),
        (SimPool((host,)), "19700101T00:00:00Z"),
    ):
        assert table_of(pool, "pool")[0]["last_update_sync"] == said
    assert (
        "last_update_sync" not in table_of(SimPool((SimHost("a", release(XCP_NG, "8.2")),), synced=synced), "pool")[0]
    )


@pytest.mark.parametrize(
    ("runs", "edition"),
    [
        (release(XCP_NG, "8.3"), "xcp-ng"),
        (release(XENSERVER, "7.6"), "free"),
        (release(CITRIX, "8.2"), "express"),
        (release(XENSERVER, "8"), "trial"),
    ],
)
def test_a_host_for_which_nobody_paid_has_the_edition_of_its_release(
    one_host: OneHost, runs: SimRelease, edition: str
) -> None:
    assert record_of(one_host, runs)["edition"] == edition
