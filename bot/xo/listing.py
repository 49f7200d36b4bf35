"""Records of the REST API as what the product knows: pools and their hosts.

As in packages/xo-server/src/xapi-object-to-xo.mjs of Xen Orchestra. What a record lacks is None, never guessed. It has
neither edition nor platform version, and does not say whether updates wait.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.xapi import trouble
from bot.xapi.fields import Record, boolean, since_1970, text
from bot.xapi.observation import Host, Pool
from bot.xapi.secret import Secret

POOLS = ("id", "name_label", "master")
HOSTS = (
    "id",
    "name_label",
    "hostname",
    "address",
    "version",
    "productBrand",
    "build",
    "enabled",
    "power_state",
    "rebootRequired",
    "startTime",
    "license_expiry",
    "$pool",
    "$poolId",
)
"""The fields that are asked for."""

_SHORT = 64
_RUNNING = "Running"


class Member(NamedTuple):
    """A host as it is listed: with the pool that it says it is in, and whether Xen Orchestra sees it running.

    One that it does not see has its last version still; that is no observation.
    """

    host: Host
    pool: str
    is_seen: bool


class Seen(NamedTuple):
    """A pool with those of its hosts that run; at least one."""

    pool: Pool
    hosts: tuple[Host, ...]


def pool_of(record: Record, token: Secret) -> Pool:
    """A pool of its record."""
    return Pool(
        uuid=_identity(record, token),
        name=_said(record, "name_label", token) or "",
        coordinator=_said(record, "master", token, _SHORT) or "",
    )


def member_of(record: Record, pools: Mapping[str, Pool], token: Secret) -> Member:
    """A host of its record. One that names no pool is a pool of its own; `pools` are those listed, by uuid.

    XAPI's rule for `reboot_required` is applied there, where a host says nothing as "no".
    """
    uuid = _identity(record, token)
    pool = _said(record, "$poolId", token, _SHORT) or _said(record, "$pool", token, _SHORT) or ""
    host = Host(
        uuid=uuid,
        name=_said(record, "name_label", token) or _said(record, "hostname", token) or "",
        address=_said(record, "address", token, _SHORT) or "",
        is_coordinator=not pool or (pool in pools and pools[pool].coordinator == uuid),
        enabled=boolean(record, "enabled"),
        product_brand=_said(record, "productBrand", token, _SHORT),
        product_version=_said(record, "version", token, _SHORT),
        build=_said(record, "build", token, _SHORT),
        platform_version=None,
        edition=None,
        licence_expires=since_1970(record, "license_expiry"),
        booted_at=since_1970(record, "startTime"),
        reboot_required=boolean(record, "rebootRequired"),
        pending_updates=None,
    )
    return Member(host, pool, record.get("power_state", _RUNNING) == _RUNNING)


def seen(pools: Mapping[str, Pool], members: Iterable[Member]) -> tuple[Seen, ...]:
    """Each pool with its running hosts, coordinator first, then by name. A host of a pool that is not listed, too."""
    together: dict[str, dict[str, Host]] = {}
    for host, pool, is_seen in members:
        if is_seen:
            together.setdefault(pool or host.uuid, {}).setdefault(host.uuid, host)
    return tuple(_seen(uuid, pools, tuple(hosts.values())) for uuid, hosts in together.items())


def _seen(uuid: str, pools: Mapping[str, Pool], hosts: tuple[Host, ...]) -> Seen:
    coordinator = next((host for host in hosts if host.is_coordinator), None)
    pool = pools.get(uuid) or Pool(uuid, "", coordinator.uuid if coordinator else "")
    if coordinator and pool.name == coordinator.name:
        pool = pool._replace(name="")  # Xen Orchestra gives a pool without a name that of its coordinator
    return Seen(pool, tuple(sorted(hosts, key=lambda host: (not host.is_coordinator, host.name.casefold(), host.uuid))))


def _identity(record: Record, token: Secret) -> str:
    identity = _said(record, "id", token, _SHORT)
    if identity is None:
        raise trouble.bad_reply("lists records without an id")
    return identity


def _said(record: Record, name: str, token: Secret, limit: int = 256) -> str | None:
    """A text of the record, without the token: the server knows it, and might say it."""
    value = text(record, name, limit)
    return None if value is None else token.hidden_in(value)
