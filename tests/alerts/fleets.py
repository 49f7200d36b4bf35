"""Small fleets for tests: hosts as a sweep left them."""

from datetime import UTC, datetime

from bot.fleet.hosts import Source, SourceKind, SourceState, WatchedHost
from bot.xapi.observation import Host, Pool

NOW = datetime(2025, 6, 20, 8, tzinfo=UTC)
"""88 days before the end of life of XCP-ng 8.2."""

LAB, PROD = Pool("pool-lab", "lab", "xen-2"), Pool("pool-prod", "Prod", "xen-9")
OPS, TEAM, OTHER = "C0OPS", "C0TEAM", "C0OTHER"
LAB_A, XO = Source("lab-a", SourceKind.TARGET, ("lab",)), Source("xo", SourceKind.XEN_ORCHESTRA, ("prod",))


def host(
    name: str,
    version: str | None = "8.2.1",
    brand: str | None = "XCP-ng",
    pool: Pool = LAB,
    sources: tuple[str, ...] = ("lab-a",),
    mixed_since: datetime | None = None,
    unreachable_since: datetime | None = None,
) -> WatchedHost:
    """A host whose uuid is `uuid-NAME`."""
    seen = Host(
        uuid=f"uuid-{name}",
        name=name,
        address="192.0.2.1",
        is_coordinator=False,
        enabled=True,
        product_brand=brand,
        product_version=version,
        build=None,
        platform_version=None,
        edition=None,
        licence_expires=None,
        booted_at=None,
        reboot_required=None,
        pending_updates=None,
    )
    return WatchedHost(seen, pool, sources, NOW, unreachable_since, mixed_since)


def state(source: Source, failures: int = 0) -> SourceState:
    """How a source does after so many failed sweeps."""
    since, error = (NOW, "It did not answer.") if failures else (None, None)
    return SourceState(source.name, source.kind, NOW, NOW, failures, since, "unreachable" if failures else None, error)
