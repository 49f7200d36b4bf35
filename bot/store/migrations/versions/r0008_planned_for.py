"""The day for which somebody planned to end what an alert is about, and who did; of alerts before, none."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("planned_for", sa.Date()))
    op.add_column("alerts", sa.Column("planned_by", sa.String()))
