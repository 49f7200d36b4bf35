"""All tables. Migrations make them (bot/store/migrations); a test holds the two together."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    text,
)

from bot.store.kinds import Line, Moment

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names for what a migration may have to drop."""


metadata = MetaData(naming_convention=CONVENTION)

sources = Table(
    "sources",
    metadata,
    Column("name", Line, primary_key=True),
    Column("kind", Line, nullable=False),
    Column("tried_at", Moment, nullable=False),
    Column("ok_at", Moment),
    Column("failures", Integer, nullable=False, default=0),
    Column("unreachable_since", Moment),
    Column("error_code", Line),
    Column("error", Line),
)

pools = Table(
    "pools",
    metadata,
    Column("uuid", Line, primary_key=True),
    Column("name", Line, nullable=False),
    Column("coordinator", Line, nullable=False),
    Column("mixed_since", Moment),
)

hosts = Table(
    "hosts",
    metadata,
    Column("uuid", Line, primary_key=True),
    Column("pool", ForeignKey("pools.uuid"), nullable=False, index=True),
    Column("name", Line, nullable=False),
    Column("address", Line, nullable=False),
    Column("is_coordinator", Boolean, nullable=False),
    Column("enabled", Boolean),
    Column("product_brand", Line),
    Column("product_version", Line),
    Column("build", Line),
    Column("platform_version", Line),
    Column("edition", Line),
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
    Column("kind", Line, nullable=False),
    Column("source", Line, nullable=False),
    Column("uuid", Line),
    Column("host", Line),
    Column("pool", Line),
    Column("before", Line),
    Column("after", Line),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slot", Moment, unique=True),  # NULL for one that somebody asked for
    Column("by", Line, nullable=False),
    Column("started_at", Moment, nullable=False, index=True),
    Column("beat_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("sources", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("error", Line),
)

bulletins = Table(
    "bulletins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Line, nullable=False),
    Column("subject", Line, nullable=False),
    Column("ts", Line),
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
    Column("channel", Line, nullable=False),
    Column("rule", Line, nullable=False),
    Column("subject", Line, nullable=False),
    Column("subject_name", Line, nullable=False),
    Column("product", Line),
    Column("release", Line),
    Column("hosts", JSON, nullable=False),  # [[uuid, name, pool], ...]
    Column("gone", JSON, nullable=False),
    Column("due", Date),
    Column("threshold_days", Integer),
    Column("detail", Line, nullable=False),
    Column("watched", Boolean, nullable=False),
    Column("state", Line, nullable=False),
    Column("reason", Line, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("acknowledged_by", Line),
    Column("acknowledged_at", Moment),
    Column("snoozed_by", Line),
    Column("snoozed_at", Moment),
    Column("snoozed_until", Moment),
    Column("resolved_at", Moment, index=True),
    Column("why_resolved", Line),
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
    Column("key", Line, nullable=False, unique=True),
    Column("channel", Line, nullable=False),
    Column("bulletin", ForeignKey("bulletins.id"), index=True),
    Column("kind", Line, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Line, nullable=False),  # pending, sending, sent, dropped
    Column("created_at", Moment, nullable=False),
    Column("began_at", Moment),  # of the last try
    Column("attempts", Integer, nullable=False, default=0),
    Column("done_at", Moment),
    Column("ts", Line),
    Column("why_dropped", Line),
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
    Column("channel", Line, primary_key=True),
    Column("leased_by", Line),
    Column("leased_until", Moment),
    Column("not_before", Moment),
    Column("stopped_code", Line),
    Column("stopped", Line),
    Column("stopped_at", Moment),
)

watches = Table(
    "watches",
    metadata,
    Column("channel", Line, primary_key=True),
    Column("kind", Line, primary_key=True),
    Column("what", Line, primary_key=True),
    Column("product", Line),
    Column("release", Line),
    Column("lead", JSON(none_as_null=True)),
    Column("by", Line, nullable=False),
    Column("at", Moment, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("channel", Line, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("by", Line, nullable=False),
    Column("at", Moment, nullable=False),
)

ticks = Table(
    "ticks",
    metadata,
    Column("name", Line, primary_key=True),  # a job, with its channel where it has one
    Column("slot", Moment, primary_key=True),
    Column("at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("who", Line, nullable=False),
    Column("team", Line),
    Column("where", Line),
    Column("way", Line, nullable=False),
    Column("command", Line, nullable=False),
    Column("words", Line, nullable=False),
    Column("outcome", Line, nullable=False),
    Column("ms", Float, nullable=False),
)

seen = Table(
    "seen",
    metadata,
    Column("key", Line, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Line, nullable=False, index=True),
    Column("digest", Line, nullable=False),
    Column("etag", Line),
    Column("text", Line, nullable=False),
    Column("changes", JSON, nullable=False),  # [[kind, label, before, after], ...]
    Column("problems", JSON, nullable=False),  # [[line, message], ...]
    Column("read_on", Date, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("accepted_at", Moment),
    Column("told_at", Moment),
    sqlite_autoincrement=True,
)

tries = Table(
    "tries",
    metadata,
    Column("source", Line, primary_key=True),
    Column("tried_at", Moment, nullable=False),
    Column("ok_at", Moment),
    Column("failing_since", Moment),
    Column("error", Line),
    Column("told_at", Moment),
    Column("passing", Boolean, nullable=False),
)
