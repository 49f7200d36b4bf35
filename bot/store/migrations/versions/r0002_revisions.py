"""Pages of the published list as they came, and how fetching them goes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("etag", sa.String()),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(), nullable=False),
        sa.Column("accepted_at", sa.DateTime()),
        sa.Column("told_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revisions_source", "revisions", ["source"])
    op.create_table(
        "tries",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("tried_at", sa.DateTime(), nullable=False),
        sa.Column("ok_at", sa.DateTime()),
        sa.Column("failing_since", sa.DateTime()),
        sa.Column("error", sa.String()),
        sa.Column("told_at", sa.DateTime()),
        sa.Column("passing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_tries"),
    )
