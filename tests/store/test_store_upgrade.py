"""A database of the version before, with all that may be in it, brought to this one: nothing is lost, nothing doubled.

`fixtures/revision_0002.sql` was dumped by that version: alerts of most rules, acknowledged, snoozed, resolved for many
reasons; messages that wait to be posted, edited and updated; and what its `sweep on 2028-12-01` left behind.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, insert, select, text
from structlog.typing import FilteringBoundLogger

from bot.alerts.alert import Alert, AlertState, NotifyReason, Rule, notification_from_data
from bot.alerts.evaluate import FleetEvaluation
from bot.alerts.routing import AlertPlan
from bot.app.fleet import alert_store
from bot.chat.alert_context import alert_data
from bot.chat.alert_messages import thread_update
from bot.chat.rule_wording import detail_in_words, resolution_in_words
from bot.fleet.hosts import Source
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.store.database import Database, WriteLock
from bot.store.migrate import FOLDER, migrate
from bot.store.migrations.versions.r0003_details import detail_of, resolution_of, update_of
from bot.store.store import Store, open_store
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render

FIXTURE = Path(__file__).parent / "fixtures" / "revision_0002.sql"
NOW = datetime(2026, 10, 10, 3, tzinfo=UTC)
EVERY = timedelta(hours=6)
Rows = dict[str, list[dict[str, Any]]]


class Upgraded(NamedTuple):
    """A database that was brought to this version, and its rows before."""

    store: Store
    before: Rows

    def old(self, table: str) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self.before[table]}

    def rows(self, table: str) -> dict[int, dict[str, Any]]:
        with self.store.database.reading() as connection:
            found = connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()
            return {row["id"]: dict(row) for row in found}

    def alerts(self) -> dict[int, Alert]:
        return {alert.id: alert for alert in self.store.alerts.find(self.old("alerts"))}


@pytest.fixture
def upgraded(empty_url: str, tmp_path: Path, log: FilteringBoundLogger) -> Iterator[Upgraded]:
    path = Path(empty_url.removeprefix("sqlite:///")) if empty_url.startswith("sqlite") else tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIXTURE.read_text())
    engine = create_engine(f"sqlite:///{path}")
    (tables := MetaData()).reflect(engine)
    with engine.connect() as connection:
        found = {table.name: connection.execute(select(table)).mappings().all() for table in tables.sorted_tables}
    engine.dispose()
    before: Rows = {name: [dict(row) for row in rows] for name, rows in found.items()}
    if not empty_url.startswith("sqlite"):
        _fill(empty_url, before)
    store = open_store(empty_url, log, lambda: NOW)
    yield Upgraded(store, before)
    store.close()


def _fill(url: str, rows: Rows) -> None:
    """The same in PostgreSQL, whose tables that version made by the same steps."""
    database = Database(url)
    with database.writing(WriteLock.MIGRATION) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        command.upgrade(config, "0002")
        (tables := MetaData()).reflect(connection)
        for table in tables.sorted_tables:
            if table.name != "alembic_version" and rows[table.name]:
                connection.execute(insert(table), rows[table.name])
                if "id" in table.c:
                    last = max(row["id"] for row in rows[table.name])
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))
    database.close()


def test_every_alert_says_what_it_said(upgraded: Upgraded, matrix: Matrix) -> None:
    old, alerts = upgraded.old("alerts"), upgraded.alerts()
    assert alerts.keys() == old.keys()
    for number, alert in alerts.items():
        said = alert_data(alert, matrix)
        assert (said["detail"], said["why_resolved"]) == (old[number]["detail"], old[number]["why_resolved"])


def test_details_are_values_and_only_what_could_not_be_read_is_text(upgraded: Upgraded) -> None:
    kinds = Counter(alert.detail.kind for alert in upgraded.alerts().values())
    assert {"none", "support", "versions", "no_answer", "no_sweep"} == set(kinds)
    whys = {alert.why_resolved.kind for alert in upgraded.alerts().values() if alert.why_resolved}
    assert whys == {"hosts_gone", "one_version", "answers_again", "source_removed", "sweep_finished", "text"}


def test_all_else_is_as_it_was(upgraded: Upgraded) -> None:
    names = {"detail", "why_resolved"}
    for number, row in upgraded.rows("alerts").items():
        old = upgraded.old("alerts")[number]
        assert {k for k in old if k not in names and str(old[k]) != str(_plain(row[k], old[k]))} == set()
    for number, row in upgraded.rows("outbox").items():
        old = upgraded.old("outbox")[number]
        assert all(str(old[k]) == str(_plain(row[k], old[k])) for k in old if k != "payload")


def _plain(value: Any, like: Any) -> Any:
    """A value as the other database gives it."""
    if isinstance(value, str) and isinstance(like, list | dict):
        import json

        return json.loads(value)
    if isinstance(value, str) and isinstance(like, datetime):
        return datetime.fromisoformat(value)
    return bool(value) if isinstance(like, bool) else value


def test_messages_that_wait_are_the_same_and_updates_say_what_they_said(upgraded: Upgraded) -> None:
    waiting = {row["id"]: row for row in upgraded.before["outbox"] if row["done_at"] is None}
    assert {"bulletin", "edit", "news"} == {row["kind"] for row in waiting.values()}
    for number, row in waiting.items():
        payload = _plain(upgraded.rows("outbox")[number]["payload"], {})
        if row["kind"] != "news":
            assert payload == row["payload"]
            continue
        notification = notification_from_data(payload)
        assert detail_in_words(notification.alert.detail) == row["payload"]["alert"]["detail"]
        assert (resolution_in_words(notification.alert.why_resolved) or None) == row["payload"]["alert"]["why_resolved"]
        assert render(thread_update(notification), Capabilities())


def test_an_evaluation_takes_back_what_was_of_2028_and_doubles_nothing(
    upgraded: Upgraded, matrix: Matrix, reader: Reader
) -> None:
    store = upgraded.store
    sources = tuple(Source(state.name, state.kind, ("lab",)) for state in store.fleet.sources())
    judge = FleetEvaluation(lambda: (matrix, reader), alert_store(store), sources, AlertPlan("C0000OPS"), EVERY, NOW)
    before, waiting = upgraded.alerts(), _waiting(upgraded)
    made = judge.evaluate(NOW)
    assert [(each.reason, each.alert.subject.key) for each in made.notifications] == [
        (NotifyReason.RESOLVED, "release:XCP-ng:8.3")
    ]
    after = upgraded.alerts()
    assert after.keys() == before.keys()
    (early,) = [alert for alert in after.values() if alert.subject.release == "8.3"]
    assert (early.state, resolution_in_words(early.why_resolved)[:17]) == (AlertState.RESOLVED, "it is not due yet")
    for number, alert in before.items():
        if alert.state in (AlertState.ACKNOWLEDGED, AlertState.SNOOZED):
            now = after[number]
            assert (now.state, now.acknowledged_by, now.snoozed_until) == (
                alert.state, alert.acknowledged_by, alert.snoozed_until,
            )  # fmt: skip
    assert all(alert.told_at <= NOW for alert in after.values() if alert.is_open)
    (silent,) = [alert for alert in after.values() if alert.is_open and alert.rule is Rule.UNREACHABLE]
    assert (silent.told_at, silent.opened_at) == (NOW, before[silent.id].opened_at)
    (asleep,) = [alert for alert in after.values() if alert.is_open and alert.rule is Rule.SUPPORT]
    assert (before[asleep.id].state, asleep.state) == (AlertState.FIRING, AlertState.SNOOZED), (
        "2028 had ended its snooze"
    )
    rows = _waiting(upgraded)
    assert {row["key"] for row in waiting} <= {row["key"] for row in rows}
    assert all(created <= NOW for created in (_moment(row["created_at"]) for row in rows))
    edits = Counter(row["bulletin"] for row in rows if row["kind"] == "edit")
    assert set(edits.values()) == {1}
    assert judge.evaluate(NOW).changed == ()
    assert _waiting(upgraded) == rows


def _waiting(upgraded: Upgraded) -> list[dict[str, Any]]:
    return [row for row in upgraded.rows("outbox").values() if row["done_at"] is None]


def _moment(value: Any) -> datetime:
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)


def test_a_second_start_finds_nothing_to_do(upgraded: Upgraded) -> None:
    assert not migrate(upgraded.store.database)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("support", "a word that no version had"),
        ("unreachable", "since 31 Feb 2026 08:00 UTC: it broke"),
        ("unreachable", "since yesterday"),
        ("sweep_late", "since 1 Jan 2026 00:00 UTC, one every 90 minutes and more expected"),
        ("sweep_late", "yet, one every 60 minutes expected"),
        ("eol", "soon"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_stored_as_it_is(rule: str, sentence: str) -> None:
    assert detail_of(rule, sentence) == {"kind": "text", "text": sentence}


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("its date moved to 16 Sep 2027", "date_moved"),
        ("no host runs it any more (a, b and 4 more left; c now on XCP-ng 8.3.0)", "hosts_gone"),
        ("its hosts are gone (a removed from the configuration; b known by now)", "pool_gone"),
        ("no host runs it any more (a; b, c left; d now)", "text"),
        ("its date moved to 31 Feb 2027", "text"),
        ("gone fishing", "text"),
    ],
)
def test_a_reason_comes_back_word_for_word(sentence: str, kind: str) -> None:
    found = resolution_of(sentence)
    assert found
    assert found["kind"] == kind


def test_an_update_of_another_form_stays_as_it_is() -> None:
    assert update_of({"mood": "calm"}) == {"mood": "calm"}
