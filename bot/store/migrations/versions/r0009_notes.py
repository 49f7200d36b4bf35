"""What somebody wrote about an alert, and who; alerts of before have no note."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("note", sa.String()))
    op.add_column("alerts", sa.Column("noted_by", sa.String()))
