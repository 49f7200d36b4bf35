"""All tables, as they were first."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _where(condition: sa.TextClause) -> dict[str, Any]:
    """What an index is of, as each database is told."""
    return {"sqlite_where": condition, "postgresql_where": condition}


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("team", sa.String()),
        sa.Column("where", sa.String()),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "bulletins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("ts", sa.String()),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_bulletins"),
    )
    op.create_index(
        "ix_bulletins_open", "bulletins", ["channel", "subject"], unique=True, **_where(sa.text("closed_at IS NULL"))
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("uuid", sa.String()),
        sa.Column("host", sa.String()),
        sa.Column("pool", sa.String()),
        sa.Column("before", sa.String()),
        sa.Column("after", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_table(
        "channels",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("leased_by", sa.String()),
        sa.Column("leased_until", sa.DateTime()),
        sa.Column("not_before", sa.DateTime()),
        sa.Column("stopped_code", sa.String()),
        sa.Column("stopped", sa.String()),
        sa.Column("stopped_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("channel", name="pk_channels"),
    )
    op.create_table(
        "digests",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_digests"),
    )
    op.create_table(
        "pools",
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("coordinator", sa.String(), nullable=False),
        sa.Column("mixed_since", sa.DateTime()),
        sa.PrimaryKeyConstraint("uuid", name="pk_pools"),
    )
    op.create_table(
        "seen",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_seen"),
    )
    op.create_index("ix_seen_at", "seen", ["at"])
    op.create_table(
        "sources",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tried_at", sa.DateTime(), nullable=False),
        sa.Column("ok_at", sa.DateTime()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("unreachable_since", sa.DateTime()),
        sa.Column("error_code", sa.String()),
        sa.Column("error", sa.String()),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "sweeps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.DateTime()),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("error", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_sweeps"),
        sa.UniqueConstraint("slot", name="uq_sweeps_slot"),
    )
    op.create_index("ix_sweeps_started_at", "sweeps", ["started_at"])
    op.create_table(
        "ticks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slot", sa.DateTime(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name="pk_ticks"),
    )
    op.create_table(
        "watches",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("product", sa.String()),
        sa.Column("release", sa.String()),
        sa.Column("lead", sa.JSON()),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "kind", "what", name="pk_watches"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bulletin", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("product", sa.String()),
        sa.Column("release", sa.String()),
        sa.Column("hosts", sa.JSON(), nullable=False),
        sa.Column("gone", sa.JSON(), nullable=False),
        sa.Column("due", sa.Date()),
        sa.Column("threshold_days", sa.Integer()),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.Column("acknowledged_by", sa.String()),
        sa.Column("acknowledged_at", sa.DateTime()),
        sa.Column("snoozed_by", sa.String()),
        sa.Column("snoozed_at", sa.DateTime()),
        sa.Column("snoozed_until", sa.DateTime()),
        sa.Column("resolved_at", sa.DateTime()),
        sa.Column("why_resolved", sa.String()),
        sa.ForeignKeyConstraint(["bulletin"], ["bulletins.id"], name="fk_alerts_bulletin"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_bulletin", "alerts", ["bulletin"])
    op.create_index(
        "ix_alerts_open",
        "alerts",
        ["channel", "rule", "subject"],
        unique=True,
        **_where(sa.text("resolved_at IS NULL")),
    )
    op.create_index("ix_alerts_resolved_at", "alerts", ["resolved_at"])
    op.create_table(
        "hosts",
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
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
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("observed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pools.uuid"], name="fk_hosts_pool"),
        sa.PrimaryKeyConstraint("uuid", name="pk_hosts"),
    )
    op.create_index("ix_hosts_pool", "hosts", ["pool"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("bulletin", sa.Integer()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("began_at", sa.DateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime()),
        sa.Column("ts", sa.String()),
        sa.Column("why_dropped", sa.String()),
        sa.ForeignKeyConstraint(["bulletin"], ["bulletins.id"], name="fk_outbox_bulletin"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_bulletin", "outbox", ["bulletin"])
    op.create_index(
        "ix_outbox_one_edit",
        "outbox",
        ["bulletin"],
        unique=True,
        **_where(sa.text("kind = 'edit' AND state = 'pending'")),
    )
    op.create_index("ix_outbox_waiting", "outbox", ["channel", "id"], **_where(sa.text("done_at IS NULL")))
    op.create_table(
        "sightings",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("missing_since", sa.DateTime()),
        sa.ForeignKeyConstraint(["host"], ["hosts.uuid"], name="fk_sightings_host", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_sightings_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source", "host", name="pk_sightings"),
    )
    op.create_index("ix_sightings_host", "sightings", ["host"])
