"""`export` of releases in a shell: no database, no configuration, and clear words about options that contradict."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.matrix.compiled import shipped

PROGRAM = str(Path(sys.executable).with_name("xocompat"))


def _run(folder: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("XOCOMPAT")}
    command = [PROGRAM, "export", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _written(folder: Path, *args: str) -> str:
    ran = _run(folder, *args)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_releases_are_csv_for_a_spreadsheet(tmp_path: Path) -> None:
    rows = list(csv.DictReader(_written(tmp_path, "--what", "releases", "--format", "csv").splitlines()))
    assert {"product": "XenServer", "release": "9", "eol_on": "2031-07-31"}.items() <= rows[7].items()
    assert list(tmp_path.iterdir()) == []


def test_csv_is_what_releases_are_unless_another_format_is_named(tmp_path: Path) -> None:
    assert _written(tmp_path, "--what", "releases").startswith("product,release,name,")


@pytest.mark.parametrize("args", [("--format", "json"), ("--json",), ("--format", "csv", "--json")])
def test_releases_are_json_as_of_a_day(tmp_path: Path, args: tuple[str, ...]) -> None:
    data = json.loads(_written(tmp_path, "--what", "releases", *args, "--as-of", "2025-09-16"))
    assert data["as_of"] == "2025-09-16"
    assert data["releases"][1]["lifecycle"]["stage"] == "eol"


@pytest.mark.parametrize("args", [(), ("--what", "releases"), ("--json",)])
def test_the_feed_is_of_releases_without_saying_so(tmp_path: Path, args: tuple[str, ...]) -> None:
    data = json.loads(_written(tmp_path, "--format", "endoflife", "--as-of", "2026-11-23", *args))
    assert [product["name"] for product in data["result"]] == ["xcp-ng", "xenserver"]
    assert list(tmp_path.iterdir()) == []


def test_the_list_in_the_format_of_data_is_what_is_shipped(tmp_path: Path) -> None:
    assert _written(tmp_path, "--format", "list") == (shipped() / "list.yaml").read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_and_not_written_over(tmp_path: Path) -> None:
    assert _written(tmp_path, "--format", "list", "--output", "list.yaml") == ""
    assert yaml.safe_load((tmp_path / "list.yaml").read_text(encoding="utf-8"))["rows"]
    again = _run(tmp_path, "--format", "list", "--output", "list.yaml")
    assert (again.returncode, "--force" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--what", "hosts", "--format", "endoflife"), "--format endoflife is of releases: leave --what hosts out"),
        (("--what", "hosts", "--format", "data"), "--format data is of releases: leave --what hosts out"),
        (("--format", "list", "--json"), "--format list is YAML, as in data/: leave --json out"),
        (("--what", "releases", "lab"), "Words choose hosts, and releases are written whole: leave 'lab' out"),
        (("--format", "endoflife", "lab"), "Words choose hosts, and releases are written whole: leave 'lab' out"),
        (("--format", "yaml"), "'yaml' is not one of"),
    ],
)
def test_options_that_contradict_are_one_line_and_2(tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    ran = _run(tmp_path, *args)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert told in ran.stderr


def test_a_mistake_in_the_configuration_is_told(tmp_path: Path) -> None:
    (tmp_path / "xocompat.yaml").write_text("databse: sqlite:///x.db\n", encoding="utf-8")
    ran = _run(tmp_path, "--format", "endoflife")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "databse" in ran.stderr


def test_no_database_is_opened_for_releases_and_one_is_for_hosts(tmp_path: Path) -> None:
    (tmp_path / "xocompat.yaml").write_text("database: sqlite:///nowhere/x.db\n", encoding="utf-8")
    assert _run(tmp_path, "--format", "endoflife").returncode == 0
    assert _run(tmp_path, "--what", "hosts").returncode == 1
