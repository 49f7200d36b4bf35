"""The bot was invited into a channel, through signed requests: it says there what it does, once."""

import pytest
from structlog.testing import LogCapture

from bot.chat.reply import Reply, line
from bot.errors import UnavailableError
from tests.slack.conftest import Furnish, Room
from tests.slack.signed import joined
from tests.slack.standin import StandIn

JSON = "application/json"


class Welcomes:
    """In memory."""

    def __init__(self) -> None:
        self.claimed: set[str] = set()

    def claim(self, channel: str) -> Reply | None:
        if channel in self.claimed:
            return None
        self.claimed.add(channel)
        return Reply("welcome", line("Hello"))

    def release(self, channel: str) -> None:
        self.claimed.discard(channel)


class Away(Welcomes):
    """In a database that could not be reached."""

    def claim(self, channel: str) -> Reply | None:
        raise UnavailableError(f"{channel}: xocompat.db is locked")


@pytest.fixture
def welcomes() -> Welcomes:
    return Welcomes()


@pytest.fixture
def invited(furnish: Furnish, welcomes: Welcomes) -> Room:
    return furnish(welcomes=welcomes)


def test_it_is_said_once_in_each_channel(invited: Room, standin: StandIn) -> None:
    for at, channel in enumerate(["C0000001", "C0000001", "C0000002", "G0000003"]):
        assert invited.post(joined(channel=channel, event_id=f"Ev{at}"), JSON).status == 200
        invited.settle()
    calls = standin.of("chat.postMessage")
    assert [call.fields["channel"] for call in calls] == ["C0000001", "C0000002", "G0000003"]
    assert calls[0].fields["text"] == "Hello"
    assert "thread_ts" not in calls[0].fields


def test_other_members_are_not_greeted(invited: Room, standin: StandIn, welcomes: Welcomes) -> None:
    """Neither before Slack has said who the bot is, nor after."""
    for at in range(2):
        invited.post(joined(user="U0000001", event_id=f"Ev{at}"), JSON)
        invited.settle()
    assert len(standin.of("auth.test")) == 1
    assert standin.of("chat.postMessage") == []
    assert welcomes.claimed == set()


def test_who_does_not_know_who_it_is_says_nothing(invited: Room, standin: StandIn) -> None:
    standin.answers["auth.test"] = {"ok": False, "error": "fatal_error"}
    invited.post(joined(), JSON)
    invited.settle()
    assert standin.of("chat.postMessage") == []


def test_without_a_database_nothing_is_said_to_anybody(
    furnish: Furnish, standin: StandIn, kept_log: LogCapture
) -> None:
    room = furnish(welcomes=Away())
    assert room.post(joined(), JSON).status == 200
    room.settle()
    assert standin.of("chat.postMessage", "chat.postEphemeral") == []
    assert [entry["reason"] for entry in kept_log.entries if entry["event"] == "no welcome"] == [
        "C0000001: xocompat.db is locked"
    ]


def test_what_slack_did_not_take_is_said_at_the_next_invitation(
    invited: Room, standin: StandIn, welcomes: Welcomes
) -> None:
    standin.answers["chat.postMessage"] = {"ok": False, "error": "restricted_action"}
    invited.post(joined(), JSON)
    invited.settle()
    assert welcomes.claimed == set()
    assert standin.of("chat.postEphemeral") == []
    del standin.answers["chat.postMessage"]
    invited.post(joined(event_id="Ev2"), JSON)
    invited.settle()
    assert standin.of("chat.postMessage")[-1].fields["text"] == "Hello"
