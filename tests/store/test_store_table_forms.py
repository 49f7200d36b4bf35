"""Which form of table workspaces take, on both databases."""

from datetime import timedelta

from bot.store.database import Database
from bot.store.table_forms import SqlTableForms
from tests.fleet.fleets import START

DAY = timedelta(days=1)


def test_the_last_refusal_of_each_workspace_is_known_for_as_long_as_is_asked(database: Database) -> None:
    forms = SqlTableForms(database)
    forms.save("T1", 1, START)
    forms.save("T1", 0, START + timedelta(hours=1))
    forms.save("", 1, START - 2 * DAY)
    assert SqlTableForms(database).since(START - DAY) == {"T1": (0, START + timedelta(hours=1))}
    assert {*forms.since(START - 3 * DAY)} == {"T1", ""}
    assert forms.since(START + DAY) == {}
