"""Both transports with real processes: stdio with the rights of a shell, HTTP behind a token with what is granted."""

import asyncio
import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx2
import pytest
import uvicorn
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from uvicorn.server import ServerState

from bot.cli import main
from bot.mcp.arrivals import AssistantConnection
from bot.mcp.guarded import Gate
from tests.acceptance.crowd import CrowdAt, crowd_at
from tests.acceptance.waiting import free_port, until
from tests.mcp.asking import Called, calls
from tests.mcp.conftest import ANN, BEN, TOKEN, AskedFleet
from tests.slack import signed
from tests.slack.standin import StandIn

__all__ = ["crowd_at"]

ROOT = Path(__file__).parents[2]
HOME = "T0000001"
"""The workspace that runs the bot, as the stand-in says it."""

COMMAND = [sys.executable, "-m", "bot", "mcp"]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def _environ(**more: str) -> dict[str, str]:
    """The environment without anything of ours but what is given; the program is this checkout's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XOCOMPAT")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def test_at_stdin_an_assistant_has_the_rights_of_the_shell(fleet: AskedFleet) -> None:
    command, *args = COMMAND
    server = StdioServerParameters(command=command, args=args, env=_environ(**fleet.environ), cwd=fleet.folder)
    ended, probed = calls(server, ("get_fleet", {"filter": "eol"}), ("probe_host", {"name": "prod-a"}))
    assert {host["name"] for host in ended.value["hosts"]} >= {"xen-12", "xen-13"}
    assert {host["name"] for host in probed.value["hosts"]} == {"xen-11", "xen-12", "xen-13"}


def test_look_ups_need_no_configuration_and_leave_nothing_behind(tmp_path: Path) -> None:
    command, *args = COMMAND
    server = StdioServerParameters(command=command, args=args, env=_environ(), cwd=tmp_path)
    looked, fleet = calls(server, ("check_release", {"words": "XenServer 7.2"}), ("get_fleet", {}))
    assert looked.value["assessments"][0]["support"]["level"] == "partial"
    assert "is not there yet" in fleet.error
    assert list(tmp_path.iterdir()) == []


class HttpDoor(NamedTuple):
    """A process that answers assistants over HTTP."""

    process: "subprocess.Popen[str]"
    port: int

    def post(self, body: object = INITIALIZE, **headers: str | None) -> tuple[int, str]:
        """The status and body of one request with the token; a header of None is left out."""
        every: dict[str, str | None] = {
            "authorization": f"Bearer {TOKEN}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            **headers,
        }
        return self.send(json.dumps(body), {name: value for name, value in every.items() if value is not None})

    def send(self, body: str | bytes, headers: dict[str, str]) -> tuple[int, str]:
        """The status and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/mcp", body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def slack() -> Iterator[StandIn]:
    with StandIn() as found:
        yield found


@contextmanager
def _door(fleet: AskedFleet, slack: StandIn, *before: str) -> Iterator[HttpDoor]:
    """A process that serves, ready; `before` is what stands before its command."""
    port = free_port()
    log = fleet.folder / f"{port}.log"
    with log.open("w", encoding="utf-8") as told:  # a pipe that nobody reads would fill up, and hold the process
        process = subprocess.Popen(
            [*before, *COMMAND, "--http", f"127.0.0.1:{port}"],
            env=_environ(
                **fleet.environ,
                XOCOMPAT_MCP_TOKEN=TOKEN,
                XOCOMPAT_MCP__SLACK="true",
                SLACK_BOT_TOKEN="xoxb-1-of-the-tests",
                SLACK_SIGNING_SECRET=signed.SECRET,
                SLACK_API_URL=slack.api,
            ),
            cwd=fleet.folder,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )
    found = HttpDoor(process, port)
    until(lambda: found.post()[0] == 200, 20, "it answers")
    yield found
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=15)
    assert (process.returncode, out) == (0, "")
    err = log.read_text(encoding="utf-8")
    assert "Traceback" not in err
    assert TOKEN not in err


@pytest.fixture(scope="module")
def door(fleet: AskedFleet, slack: StandIn) -> Iterator[HttpDoor]:
    with _door(fleet, slack) as found:
        yield found


def _over_http(door: HttpDoor, *wanted: tuple[str, dict[str, Any]]) -> list[Called]:
    async def converse() -> list[Called]:
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http_client,
            Client(streamable_http_client(f"http://127.0.0.1:{door.port}/mcp", http_client=http_client)) as client,
        ):
            answers = [await client.call_tool(name, arguments) for name, arguments in wanted]
            return [Called(a.structured_content, "" if not a.is_error else a.content[0].text) for a in answers]  # type: ignore[union-attr]

    return anyio.run(converse)


def test_over_http_an_assistant_may_what_is_granted_to_mcp(door: HttpDoor) -> None:
    """The configuration grants `fleet` to mcp, and `probe` to everybody, which assistants are not."""
    ended, probed, looked = _over_http(
        door,
        ("get_fleet", {"filter": "eol"}),
        ("probe_host", {"name": "prod-a"}),
        ("check_release", {"words": "XCP-ng 8.3"}),
    )
    assert {host["name"] for host in ended.value["hosts"]} >= {"xen-12", "xen-13"}
    assert "that takes the right probe" in probed.error
    assert looked.value["outcome"] == "assessed"


@pytest.mark.parametrize(
    "shown", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN]
)
def test_without_the_token_nobody_is_answered(door: HttpDoor, shown: str | None) -> None:
    status, said = door.post(authorization=shown)
    assert (status, "mcp.token_env" in said) == (401, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 400),
    ],
)
def test_a_web_page_elsewhere_reaches_nothing(door: HttpDoor, headers: dict[str, str], status: int) -> None:
    assert door.post(**headers)[0] == status


def test_a_web_page_of_this_machine_and_other_names_of_it_do(door: HttpDoor) -> None:
    assert door.post(host=f"localhost:{door.port}", origin=f"http://localhost:{door.port}")[0] == 200


def test_a_body_without_end_is_refused(door: HttpDoor) -> None:
    assert door.post({"x": "y" * 300_000})[0] == 413
    assert door.post("no request")[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"authorization": "Bearer wrong"}, 401), ({}, 413), ({"x-slack-signature": "v0="}, 413)],
)
def test_who_sends_a_long_body_gets_the_answer_and_no_reset(
    door: HttpDoor, headers: dict[str, str], status: int
) -> None:
    """A connection that is closed on what nobody read is reset, and the answer may be lost with it."""
    long = {"x": "y" * 5_000_000}
    assert [door.post(long, **headers)[0] for _ in range(5)] == [status] * 5


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_it_leaves_no_core_dump_behind(door: HttpDoor) -> None:
    assert _core_limits(door.process.pid) == ["0", "0"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_at_stdin_it_leaves_none_behind_either(tmp_path: Path) -> None:
    with subprocess.Popen(
        COMMAND, env=_environ(), cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{json.dumps(INITIALIZE)}\n".encode())
        process.stdin.flush()
        assert b"serverInfo" in process.stdout.readline()
        assert _core_limits(process.pid) == ["0", "0"]


def _core_limits(process: int) -> list[str]:
    limits = Path(f"/proc/{process}/limits").read_text(encoding="ascii")
    return next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core"))


_HALF = b"POST /mcp HTTP/1.1\r\nHost: x\r\n"
_WITH_TOKEN = f"Authorization: Bearer {TOKEN}\r\nContent-Length: 500\r\n\r\n".encode()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        _HALF,
        _HALF + b"Content-Length: 500\r\n\r\n{",
        _HALF + _WITH_TOKEN,
        _HALF + b"X-Slack-Signature: v0=" + _WITH_TOKEN,
    ],
    ids=["idle", "headers", "a body", "a body with the token", "a body with a signature"],
)
def test_connections_that_are_held_keep_nobody_out(door: HttpDoor, crowd_at: CrowdAt, said: bytes) -> None:
    crowd = crowd_at(door.port)
    crowd.join(300, said)
    begun = time.monotonic()
    assert [door.post()[0] for _ in range(3)] == [200] * 3
    assert time.monotonic() - begun < 3


def test_of_more_connections_than_there_is_room_for_the_oldest_goes(
    fleet: AskedFleet, slack: StandIn, crowd_at: CrowdAt
) -> None:
    with _door(fleet, slack, "sh", "-c", 'ulimit -n 128; exec "$@"', "sh") as door:
        crowd = crowd_at(door.port)
        crowd.join(200, _HALF, trickles=True)
        crowd.trickle()
        assert [door.post()[0] for _ in range(3)] == [200] * 3
        assert 0 < crowd.still_open <= 64


@pytest.mark.parametrize("bound", ["ARRIVES_WITHIN", "IDLE"])
@pytest.mark.parametrize("said", [b"", _HALF, _HALF + b"Content-Length: 500\r\n\r\n{"])
def test_a_request_that_does_not_arrive_is_not_waited_for(
    said: bytes, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mcp.arrivals.LOOKED", 0.01)
    monkeypatch.setattr(f"bot.mcp.arrivals.{bound}", 0.02)

    async def app(_: Any, receive: Any, __: Any) -> None:
        while (await receive())["type"] == "http.request":
            pass

    async def is_closed() -> bool:
        config, state = uvicorn.Config(app, lifespan="off", log_config=None), ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: AssistantConnection(config, state, {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(said)
        try:
            return await asyncio.wait_for(reader.read(), 10 if said or bound == "IDLE" else 0.5) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        finally:
            writer.close()
            server.close()

    assert asyncio.run(is_closed()) is (bool(said) or bound == "IDLE")


def test_what_follows_a_refusal_and_is_no_request_is_no_incident(door: HttpDoor) -> None:
    """It is in the log, which the fixture reads at the end, as a line alone."""
    for said in (
        b"POST /mcp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n",
        b"GET / HTTP/1.0\r\n\r\n\0\r\n\r\n",
    ):
        for more in (b"", b"\0\0\r\n\r\n" * 3):
            with socket.create_connection(("127.0.0.1", door.port), timeout=10) as connection:
                connection.sendall(said + more)
                while connection.recv(65536):
                    pass
    assert door.post()[0] == 200


@pytest.mark.parametrize("coding", ["chunked", "xchunked", "gzip, chunked", "identity", "chunked\x0b"])
def test_a_request_whose_end_can_be_read_in_two_ways_is_none(door: HttpDoor, coding: str) -> None:
    body = b"0\r\n\r\nPOST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
    for length in ("", "Content-Length: 4\r\n"):
        if coding == "chunked" and not length:
            continue  # there is nothing wrong with that
        with socket.create_connection(("127.0.0.1", door.port), timeout=10) as connection:
            connection.sendall(f"{head}{length}Transfer-Encoding: {coding}\r\n\r\n".encode() + body)
            told = b""
            while piece := connection.recv(65536):
                told += piece
        assert told.count(b"HTTP/1.1 ") == 1
        assert told.startswith(b"HTTP/1.1 4")


def _of_slack(door: HttpDoor, user: str | None, *wanted: tuple[str, dict[str, Any]], team: str = HOME) -> list[Called]:
    """Calls as Slack makes them: each request is signed, and a call says for whom it is."""

    async def sign(request: httpx2.Request) -> None:
        request.headers.update(signed.headers((await request.aread()).decode(), "application/json"))

    async def converse() -> list[Called]:
        async with (
            httpx2.AsyncClient(event_hooks={"request": [sign]}) as http_client,
            Client(streamable_http_client(f"http://127.0.0.1:{door.port}/mcp", http_client=http_client)) as client,
        ):
            assert len((await client.list_tools()).tools) == 11
            meta: Any = {"slack": {"user_id": user, "team_id": team, "enterprise_id": None}} if user else None
            answers = [await client.call_tool(name, arguments, meta=meta) for name, arguments in wanted]
            return [Called(a.structured_content, "" if not a.is_error else a.content[0].text) for a in answers]  # type: ignore[union-attr]

    return anyio.run(converse)


def _audited(words: str, who: str) -> list[tuple[str | None, str, str]]:
    """Workspace, command and outcome of what somebody asked by an assistant, as the audit trail has it."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["audit", words, "--json"]) == 0
    entries = json.loads(printed.getvalue())["entries"]
    return [
        (each["team"], each["command"], each["outcome"])
        for each in entries
        if (each["way"], each["who"]) == ("mcp", who)
    ]


def test_by_slack_a_person_may_what_they_may_in_chat_and_is_in_the_audit_trail(door: HttpDoor) -> None:
    """Ann may see the fleet; everybody may probe; what is granted in a channel counts in no other place."""
    seen, probed, known = _of_slack(
        door,
        ANN,
        ("get_fleet", {"filter": "eol prod"}),
        ("probe_host", {"name": "prod-a"}),
        ("get_advisory", {"id": "XSA-517"}),
    )
    assert {host["name"] for host in seen.value["hosts"]} >= {"xen-12", "xen-13"}
    assert probed.value["outcome"] == "assessed"
    assert known.value["hosts"]
    refused, probed, known = _of_slack(
        door,
        BEN,
        ("get_fleet", {"filter": "eol"}),
        ("probe_host", {"name": "prod-a"}),
        ("get_advisory", {"id": "XSA-517"}),
    )
    assert "that takes the right fleet" in refused.error
    assert probed.value["outcome"] == "assessed"
    assert known.value["hosts"] == []
    until(lambda: _audited("eol prod", ANN) == [(HOME, "fleet", "fleet")], 10, "Ann's question is written")
    assert (HOME, "fleet", "refused") in until(lambda: _audited("fleet", BEN), 10, "Ben's question is written")


def test_by_slack_nobody_else_is_answered(door: HttpDoor) -> None:
    (stranger,) = _of_slack(door, ANN, ("check_release", {"words": "XCP-ng 8.3"}), team="T0000002")
    assert "Only members of the workspace" in stranger.error
    (unnamed,) = _of_slack(door, None, ("check_release", {"words": "XCP-ng 8.2"}))
    assert "Slack did not say who asks" in unnamed.error
    until(lambda: _audited("8.2", "slack") == [(None, "check", "refused")], 10, "it is written")


def test_a_request_that_came_before_is_not_answered_again(door: HttpDoor) -> None:
    body, headers = _signed_call()
    first, again = door.send(body, headers), door.send(body, headers)
    assert "xen-12" in first[1]
    assert "xen-12" not in again[1]
    assert "That request was answered before" in again[1]


def _signed_call(secret: str = signed.SECRET, at: float | None = None, user: str = ANN) -> tuple[str, dict[str, str]]:
    """One call of a tool, signed, as Slack's client of 2025 sends it."""
    meta = {"slack": {"user_id": user, "team_id": HOME, "enterprise_id": None}}
    params = {"name": "get_fleet", "arguments": {"filter": "eol"}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
    accepted = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
    return body, signed.headers(body, "application/json", secret, at) | accepted


def test_what_slack_did_not_sign_lately_is_turned_away(door: HttpDoor) -> None:
    forged = _signed_call(secret="another-secret")
    old, early = _signed_call(at=time.time() - 301), _signed_call(at=time.time() + 330)
    body, headers = _signed_call(user=BEN)
    for_another = (body.replace(BEN, ANN), headers)
    no_text = (b"\xff" + body.encode(), headers)
    shapeless = [(body, headers | {"x-slack-signature": each}) for each in ("", "v0=", "v1=" + "0" * 64, "é")]
    timeless = (body, headers | {"x-slack-request-timestamp": "now"})
    every: list[tuple[str | bytes, dict[str, str]]] = [forged, old, early, for_another, no_text, *shapeless, timeless]
    assert [door.send(sent, shown)[0] for sent, shown in every] == [401] * len(every)
    with_token = {"authorization": f"Bearer {TOKEN}"}
    assert door.send(forged[0], forged[1] | with_token)[0] == 401  # it is judged by its signature alone


def test_whom_a_request_names_counts_behind_slacks_signature_alone(door: HttpDoor) -> None:
    """`mcp` may not probe, and everybody of the workspace may."""
    body, headers = _signed_call()
    call = json.loads(body)
    call["params"] |= {"name": "probe_host", "arguments": {"name": "prod-a"}}
    unsigned = {name: value for name, value in headers.items() if not name.startswith("x-slack")}
    status, said = door.send(json.dumps(call), unsigned | {"authorization": f"Bearer {TOKEN}"})
    assert (status, "that takes the right probe" in said) == (200, True)


def test_slack_is_let_in_only_where_that_is_configured() -> None:
    body, headers = _signed_call()
    sent: list[Any] = []

    async def app(*_: Any) -> None:
        raise AssertionError("it was let in")

    async def receive() -> Any:
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    anyio.run(Gate(app, TOKEN), scope, receive, send)
    assert sent[0]["status"] == 401


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """The exit status and the one line of a command that does not serve."""

    def ran(*args: str, **environ: str) -> tuple[int, str]:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        status = main(["mcp", *args])
        out, err = capsys.readouterr()
        assert (out, len(err.splitlines())) == ("", 1)
        return status, err

    return ran


def test_http_without_a_token_refuses_to_serve(refused: Callable[..., tuple[int, str]], fleet: AskedFleet) -> None:
    for token in ("", " "):
        status, said = refused("--http", "127.0.0.1:1", **fleet.environ, XOCOMPAT_MCP_TOKEN=token)
        assert (status, "XOCOMPAT_MCP_TOKEN" in said) == (2, True)


@pytest.mark.parametrize("value", [f'"{TOKEN}"', f"“{TOKEN}”", f"\ufeff{TOKEN}", f"export ASSISTANTS={TOKEN}"])
def test_a_token_that_no_client_would_show_refuses_to_serve(
    refused: Callable[..., tuple[int, str]], fleet: AskedFleet, value: str
) -> None:
    named = {"XOCOMPAT_MCP__TOKEN_ENV": "ASSISTANTS", "ASSISTANTS": value}
    status, said = refused("--http", "127.0.0.1:1", **fleet.environ, **named)
    assert (status, said.startswith("xocompat: ASSISTANTS: has ")) == (2, True)
    assert TOKEN not in said


def test_slack_without_its_signing_secret_is_refused(
    refused: Callable[..., tuple[int, str]], fleet: AskedFleet
) -> None:
    slack = {"XOCOMPAT_MCP__SLACK": "true", "SLACK_BOT_TOKEN": "xoxb-1-of-the-tests"}
    status, said = refused("--http", f"{free_port()}", **fleet.environ, XOCOMPAT_MCP_TOKEN=TOKEN, **slack)
    assert (status, "SLACK_SIGNING_SECRET" in said) == (2, True)


def test_http_without_a_database_or_a_place_says_what_to_do(
    refused: Callable[..., tuple[int, str]], fleet: AskedFleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, said = refused("--http", f"{free_port()}", XOCOMPAT_CONFIG="", XOCOMPAT_MCP_TOKEN=TOKEN)
    assert (status, "is not there yet" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []
    status, said = refused("--http", "nowhere", **fleet.environ, XOCOMPAT_MCP_TOKEN=TOKEN)
    assert (status, "write HOST:PORT" in said) == (2, True)
