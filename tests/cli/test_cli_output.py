"""Answers into files, forms by one option, lists of releases from stdin, and what `--help` says."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.chat.commands import COMMANDS
from bot.cli.chat_commands import LINES_MAX
from bot.cli.conditions import parse_condition
from bot.cli.operator import OPERATORS
from bot.cli.options import EXIT_STATUSES
from tests.cli.running import Run

TODAY = ("--as-of", "2026-11-27")


def test_an_answer_is_written_into_a_file_and_not_over_one(run: Run, folder: Path) -> None:
    ran = run("XenServer 7.2", "-o", "said.txt", *TODAY)
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert (folder / "said.txt").read_text(encoding="utf-8") == run("XenServer 7.2", *TODAY).out
    again = run("-o", "said.txt", "XCP-ng 8.3")
    assert (again.status, "--force" in again.err) == (2, True)
    assert run("XCP-ng 8.3", "--output", "said.txt", "--force", "--json").status == 0
    assert json.loads((folder / "said.txt").read_text())["assessments"][0]["release"] == "8.3"
    assert run("list", "-o", "nowhere/list.txt").status == 1


def test_a_file_that_names_hosts_is_for_its_owner_alone(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "x")
    (folder / "xocompat.yaml").write_text(
        "targets: [{name: lab-a, address: 192.0.2.1, username: u, password_env: PW}]\n"
    )
    assert run("db", "upgrade").status == 0
    assert run("fleet", "-o", "fleet.txt").status == 0
    assert run("list", "-o", "list.txt").status == 0
    assert (folder / "fleet.txt").stat().st_mode & 0o077 == 0
    assert (folder / "list.txt").stat().st_mode & 0o444 == 0o444


def test_every_form_goes_into_a_file(run: Run, folder: Path) -> None:
    for form, name in (("csv", "a.csv"), ("md", "a.md"), ("json", "a.json")):
        assert run("timeline", "--format", form, "-o", name, *TODAY).status == 0
        assert (folder / name).read_text() == run("timeline", "--format", form, *TODAY).out
    assert run("timeline", "--svg", "-o", "a.svg", *TODAY).status == 0
    assert ET.fromstring((folder / "a.svg").read_text()).get("role") == "img"
    both = run("timeline", "--png", "a.png", "-o", "b.png")
    assert (both.status, "leave --output out" in both.err) == (2, True)


@pytest.mark.parametrize("words", ["timeline", "list", "XenServer 7.1, XCP-ng 8.3"])
def test_the_ending_of_the_file_is_the_form_unless_one_is_given(run: Run, folder: Path, words: str) -> None:
    for form in ("csv", "md", "json"):
        for name in (f"a.{form}", f"A.{form.upper()}"):
            assert run(words, "-o", name, *TODAY).status == 0
            assert (folder / name).read_text() == run(words, "--format", form, *TODAY).out
    assert run(words, "-o", "b.csv", "--format", "md", *TODAY).status == 0
    assert (folder / "b.csv").read_text() == run(words, "--format", "md", *TODAY).out
    assert run(words, "-o", "c.csv", "--json", *TODAY).status == 0
    assert (folder / "c.csv").read_text() == run(words, "--json", *TODAY).out
    for name in ("d.txt", "d", "d.csv.txt", ".csv"):
        assert run(words, "-o", name, *TODAY).status == 0
        assert (folder / name).read_text() == run(words, *TODAY).out


def test_what_is_no_table_goes_into_whatever_file_as_it_is_read(run: Run, folder: Path) -> None:
    assert run("XenServer 7.2", "-o", "said.csv", *TODAY).status == 0
    assert (folder / "said.csv").read_text() == run("XenServer 7.2", *TODAY).out
    assert run("XenServer 7.2", "-o", "other.csv", "--format", "csv", *TODAY).status == 2
    assert run("timeline", "-o", "a.svg", *TODAY).status == 0
    assert ET.fromstring((folder / "a.svg").read_text()).get("role") == "img"


def test_the_ending_is_the_form_of_an_export_too(run: Run, folder: Path) -> None:
    for form in ("csv", "md", "json"):
        assert run("export", "--what", "releases", "-o", f"a.{form}", *TODAY).status == 0
        asked = run("export", "--what", "releases", "--format", form, *TODAY).out
        assert (folder / f"a.{form}").read_text() == asked
    assert run("export", "--what", "releases", "--format", "csv", "-o", "b.md", *TODAY).status == 0
    assert (folder / "b.md").read_text().startswith("product,")
    assert run("export", "--format", "endoflife", "-o", "c.json", *TODAY).status == 0
    assert json.loads((folder / "c.json").read_text())["result"]


def test_json_is_a_form_like_the_others(run: Run) -> None:
    assert run("list", "--format", "json", *TODAY).out == run("list", "--json", *TODAY).out
    assert run("list", "--format", "json", "--json", *TODAY).status == 0


@pytest.mark.parametrize(
    "words", [name for name in COMMANDS if name in ("list", "timeline", "issues", "feature", "advisories")]
)
def test_tables_have_every_form(run: Run, words: str) -> None:
    rows = [*csv.reader(io.StringIO(run(words, "--format", "csv", *TODAY).out))]
    assert len(rows) > 3
    assert run(words, "--format", "md", *TODAY).out.startswith("| ")
    assert run(words, "--format", "json", *TODAY).json


def _pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_list_of_releases_comes_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# what we run\nXenServer 7.2\n\n  XCP-ng 8.3,\nXenServer >=7.5,<7.7\n"
    for args in (("check", "-"), ("-",)):
        _pipe(monkeypatch, text)
        ran = run(*args, "--json", *TODAY)
        names = [each["name"] for each in ran.json["assessments"]]
        assert names == ["XenServer 7.2", "XCP-ng 8.3 LTS", "XenServer 7.5", "XenServer 7.6"]
        assert ran.status == 0
    _pipe(monkeypatch, "XCP-ng 8.3\nXenServer 7.7\n")
    assert run("check", "-", *TODAY).status == 3
    _pipe(monkeypatch, "XCP-ng 8.3\nXenServer 7.2\n")
    assert run("check", "-", "--fail-on", "eol", *TODAY).status == 4


def test_several_verdicts_are_a_table_for_other_programs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _pipe(monkeypatch, "XenServer 7.2\nXCP-ng 8.3\n")
    rows = [*csv.DictReader(io.StringIO(run("check", "-", "--format", "csv", *TODAY).out))]
    assert [(row["name"], row["stage"], row["eol_on"]) for row in rows] == [
        ("XenServer 7.2", "eol", "2018-04-13"),
        ("XCP-ng 8.3 LTS", "supported", "2028-11-30"),
    ]
    assert run("8.2", "--format", "md", *TODAY).out.startswith("| product | release |")


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "XCP-ng 8.3\n" * (LINES_MAX + 1), "x" * 50_000])
def test_a_list_that_is_empty_or_too_long_is_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    _pipe(monkeypatch, text)
    ran = run("check", "-")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    ("condition", "day", "holds"),
    [
        ("eol-within:6m", "2028-05-29", False),
        ("eol-within:6m", "2028-05-30", True),
        ("eol-within:1y", "2027-11-29", False),
        ("eol-within:1y", "2027-11-30", True),
        ("eol-within:12w", "2028-09-06", False),
        ("eol-within:12w", "2028-09-07", True),
        ("eol-within:0m", "2028-11-29", False),
        ("eol-within:0m", "2028-11-30", True),
        ("eol-within:9999y", "2024-11-01", True),
    ],
)
def test_months_and_years_are_those_of_the_calendar(run: Run, condition: str, day: str, holds: bool) -> None:
    """XCP-ng 8.3 ends on 30 Nov 2028."""
    assert run("XCP-ng 8.3", "--fail-on", condition, "--as-of", day).status == (4 if holds else 0)


def test_a_span_that_is_none_is_told() -> None:
    for text in ("eol-within:6", "eol-within:m", "eol-within:6h", "eol-within:-6m"):
        with pytest.raises(ValueError, match=r"90d \(or 12w, 6m, 1y\)"):
            parse_condition(text)


def test_help_has_every_command_in_a_group_and_the_exit_statuses(run: Run) -> None:
    ran = run("--help")
    assert ran.status == 0
    for name in (*COMMANDS, *(command.name or "" for command in OPERATORS)):
        assert any(line.startswith(f"  {name} ") for line in ran.out.splitlines()), name
    assert "Releases and hosts:" in ran.out
    for status in EXIT_STATUSES:
        assert f"\n  {status}  " in ran.out
    assert "Exit status" in run("list", "--help").out


@pytest.mark.parametrize("words", ["fleet", "alerts", "sites"])
def test_a_table_without_rows_is_its_header(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """A script that reads it must not fail because nothing is wrong."""
    monkeypatch.setenv("PW", "x")
    (folder / "xocompat.yaml").write_text(
        "targets: [{name: lab-a, address: 192.0.2.1, username: u, password_env: PW}]\n"
    )
    assert run("db", "upgrade").status == 0
    as_csv, as_md = (run(*words.split(), "--format", form) for form in ("csv", "md"))
    assert (as_csv.status, len(as_csv.out.splitlines())) == (0, 1)
    assert (as_md.status, len(as_md.out.splitlines())) == (0, 2)
    assert "| --- |" not in run(*words.split()).out
