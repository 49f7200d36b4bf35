"""What Xen Orchestras say of themselves, and of the updates that their hosts miss; both go with the source or host."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _orchestras()
    _missing_updates()


def _orchestras() -> None:
    op.create_table(
        "orchestras",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("xo_server", sa.String()),
        sa.Column("rest_api", sa.String()),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("known_at", sa.DateTime()),
        sa.Column("error_code", sa.String()),
        sa.Column("error", sa.String()),
        sa.Column("updates_asked_at", sa.DateTime()),
        sa.Column("updates_error_code", sa.String()),
        sa.Column("updates_error", sa.String()),
        sa.ForeignKeyConstraint(["name"], ["sources.name"], name="fk_orchestras_name", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name", name="pk_orchestras"),
    )


def _missing_updates() -> None:
    op.create_table(
        "missing_updates",
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String()),
        sa.Column("missing", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["uuid", "source"],
            ["sightings.uuid", "sightings.source"],
            name="fk_missing_updates_uuid_source",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uuid", "source", name="pk_missing_updates"),
    )
