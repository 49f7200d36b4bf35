"""The first day: a channel's first message comes once, before its alerts, and says nothing that is false later."""

import re
from typing import Any

import pytest

from bot.alerts.delivery.outbox import DeliveryKind
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.start import Start
from bot.chat.reply import plain
from bot.chat.rule_wording import sentence
from bot.chat.start_message import start_message
from bot.simulator import Simulator
from bot.slack.blocks import messages
from bot.store.tables import outbox
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.alerts.delivery.queue import Queue
from tests.app.conftest import OPS, START, TEAM, Clock, House
from tests.app.conftest import Start as Begin


def queued(house: House, channel: str = OPS) -> list[Any]:
    return list(Queue(house.store.database).rows(channel))


def kinds(house: House, channel: str = OPS) -> list[str]:
    return [row.kind for row in queued(house, channel)]


def said(house: House, channel: str = OPS) -> str:
    first = queued(house, channel)[0]
    return render(start_message(Start.from_data(first.payload)), Capabilities())


def test_it_comes_first_and_the_alerts_have_their_own_messages(start: Begin) -> None:
    house = start()
    house.settle()
    assert kinds(house) == [], "nothing was found before the first sweep"
    made = house.sweep()
    assert kinds(house) == ["start", "bulletin", "bulletin"]
    assert made.settled.opened == len(house.open()) == 3
    told = said(house)
    assert told.startswith(
        "From now on I watch for this channel  3 hosts  ☠️ 2 without security updates"
        "  XCP-ng 8.3 LTS ends next, on 30 Nov 2028\nAsked: 3 targets, and all answered.\n"
    )
    for part in (
        "• all hosts: ",
        "• XCP-ng 8.2 LTS, 16 Sep 2025: 1 host\n• XenServer 7.2, 13 Apr 2018: 1 host\n",
        "the first stand below (3 alerts)",
        "a digest on Mondays at 08:00 UTC; xocompat digest off ends it",
        "as found on 23 Nov 2026",
    ):
        assert part in told


def test_a_process_that_evaluates_while_the_first_sweep_is_under_way_tells_nothing_before_it(
    start: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, other = start(), start()
    record = house.store.fleet.record

    def record_and_evaluate_elsewhere(*found: Any) -> Any:
        recorded = record(*found)
        other.settle()
        assert kinds(other) == []
        return recorded

    monkeypatch.setattr(house.store.fleet, "record", record_and_evaluate_elsewhere)
    house.sweep()
    assert kinds(house) == ["start", "bulletin", "bulletin"]


def test_it_comes_once_whatever_is_started_again_and_however_much_is_forgotten(start: Begin, clock: Clock) -> None:
    start().sweep()
    again, other = start(), start()
    for house in (again, other):
        clock.pass_by(0.25)
        house.sweep()
        house.settle()
    for row in queued(again):  # all is sent, and long ago
        with again.store.database.writing() as connection:
            connection.execute(outbox.update().where(outbox.c.id == row.id).values(done_at=START, state="sent"))
    clock.pass_by(900)
    again.store.prune(clock())
    again.sweep()
    assert kinds(again).count("start") == 1


def test_a_channel_that_has_read_alerts_already_has_begun(start: Begin) -> None:
    house = start()
    house.sweep()
    with house.store.database.writing() as connection:  # as a version without it left the database
        connection.execute(outbox.delete().where(outbox.c.kind == DeliveryKind.START.value))
    house.settle()
    assert "start" not in kinds(house)


def test_what_is_only_tried_begins_nothing(start: Begin) -> None:
    house = start()
    tried = house.watched.cycle.rehearse(START.date(), lambda _, __: None, house.watched.stop)
    assert [state.pending for state in tried.channels] == [2]
    assert kinds(house) == []


def test_what_never_answered_is_named(start: Begin, hosts: Simulator) -> None:
    hosts["old-1"].go_down()
    house = start()
    house.sweep()
    assert "Asked: 3 targets. Never answered: old-1." in said(house)


def test_where_nothing_has_ever_answered_nothing_is_said_to_have_stopped(
    start: Begin, hosts: Simulator, clock: Clock
) -> None:
    for name in ("xen-1", "xen-2", "old-1"):
        hosts[name].go_down()
    house = start()
    house.sweep()
    assert kinds(house) == ["start"]
    told = said(house)
    assert told.startswith("From now on I watch for this channel  no host yet\nAsked: 3 targets. Never answered: ")
    assert "none was due that day" in told
    for _ in range(2):
        clock.pass_by(0.25)
        house.sweep()
    silent = [plain(sentence(alert, clock().date())) for alert in house.open()]
    assert len(silent) == 3
    assert all(" has never answered" in each for each in silent)


def test_each_channel_of_the_configuration_has_its_own(start: Begin) -> None:
    house = start(AlertPlan(OPS, (30, 0), (Route(TEAM, (90,), tags=("prod",)),)))
    house.sweep()
    assert kinds(house, TEAM)[0] == kinds(house)[0] == "start"
    assert "2 hosts" in said(house, TEAM)
    assert "hosts with the tag prod: 90 days before" in said(house, TEAM)
    assert "what no route takes: 30 days before and on the day" in said(house)
    assert "1 host" in said(house)


def test_nothing_in_it_is_false_a_day_later_or_without_names(start: Begin) -> None:
    house = start()
    house.sweep()
    told = said(house)
    assert not re.search(r"\b(today|tomorrow|yesterday|now|ago|days? left)\b|\bin \d", told.replace("From now on", ""))
    (message,) = messages(start_message(Start.from_data(queued(house)[0].payload)))
    assert OPS not in message.text
    assert len(message.text) < 300
