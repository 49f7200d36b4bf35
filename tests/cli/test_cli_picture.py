"""`timeline --svg` and `--png FILE`: the answer as a picture, in the shell."""

import os
import stat
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.running import Run

TODAY = ("--as-of", "2026-11-23")


def test_svg_is_printed_alone_and_whole(run: Run) -> None:
    ran = run("timeline", "xcp-ng", "--svg", *TODAY)
    assert (ran.status, ran.err) == (0, "")
    assert ET.fromstring(ran.out).get("role") == "img"
    assert "XenServer" not in ran.out
    assert run("--svg", *TODAY, "timeline", "xcp-ng").out == ran.out
    assert run("timeline", "xcp-ng", "on 2026-11-23", "--svg").out == ran.out


def test_two_forms_of_one_answer_are_wrong_usage(run: Run) -> None:
    for other in (("--json",), ("--format", "csv"), ("--png", "x.png")):
        ran = run("timeline", "--svg", *other)
        assert (ran.status, ran.out) == (2, "")
        assert "two forms of one answer" in ran.err


def test_png_says_which_extra_is_missing(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    ran = run("timeline", "--png", "timeline.png")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert "xocompat[pictures]" in ran.err
    assert not (folder / "timeline.png").exists()


def test_png_is_written_and_nothing_is_written_over(run: Run, folder: Path) -> None:
    pytest.importorskip("resvg_py", reason="the extra `pictures` is not installed")
    (folder / "mine.png").write_text("mine")
    assert run("timeline", "--png", "mine.png").status == 2
    assert (folder / "mine.png").read_text() == "mine"
    assert run("timeline", "--png", "mine.png", "--force").status == 0
    assert (folder / "mine.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("hosts", "mode"), [({}, 0o600), (None, 0o644)])
def test_a_file_that_tells_of_hosts_is_its_owners_alone(
    run: Run, folder: Path, hosts: dict[str, int] | None, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.chat_commands._hosts_by_release", lambda *_: hosts)
    before = os.umask(0o022)
    try:
        assert run("timeline", "--svg", "--output", "timeline.svg").status == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "timeline.svg").stat().st_mode) == mode


def test_no_other_command_draws(run: Run) -> None:
    assert run("list", "--svg").status == 2
