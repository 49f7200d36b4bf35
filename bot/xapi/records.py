"""Fields of a record, read whatever a transport made of them: XML-RPC has numbers as texts, old hosts lack fields.

Total: what does not read as its kind is None. Texts are the host's own words, cut to a length, in characters that can
be written as UTF-8, and without session references.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.xapi.bounds import ProbeBounds
from bot.xapi.errors import BAD_REPLY, TOO_LARGE, ProbeError
from bot.xapi.observation import Host, Pool, Power

Record = Mapping[str, Any]

_SHORT = 64
_NULL = "OpaqueRef:NULL"
_REFERENCE = re.compile(r"OpaqueRef:[^\s\"'<>]*")
_BOOLEANS = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
_MOMENT = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})T([0-9]{2}):?([0-9]{2}):?([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|\+00:?00)?", re.ASCII
)
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,9})?", re.ASCII)


def text(record: Record, name: str, limit: int = 256) -> str | None:
    """A text; None if it is empty or none."""
    value = record.get(name)
    if not isinstance(value, str) or not value:
        return None
    if len(value) > limit:
        value = value[:limit]
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()  # half a surrogate pair is legal in JSON, but nowhere else
    return _REFERENCE.sub("[hidden]", value) if "OpaqueRef:" in value else value


def boolean(record: Record, name: str) -> bool | None:
    """A truth value."""
    value = record.get(name)
    return _BOOLEANS.get(value) if isinstance(value, (bool, str)) else None


def mapping(record: Record, name: str) -> Record:
    """A map; empty if it is none."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def items(record: Record, name: str) -> list[Any] | None:
    """A set, as a list."""
    value = record.get(name)
    return value if isinstance(value, list) else None


def moment(record: Record, name: str) -> datetime | None:
    """A DateTime of XAPI, `20240229T15:07:05Z`, with or without dashes; always UTC."""
    value = record.get(name)
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def seconds(record: Record, name: str) -> float | None:
    """Seconds since 1970, as the text that OCaml makes of a float: `1700000000.`."""
    value = record.get(name)
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 10**12:
        return float(value)
    return None


def since_1970(record: Record, name: str) -> datetime | None:
    """The moment of `seconds`."""
    value = seconds(record, name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return None


def pool_of(pools: Any, hosts: dict[str, Record]) -> tuple[Pool, str]:
    """The pool of `pool.get_all_records`, and the reference of its coordinator. There is exactly one pool."""
    records = list(by_reference(pools).values())
    if len(records) != 1:
        raise ProbeError(BAD_REPLY, "does not know its pool")
    pool = records[0]
    master = pool.get("master")
    reference = master if isinstance(master, str) and master != _NULL else ""
    coordinator = text(hosts[reference], "uuid", _SHORT) if reference in hosts else None
    return Pool(text(pool, "uuid", _SHORT) or "", text(pool, "name_label") or "", coordinator or ""), reference


def host_records(hosts: Any, bounds: ProbeBounds) -> dict[str, Record]:
    """What `host.get_all_records` returned, by reference."""
    records = by_reference(hosts)
    if not records:
        raise ProbeError(BAD_REPLY, "knows no host of its pool")
    if len(records) > bounds.hosts:
        raise ProbeError(TOO_LARGE, f"more than {bounds.hosts} hosts")
    return records


def by_reference(value: Any) -> dict[str, Record]:
    """What a `get_all_records` returned."""
    if not isinstance(value, dict) or not all(isinstance(record, dict) for record in value.values()):
        raise ProbeError(BAD_REPLY, "has no records where they should be")
    return value


def host_of(record: Record, is_coordinator: bool, metrics: Mapping[str, Record] | None = None) -> Host:
    """A host of its record. The release is in `product_brand` and `product_version`, nowhere else.

    `metrics` are the pool's host_metrics by reference, as far as they are known.
    """
    software = mapping(record, "software_version")
    brand = text(software, "product_brand", _SHORT)
    # Yes, no or unknown, when the pool last synced with its update server.
    latest = {"yes": True, "no": False}.get(text(record, "latest_synced_updates_applied") or "")
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
        is_preview=boolean(software, "is_preview_release"),
        power=Power.RUNNING if is_coordinator else _power(record, metrics or {}),
    )


def _power(record: Record, metrics: Mapping[str, Record]) -> Power | None:
    """Whether the coordinator hears of the host. `enabled` does not tell: maintenance is no power cut, nor the other
    way round.
    """
    reference = record.get("metrics")
    live = boolean(metrics.get(reference, {}), "live") if isinstance(reference, str) else None
    return None if live is None else Power.RUNNING if live else Power.HALTED


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
