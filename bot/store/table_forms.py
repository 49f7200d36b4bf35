"""Which form of table workspaces take."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from bot.store.bulk import upsert
from bot.store.database import Repository
from bot.store.tables import table_forms

MOST = 1_000
"""Workspaces that are read, the latest ones."""


class SqlTableForms(Repository):
    """bot.slack.table_forms.RefusedForms."""

    def since(self, at: datetime) -> Mapping[str, tuple[int, datetime]]:
        refused_at = table_forms.c.refused_at
        latest = select(table_forms).where(refused_at > at).order_by(refused_at.desc()).limit(MOST)
        with self._database.reading() as connection:
            return {row.team: (row.form, row.refused_at) for row in connection.execute(latest)}

    def save(self, team: str, form: int, at: datetime) -> None:
        with self._database.writing() as connection:
            upsert(connection, table_forms, [{"team": team, "form": int(form), "refused_at": at}])
