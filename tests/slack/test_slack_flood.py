"""One person's flood: told once, counted once, and no concern of anybody else's."""

import json
from datetime import date

from bot.chat.button_value import ActionValue, encode
from bot.chat.session.pace import MINUTE, PER_MINUTE, Pace
from tests.slack.conftest import Room
from tests.slack.signed import command, mention, press
from tests.slack.standin import StandIn

LOOK_UP = "XenServer 7.2"


def _flood(room: Room, count: int) -> list[str]:
    """What each of so many look-ups of one person's is acknowledged with."""
    return [str(room.post(command(LOOK_UP)).body or "") for _ in range(count)]


def test_a_flood_is_told_once_and_leaves_one_entry_behind(room: Room) -> None:
    said = _flood(room, PER_MINUTE + 200)
    told = [body for body in said if "Slow down" in body]
    answered = [body for body in said if "partial support" in body]
    assert len(told) == 1
    assert PER_MINUTE <= len(answered) < PER_MINUTE + 50  # it fills up meanwhile
    assert {body for body in said if body not in (*told, *answered)} <= {""}
    outcomes = [entry.outcome for entry in room.trail.entries]
    assert outcomes.count("too_fast") == 1
    assert len(outcomes) == len(answered) + 1


def test_others_are_answered_meanwhile(room: Room) -> None:
    _flood(room, PER_MINUTE + 50)
    body = json.loads(room.post(command(LOOK_UP, user_id="U0000002")).body)
    assert body["text"].startswith("XenServer 7.2: partial support")


def test_mentions_and_presses_count_too(room: Room, standin: StandIn) -> None:
    while "Slow down" not in str(room.post(command(LOOK_UP)).body):
        pass
    for at in range(20):
        room.post(mention("<@U0000BOT> 8.2", f"Ev{at}"), "application/json")
        for kind in ("ask_1", "share_1"):
            value = encode(ActionValue("8.2", on=date(2026, 11, 23)))
            room.post(press(kind, value, standin.response_url))
    room.settle()
    assert len(standin.of("chat.postMessage", "respond")) < 20
    assert [entry.outcome for entry in room.trail.entries].count("too_fast") == 1


def test_after_a_while_there_is_room_again() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0], per_minute=30)
    assert [pace.refusals("U1") for _ in range(33)] == [0] * 30 + [1, 2, 3]
    now[0] += 2.0
    assert [pace.refusals("U1") for _ in range(3)] == [0, 4, 5]
    now[0] += MINUTE
    assert [pace.refusals("U1") for _ in range(31)] == [0] * 30 + [1]


def test_a_crowd_takes_no_more_memory_than_is_set() -> None:
    pace = Pace(lambda: 0.0, per_minute=1, people=100)
    for at in range(1000):
        assert pace.refusals(f"U{at}") == 0
    assert len(pace._askers) == 100
    assert pace.refusals("U999") == 1
