"""What a host's record says, and what it does not say: the fields of each release, and texts that are anything."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.xapi.observation import Host, Power
from bot.xapi.records import Beside, boolean, host_of, live_metrics, moment, since_1970, text
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
