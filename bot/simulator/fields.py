"""The fields of records that are the same on every simulated host, each with the API version that brought it.

Names and versions: `datamodel_host.ml` and `datamodel_pool.ml` of xapi. The values make a record as long as a real one.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Final, NamedTuple

from bot.simulator.protocol import NULL_REF, Record, Value
from bot.simulator.refs import refs_of
from bot.simulator.release import Version

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Field(NamedTuple):
    """A field with its usual value, and the first API version that has it."""

    name: str
    value: Value
    since: Version = (1, 1)


RESTRICTIONS: Final = (
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
"""What a licence may restrict, without the `restrict_` in front."""

_CPU: Final[Value] = {
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
    Field("memory_overhead", 1147170816),
    Field("allowed_operations", _OPERATIONS),
    Field("current_operations", {}),
    Field("API_version_vendor", "XenSource"),
    Field("API_version_vendor_implementation", {}),
    Field("capabilities", _GUEST_CAPABILITIES),
    Field("cpu_configuration", {}),
    Field("sched_policy", "credit"),
    Field("supported_bootloaders", ["pygrub", "eliloader"]),
    Field("resident_VMs", refs_of("VM", 36)),
    Field("logging", {}),
    Field("PIFs", refs_of("PIF", 6)),
    Field("suspend_image_sr", refs_of("SR", 1)[0]),
    Field("crash_dump_sr", refs_of("SR", 1)[0]),
    Field("crashdumps", ()),
    Field("patches", ()),
    Field("PBDs", refs_of("PBD", 5)),
    Field("host_CPUs", refs_of("host_cpu", 32)),
    Field("cpu_info", _CPU, (1, 7)),
    Field("ha_statefiles", (), (1, 3)),
    Field("ha_network_peers", (), (1, 3)),
    Field("blobs", {}, (1, 3)),
    Field("tags", (), (1, 3)),
    Field("external_auth_type", "", (1, 6)),
    Field("external_auth_service_name", "", (1, 6)),
    Field("external_auth_configuration", {}, (1, 6)),
    Field("edition", "", (1, 7)),
    Field("license_server", {"address": "localhost", "port": "27000"}, (1, 7)),
    Field("bios_strings", _BIOS, (1, 7)),
    Field("power_on_mode", "", (1, 7)),
    Field("power_on_config", {}, (1, 7)),
    Field("local_cache_sr", NULL_REF, (1, 8)),
    Field("chipset_info", {"iommu": "true"}, (1, 9)),
    Field("PCIs", refs_of("PCI", 60), (1, 9)),
    Field("PGPUs", refs_of("PGPU", 1), (1, 9)),
    Field("guest_VCPUs_params", {}, (1, 10)),
    Field("display", "enabled", (2, 4)),
    Field("virtual_hardware_platform_versions", (0, 1, 2), (2, 4)),
    Field("ssl_legacy", True, (2, 5)),
    Field("updates", (), (2, 6)),
    Field("updates_requiring_reboot", (), (2, 6)),
    Field("features", (), (2, 7)),
    Field("PUSBs", refs_of("PUSB", 2), (2, 8)),
    Field("iscsi_iqn", "", (2, 10)),
    Field("multipathing", False, (2, 10)),
    Field("uefi_certificates", "", (2, 14)),
    Field("certificates", refs_of("Certificate", 2), (2, 15)),
    Field("editions", ("xcp-ng",), (2, 15)),
    Field("pending_guidances", (), (2, 20)),
    Field("tls_verification_enabled", True, (2, 20)),
    Field("last_software_update", EPOCH, (2, 21)),
    Field("https_only", False, (2, 21)),
    Field("latest_synced_updates_applied", "unknown", (2, 21)),
    Field("numa_affinity_policy", "default_policy", (2, 21)),
    Field("pending_guidances_recommended", (), (2, 21)),
    Field("pending_guidances_full", (), (2, 21)),
    Field("last_update_hash", "", (2, 21)),
)
_POOL: Final = (
    Field("name_description", ""),
    Field("default_SR", refs_of("SR", 1)[0]),
    Field("suspend_image_SR", refs_of("SR", 1)[0]),
    Field("crash_dump_SR", refs_of("SR", 1)[0]),
    Field("other_config", {"auto_poweron": "true", "memory-ratio-hvm": "0.25", "memory-ratio-pv": "0.25"}),
    Field("ha_enabled", False, (1, 3)),
    Field("ha_configuration", {}, (1, 3)),
    Field("ha_statefiles", (), (1, 3)),
    Field("ha_host_failures_to_tolerate", 0, (1, 3)),
    Field("ha_plan_exists_for", 0, (1, 3)),
    Field("ha_allow_overcommit", False, (1, 3)),
    Field("ha_overcommitted", False, (1, 3)),
    Field("blobs", {}, (1, 3)),
    Field("tags", (), (1, 3)),
    Field("gui_config", {}, (1, 3)),
    Field("wlb_url", "", (1, 6)),
    Field("wlb_username", "", (1, 6)),
    Field("wlb_enabled", False, (1, 6)),
    Field("wlb_verify_cert", False, (1, 6)),
    Field("redo_log_enabled", False, (1, 7)),
    Field("redo_log_vdi", NULL_REF, (1, 7)),
    Field("vswitch_controller", "", (1, 7)),
    Field("restrictions", {f"restrict_{name}": "false" for name in RESTRICTIONS}, (1, 7)),
    Field("metadata_VDIs", (), (1, 9)),
    Field("health_check_config", {}, (2, 5)),
    Field("ha_cluster_stack", "xhad", (2, 5)),
    Field("allowed_operations", ("cluster_create", "ha_enable"), (2, 5)),
    Field("current_operations", {}, (2, 5)),
    Field("guest_agent_config", {}, (2, 5)),
    Field("cpu_info", _CPU, (2, 5)),
    Field("policy_no_vendor_device", False, (2, 5)),
    Field("live_patching_disabled", False, (2, 6)),
    Field("igmp_snooping_enabled", False, (2, 8)),
    Field("uefi_certificates", "", (2, 14)),
    Field("is_psr_pending", False, (2, 15)),
    Field("tls_verification_enabled", True, (2, 20)),
    Field("repositories", (), (2, 20)),
    Field("client_certificate_auth_enabled", False, (2, 20)),
    Field("client_certificate_auth_name", "", (2, 20)),
    Field("repository_proxy_url", "", (2, 21)),
    Field("repository_proxy_username", "", (2, 21)),
    Field("migration_compression", False, (2, 21)),
    Field("coordinator_bias", True, (2, 21)),
    Field("telemetry_frequency", "weekly", (2, 21)),
    Field("last_update_sync", EPOCH, (2, 21)),
    Field("update_sync_frequency", "weekly", (2, 21)),
    Field("update_sync_day", 0, (2, 21)),
    Field("update_sync_enabled", False, (2, 21)),
)


@cache
def host_fields(api: Version) -> Record:
    """The usual values of a host's record, as a database of that API version has them; not to be changed."""
    return _usual(_HOST, api)


@cache
def pool_fields(api: Version) -> Record:
    """The usual values of a pool's record; not to be changed."""
    return _usual(_POOL, api)


@cache
def restrictions() -> Record:
    return {f"restrict_{name}": "false" for name in RESTRICTIONS}


def _usual(fields: tuple[Field, ...], api: Version) -> Record:
    return {field.name: field.value for field in fields if field.since <= api}
