"""Socket Mode against a WebSocket that does what a test says: acknowledge, come back, notice silence, give up."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.slack.client import web_client
from bot.slack.socket_mode import SILENT_AFTER, SocketModeClient
from tests.slack.conftest import Furnish
from tests.slack.runners import Gate, Long
from tests.slack.signed import check, suggest_release
from tests.slack.standin import Said, StandIn
from tests.slack.websockets import Line, Server

HELLO = {"type": "hello", "num_connections": 1}
Listen = Callable[..., SocketModeClient]


def _command(envelope: str, text: str = "8.2") -> dict[str, Any]:
    asked = {
        "command": "/xocompat",
        "text": text,
        "user_id": "U0000001",
        "team_id": "T0000001",
        "channel_id": "C0000001",
    }
    return {"type": "slash_commands", "envelope_id": envelope, "payload": asked, "accepts_response_payload": True}


def _hello(line: Line) -> None:
    line.say(HELLO)


class Clock:
    """The real time, and what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def listen(standin: StandIn, log: FilteringBoundLogger, furnish: Furnish, clock: Clock) -> Iterator[Listen]:
    """Starts clients that get the address of a server."""
    started: list[SocketModeClient] = []

    def start(server: Server, **kwargs: Any) -> SocketModeClient:
        standin.answers["apps.connections.open"] = {"ok": True, "url": server.url}
        app = furnish(everyone=True, **kwargs).app
        started.append(SocketModeClient(log, app, web_client("xapp-of-the-tests", standin.api), clock))
        started[-1].start()
        return started[-1]

    yield start
    for client in started:
        client.close()


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < ends
        threading.Event().wait(0.01)


def test_a_command_is_acknowledged_with_its_answer(listen: Listen) -> None:
    with Server(_hello) as server:
        listen(server)
        server.line(1).say(_command("e1"))
        (acknowledged,) = server.line(1).wait(1)
        assert acknowledged["envelope_id"] == "e1"
        assert acknowledged["payload"]["text"] == "8.2 can be two things:"
        server.line(1).hang_up()


def test_releases_to_choose_from_and_the_verdict_come_in_the_acknowledgement(listen: Listen) -> None:
    with Server(_hello) as server:
        listen(server)
        for envelope, body in (("e-1", suggest_release("8.3")), ("e-2", check("XCP-ng 8.3"))):
            payload = json.loads(dict(parse_qsl(body))["payload"])
            server.line(1).say({"type": "interactive", "envelope_id": envelope, "payload": payload})
        told = {each["envelope_id"]: each["payload"] for each in server.line(1).wait(2)}
        server.line(1).hang_up()
    assert [option["value"] for option in told["e-1"]["options"]] == ["XCP-ng 8.3"]
    assert told["e-2"]["response_action"] == "update"
    assert "XCP-ng 8.3 LTS" in json.dumps(told["e-2"]["view"])


def test_it_is_silent_until_slack_says_hello(listen: Listen) -> None:
    with Server(lambda _: None) as server:
        client = listen(server)
        server.line(1)
        assert client.is_silent
        server.line(1).say(HELLO)
        _until(lambda: not client.is_silent)
        server.line(1).hang_up()


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_when_slack_asks_for_a_new_connection_it_gets_one(listen: Listen, kept_log: LogCapture, reason: str) -> None:
    with Server(_hello) as server:
        listen(server)
        server.line(1).say({"type": "disconnect", "reason": reason})
        server.line(2).say(_command("e2"))
        assert server.line(2).wait(1)[0]["envelope_id"] == "e2"
        server.line(2).hang_up()
    assert "Slack ends the connection" in {entry["event"] for entry in kept_log.entries}


def test_when_the_connection_breaks_there_is_a_new_one(listen: Listen) -> None:
    with Server(_hello) as server:
        client = listen(server)
        server.line(1).hang_up()
        server.line(2).say(_command("e2"))
        server.line(2).wait(1)
        assert not client.is_silent
        server.line(2).hang_up()


def test_a_connection_without_pongs_is_given_up(listen: Listen, kept_log: LogCapture, clock: Clock) -> None:
    def fall_silent(line: Line) -> None:
        line.silent = not server.lines[1:]
        line.say(HELLO)

    with Server(fall_silent) as server:
        client = listen(server)
        _until(lambda: not client.is_silent)
        clock.ahead += SILENT_AFTER + 1
        server.line(2)
        _until(lambda: not client.is_silent)
        server.line(2).hang_up()
    assert "Slack is silent: connecting again" in {entry["event"] for entry in kept_log.entries}


def test_it_is_lost_after_its_time_whatever_the_sockets_look_like(listen: Listen, clock: Clock) -> None:
    with Server(lambda line: setattr(line, "silent", True)) as server:
        client = listen(server)
        server.line(1)
        before = client.is_lost
        clock.ahead += 121
        assert (before, client.is_lost) == (False, True)
        server.line(1).hang_up()


@pytest.mark.parametrize("noise", ["{", "[]", '"x"', "7", "{}", '{"type": "new"}', '{"type": "slash_commands"}'])
def test_a_message_that_makes_no_sense_does_no_harm(listen: Listen, noise: str) -> None:
    with Server(_hello) as server:
        listen(server)
        server.line(1).say(noise)
        last = server.line(2) if noise == "{" else server.line(1)
        last.say(_command("e1"))
        assert last.wait(1)[0]["envelope_id"] == "e1"
        last.hang_up()


def test_socket_mode_that_is_turned_off_and_a_token_that_is_refused_are_final(listen: Listen, standin: StandIn) -> None:
    with Server(lambda line: line.say({"type": "disconnect", "reason": "link_disabled"})) as server:
        client = listen(server)
        standin.answers["apps.connections.open"] = {"ok": False, "error": "invalid_auth"}
        _until(lambda: bool(client.fault and client.fault.refused))
        assert client.fault is not None
        assert "Socket Mode is off" in client.fault.text or "invalid_auth" in client.fault.text


def test_while_slack_limits_us_it_is_not_asked_again(listen: Listen, standin: StandIn) -> None:
    with Server(_hello) as server:
        client = listen(server)
        first = server.line(1)
        limited = Said({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "60"})
        standin.answers["apps.connections.open"] = limited
        first.hang_up()
        _until(lambda: client.fault is not None)
        asked = len(standin.of("apps.connections.open"))
        threading.Event().wait(2)  # longer than two pauses
        assert len(standin.of("apps.connections.open")) == asked


def test_what_was_heard_is_acknowledged_before_the_connection_ends(
    listen: Listen, gate: Gate, kept_log: LogCapture
) -> None:
    with Server(_hello) as server:
        client = listen(server, asked=gate)
        server.line(1).say(_command("e1"))
        assert gate.asked.acquire(timeout=10)
        closing = threading.Thread(target=client.close)
        closing.start()
        gate.open()
        closing.join(10)
        assert server.line(1).wait(1)[0]["payload"]["text"] == "done"
    assert not [entry for entry in kept_log.entries if entry["log_level"] == "error"]


def test_a_long_reply_follows_by_the_response_url(listen: Listen, standin: StandIn) -> None:
    with Server(_hello) as server:
        listen(server, asked=Long())
        command = _command("e1", "list")
        command["payload"]["response_url"] = standin.response_url
        server.line(1).say(command)
        assert server.line(1).wait(1)[0] == {"envelope_id": "e1"}
        standin.wait("respond", 3)
        server.line(1).hang_up()
