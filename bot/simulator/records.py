"""The records of hosts and pools as clients read them. The coordinator's database decides which fields they have.

Names of fields and the API versions that brought them: `datamodel_host.ml` and `datamodel_pool.ml` of xapi. What is the
same on every simulated host is in tables, whose values make a record as long as a real one.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from bot.simulator.fleets import SimHost
from bot.simulator.releases import XCP_NG, SimRelease, Version
from bot.simulator.rpc import NULL_REF, Record, Value, wire_time
from bot.simulator.tls import SimCertificate

_FLEET: Final = UUID("7d9c1c1e-53a5-4b0e-9f5c-3a1f0c6b2d10")


@lru_cache(maxsize=16384)
def uuid_of(kind: str, name: str) -> str:
    """The uuid of an object: the same every time for the same fleet, so that what a demo shows can be shown again."""
    return str(uuid5(_FLEET, f"{kind}:{name}"))


def ref_of(kind: str, name: str) -> str:
    """The reference; not the uuid, as on a real host."""
    return f"OpaqueRef:{uuid_of(f'{kind}-ref', name)}"


@lru_cache(maxsize=64)
def refs_of(kind: str, count: int) -> tuple[str, ...]:
    """References to objects that have no records here, such as the PCI devices of a host."""
    return tuple(ref_of(kind, str(number)) for number in range(count))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Field(NamedTuple):
    """A field with its usual value, and the first API version that has it."""

    name: str
    value: Value
    since: Version = (1, 1)


_RESTRICTED: Final = (
    *("vlan", "qos", "pool_attached_storage", "netapp", "equalogic", "pooling", "marathon", "email_alerting"),
    *("historical_performance", "wlb", "rbac", "dmc", "checkpoint", "vswitch_controller", "cpu_masking", "connection"),
    *("vmpr", "vmss", "intellicache", "gpu", "dr", "vif_locking", "storage_xen_motion", "vgpu", "vss", "xen_motion"),
    *("integrated_gpu_passthrough", "guest_agent_auto_update", "pci_device_for_auto_update", "ssl_legacy_switch"),
    *("live_patching", "conversion_vpx", "pvs_proxy", "igmp_snooping", "rpu", "pool_size", "cbt", "usb_passthrough"),
    *("network_sriov", "corosync", "zstd_export", "pool_secret_rotation", "certificate_verification", "updates"),
    *("internal_repo_access", "vm_groups", "hotfix_apply", "export_resource_data", "read_caching", "cifs", "xcm"),
    *(
        "health_check",
        "vm_memory_introspection",
        "batch_hotfix_apply",
        "management_on_vlan",
        "ws_proxy",
        "vtpm",
        "nrpe",
    ),
)
"""What a licence may restrict."""
_RESTRICTIONS: Final[Record] = {f"restrict_{name}": "false" for name in _RESTRICTED}

_CPU: Final[Record] = {
    "cpu_count": "32",
    "socket_count": "2",
    "threads_per_core": "2",
    "vendor": "GenuineIntel",
    "speed": "2394.374",
    "modelname": "Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz",
    "family": "6",
    "model": "106",
    "stepping": "6",
    "flags": "fpu de tsc msr pae mce cx8 apic sep mca cmov pat clflush acpi mmx fxsr sse sse2 ht syscall nx rdtscp lm "
    "constant_tsc arch_perfmon rep_good nopl nonstop_tsc cpuid pni pclmulqdq monitor est ssse3 fma cx16 sse4_1 sse4_2 "
    "movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm abm 3dnowprefetch cpuid_fault pti ssbd ibrs ibpb stibp "
    "fsgsbase bmi1 avx2 bmi2 erms rdseed adx clflushopt clwb sha_ni xsaveopt xsavec xgetbv1 gfni vaes vpclmulqdq rdpid",
    "features": "7ffefbff-bfebfbff-00000121-2c100800",
    "features_pv": "1fc9cbf5-f6fa3223-2991cbf5-00000123-00000007-219c0b29-00000000-00000100-00001000-0c000004-00000000",
    "features_hvm": "1fcbfbff-f7fa3223-2d93fbff-00000523-0000000f-f1bf2fbb-00405f4e-00000100-00001000-bc000400-000000",
    "features_hvm_host": "1fcbfbff-f7fa3223-2d93fbff-00000523-0000000f-f1bf2fbb-00405f4e-00000100-00001000-bc000400-00",
    "features_pv_host": "1fc9cbf5-f6fa3223-2991cbf5-00000123-00000007-219c0b29-00000000-00000100-00001000-0c000004-00",
}
_BIOS: Final[Value] = {
    "bios-vendor": "Dell Inc.",
    "bios-version": "1.9.2",
    "system-manufacturer": "Dell Inc.",
    "system-product-name": "PowerEdge R650",
    "system-version": "",
    "system-serial-number": "",
    "baseboard-manufacturer": "Dell Inc.",
    "baseboard-product-name": "0PYXKY",
    "baseboard-version": "A01",
    "baseboard-serial-number": "",
    "oem-1": "Xen",
    "oem-2": "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d",
    "oem-3": "Dell System",
    "hp-rombios": "",
}
_OPERATIONS: Final[Value] = [
    *("vm_migrate", "provision", "vm_resume", "evacuate", "reboot", "shutdown", "vm_start", "power_on", "apply_updates")
]
_GUEST_CAPABILITIES: Final[Value] = ["xen-3.0-x86_64", "hvm-3.0-x86_32", "hvm-3.0-x86_32p", "hvm-3.0-x86_64", ""]

_HOST: Final = (
    _Field("memory_overhead", 1147170816),
    _Field("allowed_operations", _OPERATIONS),
    _Field("current_operations", {}),
    _Field("API_version_vendor", "XenSource"),
    _Field("API_version_vendor_implementation", {}),
    _Field("capabilities", _GUEST_CAPABILITIES),
    _Field("cpu_configuration", {}),
    _Field("sched_policy", "credit"),
    _Field("supported_bootloaders", ["pygrub", "eliloader"]),
    _Field("resident_VMs", refs_of("VM", 36)),
    _Field("logging", {}),
    _Field("PIFs", refs_of("PIF", 6)),
    _Field("suspend_image_sr", refs_of("SR", 1)[0]),
    _Field("crash_dump_sr", refs_of("SR", 1)[0]),
    _Field("crashdumps", ()),
    _Field("patches", ()),
    _Field("PBDs", refs_of("PBD", 5)),
    _Field("host_CPUs", refs_of("host_cpu", 32)),
    _Field("cpu_info", _CPU, (1, 7)),
    _Field("ha_statefiles", (), (1, 3)),
    _Field("ha_network_peers", (), (1, 3)),
    _Field("blobs", {}, (1, 3)),
    _Field("tags", (), (1, 3)),
    _Field("external_auth_type", "", (1, 6)),
    _Field("external_auth_service_name", "", (1, 6)),
    _Field("external_auth_configuration", {}, (1, 6)),
    _Field("edition", "", (1, 7)),
    _Field("license_server", {"address": "localhost", "port": "27000"}, (1, 7)),
    _Field("bios_strings", _BIOS, (1, 7)),
    _Field("power_on_mode", "", (1, 7)),
    _Field("power_on_config", {}, (1, 7)),
    _Field("local_cache_sr", NULL_REF, (1, 8)),
    _Field("chipset_info", {"iommu": "true"}, (1, 9)),
    _Field("PCIs", refs_of("PCI", 60), (1, 9)),
    _Field("PGPUs", refs_of("PGPU", 1), (1, 9)),
    _Field("guest_VCPUs_params", {}, (1, 10)),
    _Field("display", "enabled", (2, 4)),
    _Field("virtual_hardware_platform_versions", (0, 1, 2), (2, 4)),
    _Field("ssl_legacy", True, (2, 5)),
    _Field("updates", (), (2, 6)),
    _Field("updates_requiring_reboot", (), (2, 6)),
    _Field("features", (), (2, 7)),
    _Field("PUSBs", refs_of("PUSB", 2), (2, 8)),
    _Field("iscsi_iqn", "", (2, 10)),
    _Field("multipathing", False, (2, 10)),
    _Field("uefi_certificates", "", (2, 14)),
    _Field("certificates", (), (2, 15)),
    _Field("editions", ("xcp-ng",), (2, 15)),
    _Field("pending_guidances", (), (2, 20)),
    _Field("tls_verification_enabled", True, (2, 20)),
    _Field("last_software_update", _EPOCH, (2, 21)),
    _Field("https_only", False, (2, 21)),
    _Field("latest_synced_updates_applied", "unknown", (2, 21)),
    _Field("numa_affinity_policy", "default_policy", (2, 21)),
    _Field("pending_guidances_recommended", (), (2, 21)),
    _Field("pending_guidances_full", (), (2, 21)),
    _Field("last_update_hash", "", (2, 21)),
)
_POOL: Final = (
    _Field("name_description", ""),
    _Field("default_SR", refs_of("SR", 1)[0]),
    _Field("suspend_image_SR", refs_of("SR", 1)[0]),
    _Field("crash_dump_SR", refs_of("SR", 1)[0]),
    _Field("other_config", {"auto_poweron": "true", "memory-ratio-hvm": "0.25", "memory-ratio-pv": "0.25"}),
    _Field("ha_enabled", False, (1, 3)),
    _Field("ha_configuration", {}, (1, 3)),
    _Field("ha_statefiles", (), (1, 3)),
    _Field("ha_host_failures_to_tolerate", 0, (1, 3)),
    _Field("ha_plan_exists_for", 0, (1, 3)),
    _Field("ha_allow_overcommit", False, (1, 3)),
    _Field("ha_overcommitted", False, (1, 3)),
    _Field("blobs", {}, (1, 3)),
    _Field("tags", (), (1, 3)),
    _Field("gui_config", {}, (1, 3)),
    _Field("wlb_url", "", (1, 6)),
    _Field("wlb_username", "", (1, 6)),
    _Field("wlb_enabled", False, (1, 6)),
    _Field("wlb_verify_cert", False, (1, 6)),
    _Field("redo_log_enabled", False, (1, 7)),
    _Field("redo_log_vdi", NULL_REF, (1, 7)),
    _Field("vswitch_controller", "", (1, 7)),
    _Field("restrictions", _RESTRICTIONS, (1, 7)),
    _Field("metadata_VDIs", (), (1, 9)),
    _Field("health_check_config", {}, (2, 5)),
    _Field("ha_cluster_stack", "xhad", (2, 5)),
    _Field("allowed_operations", ("cluster_create", "ha_enable"), (2, 5)),
    _Field("current_operations", {}, (2, 5)),
    _Field("guest_agent_config", {}, (2, 5)),
    _Field("cpu_info", _CPU, (2, 5)),
    _Field("policy_no_vendor_device", False, (2, 5)),
    _Field("live_patching_disabled", False, (2, 6)),
    _Field("igmp_snooping_enabled", False, (2, 8)),
    _Field("uefi_certificates", "", (2, 14)),
    _Field("is_psr_pending", False, (2, 15)),
    _Field("tls_verification_enabled", True, (2, 20)),
    _Field("repositories", (), (2, 20)),
    _Field("client_certificate_auth_enabled", False, (2, 20)),
    _Field("client_certificate_auth_name", "", (2, 20)),
    _Field("repository_proxy_url", "", (2, 21)),
    _Field("repository_proxy_username", "", (2, 21)),
    _Field("migration_compression", False, (2, 21)),
    _Field("coordinator_bias", True, (2, 21)),
    _Field("telemetry_frequency", "weekly", (2, 21)),
    _Field("last_update_sync", _EPOCH, (2, 21)),
    _Field("update_sync_frequency", "weekly", (2, 21)),
    _Field("update_sync_day", 0, (2, 21)),
    _Field("update_sync_enabled", False, (2, 21)),
)


@cache
def _host_fields(api: Version) -> Record:
    """The usual values of a host's record, as a database of that API version has them; not to be changed."""
    return {field.name: field.value for field in _HOST if field.since <= api}


_BUILT: Final = datetime(2024, 2, 29, 15, 7, 5, tzinfo=UTC)
_MANAGED_BY_TYPE: Final = (2, 20)
"""From here on certificates have a type, and hosts one of their own for the pool's inner traffic."""
_TEN_YEARS: Final = timedelta(days=3650)
_MEMORY: Final = 274877906944


def host_record(host: SimHost, address: str, api: Version) -> Record:
    """A host's record in a database of that API version."""
    is_xcp_ng = host.release.product == XCP_NG
    edition = host.edition if host.edition is not None else _unlicensed(host.release)
    booted = f"{host.booted.timestamp():.0f}."  # seconds with a point behind them
    other_config: Record = {"agent_start_time": booted, "boot_time": booted, "multipathing": "false"}
    if is_xcp_ng:  # the only one that says when packages were changed last
        other_config["rpm_patch_installation_time"] = f"{host.updated_last.timestamp():.3f}"
    record: Record = {
        "uuid": uuid_of("host", host.name),
        "name_label": host.shown_label,
        "name_description": "Default install",
        "hostname": host.name,
        "address": address,
        "enabled": host.enabled,
        "API_version_major": host.release.api[0],
        "API_version_minor": host.release.api[1],
        "software_version": _software_version(host.release),
        "other_config": other_config,
        "license_params": _licence(host, edition if api >= (1, 7) else "XE Express"),
        "metrics": ref_of("host_metrics", host.name),
    }
    usual = _host_fields(api)
    record |= usual
    waits_for_restart = host.restart_pending and not is_xcp_ng
    updates = tuple(
        ref_of("pool_update", name) for name in host.hotfixes or (("pending",) if waits_for_restart else ())
    )
    later: Record = {
        "edition": edition,
        "cpu_info": {**_CPU, "vendor": host.cpu_vendor},
        "certificates": tuple(ref_of("Certificate", f"{kind}:{host.name}") for kind in _certificate_kinds(api)),
        "updates_requiring_reboot": updates[-1:] if waits_for_restart else (),
        "updates": updates,
        "pending_guidances": ("reboot_host",) if waits_for_restart else (),
        "editions": ("xcp-ng",) if is_xcp_ng else ("trial", "standard", "premium"),
        "ssl_legacy": api < (2, 15),
        "last_software_update": _EPOCH if is_xcp_ng else host.updated_last,
        "latest_synced_updates_applied": {True: "yes", False: "no", None: "unknown"}[host.up_to_date],
        "iscsi_iqn": f"iqn.2026-01.com.example:{host.name}",
    }
    return record | {name: value for name, value in later.items() if name in usual}


def _software_version(release: SimRelease) -> Mapping[str, str]:
    """What decides, and the usual rest. `hostname` is that of the machine that built it."""
    usual = {
        "git_id": "0",
        "hostname": "localhost",
        "date": _BUILT.strftime("%Y-%m-%d") if (2, 5) <= release.api < (2, 20) else wire_time(_BUILT),
        "linux": "4.19.0+1" if release.api >= (2, 12) else "2.6.32.43-0.4.1.xs1.6.10.734.170748xen",
        "xencenter_min": "{}.{}".format(*release.api),
        "xencenter_max": "{}.{}".format(*release.api),
        "network_backend": "openvswitch",
    }
    return {**usual, **release.software_version}


def _licence(host: SimHost, sku: str) -> Record:
    return {
        **_RESTRICTIONS,
        "expiry": wire_time(host.licence_expires),
        "sku_type": sku,
        "sku_marketing_name": f"{host.release.product} {sku}",
        "version": host.release.software_version.get("product_version", ""),
        "grace": "no",
        "sockets": "2",
    }


def _unlicensed(release: SimRelease) -> str:
    """The edition of a host for which nobody paid."""
    if release.product == XCP_NG:
        return "xcp-ng"
    return "trial" if release.api >= (2, 21) else "express" if release.api >= (2, 12) else "free"


def _certificate_kinds(api: Version) -> tuple[str, ...]:
    return ("host", "host_internal") if api >= _MANAGED_BY_TYPE else ("host",)


def certificate_records(host: SimHost, shown: SimCertificate, api: Version) -> dict[str, Record]:
    """A host's certificates by reference: the one that it shows, and one for the pool alone, which nobody sees."""
    records: dict[str, Record] = {}
    for kind in _certificate_kinds(api):
        since, until = (datetime.combine(day, time(), UTC) for day in (shown.valid_from, shown.valid_until))
        if kind == "host_internal":
            since, until = _BUILT, _BUILT + _TEN_YEARS
        records[ref_of("Certificate", f"{kind}:{host.name}")] = {
            "uuid": uuid_of("Certificate", f"{kind}:{host.name}"),
            "host": ref_of("host", host.name),
            "not_before": since,
            "not_after": until,
            "fingerprint": shown.pin.hex(":").upper(),
            **({"name": "", "type": kind} if api >= _MANAGED_BY_TYPE else {}),
        }
    return records


def update_record(name: str, hosts: Iterable[SimHost]) -> Record:
    """A hotfix that is applied to these hosts."""
    return {
        "uuid": uuid_of("pool_update", name),
        "name_label": name,
        "name_description": "Public Availability: security fixes",
        "version": "1.0",
        "installation_size": 2_400_000,
        "key": "",
        "after_apply_guidance": ("restartHost",),
        "vdi": NULL_REF,
        "hosts": tuple(ref_of("host", host.name) for host in hosts),
        "other_config": {},
        "enforce_homogeneity": False,
    }


def pool_record(name: str, first: str, coordinator: SimHost, synced: datetime | None) -> Record:
    """A pool's record. Its identity is that of the first host it ever had, whichever coordinates now."""
    usual = {field.name: field.value for field in _POOL if field.since <= coordinator.release.api}
    return {
        "uuid": uuid_of("pool", first),
        "name_label": name,
        "master": ref_of("host", coordinator.name),
        **usual,
        **({"last_update_sync": synced} if synced and "last_update_sync" in usual else {}),
    }


def metrics_record(host: SimHost, now: datetime) -> Record:
    """A host's metrics: whether it lives, and a time."""
    return {
        "uuid": uuid_of("host_metrics", host.name),
        "memory_total": _MEMORY,
        "memory_free": _MEMORY // 3,
        "live": host.up,
        "last_updated": now,
        "other_config": {},
    }
