"""The proof at the end of the endurance bench finds what it looks for: each thing that can go wrong does, here."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.routing import AlertPlan
from bot.chat.transport import reply_for
from bot.matrix.load import load_matrix
from bot.slack.blocks import messages
from bot.store.database import Database
from bot.store.fleet import SqlSweeps
from bot.store.outbox import SqlOutbox
from tests.alerts.delivery.queue import LAB, Queue
from tests.alerts.delivery.slack import Kept, Slack
from tests.bench.endurance.proof import Records, current, delivered, swept, true
from tests.bench.endurance.served import Life

EVERY = timedelta(seconds=20)
BEGIN = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def queue(migrated_file: Path, tmp_path: Path) -> Iterator[Queue]:
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'xocompat.db')}")
    yield Queue(database)
    database.close()


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as running:
        yield running


def _said(slack: Slack, *keys: str) -> None:
    for at, key in enumerate(keys):
        metadata = {"event_type": "xocompat", "event_payload": {"key": key}}
        slack.room(LAB).messages.append(Kept(f"{at}.000001", "words", [], metadata, None))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ((0, 1, 2), {}),
        ((0, 2), {"lost": 1}),
        ((0, 1, 1, 2), {"doubled": 1}),
        ((0, 2, 1), {"disordered": 1}),
    ],
)
def test_what_is_lost_doubled_or_out_of_order_is_counted(
    queue: Queue, slack: Slack, said: tuple[int, ...], wrong: dict[str, int]
) -> None:
    keys = [queue.message(DeliveryKind.DIGEST) for _ in range(3)]
    _said(slack, *(keys[at] for at in said))
    found = delivered(Records.read(queue.database), slack, (LAB,))
    none = dict.fromkeys(("lost", "doubled", "strange", "disordered"), 0)
    assert {name: found[name] for name in none} == none | wrong


def test_a_message_that_nobody_queued_is_strange(queue: Queue, slack: Slack) -> None:
    _said(slack, "nobody's")
    assert delivered(Records.read(queue.database), slack, (LAB,))["strange"] == 1


def test_a_bulletin_is_right_if_it_says_what_holds(queue: Queue, slack: Slack) -> None:
    queue.bulletin()
    assert _wrong(queue, slack) == [f"{LAB} release:XCP-ng:1: not there"]
    outbox = SqlOutbox(queue.database)
    delivery = outbox.next(LAB)
    assert delivery
    message = messages(reply_for(delivery, load_matrix(), AlertPlan()), most=1)[0]
    outbox.sent(delivery, "1.000001", BEGIN)
    slack.room(LAB).messages.append(Kept("1.000001", message.text, [*message.blocks], None, None))
    assert _wrong(queue, slack) == []
    slack.room(LAB).messages[0].text = "What held yesterday."
    assert "says 'What held yesterday.'" in _wrong(queue, slack)[0]


def _wrong(queue: Queue, slack: Slack) -> list[str]:
    return list(current(Records.read(queue.database), slack)["bulletins_wrong"])


def test_a_host_that_no_alert_has_is_told_and_one_that_an_alert_has_in_vain(queue: Queue) -> None:
    queue.bulletin()  # of xen-1, on XCP-ng 8.2
    kept = Records.read(queue.database)

    def found(*runs: tuple[str, str, str, str]) -> tuple[Any, Any]:
        told = true(kept, {*runs}, {"lab": LAB})
        return told["hosts_not_told"], told["hosts_told_wrongly"]

    one = (LAB, "XCP-ng", "8.2", "xen-1")
    assert found(("lab", "xen-1", "XCP-ng", "8.2")) == ([], [])
    assert found(("lab", "xen-1", "XCP-ng", "8.3")) == ([], [one])
    assert found(("lab", "xen-1", "XCP-ng", "8.2"), ("lab", "xen-2", "XCP-ng", "7.6")) == (
        [(LAB, "XCP-ng", "7.6", "xen-2")],
        [],
    )


def test_a_slot_without_a_sweep_is_missed_unless_serve_was_killed_in_it(queue: Queue) -> None:
    sweeps = SqlSweeps(queue.database)
    for at in (0, 1, 4):
        begun = BEGIN + at * EVERY
        run = sweeps.claim(begun, "serve", begun, 60)
        assert run
        sweeps.finish(run, begun + timedelta(seconds=2))
    began, killed = BEGIN.timestamp() - 5, (BEGIN + 2 * EVERY).timestamp() + 1
    lives = [Life(began, killed, -9), Life(killed, (BEGIN + 5 * EVERY).timestamp(), 0)]
    found = swept(Records.read(queue.database), EVERY, lives)
    assert found["slots_missed_by_kills"] == 1
    assert found["slots_missed"] == [(BEGIN + 3 * EVERY).isoformat()]
