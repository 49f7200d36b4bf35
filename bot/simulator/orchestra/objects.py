"""Hosts and pools as Xen Orchestra makes them of XAPI's records (packages/xo-server/src/xapi-object-to-xo.mjs).

What is undefined there is left out here, as JSON leaves it out.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, time
from typing import Any

from bot.simulator.records import host_record
from bot.simulator.refs import uuid_of
from bot.simulator.releases import XCP_NG
from bot.simulator.state import HostState, PoolState

Object = dict[str, Any]

_FIRST_WITH_CERTIFICATES = (2, 15)


def pools(known: Iterable[PoolState]) -> Iterator[Object]:
    """Each pool whose coordinator is up: there is no other way to it."""
    for pool in _connected(known):
        yield {
            "id": _id(pool),
            "uuid": _id(pool),
            "type": "pool",
            "name_label": pool.name or _label(pool.coordinator),
            "name_description": "",
            "master": uuid_of("host", pool.coordinator.host.name),
            "HA_enabled": False,
            "auto_poweron": True,
            "tags": [],
        }


def hosts(known: Iterable[PoolState], forgotten: Collection[str]) -> Iterator[Object]:
    """Their hosts but the forgotten ones."""
    for pool in _connected(known):
        for host in pool.hosts.values():
            if host.host.name not in forgotten:
                yield {key: value for key, value in _host(host).items() if value is not None}


def _connected(known: Iterable[PoolState]) -> Iterator[PoolState]:
    return (pool for pool in known if pool.coordinator.host.up)


def _host(state: HostState) -> Object:
    host, runs = state.host, state.host.release.software_version
    uuid, booted = uuid_of("host", host.name), int(host.booted.timestamp())
    return {
        "id": uuid,
        "uuid": uuid,
        "type": "host",
        "name_label": _label(state),
        "name_description": "Default install",
        "hostname": host.name,
        "address": state.address,
        "version": runs.get("product_version"),
        "productBrand": runs.get("product_brand"),
        "build": runs.get("build_number"),
        "enabled": host.enabled,
        "power_state": "Running" if host.up else "Halted",
        "rebootRequired": _reboot_required(state),
        "startTime": booted,
        "agentStartTime": booted,
        "license_expiry": int(host.licence_expires.timestamp()),
        "tags": [],
        "certificates": _certificates(state),
        "$pool": _id(state.pool),
        "$poolId": _id(state.pool),
    }


def _reboot_required(state: HostState) -> bool:
    """For others than XCP-ng, hosts that do not have the field are those that need none."""
    if state.host.release.product == XCP_NG:
        return state.host.restart_pending
    return bool(host_record(state.host, state.address, state.pool.api).get("updates_requiring_reboot"))


def _certificates(state: HostState) -> list[Object] | None:
    if state.pool.api < _FIRST_WITH_CERTIFICATES:
        return None
    ends = datetime.combine(state.certificate.valid_until, time(), UTC)
    return [{"fingerprint": state.certificate.pin.hex(":").upper(), "notAfter": int(ends.timestamp())}]


def _label(state: HostState) -> str:
    return state.host.name if state.host.label is None else state.host.label


def _id(pool: PoolState) -> str:
    return uuid_of("pool", pool.pool.hosts[0].name)
