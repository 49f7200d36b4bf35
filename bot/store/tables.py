"""All tables. Migrations make them (bot/store/migrations); a test holds the two together."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names for what a migration may have to drop."""


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; SQLite knows no zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: Any | None, _: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


metadata = MetaData(naming_convention=CONVENTION)

sources = Table(
    "sources",
    metadata,
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("tried_at", Moment, nullable=False),
    Column("ok_at", Moment),
    Column("failures", Integer, nullable=False, default=0),
    Column("unreachable_since", Moment),
    Column("error_code", String),
    Column("error", Text),
)

pools = Table(
    "pools",
    metadata,
    Column("uuid", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("coordinator", String, nullable=False),
    Column("mixed_since", Moment),
)

hosts = Table(
    "hosts",
    metadata,
    Column("uuid", String, primary_key=True),
    Column("pool", ForeignKey("pools.uuid"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("is_coordinator", Boolean, nullable=False),
    Column("enabled", Boolean),
    Column("product_brand", String),
    Column("product_version", String),
    Column("build", String),
    Column("platform_version", String),
    Column("edition", String),
    Column("licence_expires", Moment),
    Column("booted_at", Moment),
    Column("reboot_required", Boolean),
    Column("pending_updates", Integer),
    Column("up_to_date", Boolean),
    Column("first_seen_at", Moment, nullable=False),
    Column("observed_at", Moment, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("source", ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True),
    Column("host", ForeignKey("hosts.uuid", ondelete="CASCADE"), primary_key=True, index=True),
    Column("seen_at", Moment, nullable=False),
    Column("missing_since", Moment),  # not seen, or its source does not answer
)

changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("uuid", String),
    Column("host", String),
    Column("pool", String),
    Column("before", String),
    Column("after", String),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slot", Moment, unique=True),  # NULL for one that somebody asked for
    Column("by", String, nullable=False),
    Column("started_at", Moment, nullable=False, index=True),
    Column("beat_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("sources", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("error", Text),
)

bulletins = Table(
    "bulletins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("ts", String),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
Index(
    "ix_bulletins_open",
    bulletins.c.channel,
    bulletins.c.subject,
    unique=True,
    sqlite_where=text("closed_at IS NULL"),
    postgresql_where=text("closed_at IS NULL"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("bulletin", ForeignKey("bulletins.id"), nullable=False, index=True),
    Column("channel", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("subject_name", String, nullable=False),
    Column("product", String),
    Column("release", String),
    Column("hosts", JSON, nullable=False),  # [[uuid, name, pool], ...]
    Column("due", Date),
    Column("threshold_days", Integer),
    Column("detail", String, nullable=False),
    Column("watched", Boolean, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("acknowledged_by", String),
    Column("acknowledged_at", Moment),
    Column("snoozed_by", String),
    Column("snoozed_at", Moment),
    Column("snoozed_until", Moment),
    Column("resolved_at", Moment, index=True),
    Column("why_resolved", String),
    sqlite_autoincrement=True,  # an alert's number is typed by people: it never comes twice
)
Index(
    "ix_alerts_open",
    alerts.c.channel,
    alerts.c.rule,
    alerts.c.subject,
    unique=True,
    sqlite_where=text("resolved_at IS NULL"),
    postgresql_where=text("resolved_at IS NULL"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("channel", String, nullable=False),
    Column("bulletin", ForeignKey("bulletins.id")),
    Column("kind", String, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String, nullable=False),  # pending, sending, sent, dropped
    Column("created_at", Moment, nullable=False),
    Column("began_at", Moment),  # of the last try
    Column("attempts", Integer, nullable=False, default=0),
    Column("done_at", Moment),
    Column("ts", String),
    Column("why_dropped", Text),
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.channel,
    outbox.c.id,
    sqlite_where=text("done_at IS NULL"),
    postgresql_where=text("done_at IS NULL"),
)
Index(
    "ix_outbox_one_edit",  # edits of a bulletin that wait are one edit
    outbox.c.bulletin,
    unique=True,
    sqlite_where=text("kind = 'edit' AND state = 'pending'"),
    postgresql_where=text("kind = 'edit' AND state = 'pending'"),
)

channels = Table(
    "channels",
    metadata,
    Column("channel", String, primary_key=True),
    Column("leased_by", String),
    Column("leased_until", Moment),
    Column("not_before", Moment),
    Column("stopped_code", String),
    Column("stopped", Text),
    Column("stopped_at", Moment),
)

watches = Table(
    "watches",
    metadata,
    Column("channel", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("what", String, primary_key=True),
    Column("product", String),
    Column("release", String),
    Column("lead", JSON),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("channel", String, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Moment, nullable=False),
)

ticks = Table(
    "ticks",
    metadata,
    Column("name", String, primary_key=True),  # a job, with its channel where it has one
    Column("slot", Moment, primary_key=True),
    Column("at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("who", String, nullable=False),
    Column("team", String),
    Column("where", String),
    Column("way", String, nullable=False),
    Column("command", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("outcome", String, nullable=False),
    Column("ms", Float, nullable=False),
)

seen = Table(
    "seen",
    metadata,
    Column("key", String, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)
