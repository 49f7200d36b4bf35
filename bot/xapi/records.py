"""Fields of a record, read whatever a transport made of them: XML-RPC has numbers as texts, old hosts lack fields.

Total: what does not read as its kind is None. Texts are the host's own words, cut to a length, in characters that can
be written as UTF-8, and without session references.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from bot.catalogue import number, say
from bot.xapi.bounds import ProbeBounds
from bot.xapi.errors import BAD_REPLY, TOO_LARGE, ProbeError
from bot.xapi.observation import NEVER_SYNCED, Host, Pool, Power, Software

T = TypeVar("T")

Record = Mapping[str, Any]

_SHORT, _NAMES = 64, 1024
_HOTFIXES = 128
"""Names of a host's hotfixes that are read at most; Citrix Hypervisor 8.2 had some 90."""
_FIRST_HOTFIXES, _LAST_HOTFIXES = (7, 1), (8, 2)
_NEVER = 2100
"""A licence of this year or later never ends: XenServer's own clients take it so."""
_NULL = "OpaqueRef:NULL"
_NO_ANSWER = "(unknown)"
"""The hypervisor's version where the toolstack got none (xenops_server_xen.ml)."""
_NOTHING = Software()
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


class PoolRecord(NamedTuple):
    """What is read of a pool. `coordinator` is the reference of a host, `synced_at` when it asked its update server."""

    uuid: str
    name: str
    coordinator: str
    synced_at: datetime | None

    def pool(self, hosts: Mapping[str, Record]) -> Pool:
        """The pool with its hosts by reference."""
        return Pool(self.uuid, self.name, text(hosts.get(self.coordinator, {}), "uuid", _SHORT) or "")


def pool_record(pools: Any) -> PoolRecord:
    """The pool of `pool.get_all_records`. There is exactly one."""
    records = list(by_reference(pools).values())
    if len(records) != 1:
        raise ProbeError(BAD_REPLY, say("does not know its pool"))
    pool = records[0]
    master = pool.get("master")
    reference = master if isinstance(master, str) and master != _NULL else ""
    return PoolRecord(
        text(pool, "uuid", _SHORT) or "", text(pool, "name_label") or "", reference, moment(pool, "last_update_sync")
    )


def host_records(hosts: Any, bounds: ProbeBounds) -> dict[str, Record]:
    """What `host.get_all_records` returned, by reference."""
    records = by_reference(hosts)
    if not records:
        raise ProbeError(BAD_REPLY, say("knows no host of its pool"))
    if len(records) > bounds.hosts:
        raise ProbeError(TOO_LARGE, say("more than {most} hosts", most=number(bounds.hosts)))
    return records


def by_reference(value: Any) -> dict[str, Record]:
    """What a `get_all_records` returned."""
    if not isinstance(value, dict) or not all(isinstance(record, dict) for record in value.values()):
        raise ProbeError(BAD_REPLY, say("has no records where they should be"))
    return value


class Beside(NamedTuple):
    """What a pool says of its hosts beside their records, each by its reference; nothing where it was not asked.

    `live` is whether a host's metrics are renewed, `hotfixes` the names of updates, `certificates` when those end that
    hosts show to clients. `synced_at` is when the pool asked its update server.
    """

    live: Mapping[str, bool | None] = {}
    hotfixes: Mapping[str, str] = {}
    certificates: Mapping[str, datetime] = {}
    synced_at: datetime | None = None


_ALONE = Beside()


def live_metrics(metrics: Any) -> dict[str, bool | None]:
    """Of `host_metrics.get_all_records`: whether the coordinator hears of the host."""
    return {reference: boolean(record, "live") for reference, record in by_reference(metrics).items()}


def hotfix_names(updates: Any) -> dict[str, str]:
    """Of `pool_update.get_all_records`: what each is called, `XS82ECU1086`."""
    names = ((reference, text(record, "name_label", _SHORT)) for reference, record in by_reference(updates).items())
    return {reference: name for reference, name in names if name}


def ends_of_certificates(certificates: Any) -> dict[str, datetime]:
    """Of `Certificate.get_all_records`: when each ends that a host shows to clients.

    Those of other types are for the pool's own use, or CAs. 8.2 has no types yet, and none of those (xapi 1.294).
    """
    shown = ((r, c) for r, c in by_reference(certificates).items() if c.get("type", "host") == "host")
    ends = ((reference, moment(record, "not_after")) for reference, record in shown)
    return {reference: end for reference, end in ends if end}


def has_certificates(record: Record) -> bool:
    """Whether the host's record names certificates, as from 8.2 on."""
    return bool(items(record, "certificates"))


def has_hotfixes(record: Record) -> bool:
    """Whether there are hotfixes on a host of the line that has some with names: 7.1 to 8.2, but not XCP-ng."""
    if not items(record, "updates"):
        return False
    said = mapping(record, "software_version")
    version = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", text(said, "product_version", _SHORT) or "", re.ASCII)
    if version is None or _is_xcp_ng(text(said, "product_brand", _SHORT)):
        return False
    return _FIRST_HOTFIXES <= (int(version[1]), int(version[2])) <= _LAST_HOTFIXES


def host_of(record: Record, is_coordinator: bool, beside: Beside = _ALONE) -> Host:
    """A host of its record. The release is in `product_brand` and `product_version`, nowhere else."""
    software = mapping(record, "software_version")
    brand = text(software, "product_brand", _SHORT)
    is_xcp_ng = _is_xcp_ng(brand)
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
        licence_expires=licence_end(moment(mapping(record, "license_params"), "expiry")),
        booted_at=since_1970(mapping(record, "other_config"), "boot_time"),
        reboot_required=_reboot_required(record, is_xcp_ng),
        pending_updates=0 if latest else None,
        up_to_date=latest,
        is_preview=boolean(software, "is_preview_release"),
        software=_software(record, beside.hotfixes),
        updated_at=_updated_at(record, is_xcp_ng),
        updates_synced_at=None if is_xcp_ng else beside.synced_at,
        certificate_expires=max(_named(record, "certificates", beside.certificates), default=None),
        power=Power.RUNNING if is_coordinator else _power(record, beside.live),
    )


def licence_end(end: datetime | None) -> datetime | None:
    """When a licence ends; None, too, for a year so far that it stands for never."""
    return end if end and end.year < _NEVER else None


def _is_xcp_ng(brand: str | None) -> bool:
    return (brand or "").casefold() == "xcp-ng"


def _named(record: Record, name: str, known: Mapping[str, T]) -> Iterator[T]:
    """What is known under the references of a set."""
    references = items(record, name) if known else None
    return (known[each] for each in references or () if isinstance(each, str) and each in known)


def _software(record: Record, hotfixes: Mapping[str, str]) -> Software | None:
    """What runs, as far as it is said; None of a host that says nothing of it. `(unknown)` is said by none that knows.

    The toolstack has a version of three parts from xapi 22.9 on, in `xapi_build` (XCP-ng 8.3, XenServer 8).
    """
    said = mapping(record, "software_version")
    xen = text(said, "xen", _SHORT)
    found = Software(
        xen=None if xen == _NO_ANSWER else xen,
        xapi=text(said, "xapi_build", _SHORT) or text(said, "xapi", _SHORT),
        xapi_built=text(said, "date", _SHORT),
        livepatches=text(said, "xen_livepatches", _NAMES),
        kernel_livepatches=text(said, "kernel_livepatches", _NAMES),
        hotfixes=tuple(sorted({*islice(_named(record, "updates", hotfixes), _HOTFIXES)})),
        cpu_vendor=text(mapping(record, "cpu_info"), "vendor", _SHORT),
    )
    return None if found == _NOTHING else found


def _updated_at(record: Record, is_xcp_ng: bool) -> datetime | None:
    """When packages were changed last: XCP-ng notes it beside, the others in a field that is 1970 before the first."""
    if is_xcp_ng:
        return since_1970(mapping(record, "other_config"), "rpm_patch_installation_time")
    last = moment(record, "last_software_update")
    return last if last and last > NEVER_SYNCED else None


def _power(record: Record, lives: Mapping[str, bool | None]) -> Power | None:
    """Whether the coordinator hears of the host. `enabled` does not tell: maintenance is no power cut, nor the other
    way round.
    """
    reference = record.get("metrics")
    live = lives.get(reference) if isinstance(reference, str) else None
    return None if live is None else Power.RUNNING if live else Power.HALTED


def _reboot_required(record: Record, is_xcp_ng: bool) -> bool | None:
    """XCP-ng notes when packages were installed, the others which updates wait for a restart, from 7.1 on.

    Where updates come as a stream (XenServer 8), XAPI says it in `pending_guidances` instead.
    """
    if "reboot_host" in (items(record, "pending_guidances") or ()):
        return True
    if is_xcp_ng:
        other = mapping(record, "other_config")
        booted, installed = seconds(other, "boot_time"), seconds(other, "rpm_patch_installation_time")
        return None if booted is None or installed is None else booted < installed
    waiting = items(record, "updates_requiring_reboot")
    return None if waiting is None else bool(waiting)
