"""The records of hosts and pools as clients read them. The coordinator's database decides which fields they have."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.simulator.fields import host_fields, pool_fields, restrictions
from bot.simulator.fleet import SimHost
from bot.simulator.protocol import Record, Value, wire_time
from bot.simulator.refs import ref_of, uuid_of
from bot.simulator.release import SimRelease, Version
from bot.simulator.releases import XCP_NG

_BUILT: Final = datetime(2024, 2, 29, 15, 7, 5, tzinfo=UTC)
_A_MINUTE: Final = timedelta(minutes=1)
_EDITIONS: Final = ("trial", "standard", "premium")
_MEMORY: Final = 274877906944


def host_ref(name: str) -> str:
    return ref_of("host", name)


def host_record(host: SimHost, address: str, api: Version) -> Record:
    """A host's record in a database of that API version."""
    record: Record = {
        "uuid": uuid_of("host", host.name),
        "name_label": host.name if host.label is None else host.label,
        "name_description": "Default install",
        "hostname": host.name,
        "address": address,
        "enabled": host.enabled,
        "API_version_major": host.release.api[0],
        "API_version_minor": host.release.api[1],
        "software_version": software_version(host.release),
        "other_config": _other_config(host),
        "license_params": _licence(host, api),
        "metrics": ref_of("host_metrics", host.name),
    }
    usual = host_fields(api)
    record |= usual
    record |= {name: value for name, value in _newer(host, api).items() if name in usual}
    return record


def pool_record(name: str, first: str, coordinator: SimHost) -> Record:
    """A pool's record. Its identity is that of the first host it ever had, whoever coordinates now."""
    api = coordinator.release.api
    record: Record = {"uuid": uuid_of("pool", first), "name_label": name, "master": host_ref(coordinator.name)}
    return record | pool_fields(api)


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


def software_version(release: SimRelease) -> Mapping[str, str]:
    """What decides, and the usual rest. `hostname` is that of the machine that built it."""
    usual = {
        "git_id": "0",
        "hostname": "localhost",
        "date": _BUILT.strftime("%Y-%m-%d") if release.api >= (2, 5) else wire_time(_BUILT),
        "linux": "4.19.0+1" if release.api >= (2, 12) else "2.6.32.43-0.4.1.xs1.6.10.734.170748xen",
        "xencenter_min": "{}.{}".format(*release.api),
        "xencenter_max": "{}.{}".format(*release.api),
        "network_backend": "openvswitch",
    }
    return {**usual, **release.software_version}


def edition(host: SimHost) -> str:
    if host.edition is not None:
        return host.edition
    return "xcp-ng" if host.release.product == XCP_NG else "free"


def _licence(host: SimHost, api: Version) -> Record:
    sku = edition(host) if api >= (1, 7) else "XE Express"
    return restrictions() | {
        "expiry": wire_time(host.licence_expires),
        "sku_type": sku,
        "sku_marketing_name": f"{host.release.product} {sku}",
        "version": host.release.software_version.get("product_version", ""),
        "grace": "no",
        "sockets": "2",
    }


def _other_config(host: SimHost) -> Record:
    """Times are seconds with a point behind them. Only XCP-ng says when packages were changed last."""
    booted = f"{host.booted.timestamp():.0f}."
    patched = host.booted + (_A_MINUTE if host.restart_pending else -_A_MINUTE)
    config: Record = {"agent_start_time": booted, "boot_time": booted, "multipathing": "false"}
    if host.release.product == XCP_NG:
        config["rpm_patch_installation_time"] = f"{patched.timestamp():.3f}"
    return config


def _newer(host: SimHost, api: Version) -> Record:
    """Fields that came later and differ between hosts."""
    tells_by_updates = host.restart_pending and host.release.product != XCP_NG
    reboot: tuple[Value, ...] = (ref_of("pool_update", "pending"),) if tells_by_updates else ()
    applied = {True: "yes", False: "no", None: "unknown"}[host.up_to_date]
    return {
        "edition": edition(host),
        "updates_requiring_reboot": reboot,
        "updates": reboot,
        "pending_guidances": ("reboot_host",) if tells_by_updates else (),
        "editions": ("xcp-ng",) if host.release.product == XCP_NG else _EDITIONS,
        "ssl_legacy": api < (2, 15),
        "last_software_update": host.booted - _A_MINUTE,
        "latest_synced_updates_applied": applied,
        "iscsi_iqn": f"iqn.2026-01.com.example:{host.name}",
    }
