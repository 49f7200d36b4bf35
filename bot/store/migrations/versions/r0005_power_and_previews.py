"""Whether a host runs, since when it does not, and whether what it runs is a preview; all unknown until it is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("sightings", sa.Column("is_preview", sa.Boolean()))
    op.add_column("sightings", sa.Column("power", sa.String()))
    op.add_column("sightings", sa.Column("down_since", sa.DateTime()))
