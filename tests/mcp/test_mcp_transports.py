"""Both transports with real processes: stdio with the rights of a shell, HTTP behind a token with what is granted."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from bot.cli import main
from tests.acceptance.waiting import free_port, until
from tests.mcp.asking import Called, calls
from tests.mcp.conftest import TOKEN, AskedFleet

ROOT = Path(__file__).parents[2]
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
        """The status and body of one request; a header of None is left out."""
        every: dict[str, str | None] = {
            "authorization": f"Bearer {TOKEN}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            **headers,
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            sent = {name: value for name, value in every.items() if value is not None}
            connection.request("POST", "/mcp", json.dumps(body), sent)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def door(fleet: AskedFleet) -> Iterator[HttpDoor]:
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "--http", f"127.0.0.1:{port}"],
        env=_environ(**fleet.environ, XOCOMPAT_MCP_TOKEN=TOKEN),
        cwd=fleet.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    found = HttpDoor(process, port)
    until(lambda: found.post()[0] == 200, 20, "it answers")
    yield found
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert TOKEN not in err


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


def test_http_without_a_database_or_a_place_says_what_to_do(
    refused: Callable[..., tuple[int, str]], fleet: AskedFleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, said = refused("--http", f"{free_port()}", XOCOMPAT_CONFIG="", XOCOMPAT_MCP_TOKEN=TOKEN)
    assert (status, "is not there yet" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []
    status, said = refused("--http", "nowhere", **fleet.environ, XOCOMPAT_MCP_TOKEN=TOKEN)
    assert (status, "write HOST:PORT" in said) == (2, True)
