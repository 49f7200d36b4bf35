"""What every source said last of a host, in place of the hosts as they were merged; one table for all leases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

EVENT = timedelta(hours=1)
"""How long a claim on an event lasts."""
SWEEP = timedelta(seconds=20)
"""How long a sweep that runs is its process's, from the last sign of life on."""

_HOST: tuple[sa.Column[Any], ...] = (
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("address", sa.String(), nullable=False),
    sa.Column("is_coordinator", sa.Boolean(), nullable=False),
    sa.Column("enabled", sa.Boolean()),
    sa.Column("product_brand", sa.String()),
    sa.Column("product_version", sa.String()),
    sa.Column("build", sa.String()),
    sa.Column("platform_version", sa.String()),
    sa.Column("edition", sa.String()),
    sa.Column("licence_expires", sa.DateTime()),
    sa.Column("booted_at", sa.DateTime()),
    sa.Column("reboot_required", sa.Boolean()),
    sa.Column("pending_updates", sa.Integer()),
    sa.Column("up_to_date", sa.Boolean()),
)


def upgrade() -> None:
    _sightings()
    _leases()


def _sightings() -> None:
    """Each source that has a host is taken to have said what is known of it; the next answer puts that right."""
    op.drop_index("ix_sightings_host", "sightings")
    op.rename_table("sightings", "old_sightings")
    if op.get_bind().dialect.name == "postgresql":  # constraints keep their names, which are those of the new table
        op.execute("ALTER TABLE old_sightings RENAME CONSTRAINT pk_sightings TO pk_old_sightings")
        op.execute("ALTER TABLE old_sightings RENAME CONSTRAINT fk_sightings_source TO fk_old_sightings_source")
    made = op.create_table(
        "sightings",
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("pool_name", sa.String(), nullable=False),
        sa.Column("coordinator", sa.String(), nullable=False),
        *_HOST,
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("missing_since", sa.DateTime()),
        sa.Column("is_lost", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_sightings_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("uuid", "source", name="pk_sightings"),
    )
    hosts = sa.table("hosts", sa.column("uuid"), sa.column("pool"), *(sa.column(c.name) for c in _HOST))
    pools = sa.table("pools", *map(sa.column, ("uuid", "name", "coordinator", "mixed_since")))
    old = sa.table("old_sightings", *map(sa.column, ("source", "host", "seen_at", "missing_since")))
    sources = sa.table("sources", *map(sa.column, ("name", "ok_at")))
    is_lost = sa.and_(old.c.missing_since.is_not(None), old.c.missing_since <= sources.c.ok_at)
    found = (
        sa.select(
            hosts.c.uuid,
            old.c.source,
            pools.c.uuid,
            pools.c.name,
            pools.c.coordinator,
            *(hosts.c[column.name] for column in _HOST),
            old.c.seen_at,
            old.c.missing_since,
            sa.func.coalesce(is_lost, sa.false()),
        )
        .join_from(old, hosts, old.c.host == hosts.c.uuid)
        .join(pools, hosts.c.pool == pools.c.uuid)
        .join(sources, old.c.source == sources.c.name)
    )
    op.execute(made.insert().from_select([column.name for column in made.columns], found))
    op.drop_table("old_sightings")
    op.create_index("ix_sightings_source", "sightings", ["source"])
    op.create_index("ix_sightings_pool", "sightings", ["pool"])
    mixed = op.create_table(
        "mixed_pools",
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pool", name="pk_mixed_pools"),
    )
    since = sa.select(pools.c.uuid, pools.c.mixed_since).where(pools.c.mixed_since.is_not(None))
    op.execute(mixed.insert().from_select(["pool", "since"], since))
    op.drop_table("hosts")
    op.drop_table("pools")


def _leases() -> None:
    made = op.create_table(
        "leases",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime()),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_leases"),
    )
    if rows := [*_held(op.get_bind())]:
        op.bulk_insert(made, rows)
    op.drop_table("ticks")
    op.drop_table("seen")
    with op.batch_alter_table("sweeps") as sweeps:
        sweeps.drop_column("beat_at")
    with op.batch_alter_table("channels") as channels:
        channels.drop_column("leased_by")
        channels.drop_column("leased_until")


def _held(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """All that somebody has, or has done, in the tables that there were."""
    moments = {name: sa.column(name, sa.DateTime()) for name in ("at", "slot", "started_at", "beat_at", "leased_until")}
    ticks: Any = sa.select(sa.column("name"), moments["slot"], moments["at"]).select_from(sa.table("ticks"))
    for name, slot, at in connection.execute(ticks):
        yield _lease("slot", f"{name} {slot.replace(tzinfo=UTC).isoformat()}", "", at, None)
    seen: Any = sa.select(sa.column("key"), moments["at"]).select_from(sa.table("seen"))
    for key, at in connection.execute(seen):
        yield _lease("event", key, "", at, at + EVENT)
    held = sa.column("leased_by").is_not(None) & moments["leased_until"].is_not(None)
    channels: Any = sa.select(sa.column("channel"), sa.column("leased_by"), moments["leased_until"])
    for channel, by, until in connection.execute(channels.select_from(sa.table("channels")).where(held)):
        yield _lease("channel", channel, by, until, until)
    runs: Any = sa.select(sa.column("id"), sa.column("by"), moments["started_at"], moments["beat_at"])
    is_open = sa.column("finished_at").is_(None) & sa.column("slot").is_not(None)
    for number, by, started_at, beat_at in connection.execute(runs.select_from(sa.table("sweeps")).where(is_open)):
        yield _lease("sweep", str(number), by, started_at, beat_at + SWEEP)


def _lease(kind: str, name: str, holder: str, taken_at: datetime, until: datetime | None) -> dict[str, Any]:
    return {"kind": kind, "name": name, "holder": holder, "taken_at": taken_at, "until": until}
