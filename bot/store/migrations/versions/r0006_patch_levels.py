"""What hosts say of the software that runs, of updates and of their certificate; unknown until they are asked."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("sightings", sa.Column("software", sa.String()))
    for moment in ("updated_at", "updates_synced_at", "certificate_expires", "restart_since"):
        op.add_column("sightings", sa.Column(moment, sa.DateTime()))
