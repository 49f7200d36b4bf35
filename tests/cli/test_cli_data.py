"""`export --format data`, and `sync` that reads a bundle beside the list, in a shell."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.compiled import shipped
from bot.published.bundle import NAMES
from bot.simulator import PASSWORD_VARIABLE, SimHost, Simulator, as_yaml, lone, release
from tests.cli.running import Run, asked
from tests.published.texts import page

CONFIG = "list: {url: list.md}\ndata: {url: data.json}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, a page that is in use, and no bundle yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xocompat.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "list.md").write_bytes(page())
    return tmp_path


def _put(run: Run, folder: Path, *edits: tuple[str, str], day: str = "2026-11-26", name: str = "releases.yaml") -> None:
    bundle: dict[str, Any] = run("export", "--format", "data").json
    text = bundle["files"][name]
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    bundle["files"][name] = text
    bundle["sha256"][name] = sha256(text.encode()).hexdigest()
    (folder / "data.json").write_text(json.dumps({**bundle, "day": day}))


def _end(run: Run) -> str:
    end: str = run("XCP-ng 8.3", "--json").json["assessments"][0]["lifecycle"]["eol_on"]
    return end


LATER = ("day: 2028-11-30", "day: 2029-11-30")


@pytest.mark.usefixtures("folder")
def test_the_bundle_is_the_one_of_the_contract(run: Run) -> None:
    made = run("export", "--format", "data").json
    assert list(made) == ["format", "day", "files", "sha256"]
    assert made["format"] == 1
    assert list(made["files"]) == list(made["sha256"]) == [f"{name}.yaml" for name in NAMES]
    for name, text in made["files"].items():
        assert text.encode() == (shipped() / name).read_bytes()
        assert made["sha256"][name] == sha256(text.encode()).hexdigest()


def test_newer_data_is_used_by_the_next_look_up(run: Run, folder: Path) -> None:
    _put(run, folder, LATER)
    assert _end(run) == "2028-11-30"
    ran = run("sync", "--force", "--json")
    assert (ran.status, ran.json["data"]["day"], ran.json["data"]["problems"]) == (0, "2026-11-26", [])
    (moved,) = ran.json["data"]["changes"]
    assert (moved["subject"], moved["after"], moved["better"]) == ("XCP-ng 8.3", "2029-11-30", True)
    assert _end(run) == "2029-11-30"
    assert "data renewed to 26 Nov 2026" in run("XCP-ng 8.3").out
    assert "XCP-ng 8.3: end of life 30 Nov 2028 → 30 Nov 2029" in run("changes").out
    assert run("export", "--format", "data").json["day"] == "2026-11-26"


LATER_FIX = ("fixed_from: 4.17.6-9", "fixed_from: 4.17.6-10")
"""Of XSA-490, which is of AMD's processors: by the shipped data 4.17.6-9 has it."""


def test_hosts_are_judged_by_the_data_in_use(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`probe`, `--fail-on vulnerable` and completion in a shell, which need no database."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    host = SimHost("xen-1", release("XCP-ng", "8.3").patched("4.17.6-9"), cpu_vendor="AuthenticAMD")
    with Simulator([lone(host, "lab-a")]) as hosts:
        (folder / "xocompat.yaml").write_text(f"{CONFIG}{as_yaml(hosts.targets)}", encoding="utf-8")
        words = ("probe", "lab-a", "--json", "--fail-on", "vulnerable")
        before = run(*words)
        assert (before.status, before.json["hosts"][0]["patch"]["vulnerable"]) == (0, [])
        assert asked(folder, "advisory XSA-99999") == []
        _put(run, folder, LATER_FIX, ("ids: [XSA-490", "ids: [XSA-490, XSA-99999"), name="advisories.yaml")
        assert run("sync", "--force").status == 0
        after = run(*words)
        assert (after.status, after.json["hosts"][0]["patch"]["vulnerable"]) == (4, ["XSA-490"])
        assert asked(folder, "advisory XSA-99999") == ["XSA-99999"]


def test_what_is_refused_is_one_line_and_changes_nothing(run: Run, folder: Path) -> None:
    run("sync", "--force")
    _put(run, folder, LATER, day="2020-01-01")
    ran = run("sync")
    assert ran.status == 1
    assert ran.err.startswith("xocompat: The data is not renewed: ")
    assert "is of 2020-01-01, and the data in use is of " in ran.err
    assert ran.err.count("\n") == 1
    assert _end(run) == "2028-11-30"


def test_a_look_up_makes_no_database(run: Run, folder: Path) -> None:
    assert _end(run) == "2028-11-30"
    assert not (folder / "xocompat.db").exists()


@pytest.mark.usefixtures("folder")
def test_old_data_is_said_on_the_day_asked_for(run: Run) -> None:
    said = "Old data: the vendors' dates of 16 Sep 2026 (121 days)"
    assert said in run("XCP-ng 8.3", "--as-of", "2027-01-15").out
    for words in (("--as-of", "2027-01-14"), ("--as-of", "2020-01-01"), ("--as-of", "2026-11-27", "on 2028-12-01")):
        assert "Old data" not in run("XCP-ng 8.3", *words).out
