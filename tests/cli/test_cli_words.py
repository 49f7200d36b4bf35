"""Words in a shell: mistyped commands, questions, the names of the operator's own hosts, help for every command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.operator import OPERATORS
from bot.simulator import PASSWORD_VARIABLE, SimHost, SimPool, Simulator, as_yaml, release
from tests.cli.running import Run


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A configuration with a pool of two hosts; the name of its target."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    hosts = (SimHost("host-a", release("XCP-ng", "8.3")), SimHost("host-b", release("XCP-ng", "8.2")))
    with Simulator([SimPool(hosts, name="lab")]) as simulator:
        (target,) = simulator.targets
        (tmp_path / "xocompat.yaml").write_text(as_yaml([target]))
        yield target.name


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("flet", "fleet"),
        ("lsit", "list"),
        ("sweeep", "sweep"),
        ("timelime", "timeline"),
        ("prob lab-a", "probe"),
        ("upgrde XenServer 7.2", "upgrade"),
        ("srve", "serve"),
        ("doctr", "doctor"),
        ("manifst", "manifest"),
        ("exprot", "export"),
        ("trsut lab-a", "trust"),
        ("syn", "sync"),
        ("completon bash", "completion"),
    ],
)
def test_a_mistyped_command_gets_the_one_that_was_meant(run: Run, typed: str, command: str) -> None:
    for words in ((typed,), tuple(typed.split())):
        ran = run(*words, "--json")
        assert (ran.status, ran.json["outcome"], ran.json["suggestions"][0]) == (3, "unknown_command", command)
        assert ran.json["query"] == typed
    assert f"Did you mean {command}" in run(typed).out


def test_help_tells_of_every_command(run: Run) -> None:
    listed = run("help").out
    for command in OPERATORS:
        ran = run("help", command.name or "")
        assert (ran.status, ran.err) == (0, "")
        assert ran.out.startswith(f"`{command.name}")
        assert f"xocompat {command.name} " in listed
    assert "--part [all|chat|schedule]" in run("help", "serve").out
    assert run("help", "serve", "--json").json["name"] == "serve"
    assert run("help", "srve").err == 'xocompat: There is no command "srve". Near: serve.\n'


def test_examples_can_be_pasted(run: Run) -> None:
    for shown in (run("check", "--help").out, run("help", "check").out):
        assert "xocompat XenServer '>=7.0,<7.4'" in shown
        assert "XenServer >=7.0" not in shown


@pytest.mark.parametrize("typed", ["latest", "XCP-ng latest", "which version should I use", "newest XenServer"])
def test_the_newest_are_look_ups(run: Run, typed: str) -> None:
    ran = run(*typed.split(), "--json", "--as-of", "2026-11-23")
    assert (ran.status, ran.json["outcome"], ran.json["query"]) == (0, "assessed", typed)


@pytest.mark.parametrize("typed", ["eol", "what ends next?", "eol dates"])
def test_what_ends_next_is_the_timeline(run: Run, typed: str) -> None:
    assert run(typed, "--as-of", "2026-11-23").out.startswith("What ends next  XCP-ng 8.3 LTS and XenServer 8 on")
    assert run(*typed.split(), "--json").json["releases"]


def test_status_without_a_fleet_is_what_there_is_to_ask(run: Run, tmp_path: Path) -> None:
    assert run("status").out.startswith("xocompat answers")
    assert run("?").out.startswith("xocompat answers")
    assert [*tmp_path.iterdir()] == []


def test_a_comparison_is_asked_as_in_chat(run: Run) -> None:
    for words in (("compare", "8.2,", "8.3"), ("8.2", "vs", "8.3"), ("difference between 8.2 and 8.3",)):
        found = run(*words, "--json").json
        assert [each["name"] for each in found["assessments"]] == ["XCP-ng 8.2 LTS", "XCP-ng 8.3 LTS"]
    assert run("compare", "8.2,", "8.3", "--fail-on", "eol").status == 4


@pytest.mark.parametrize("words", ["list hosts", "timeline foo", "changes x", "watches y", "digest maybe"])
def test_a_word_too_many_is_said_and_nothing_is_printed(run: Run, words: str) -> None:
    ran = run(*words.split(), "--channel", "C1") if words[0] in "wd" else run(*words.split(), "--json")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("typed", ["host-b", "host-b ok?", "HOST-B"])
def test_a_hosts_name_gives_what_was_seen_of_it(run: Run, pool: str, typed: str) -> None:
    assert run("sweep").status == 0
    ran = run(*typed.split(), "--json", "--as-of", "2026-11-23")
    assert (ran.status, ran.json["outcome"]) == (0, "assessed")
    assert [host["name"] for host in ran.json["hosts"]] == ["host-b"]
    shown = run(typed, "--as-of", "2026-11-23").out
    assert shown.startswith("host-b (lab)  XCP-ng 8.2.1  ✅ full support")
    assert f"xocompat probe {pool}" in shown
    assert run(typed, "--fail-on", "eol", "--as-of", "2026-11-23").status == 4


def test_a_look_at_a_host_is_in_the_audit_trail(run: Run, pool: str) -> None:
    assert run("sweep").status == 0
    run(pool)
    assert pool in run("audit", "check").out


@pytest.mark.parametrize("typed", ["who is on 8.2", "which of our hosts are eol", "hosts on XCP-ng 8.2"])
def test_a_question_about_hosts_is_fleets(run: Run, pool: str, typed: str) -> None:
    assert run("sweep").status == 0
    ran = run(*typed.split(), "--json", "--as-of", "2026-11-23")
    assert (ran.status, ran.json["outcome"], [host["name"] for host in ran.json["hosts"]]) == (
        0,
        "assessed",
        ["host-b"],
    )
    assert pool


def test_a_target_that_was_never_asked_is_known_and_looking_leaves_nothing_behind(
    run: Run, pool: str, tmp_path: Path
) -> None:
    ran = run(pool, "--json")
    assert (ran.status, ran.json["outcome"], ran.json["hosts"]) == (0, "assessed", [])
    assert f"xocompat probe {pool}" in run(pool).out
    assert run("Proxmux 8").status == 3
    assert [path.name for path in tmp_path.iterdir()] == ["xocompat.yaml"]


def test_probing_a_host_that_is_no_target_says_which_leads_to_it(run: Run, pool: str) -> None:
    assert run("sweep").status == 0
    ran = run("probe", "host-b", "--json")
    assert (ran.status, ran.json["error"]["code"]) == (1, "unknown_host")
    assert f"host-b is a host, not a target: {pool} leads to it." in ran.err


def test_a_database_that_is_away_takes_no_look_up_with_it(run: Run, pool: str, tmp_path: Path) -> None:
    config = tmp_path / "xocompat.yaml"
    config.write_text(f"database: postgresql://nobody@127.0.0.1:1/none\n{config.read_text()}")
    ran = run("Proxmux 8", "--json")
    assert (ran.status, ran.json["outcome"]) == (3, "unknown_product")
    assert run("XenServer 7.2").status == 0
    assert pool
