"""What a host's record says, and what it does not say: the fields of each release, and texts that are anything."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.xapi.observation import NEVER_SYNCED, Host, Power
from bot.xapi.records import (
    Beside,
    boolean,
    ends_of_certificates,
    has_hotfixes,
    host_of,
    live_metrics,
    moment,
    pool_record,
    since_1970,
    text,
)
from tests.xapi.fake import host

BOOTED = {"boot_time": "1700000000."}


def test_the_release_is_read_from_brand_and_version_alone() -> None:
    software = {
        "product_version_text": "8",
        "product_version_text_short": "8",
        "platform_name": "XCP",
        "platform_version": "3.4.0",
        "xapi": "1.20",
        "hostname": "build-host",
    }
    bare = host_of(host(software_version=software), True)
    assert (bare.product_brand, bare.product_version, bare.platform_version) == (None, None, "3.4.0")
    said = host_of(host(software_version={**software, "product_brand": "XenServer", "product_version": "8.4.0"}), True)
    assert (said.product_brand, said.product_version) == ("XenServer", "8.4.0")


def test_a_full_record_is_read() -> None:
    record = host("xen-1", address="192.0.2.10", edition="premium", other_config=BOOTED)
    record["license_params"]["expiry"] = "20261231T23:59:59Z"
    assert host_of(record, True) == Host(
        uuid="uuid-of-xen-1",
        name="xen-1",
        address="192.0.2.10",
        is_coordinator=True,
        enabled=True,
        product_brand="XCP-ng",
        product_version="8.2.1",
        build="release/yangtze/master/58",
        platform_version="3.2.1",
        edition="premium",
        licence_expires=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
        booted_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        reboot_required=None,
        pending_updates=None,
        up_to_date=None,
        is_preview=None,
        power=Power.RUNNING,
    )


SAID = {
    "xen": "4.17.6-9",
    "xapi": "26.1",
    "xapi_build": "26.1.4",
    "date": "20260512T09:41:00Z",
    "xen_livepatches": "lp_4.17.6-8-4.17.6-9",
}


@pytest.mark.parametrize(
    ("software", "cpu", "read"),
    [
        (SAID, {"vendor": "AuthenticAMD"}, ("4.17.6-9", "26.1.4", "20260512T09:41:00Z", SAID["xen_livepatches"])),
        ({"xen": "4.13.5-9.39", "xapi": "1.20", "date": "2023-10-18"}, {}, ("4.13.5-9.39", "1.20", "2023-10-18", None)),
        ({"xen": "4.17.6-9-d"}, {}, ("4.17.6-9-d", None, None, None)),
        ({"xen": "(unknown)", "xapi": "26.1"}, {}, (None, "26.1", None, None)),
        ({"xen": 4.17, "xapi_build": ["26"], "xapi": "26.1", "date": ""}, {"vendor": 7}, (None, "26.1", None, None)),
        ({"xen": "9" * 500, "xen_livepatches": "lp" * 5000}, {}, ("9" * 64, None, None, "lp" * 512)),
    ],
)
def test_what_runs_is_read_from_the_keys_that_a_host_has(
    software: dict[str, Any], cpu: dict[str, Any], read: tuple[str | None, ...]
) -> None:
    said = host_of(host(software_version=software, cpu_info=cpu), True).software
    assert said is not None
    assert said[:4] == read
    assert said.cpu_vendor == ("AuthenticAMD" if cpu.get("vendor") == "AuthenticAMD" else None)


@pytest.mark.parametrize(
    "software", [{}, {"product_brand": "XCP-ng", "linux": "4.19.0+1"}, {"xen": "(unknown)"}, None, "x"]
)
def test_a_host_that_says_nothing_of_what_runs_has_no_software(software: Any) -> None:
    assert host_of(host(software_version=software), True).software is None


CITRIX: dict[str, Any] = {"software_version": {"product_brand": "Citrix Hypervisor", "product_version": "8.2.1"}}
FIXES = {"OpaqueRef:u-1": "XS82ECU1086", "OpaqueRef:u-2": "XS82ECU1078", "OpaqueRef:u-9": "XS82ECU1099"}


def test_hotfixes_are_those_of_the_host_by_name_each_once() -> None:
    updates: list[Any] = ["OpaqueRef:u-1", "OpaqueRef:u-2", "OpaqueRef:u-1", "OpaqueRef:gone", None, [], 7]
    said = host_of(host(updates=updates, **CITRIX), True, Beside(hotfixes=FIXES)).software
    assert said is not None
    assert said.hotfixes == ("XS82ECU1078", "XS82ECU1086")
    assert host_of(host(updates="OpaqueRef:u-1", **CITRIX), True, Beside(hotfixes=FIXES)).software is None


def test_hotfixes_without_end_are_cut() -> None:
    many = {f"OpaqueRef:{number}": f"XS82E{number:05}" for number in range(5000)}
    said = host_of(host(updates=[*many], **CITRIX), True, Beside(hotfixes=many)).software
    assert said is not None
    assert len(said.hotfixes) == 128


@pytest.mark.parametrize(
    ("brand", "version", "updates", "asked"),
    [
        ("Citrix Hypervisor", "8.2.1", ["OpaqueRef:1"], True),
        ("XenServer", "7.1.2", ["OpaqueRef:1"], True),
        ("XenServer", "7.6.0", ["OpaqueRef:1"], True),
        ("Citrix Hypervisor", "8.2.1", [], False),
        ("Citrix Hypervisor", "8.2.1", None, False),
        ("Citrix Hypervisor", "8.2.1", "OpaqueRef:1", False),
        ("XenServer", "8.4.0", ["OpaqueRef:1"], False),
        ("XenServer", "8.3.60", ["OpaqueRef:1"], False),
        ("XenServer", "9.0.0", ["OpaqueRef:1"], False),
        ("XenServer", "7.0.0", ["OpaqueRef:1"], False),
        ("XenServer", "10.1.0", ["OpaqueRef:1"], False),
        ("XenServer", "8", ["OpaqueRef:1"], False),
        ("XenServer", None, ["OpaqueRef:1"], False),
        ("XCP-ng", "8.2.1", ["OpaqueRef:1"], False),
    ],
)
def test_names_of_hotfixes_are_asked_where_there_are_any(
    brand: str, version: str | None, updates: Any, asked: bool
) -> None:
    assert has_hotfixes(host(brand=brand, version=version, updates=updates)) is asked


def test_the_certificate_for_clients_counts_and_of_several_the_newest() -> None:
    certificates = {
        "OpaqueRef:old": {"type": "host", "not_after": "20260101T00:00:00Z"},
        "OpaqueRef:new": {"type": "host", "not_after": "20270101T00:00:00Z"},
        "OpaqueRef:inner": {"type": "host_internal", "not_after": "20360101T00:00:00Z"},
        "OpaqueRef:ca": {"type": "ca", "not_after": "20400101T00:00:00Z"},
        "OpaqueRef:untyped": {"not_after": "20280101T00:00:00Z"},
        "OpaqueRef:odd": {"type": "host", "not_after": "soon"},
        "OpaqueRef:other": {"type": "host", "not_after": "20500101T00:00:00Z"},
    }
    beside = Beside(certificates=ends_of_certificates(certificates))
    own = ["OpaqueRef:inner", "OpaqueRef:ca", "OpaqueRef:old", "OpaqueRef:new", "OpaqueRef:odd", None]
    assert host_of(host(certificates=own), False, beside).certificate_expires == datetime(2027, 1, 1, tzinfo=UTC)
    before_types = host(certificates=["OpaqueRef:untyped"])
    assert host_of(before_types, False, beside).certificate_expires == datetime(2028, 1, 1, tzinfo=UTC)
    for none in ([], ["OpaqueRef:odd"], None, "OpaqueRef:new"):
        assert host_of(host(certificates=none), False, beside).certificate_expires is None


@pytest.mark.parametrize(
    ("brand", "fields", "updated"),
    [
        (
            "XCP-ng",
            {"other_config": {"rpm_patch_installation_time": "1700000001.5"}},
            "2023-11-14 22:13:21.500000+00:00",
        ),
        ("XCP-ng", {"other_config": {}, "last_software_update": "20260101T00:00:00Z"}, "None"),
        ("XenServer", {"last_software_update": "20260101T00:00:00Z"}, "2026-01-01 00:00:00+00:00"),
        ("XenServer", {"last_software_update": "19700101T00:00:00Z"}, "None"),
        ("XenServer", {"last_software_update": "never"}, "None"),
        ("XenServer", {"other_config": {"rpm_patch_installation_time": "1700000001."}}, "None"),
    ],
)
def test_when_packages_were_changed_is_read_as_each_brand_says_it(
    brand: str, fields: dict[str, Any], updated: str
) -> None:
    assert str(host_of(host(brand=brand, **fields), True).updated_at) == updated


def test_a_pool_that_never_asked_for_updates_is_not_one_that_asks_nobody() -> None:
    synced = pool_record({"OpaqueRef:p": {"last_update_sync": "19700101T00:00:00Z"}}).synced_at
    assert synced == NEVER_SYNCED
    assert host_of(host(brand="XenServer"), True, Beside(synced_at=synced)).updates_synced_at == NEVER_SYNCED
    assert host_of(host(brand="xcp-NG"), True, Beside(synced_at=synced)).updates_synced_at is None
    assert pool_record({"OpaqueRef:p": {}}).synced_at is None


@pytest.mark.parametrize(
    ("expiry", "ends"),
    [
        ("20991231T23:59:59Z", datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("21000101T00:00:00Z", None),
        ("99991231T23:59:59Z", None),
        ("never", None),
        ("", None),
        (None, None),
    ],
)
def test_a_licence_that_never_ends_has_no_end(expiry: str | None, ends: datetime | None) -> None:
    assert host_of(host(license_params={"expiry": expiry}), True).licence_expires == ends


def test_an_empty_record_says_nothing() -> None:
    assert host_of({}, False) == Host("", "", "", False, *[None] * 11)


@pytest.mark.parametrize(
    ("live", "power"),
    [
        (True, Power.RUNNING),
        (False, Power.HALTED),
        ("1", Power.RUNNING),
        ("0", Power.HALTED),
        ("true", Power.RUNNING),
        ("false", Power.HALTED),
        ("", None),
        (None, None),
        (7, None),
        ([], None),
    ],
)
@pytest.mark.parametrize("enabled", [True, False])
def test_whether_a_member_runs_is_what_its_metrics_say(live: Any, power: Power | None, enabled: bool) -> None:
    record = host(metrics="OpaqueRef:m-1", enabled=enabled)
    metrics: dict[str, dict[str, Any]] = {"OpaqueRef:m-1": {"live": live}, "OpaqueRef:m-2": {"live": True}}
    beside = Beside(live_metrics(metrics))
    assert host_of(record, False, beside).power is power
    assert host_of(record, True, beside).power is Power.RUNNING  # it has just answered


@pytest.mark.parametrize("reference", [None, 5, [], "", "OpaqueRef:NULL", "OpaqueRef:gone"])
def test_a_member_without_metrics_may_run_or_not(reference: object) -> None:
    assert host_of(host(metrics=reference), False, Beside({"OpaqueRef:m-2": True})).power is None


@pytest.mark.parametrize(
    ("said", "is_preview"),
    [
        ("true", True),
        ("false", False),
        (True, True),
        (False, False),
        ("", None),
        ("yes", None),
        (1, None),
        (None, None),
    ],
)
def test_a_host_says_whether_it_is_a_preview(said: object, is_preview: bool | None) -> None:
    software = {"product_brand": "XenServer", "product_version": "8.3.0", "is_preview_release": said}
    assert host_of(host(software_version=software), True).is_preview is is_preview


@pytest.mark.parametrize(
    ("brand", "fields", "required"),
    [
        ("XCP-ng", {"other_config": {**BOOTED, "rpm_patch_installation_time": "1700000001."}}, True),
        ("XCP-ng", {"other_config": {**BOOTED, "rpm_patch_installation_time": "1699999999.5"}}, False),
        ("XCP-ng", {"other_config": {**BOOTED, "rpm_patch_installation_time": "soon"}}, None),
        ("XCP-ng", {"other_config": BOOTED}, None),
        ("XCP-ng", {"other_config": {"rpm_patch_installation_time": "1700000001."}}, None),
        ("XCP-ng", {"other_config": {}, "updates_requiring_reboot": ["OpaqueRef:1"]}, None),
        ("XenServer", {"updates_requiring_reboot": []}, False),
        ("XenServer", {"updates_requiring_reboot": ["OpaqueRef:1"]}, True),
        ("Citrix Hypervisor", {"updates_requiring_reboot": ["OpaqueRef:1"]}, True),
        ("XenServer", {"updates_requiring_reboot": None}, None),
        ("XenServer", {"updates_requiring_reboot": "yes"}, None),
        ("XenServer", {"updates_requiring_reboot": [], "pending_guidances": ["reboot_host"]}, True),
        ("XenServer", {"updates_requiring_reboot": [], "pending_guidances": ["restart_toolstack"]}, False),
        (None, {"updates_requiring_reboot": None}, None),
    ],
)
def test_whether_a_restart_is_due_is_read_as_each_brand_says_it(
    brand: str | None, fields: dict[str, Any], required: bool | None
) -> None:
    assert host_of(host(brand=brand, **fields), True).reboot_required is required


def test_an_old_host_without_the_field_does_not_say_whether_a_restart_is_due() -> None:
    record = host(brand="XenServer", version="6.5.0")
    del record["updates_requiring_reboot"]
    assert host_of(record, True).reboot_required is None


@pytest.mark.parametrize(
    ("says", "up_to_date", "pending"),
    [("yes", True, 0), ("no", False, None), ("unknown", None, None), (None, None, None)],
)
def test_pending_updates_are_told_as_far_as_they_are_known(
    says: str | None, up_to_date: bool | None, pending: int | None
) -> None:
    read = host_of(host(latest_synced_updates_applied=says), True)
    assert (read.up_to_date, read.pending_updates) == (up_to_date, pending)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("20240229T15:07:05Z", datetime(2024, 2, 29, 15, 7, 5, tzinfo=UTC)),
        ("2024-02-29T15:07:05Z", datetime(2024, 2, 29, 15, 7, 5, tzinfo=UTC)),
        ("20240229T15:07:05.123Z", datetime(2024, 2, 29, 15, 7, 5, tzinfo=UTC)),
        ("20240229T15:07:05", datetime(2024, 2, 29, 15, 7, 5, tzinfo=UTC)),
        ("20230229T15:07:05Z", None),
        ("20240229T25:07:05Z", None),
        ("00000101T00:00:00Z", None),
        ("never", None),
        ("", None),
        (20240229, None),
        (None, None),
    ],
)
def test_a_moment_is_read_in_the_forms_of_xapi(value: object, read: datetime | None) -> None:
    assert moment({"at": value}, "at") == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1700000000.", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000.25", datetime(2023, 11, 14, 22, 13, 20, 250000, tzinfo=UTC)),
        (1700000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("999999999999", None),
        ("-1", None),
        ("1e9", None),
        (float("inf"), None),
        (float("nan"), None),
        (10**400, None),
        (True, None),
        ([], None),
    ],
)
def test_seconds_since_1970_are_read_as_texts_and_numbers(value: object, read: datetime | None) -> None:
    assert since_1970({"at": value}, "at") == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("1", True),
        ("0", False),
        ("maybe", None),
        (7, None),
    ],
)
def test_a_truth_value_is_read_however_it_was_sent(value: object, read: bool | None) -> None:
    assert boolean({"is": value}, "is") is read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("xen-1", "xen-1"),
        ("<!channel>", "<!channel>"),
        ("half a pair \ud800", "half a pair ?"),
        ("x" * 300, "x" * 256),
        ("was OpaqueRef:12-ab before", "was [hidden] before"),
        ("", None),
        (7, None),
        (["x"], None),
    ],
)
def test_a_text_is_the_hosts_own_but_short_and_without_references(value: object, read: str | None) -> None:
    assert text({"name": value}, "name") == read
