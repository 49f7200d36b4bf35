"""The tools in memory: what a client finds out by them alone, what rights refuse, and the words for what goes wrong."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
import structlog
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from bot.app.assistants import AssistantDoor
from bot.app.lookup import runner_of
from bot.chat.access import LOOKUP
from bot.chat.command import CommandSpec, Right
from bot.chat.commands import ADVISORY, ALERTS, CHANGES, CHECK, FLEET, PROBE
from bot.chat.runner import CommandRunner
from bot.chat.session.pace import Pace
from bot.cli import main
from bot.mcp.assistant import ASKING_MAX, Assistant, with_rights
from bot.mcp.tools import tool_server
from bot.settings import load_settings
from tests.acceptance.waiting import until
from tests.mcp.asking import call, calls, tools
from tests.mcp.conftest import ALL, AskedFleet, ServerFor

TOOLS = {
    "check_release", "find_upgrade_path", "list_known_issues", "list_releases", "find_feature", "get_list_changes",
    "get_fleet", "get_host", "list_alerts", "probe_host", "get_advisory",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(server_for: ServerFor) -> MCPServer:
    return server_for(ALL)


def test_every_tool_has_schemas_and_says_that_it_only_reads(server: MCPServer) -> None:
    found = {tool.name: tool for tool in tools(server)}
    assert found.keys() == TOOLS
    for name, tool in found.items():
        assert tool.annotations
        assert tool.annotations.read_only_hint
        assert tool.annotations.open_world_hint is (name == "probe_host")
        assert tool.description
        assert tool.output_schema
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"


def test_a_client_finds_out_which_hosts_are_past_their_end_of_life_and_the_way_for_the_worst(
    server: MCPServer,
) -> None:
    ended = call(server, "get_fleet", filter="eol", on="2026-11-27").value
    assert {host["assessment"]["lifecycle"]["stage"] for host in ended["hosts"]} == {"eol"}
    assert {"xen-12", "xen-13"} <= {host["name"] for host in ended["hosts"]}
    assert ended["total"] == len(ended["hosts"])
    worst = ended["hosts"][0]
    path = call(server, "find_upgrade_path", release=worst["assessment"]["name"]).value["paths"][0]
    assert path["steps"]
    assert path["to"]["name"] in ("XCP-ng 8.3 LTS", "XenServer 8", "XenServer 9")
    every = call(server, "get_fleet", on="2026-11-27").value
    assert every["silent_targets"] == ["down-a", "moved-a"]
    fine = {host["name"] for host in every["hosts"]} - {host["name"] for host in ended["hosts"]}
    stages = {h["name"]: h["assessment"].get("lifecycle", {}).get("stage") for h in every["hosts"]}
    assert fine
    assert all(stages[name] != "eol" for name in fine)


def test_names_are_told_and_addresses_are_not(server: MCPServer) -> None:
    answers = calls(
        server,
        ("get_fleet", {}),
        ("get_host", {"name": "xen-12"}),
        ("probe_host", {"name": "prod-a"}),
        ("get_advisory", {"id": "XSA-517"}),
    )
    for answer in answers:
        assert answer.error == ""
        assert "address" not in json.dumps(answer.value)
        assert "127.0.0.1" not in json.dumps(answer.value)
    assert [host["name"] for host in answers[1].value["hosts"]] == ["xen-12"]
    assert {host["state"] for host in answers[3].value["hosts"]}


def test_who_lacks_a_right_gets_the_words_of_chat(server_for: ServerFor) -> None:
    stranger = server_for(LOOKUP)
    for name, arguments, right in (
        ("get_fleet", {}, "fleet"),
        ("get_host", {"name": "xen-12"}, "fleet"),
        ("list_alerts", {}, "fleet"),
        ("probe_host", {"name": "xen-12"}, "probe"),
    ):
        assert (
            f"that takes the right {right}. Whoever runs xocompat can grant it"
            in call(stranger, name, **arguments).error
        )
    assert call(server_for(LOOKUP | {Right.FLEET}), "probe_host", name="xen-12").error
    assert call(stranger, "check_release", words="XCP-ng 8.3").value["outcome"] == "assessed"
    assert call(stranger, "get_advisory", id="XSA-517").value["hosts"] == []
    assert "hosts" not in call(stranger, "check_release", words="xen-12").value


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("probe_host", {"name": "192.0.2.1"}, "never an address that is typed"),
        ("probe_host", {"name": "nowhere"}, 'I know no host "nowhere"'),
        ("probe_host", {"name": "xen-12"}, "xen-12 is a host, not a target: prod-a leads to it"),
        ("get_host", {"name": "xen-1222"}, 'I know no host "xen-1222". Near: xen-12'),
        ("get_fleet", {"filter": "eol cheese"}, 'I can\'t narrow the fleet down by "cheese"'),
        ("get_fleet", {"cursor": "1000"}, "There is no such page"),
        ("get_fleet", {"cursor": "../etc"}, "There is no such page"),
        ("check_release", {"words": "XCP-ng 8.3", "on": "yesterday"}, '"yesterday" is not a day'),
        ("find_feature", {"name": "cheese"}, 'I know no feature "cheese"'),
        ("list_known_issues", {"release": "XCP-ng 8.3", "id": "XSO-868"}, "not by both"),
    ],
)
def test_what_goes_wrong_is_told_in_words(server: MCPServer, name: str, arguments: dict[str, str], told: str) -> None:
    answer = call(server, name, **arguments)
    assert told in answer.error
    assert "Traceback" not in answer.error


def test_what_a_tool_does_not_take_is_refused_not_dropped(server: MCPServer) -> None:
    told = 'get_fleet takes filter, on and cursor: "words" is not known there.'
    assert call(server, "get_fleet", words="eol").error == told
    assert call(server, "get_list_changes", since="x").error == (
        'get_list_changes takes nothing: "since" is not known there.'
    )
    assert call(server, "check_release").error == "check_release: words: Field required"
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools(server))


def test_what_of_a_question_about_an_advisory_is_not_used_is_named(server: MCPServer) -> None:
    assert call(server, "get_advisory", id="XSA-517 on XCP-ng 8.2").value["unused"] == ["XCP-ng 8.2"]


def test_long_lists_come_in_pages_that_hold_everything_once(server: MCPServer) -> None:
    for name, key, most in (("list_known_issues", "issues", 20), ("list_releases", "releases", 20)):
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = call(server, name, **cursor).value
            assert len(page[key]) <= most
            found += [each.get("id") or each["name"] for each in page[key]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert len(found) == len(set(found)) == page["total"] > most


def test_look_ups_answer_as_the_command_line_does(server: MCPServer, capsys: pytest.CaptureFixture[str]) -> None:
    for name, arguments, words in (
        ("check_release", {"words": "XenServer 7.2"}, "XenServer 7.2"),
        ("find_upgrade_path", {"release": "XenServer 7.2", "to": "XCP-ng 8.3"}, "upgrade XenServer 7.2 to XCP-ng 8.3"),
        ("list_alerts", {}, "alerts"),
    ):
        capsys.readouterr()
        assert main([*words.split(), "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        answered = call(server, name, **arguments).value
        assert {key: answered[key] for key in printed} == printed


def test_the_pace_of_probes_is_that_of_chat(server_for: ServerFor) -> None:
    errors = [each.error for each in calls(server_for(ALL), *[("probe_host", {"name": "prod-a"})] * 12)]
    assert errors[0] == ""
    assert any("minute" in error for error in errors)


def test_what_an_assistant_asked_is_in_the_audit_trail(
    server_for: ServerFor, fleet: AskedFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fleet.config.exists()
    call(server_for(LOOKUP), "get_fleet", filter="password=hunter22 cheddar")
    call(server_for(ALL), "check_release", words="XCP-ng 8.1")

    def entries(words: str) -> list[dict[str, str]]:
        capsys.readouterr()
        assert main(["audit", words, "--json"]) == 0
        found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["entries"]
        return [entry for entry in found if entry["way"] == "mcp"]

    (refused,) = until(lambda: entries("cheddar"), 10, "what waits is written")
    (answered,) = until(lambda: [each for each in entries("8.1") if each["command"] == "check"], 10, "it is written")
    assert (refused["who"], refused["way"], refused["command"]) == ("mcp:ann", "mcp", "fleet")
    assert refused["outcome"] == "refused"
    assert "hunter22" not in refused["words"]
    assert answered["outcome"] == "check"


def test_a_flood_is_slowed_down_as_in_chat(server_for: ServerFor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.mcp.assistant.Pace", lambda clock: Pace(clock, per_minute=2))
    answers = calls(server_for(ALL), *[("check_release", {"words": "XCP-ng 8.3"})] * 4)
    assert [bool(answer.error) for answer in answers] == [False, False, True, True]
    assert "Slow down" in answers[2].error


def test_nothing_else_imports_the_library() -> None:
    """It takes half a second and 60 MB: `serve` and look-ups must not know it."""
    said = "import sys; from bot.cli import main; import bot.app.serve; main(['XenServer', '7.2', '--json'])"
    ran = subprocess.run(
        [sys.executable, "-c", f"{said}; print('mcp' in sys.modules)"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "False"


def test_without_the_extra_a_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "bot.mcp.tools", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    assert main(["mcp"]) == 1
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert "pip install 'xocompat[mcp]'" in said.err


def test_a_database_that_comes_later_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.app.assistants.AGAIN", 0.0)
    monkeypatch.setenv("XOCOMPAT_CONFIG", str(tmp_path / "xocompat.yaml"))
    (tmp_path / "xocompat.yaml").write_text(f"database: sqlite:///{tmp_path}/later.db\n")
    settings = load_settings(None, os.environ, tmp_path)
    door = AssistantDoor(settings, True)
    server = tool_server(
        Assistant(with_rights("mcp:ann", ALL), door.runner, door.record, structlog.get_logger().bind())
    )
    assert call(server, "check_release", words="XCP-ng 8.3").value["outcome"] == "assessed"
    assert "is not there yet" in call(server, "get_fleet").error
    assert main(["db", "upgrade"]) == 0
    assert "is not there yet" not in call(server, "get_fleet").error
    door.close()
    assert "now has the tables" in capsys.readouterr().out


def test_a_database_that_hangs_keeps_no_look_up_waiting() -> None:
    """A server has forty threads for what it is asked: a crowd that waits for a database must not have them all."""
    goes_on, asking = threading.Event(), threading.Semaphore(0)

    @contextmanager
    def runner(spec: CommandSpec, _: frozenset[Right]) -> Iterator[CommandRunner]:
        if spec is FLEET:
            asking.release()
            assert goes_on.wait(60)
        yield runner_of(None)

    log = structlog.get_logger().bind()
    assistant = Assistant(with_rights("mcp", ALL), runner, lambda _: None, log)
    with ThreadPoolExecutor(ASKING_MAX) as crowd:
        waiting = [crowd.submit(assistant.ask, FLEET) for _ in range(ASKING_MAX)]
        try:
            assert all(asking.acquire(timeout=10) for _ in waiting)
            for spec in (FLEET, ALERTS, PROBE, CHANGES, ADVISORY):
                with pytest.raises(ToolError, match="I am busy"):
                    assistant.ask(spec, "XSA-517")
            assert assistant.ask(CHECK, "XenServer 7.2").summary
        finally:
            goes_on.set()
    assert assistant.ask(CHECK, "XenServer 7.2").summary

    async def threads() -> float:
        return anyio.to_thread.current_default_thread_limiter().total_tokens

    assert anyio.run(threads) - ASKING_MAX >= 10
