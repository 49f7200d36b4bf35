"""Who asked for which right, so that those who may grant it are told once a day."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "access_requests",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("right", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("who", "right", name="pk_access_requests"),
    )
