"""`sweep` and `alerts` of another day in a shell: real hosts are asked, and nothing is stored or sent."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.cli import main
from bot.simulator import SimHost, SimPool, Simulator, as_yaml, lone, release
from bot.simulator.fleets import PASSWORD_VARIABLE
from tests.cli.running import Ran

FAR = "2028-12-01"
CHANNEL = "C0123456789"


class Shell(NamedTuple):
    """A shell with a configuration, a database and hosts that answer."""

    run: Callable[..., Ran]
    hosts: Simulator
    database: Path

    def rows(self) -> list[str]:
        """All that is stored, but for who asked what."""
        with closing(sqlite3.connect(self.database)) as connection:
            return [line for line in connection.iterdump() if 'INTO "audit"' not in line]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    config, database = tmp_path / "xocompat.yaml", tmp_path / "fleet.db"
    pools = [
        SimPool((SimHost("xen-1", release("XCP-ng", "8.3")),), name="lab"),
        lone(SimHost("xen-2", release("XCP-ng", "8.2"))),
    ]
    with Simulator(pools) as hosts:
        more = f"database: sqlite:///{database}\nalerts: {{channel: {CHANNEL}}}\nsecurity: {{tell: none}}\n"
        config.write_text(f"{as_yaml(hosts.targets)}\n{more}")

        def run(*words: str) -> Ran:
            capsys.readouterr()
            status = main([*words, "--config", str(config)])
            return Ran(status, *capsys.readouterr())

        yield Shell(run, hosts, database)


def test_a_sweep_as_of_a_day_says_what_it_would_bring_and_stores_and_sends_nothing(shell: Shell) -> None:
    assert shell.run("sweep").status == 0
    before = shell.rows()
    ran = shell.run("sweep", "--as-of", FAR, "--json")
    assert (ran.status, ran.err) == (0, "")
    found = ran.json
    assert {name: found[name] for name in ("as_of", "targets", "failed", "delivered", "dry")} == {
        "as_of": FAR, "targets": 2, "failed": 0, "delivered": 0, "dry": True,
    }  # fmt: skip
    assert found["opened"] == 1  # the end of life of XCP-ng 8.3
    assert found["pending"] >= 1
    assert shell.rows() == before
    assert "dry" not in shell.run("sweep", "--json").json


@pytest.mark.parametrize("words", [["sweep", "on", FAR], ["sweep", "--as-of", FAR], ["sweep", "--as-of", "today"]])
def test_it_says_so_in_words_for_any_day_that_is_named(shell: Shell, words: list[str]) -> None:
    words = [datetime.now(UTC).date().isoformat() if word == "today" else word for word in words]
    ran = shell.run(*words)
    assert ran.status == 0
    assert "Nothing was stored or sent: this is what " in ran.out
    assert shell.run("alerts", "--json").json["alerts"] == []


def test_hosts_that_were_upgraded_since_are_asked_for_a_rehearsal_too(shell: Shell) -> None:
    shell.run("sweep")
    shell.hosts["xen-2"].upgrade(release("XCP-ng", "8.3"))
    found = shell.run("sweep", "--as-of", FAR, "--json").json
    assert found["resolved"] == 1
    assert [alert["release"] for alert in shell.run("alerts", "--json").json["alerts"]] == ["8.2"]


def test_alerts_as_of_a_day_are_those_that_would_be_open(shell: Shell) -> None:
    shell.run("sweep")
    before = shell.rows()
    found = shell.run("alerts", "--as-of", FAR, "--json").json
    assert [(alert["release"], alert["threshold_days"]) for alert in found["alerts"]] == [("8.2", 0), ("8.3", 0)]
    assert [alert["id"] for alert in found["alerts"]] == [1, None]
    assert found["as_of"] == FAR
    said = shell.run("alerts", "on", FAR).out
    assert "XCP-ng 8.3 LTS reached end of life on 30 Nov 2028 (yesterday)" in said
    assert "Nothing was stored or sent: this is what 1 Dec 2028 would bring." in said
    assert shell.rows() == before
    assert [alert["release"] for alert in shell.run("alerts", "--json").json["alerts"]] == ["8.2"]


@pytest.mark.parametrize("words", [["ack", "1"], ["snooze", "1", "7d"]])
def test_what_is_done_about_alerts_takes_no_day(shell: Shell, words: list[str]) -> None:
    shell.run("sweep")
    ran = shell.run(*words, "--as-of", FAR, "--json")
    assert (ran.status, ran.out) == (2, "")
    assert "acts now and takes no --as-of: leave it out." in ran.err
    assert [alert["state"] for alert in shell.run("alerts", "--json").json["alerts"]] == ["firing"]
    assert shell.run(*words).status == 0


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("words", [["alerts"], ["alerts", "all"], ["sweep"]])
def test_a_day_from_which_nothing_can_be_counted_is_refused_in_a_line(shell: Shell, words: list[str], day: str) -> None:
    shell.run("sweep")
    ran = shell.run(*words, "--as-of", day)
    assert (ran.status, ran.err) == (2, "xocompat: I can tell what alerts there are on a day from 1900 to 9899.\n")
