"""What is told in Slack while the database could not be reached: its own words, however the question came."""

import json

import pytest
from structlog.testing import LogCapture

from bot.chat.access import Grant
from bot.chat.button_value import ActionValue, encode
from bot.chat.command import Right
from tests.slack.conftest import Furnish, Room
from tests.slack.runners import Away, AwayAtOnce
from tests.slack.signed import command, mention, press
from tests.slack.standin import StandIn

MAY = (Grant("U0000001", None, frozenset(Right)),)
DAMAGED = "xocompat.db is damaged: put a backup in its place (xocompat db check says more)."
LOCKED = "xocompat.db is locked by another process: try again."


@pytest.fixture
def room(furnish: Furnish) -> Room:
    return furnish(Away(), grants=MAY)


def _logged(kept_log: LogCapture) -> list[tuple[str, str]]:
    """Events with their reasons; no incident is among them."""
    events = [(entry["event"], str(entry.get("reason"))) for entry in kept_log.entries]
    assert "incident" not in [event for event, _ in events]
    return events


def test_a_command_is_answered_with_what_is_wrong(room: Room, kept_log: LogCapture) -> None:
    shown = json.loads(room.post(command("fleet")).body)
    assert (shown["response_type"], shown["text"]) == ("ephemeral", DAMAGED)
    assert ("unavailable", DAMAGED) in _logged(kept_log)
    assert [entry.outcome for entry in room.trail.entries] == ["unavailable"]


def test_a_slow_command_ends_with_what_is_wrong(room: Room, standin: StandIn, kept_log: LogCapture) -> None:
    room.post(command("sweep", standin.response_url))
    room.settle()
    assert [call.fields["text"] for call in standin.of("respond")] == [DAMAGED]
    assert ("unavailable", DAMAGED) in _logged(kept_log)


def test_a_slow_command_that_can_not_begin_says_so_at_once(furnish: Furnish, kept_log: LogCapture) -> None:
    shown = json.loads(furnish(AwayAtOnce(), grants=MAY).post(command("sweep")).body)
    assert shown["text"] == LOCKED
    assert ("unavailable", LOCKED) in _logged(kept_log)


@pytest.mark.parametrize("words", ["fleet", "sweep"])
def test_a_mention_is_answered_with_what_is_wrong(
    room: Room, standin: StandIn, kept_log: LogCapture, words: str
) -> None:
    room.post(mention(f"<@U0000BOT> {words}"), "application/json")
    room.settle()
    told = [call for call in standin.calls if call.fields.get("text") == DAMAGED]
    assert told
    assert ("unavailable", DAMAGED) in _logged(kept_log)


def test_a_button_says_what_is_wrong(room: Room, standin: StandIn, kept_log: LogCapture) -> None:
    room.post(press("ask_1", encode(ActionValue("fleet")), standin.response_url))
    room.settle()
    assert [call.fields["text"] for call in standin.of("respond")] == [DAMAGED]
    assert ("unavailable", DAMAGED) in _logged(kept_log)
