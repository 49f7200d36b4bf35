"""Sites with their workers, as they were last heard; and hosts that a site claims though another has them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "sites",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("heard_at", sa.DateTime(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sites"),
    )
    op.create_table(
        "site_workers",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("heard_at", sa.DateTime(), nullable=False),
        sa.Column("is_too_old", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site", "id", name="pk_site_workers"),
    )
    op.add_column("sightings", sa.Column("contested_since", sa.DateTime()))
