"""`serve` (as a centre of sites, too) and `mcp` while their PostgreSQL is stopped and started, as by an upgrade."""

import http.client
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.store.tables import sweeps
from tests.acceptance.bots import Bot, limited
from tests.acceptance.lab import ROOT, Process, environment
from tests.acceptance.postgresql import OwnServer
from tests.acceptance.waiting import free_port, until
from tests.acceptance.watched import TOLD, Watch
from tests.sites.nats_server import NatsServer

TOKEN = "a-token-of-some-length"


class McpDoor(Process):
    """`xocompat mcp --http` with a database; `asked` is the text that it answers to a question about the fleet."""

    def __init__(self, folder: Path, config: Path, url: str) -> None:
        self.port = free_port()
        environ = environment(
            folder,
            "http://127.0.0.1:9",
            self.port,
            XOCOMPAT_CONFIG=str(config),
            DATABASE_URL=url,
            XOCOMPAT_MCP_TOKEN=TOKEN,
            XOCOMPAT_ACCESS__GRANTS='[{"who": "mcp", "may": ["fleet"]}]',
        )
        command = [sys.executable, "-m", "bot", "mcp", "--http", f"127.0.0.1:{self.port}"]
        super().__init__(command, folder / "mcp.log", environ, ROOT)

    def asked(self) -> str:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_fleet", "arguments": {}}}
        accepted = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"authorization": f"Bearer {TOKEN}", **accepted}
            connection.request("POST", "/mcp", json.dumps(body), headers)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    (folder := tmp_path / "nats").mkdir()
    with NatsServer(folder) as running:
        yield running


def test_a_stop_and_a_start_of_postgresql_leave_a_clean_log(
    watch_on: Callable[[str], Watch], own_server: OwnServer, nats_server: NatsServer, tmp_path: Path
) -> None:
    """Each line is an event of ours that says what could not be done: nothing of a library's, and no traceback."""
    url = own_server.start()
    watch = watch_on(url)
    bot = watch.bot(limited(stale=2), every="2s", extra=f"sites: {{url: '{nats_server.url}'}}\n")
    until(lambda: len(watch.messages) == TOLD, 20, "all is told")
    door = McpDoor(tmp_path, tmp_path / "xocompat.yaml", url)
    try:
        _stopped_and_started(watch, bot, own_server, door)
    finally:
        door.kill()


def _stopped_and_started(watch: Watch, bot: Bot, own_server: OwnServer, door: McpDoor) -> None:
    until(lambda: "XCP-ng 8.2" in door.asked(), 20, "mcp answers")
    for _ in range(3):
        own_server.stop()
        until(lambda: bot.ask("GET", "/readyz")[0] == 503, 20, "not ready")
        undone = len(bot.events("job not done"))
        until(lambda n=undone: len(bot.events("job not done")) > n, 20, "no sweep")  # type: ignore[misc] # no default
        assert "cannot be reached" in door.asked()
        own_server.start()
        bot.wait_until_ready()
        until(lambda: "XCP-ng 8.2" in door.asked(), 20, "mcp answers again")
        count = len(watch.rows(sweeps))
        until(lambda count=count: len(watch.rows(sweeps)) > count, 30, "another sweep")  # type: ignore[misc] # mypy: no such default
    assert door.stop() == 0
    assert "Traceback" not in door.told
    assert "Warning" not in door.told
    assert bot.stop() == 0
    events = [json.loads(line) for line in bot.told.splitlines()]
    since = [event["event"] for event in events].index("serving")
    assert not [event for event in events[since:] if "logger" in event], bot.told
    assert "Traceback" not in bot.told
    assert all("reason" in event for event in events if event["level"] in ("warning", "error")), bot.told
