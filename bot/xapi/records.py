"""Records of XAPI as what the product knows: a Pool and its Hosts. What a record lacks is None, never guessed."""

from typing import Any

from bot.xapi import trouble
from bot.xapi.bounds import Bounds
from bot.xapi.fields import Record, boolean, items, mapping, moment, seconds, since_1970, text
from bot.xapi.observation import Host, Pool

_SHORT = 64
_NULL = "OpaqueRef:NULL"


def pool_of(pools: Any, hosts: dict[str, Record]) -> tuple[Pool, str]:
    """The pool of `pool.get_all_records`, and the reference of its coordinator. There is exactly one pool."""
    records = list(_records(pools).values())
    if len(records) != 1:
        raise trouble.bad_reply("does not know its pool")
    pool = records[0]
    master = pool.get("master")
    reference = master if isinstance(master, str) and master != _NULL else ""
    coordinator = text(hosts[reference], "uuid", _SHORT) if reference in hosts else None
    return Pool(text(pool, "uuid", _SHORT) or "", text(pool, "name_label") or "", coordinator or ""), reference


def host_records(hosts: Any, bounds: Bounds) -> dict[str, Record]:
    """What `host.get_all_records` returned, by reference."""
    records = _records(hosts)
    if not records:
        raise trouble.bad_reply("knows no host of its pool")
    if len(records) > bounds.hosts:
        raise trouble.too_large(f"more than {bounds.hosts} hosts")
    return records


def hosts_of(records: dict[str, Record], coordinator: str) -> tuple[Host, ...]:
    """The hosts, coordinator first, then by name. `coordinator` is its reference."""
    hosts = [host_of(record, reference == coordinator) for reference, record in records.items()]
    return tuple(sorted(hosts, key=lambda host: (not host.is_coordinator, host.name.casefold(), host.uuid)))


def _records(value: Any) -> dict[str, Record]:
    if not isinstance(value, dict) or not all(isinstance(record, dict) for record in value.values()):
        raise trouble.bad_reply("has no records where they should be")
    return value


def host_of(record: Record, is_coordinator: bool) -> Host:
    """A host of its record. The release is in `product_brand` and `product_version`, nowhere else."""
    software = mapping(record, "software_version")
    brand = text(software, "product_brand", _SHORT)
    latest = _runs_latest_updates(record)
    return Host(
        uuid=text(record, "uuid", _SHORT) or "",
        name=text(record, "name_label") or text(record, "hostname") or "",
        address=text(record, "address") or "",
        is_coordinator=is_coordinator,
        enabled=boolean(record, "enabled"),
        product_brand=brand,
        product_version=text(software, "product_version", _SHORT),
        build=text(software, "build_number", _SHORT),
        platform_version=text(software, "platform_version", _SHORT),
        edition=text(record, "edition", _SHORT),
        licence_expires=moment(mapping(record, "license_params"), "expiry"),
        booted_at=since_1970(mapping(record, "other_config"), "boot_time"),
        reboot_required=_reboot_required(record, brand),
        pending_updates=0 if latest else None,
        up_to_date=latest,
    )


def _reboot_required(record: Record, brand: str | None) -> bool | None:
    """XCP-ng notes when packages were installed, the others which updates wait for a restart, from 7.1 on.

    Where updates come as a stream (XenServer 8), XAPI says it in `pending_guidances` instead.
    """
    if "reboot_host" in (items(record, "pending_guidances") or ()):
        return True
    if (brand or "").casefold() == "xcp-ng":
        other = mapping(record, "other_config")
        booted, installed = seconds(other, "boot_time"), seconds(other, "rpm_patch_installation_time")
        return None if booted is None or installed is None else booted < installed
    waiting = items(record, "updates_requiring_reboot")
    return None if waiting is None else bool(waiting)


def _runs_latest_updates(record: Record) -> bool | None:
    """`latest_synced_updates_applied`: yes, no or unknown, as of the pool's last look at its update server."""
    return {"yes": True, "no": False}.get(text(record, "latest_synced_updates_applied") or "")
