"""`sync` and `changes` in a shell: their JSON, their exit status, and what they need."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import outbox
from tests.cli.running import Run
from tests.published.pages import Page, serving
from tests.published.texts import ROWS, page, without

CONFIG = "list: {url: list.md}\nalerts: {channel: C0000001}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and a page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xocompat.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "list.md").write_bytes(page())
    return tmp_path


def test_the_json_of_sync_is_the_one_of_the_contract(run: Run, folder: Path) -> None:
    ran = run("sync", "--json", "--force")
    assert (ran.status, ran.err) == (0, "")
    assert list(ran.json) == ["source", "revision", "changes", "problems", "rows"]
    assert ran.json["source"] == str(folder / "list.md")
    assert {*ran.json["changes"][0]} == {"kind", "label", "before", "after"}
    assert ran.json["rows"][1] == {
        "label": "XCP-ng 8.2 LTS",
        "product": "XCP-ng",
        "releases": ["8.2"],
        "badges": ["full", "extra_features", "no_security_updates"],
        "notes": [],
    }
    assert len(ran.json["rows"]) == len(ROWS)


def test_a_page_in_use_changes_nothing(run: Run) -> None:
    run("sync", "--force")
    again = run("sync", "--json")
    assert (again.status, again.json["changes"], again.json["problems"]) == (0, [], [])
    assert run("changes").out.startswith("The published list is the one in use  no changes\n")


def test_changes_of_a_page_in_use_are_those_against_the_list_before_it(run: Run) -> None:
    came = run("sync", "--force", "--json").json["changes"]
    assert came
    assert run("changes", "--json").json["changes"] == came


def test_a_page_that_lost_rows_is_a_problem_until_it_is_forced(run: Run) -> None:
    ran = run("sync", "--json")
    assert ran.status == 1
    (problem,) = ran.json["problems"]
    assert problem["line"] is None
    assert "`xocompat sync --force` takes the page" in problem["message"]
    assert len(ran.err.splitlines()) == 1
    assert run("sync", "--force").status == 0


@pytest.mark.parametrize("words", [("changes",), ("sync",)])
def test_a_problem_is_one_line_on_stderr_and_the_json_is_printed(run: Run, folder: Path, words: tuple[str]) -> None:
    run("sync", "--force")
    (folder / "list.md").write_bytes(page(*ROWS, "- XenServer 9 🦄"))
    ran = run(*words, "--json")
    assert (ran.status, len(ran.err.splitlines())) == (1, 1)
    (problem, *_) = ran.json["problems"]
    assert problem["line"] > 1
    assert f"line {problem['line']}: " in ran.err


def test_changes_need_no_database_and_make_none(run: Run, folder: Path) -> None:
    ran = run("changes", "--json", "--as-of", "2026-11-23")
    assert list(ran.json) == ["source", "revision", "changes", "problems"]
    assert "removed" in {change["kind"] for change in ran.json["changes"]}
    assert not (folder / "xocompat.db").exists()


def test_changes_are_told_against_what_is_in_use_here(run: Run, folder: Path) -> None:
    run("sync", "--force")
    (folder / "list.md").write_bytes(without(1))
    ran = run("changes", "--json")
    assert ran.json["changes"] == [
        {
            "kind": "removed",
            "label": "XCP-ng 8.3 LTS",
            "before": "XCP-ng 8.3 LTS: full support, all extra features",
            "after": None,
        }
    ]
    assert run("changes", "--json").json == ran.json, "looking changes nothing"


def test_a_page_that_is_not_there_is_told(run: Run, folder: Path) -> None:
    (folder / "list.md").unlink()
    ran = run("changes", "--json")
    assert (ran.status, ran.json["revision"]) == (1, None)
    assert "list.md can't be read: No such file or directory" in ran.err


def test_what_a_sync_found_waits_for_the_channel_but_for_what_the_first_page_has(run: Run, folder: Path) -> None:
    run("sync", "--force")
    assert _waiting(folder) == [], "it may have changed long before"
    (folder / "list.md").write_bytes(without(1))
    run("sync")
    run("sync")
    assert _waiting(folder) == [("C0000001", "list")]


def _waiting(folder: Path) -> list[tuple[str, str]]:
    database = Database(f"sqlite:///{folder / 'xocompat.db'}")
    with database.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.kind)).all()
    database.close()
    return [(row.channel, row.kind) for row in rows]


def test_a_page_comes_over_http_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Page(page())) as pages:
        monkeypatch.setenv("XOCOMPAT_LIST__URL", pages.url)
        assert run("changes", "--json").json["source"] == pages.url


def test_doctor_tells_of_the_list(run: Run, folder: Path) -> None:
    run("sync", "--force")
    assert f"ok      published list: {folder / 'list.md'} was read on " in run("doctor").out
    (folder / "list.md").write_bytes(page(*ROWS, "- XenServer 9 🦄"))
    run("sync")
    assert f"not ok  published list: {folder / 'list.md'} is not used: line " in run("doctor").out
    (folder / "list.md").unlink()
    run("sync")
    assert "list.md can't be read: No such file or directory → Set `list.url`" in run("doctor").out


def test_changes_take_no_words(run: Run) -> None:
    assert run("changes", "XenServer 7.2").status == 2


def test_a_look_up_knows_nothing_of_all_this(folder: Path) -> None:
    script = (
        "import sys; from bot.cli import main; main(['XenServer', '7.2']);"
        "print([name for name in sys.modules if name.startswith(('bot.published', 'bot.store', 'requests'))])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    assert ran.stdout.splitlines()[-1] == "[]"
