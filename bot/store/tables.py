"""All tables. Migrations make them (bot/store/migrations); a test holds the two together."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    event,
    text,
)

from bot.alerts.alert import AlertState, Detail, NotifyReason, Rule
from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.ports import WatchKind
from bot.fleet.hosts import ChangeKind, SourceKind
from bot.published.page import RowChangeKind
from bot.published.renewals import change_from_data
from bot.store.columns import (
    ChoiceColumn,
    DayColumn,
    JsonColumn,
    MeasureColumn,
    MomentColumn,
    NumberColumn,
    TextColumn,
    listed_texts,
    require,
)
from bot.xapi.observation import FailureCode
from bot.xo.updates import WhyNotAsked

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names for what a migration may have to drop."""


def _partial_index(name: str, *columns: Column[Any], where: str, unique: bool = False) -> None:
    """An index of those rows alone for which a condition holds.

    The condition is an option of each kind of database, and naming a kind loads all that SQLAlchemy has for it: 2 MB
    for PostgreSQL. So it is named where tables are made.
    """
    index = Index(name, *columns, unique=unique)

    def name_the_kind(_: Table, connection: Connection, **__: Any) -> None:
        index.dialect_kwargs[f"{connection.dialect.name}_where"] = text(where)

    event.listen(index.table, "before_create", name_the_kind)


def _check_lead(value: Any) -> None:
    if any(days.__class__ is not int for days in value):
        raise ValueError


def _check_changes(value: Any) -> None:
    listed_texts(4)(value)
    for kind, *_ in value:
        RowChangeKind(kind)


def _check_data_changes(value: Any) -> None:
    for change in value:
        change_from_data(change)


metadata = MetaData(naming_convention=CONVENTION)

sources = Table(
    "sources",
    metadata,
    Column("name", TextColumn, primary_key=True),
    Column("kind", ChoiceColumn(SourceKind), nullable=False),
    Column("tried_at", MomentColumn, nullable=False),
    Column("ok_at", MomentColumn),
    Column("failures", NumberColumn, nullable=False, default=0),
    Column("unreachable_since", MomentColumn),
    Column("error_code", TextColumn),
    Column("error", TextColumn),
)

sightings = Table(  # what a source said last of a host, and of the pool that it is in
    "sightings",
    metadata,
    Column("uuid", TextColumn, primary_key=True),
    Column("source", ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True, index=True),
    Column("pool", TextColumn, nullable=False, index=True),
    Column("pool_name", TextColumn, nullable=False),
    Column("coordinator", TextColumn, nullable=False),
    Column("name", TextColumn, nullable=False),
    Column("address", TextColumn, nullable=False),
    Column("is_coordinator", Boolean, nullable=False),
    Column("enabled", Boolean),
    Column("product_brand", TextColumn),
    Column("product_version", TextColumn),
    Column("build", TextColumn),
    Column("platform_version", TextColumn),
    Column("edition", TextColumn),
    Column("licence_expires", MomentColumn),
    Column("booted_at", MomentColumn),
    Column("reboot_required", Boolean),
    Column("pending_updates", NumberColumn),
    Column("up_to_date", Boolean),
    Column("is_preview", Boolean),
    Column("software", TextColumn),  # as JSON
    Column("updated_at", MomentColumn),
    Column("updates_synced_at", MomentColumn),
    Column("certificate_expires", MomentColumn),
    Column("power", TextColumn),
    Column("seen_at", MomentColumn, nullable=False),
    Column("missing_since", MomentColumn),  # not seen, or its source does not answer
    Column("is_lost", Boolean, nullable=False),  # its source answers without it
    Column("contested_since", MomentColumn),  # another site, or this place, has the host or its pool already
    Column("down_since", MomentColumn),  # its source says that it is off, or cannot tell
    Column("restart_since", MomentColumn),  # it waits for a restart
)

orchestras = Table(  # what a Xen Orchestra said of itself, and how asking it for missing updates went
    "orchestras",
    metadata,
    Column("name", ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True),
    Column("url", TextColumn, nullable=False),
    Column("xo_server", TextColumn),
    Column("rest_api", TextColumn),
    Column("asked_at", MomentColumn, nullable=False),
    Column("known_at", MomentColumn),  # the moment of the two numbers
    Column("error_code", ChoiceColumn(FailureCode)),
    Column("error", TextColumn),
    Column("updates_asked_at", MomentColumn),
    Column("updates_error_code", ChoiceColumn(FailureCode)),
    Column("updates_error", TextColumn),
)

missing_updates = Table(  # what a host misses, as a Xen Orchestra that sees it told it last
    "missing_updates",
    metadata,
    Column("uuid", TextColumn, primary_key=True),
    Column("source", TextColumn, primary_key=True),
    Column("asked_at", MomentColumn, nullable=False),
    Column("asked", Boolean, nullable=False),
    Column("why", ChoiceColumn(WhyNotAsked)),
    Column("missing", TextColumn, nullable=False),  # JSON, as text: most hosts have one that another has, too
    ForeignKeyConstraint(["uuid", "source"], ["sightings.uuid", "sightings.source"], ondelete="CASCADE"),
)

sites = Table(
    "sites",
    metadata,
    Column("name", TextColumn, primary_key=True),
    Column("heard_at", MomentColumn, nullable=False),
    Column("digest", TextColumn, nullable=False),  # of the targets, so that only others have to be read
    Column("targets", JsonColumn(listed_texts(2)), nullable=False),  # [[name, tags joined by spaces], ...]
)

site_workers = Table(
    "site_workers",
    metadata,
    Column("site", TextColumn, primary_key=True),
    Column("id", TextColumn, primary_key=True),
    Column("version", TextColumn, nullable=False),
    Column("heard_at", MomentColumn, nullable=False),
    Column("is_too_old", Boolean, nullable=False),
)

mixed_pools = Table(
    "mixed_pools",
    metadata,
    Column("pool", TextColumn, primary_key=True),
    Column("since", MomentColumn, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", MomentColumn, nullable=False, index=True),
    Column("kind", ChoiceColumn(ChangeKind), nullable=False),
    Column("source", TextColumn, nullable=False),
    Column("uuid", TextColumn),
    Column("host", TextColumn),
    Column("pool", TextColumn),
    Column("before", TextColumn),
    Column("after", TextColumn),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slot", MomentColumn, unique=True),  # NULL for one that somebody asked for
    Column("by", TextColumn, nullable=False),  # who runs it, or ran it last
    Column("started_at", MomentColumn, nullable=False, index=True),
    Column("finished_at", MomentColumn),
    Column("sources", NumberColumn, nullable=False, default=0),
    Column("failed", NumberColumn, nullable=False, default=0),
    Column("error", TextColumn),
)

bulletins = Table(
    "bulletins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", TextColumn, nullable=False),
    Column("subject", TextColumn, nullable=False),
    Column("ts", TextColumn),
    Column("opened_at", MomentColumn, nullable=False),
    Column("closed_at", MomentColumn),
)
_partial_index(
    "ix_bulletins_open",
    bulletins.c.channel,
    bulletins.c.subject,
    unique=True,
    where="closed_at IS NULL",
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("bulletin", ForeignKey("bulletins.id"), nullable=False, index=True),
    Column("channel", TextColumn, nullable=False),
    Column("rule", ChoiceColumn(Rule), nullable=False),
    Column("subject", TextColumn, nullable=False),
    Column("subject_name", TextColumn, nullable=False),
    Column("product", TextColumn),
    Column("release", TextColumn),
    Column("hosts", JsonColumn(listed_texts(3)), nullable=False),  # [[uuid, name, pool], ...]
    Column("gone", JsonColumn(listed_texts(3)), nullable=False),
    Column("due", DayColumn),
    Column("threshold_days", NumberColumn),
    Column("detail", JsonColumn(Detail.from_data, none_as_null=True)),  # {"kind": ..., its values}, as why_resolved
    Column("watched", Boolean, nullable=False),
    Column("state", ChoiceColumn(AlertState), nullable=False),
    Column("reason", ChoiceColumn(NotifyReason), nullable=False),
    Column("opened_at", MomentColumn, nullable=False),
    Column("told_at", MomentColumn, nullable=False),
    Column("acknowledged_by", TextColumn),
    Column("acknowledged_at", MomentColumn),
    Column("snoozed_by", TextColumn),
    Column("snoozed_at", MomentColumn),
    Column("snoozed_until", MomentColumn),
    Column("resolved_at", MomentColumn, index=True),
    Column("why_resolved", JsonColumn(Detail.from_data, none_as_null=True)),
    Column("planned_for", DayColumn),
    Column("planned_by", TextColumn),
    Column("note", TextColumn),
    Column("noted_by", TextColumn),
    sqlite_autoincrement=True,  # an alert's number is typed by people: it never comes twice
)
_partial_index(
    "ix_alerts_open",
    alerts.c.channel,
    alerts.c.rule,
    alerts.c.subject,
    unique=True,
    where="resolved_at IS NULL",
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", TextColumn, nullable=False, unique=True),
    Column("channel", TextColumn, nullable=False),
    Column("bulletin", ForeignKey("bulletins.id"), index=True),
    Column("kind", ChoiceColumn(DeliveryKind), nullable=False),
    Column("payload", JsonColumn(dict), nullable=False),
    Column("state", TextColumn, nullable=False),  # pending, sending, sent, dropped
    Column("created_at", MomentColumn, nullable=False),
    Column("began_at", MomentColumn),  # of the last try
    Column("attempts", NumberColumn, nullable=False, default=0),
    Column("done_at", MomentColumn),
    Column("ts", TextColumn),
    Column("why_dropped", TextColumn),
    sqlite_autoincrement=True,
)
_partial_index(
    "ix_outbox_waiting",
    outbox.c.channel,
    outbox.c.id,
    where="done_at IS NULL",
)
_partial_index(
    "ix_outbox_one_edit",  # edits of a bulletin that wait are one edit
    outbox.c.bulletin,
    unique=True,
    where="kind = 'edit' AND state = 'pending'",
)

channels = Table(
    "channels",
    metadata,
    Column("channel", TextColumn, primary_key=True),
    Column("not_before", MomentColumn),
    Column("stopped_code", TextColumn),
    Column("stopped", TextColumn),
    Column("stopped_at", MomentColumn),
)

watches = Table(
    "watches",
    metadata,
    Column("channel", TextColumn, primary_key=True),
    Column("kind", ChoiceColumn(WatchKind), primary_key=True),
    Column("what", TextColumn, primary_key=True),
    Column("product", TextColumn),
    Column("release", TextColumn),
    Column("lead", JsonColumn(_check_lead, none_as_null=True)),
    Column("by", TextColumn, nullable=False),
    Column("at", MomentColumn, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("channel", TextColumn, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("by", TextColumn, nullable=False),
    Column("at", MomentColumn, nullable=False),
)

leases = Table(  # who may do what, for how long (bot.store.leases)
    "leases",
    metadata,
    Column("kind", TextColumn, primary_key=True),
    Column("name", TextColumn, primary_key=True),
    Column("holder", TextColumn, nullable=False),
    Column("taken_at", MomentColumn, nullable=False),
    Column("until", MomentColumn),  # NULL: for good
)

access_requests = Table(  # when somebody asked last for a right, and those who may grant it were told
    "access_requests",
    metadata,
    Column("who", TextColumn, primary_key=True),
    Column("right", TextColumn, primary_key=True),
    Column("asked_at", MomentColumn, nullable=False),
)

table_forms = Table(  # workspaces of Slack's that refused a richer form of table, and the one they get
    "table_forms",
    metadata,
    Column("team", TextColumn, primary_key=True),
    Column("form", NumberColumn, nullable=False),  # bot.slack.table_blocks.TableForm
    Column("refused_at", MomentColumn, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", MomentColumn, nullable=False, index=True),
    Column("who", TextColumn, nullable=False),
    Column("team", TextColumn),
    Column("where", TextColumn),
    Column("way", TextColumn, nullable=False),
    Column("command", TextColumn, nullable=False),
    Column("words", TextColumn, nullable=False),
    Column("outcome", TextColumn, nullable=False),
    Column("ms", MeasureColumn, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", TextColumn, nullable=False, index=True),
    Column("digest", TextColumn, nullable=False),
    Column("etag", TextColumn),
    Column("text", TextColumn, nullable=False),
    Column("changes", JsonColumn(_check_changes), nullable=False),  # [[kind, label, before, after], ...]
    Column("problems", JsonColumn(listed_texts(2)), nullable=False),  # [[line, message], ...]
    Column("read_on", DayColumn, nullable=False),
    Column("fetched_at", MomentColumn, nullable=False),
    Column("accepted_at", MomentColumn),
    Column("told_at", MomentColumn),
    sqlite_autoincrement=True,
)

renewals = Table(  # bundles of data that were accepted
    "renewals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", TextColumn, nullable=False),
    Column("digest", TextColumn, nullable=False),
    Column("etag", TextColumn),
    Column("day", DayColumn, nullable=False),
    Column("changes", JsonColumn(_check_data_changes), nullable=False),  # [[file, subject, fact, ...], ...]
    Column("checked_by", TextColumn, nullable=False),
    Column("text", TextColumn, nullable=False),  # as it came
    Column("content", TextColumn, nullable=False),  # what the checks made of it, as JSON
    Column("content_crc32", TextColumn, nullable=False),
    Column("accepted_at", MomentColumn, nullable=False),
    Column("told_at", MomentColumn),
    sqlite_autoincrement=True,
)

tries = Table(
    "tries",
    metadata,
    Column("source", TextColumn, primary_key=True),
    Column("tried_at", MomentColumn, nullable=False),
    Column("ok_at", MomentColumn),
    Column("failing_since", MomentColumn),
    Column("error", TextColumn),
    Column("told_at", MomentColumn),
    Column("passing", Boolean, nullable=False),
)

require(metadata)
