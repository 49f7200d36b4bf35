"""The demo as a process of its own: line editing at a real terminal, and a pipe whose reader leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.console import PROMPT
from tests.demo.terminals import CTRL_C, PtyProcess

DEMO = """
import os, sys
from datetime import date
from bot.chat.command import Ports
from bot.chat.runner import CommandRunner
from bot.demo import console
from bot.matrix.load import load_matrix
from bot.query.reader import Reader
matrix = load_matrix()
desk = CommandRunner(Ports(matrix, Reader(matrix)), lambda: date(2026, 11, 23))
sys.exit(console(desk, sys.stdin, sys.stdout, os.environ, ["/xocompat list"] * 500))
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path),
        "TERM": "xterm",
        "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
    }


@pytest.fixture
def terminal(environ: dict[str, str]) -> Iterator[PtyProcess]:
    yield from running([sys.executable, "-c", DEMO], environ)


@pytest.fixture
def whole(environ: dict[str, str]) -> Iterator[PtyProcess]:
    """The command itself, with its hosts."""
    yield from running([sys.executable, "-m", "bot", "demo"], environ)


@pytest.fixture
def many(environ: dict[str, str]) -> Iterator[PtyProcess]:
    """The same with more hosts than are asked in a moment, and a bar that moves."""
    yield from running([sys.executable, "-m", "bot", "demo", "--fleet", "1500"], {**environ, "NO_COLOR": ""})


def running(command: list[str], environ: dict[str, str]) -> Iterator[PtyProcess]:
    terminal = PtyProcess(command, environ)
    yield terminal
    terminal.process.kill()
    terminal.process.wait()


def test_ctrl_c_drops_a_begun_line_and_leaves_on_an_empty_one(terminal: PtyProcess) -> None:
    terminal.see(PROMPT)
    terminal.type("/xocompat li")
    terminal.see("li")
    terminal.drop_line(PROMPT)
    assert terminal.leave_by_interrupt() == 0


def test_the_line_before_comes_back_with_the_arrow(terminal: PtyProcess) -> None:
    terminal.see(PROMPT)
    terminal.type("help help\n")
    terminal.see("what there is to ask")
    terminal.see(PROMPT)
    terminal.type("\x1b[A")
    assert "help help" in terminal.see("help help")
    terminal.type("\n")
    terminal.see("what there is to ask")
    terminal.see(PROMPT)
    terminal.type("\x04")
    assert terminal.leave() == 0


def test_head_gets_its_lines_and_nobody_complains(environ: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEMO],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        assert demo.stdout.readline().startswith(b"#xo-admins > /xocompat list")
        demo.stdout.close()
        assert demo.stderr.read() == b""
    assert demo.returncode == 0


def test_the_command_asks_its_hosts_and_leaves_on_ctrl_c(whole: PtyProcess) -> None:
    assert "8 simulated hosts to ask: lab-a" in whole.see(PROMPT)
    whole.type("probe prod-a\n")
    whole.see("Asking prod-a")
    whole.see("2 of 3 hosts get no security updates")
    whole.see(PROMPT)
    assert whole.leave_by_interrupt() == 0


def test_ctrl_c_leaves_before_the_hosts_are_there(whole: PtyProcess) -> None:
    whole.see(PROMPT)
    assert whole.leave_by_interrupt() == 0


def test_an_alert_appears_by_itself_above_the_line_that_was_begun(whole: PtyProcess) -> None:
    whole.see(PROMPT)
    whole.type("alerts")
    whole.see("[Acknowledge]")
    assert "alerts" in whole.see(f"{PROMPT}alerts")
    whole.type("\n")
    whole.see(" open alerts")
    whole.see(PROMPT)
    whole.type("\x04")
    assert whole.leave() == 0


def test_ctrl_c_ends_a_sweep_and_not_the_demo(many: PtyProcess) -> None:
    many.see(PROMPT)
    many.type("sweep\n")
    many.see("/1500")
    many.type(CTRL_C)
    many.see("Stopped.")
    many.type("XenServer 6.5\n")
    many.see("End of life since")
    many.type("exit\n")
    assert many.leave() == 0


def test_who_leaves_in_the_middle_of_a_sweep_leaves_at_once(many: PtyProcess) -> None:
    many.see(PROMPT)
    begun = time.monotonic()
    many.type("exit\n")
    assert many.leave() == 0
    assert time.monotonic() - begun < 8


def test_the_clock_moves_on_a_word(whole: PtyProcess) -> None:
    whole.see(PROMPT)
    whole.type("on 2028-11-01\n")
    whole.see("It is 1 Nov 2028 now")
    whole.see("29 days left")
    whole.see(PROMPT)
    assert whole.leave_by_interrupt() == 0


def test_nothing_is_left_in_the_folder_for_temporary_files(environ: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-m", "bot", "demo"]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env={**environ, "TMPDIR": str(folder)})
    assert not [*folder.glob("xocompat-demo-*")]


def test_without_a_terminal_the_command_plays_its_transcript_and_ends_with_0(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "bot", "demo"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environ, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    output = done.stdout.decode()
    assert "XenServer 7.2  ❎ partial support" in output
    assert "Pool prod (asked prod-a)" in output
    shown = iter(output.split(PROMPT))
    for step in (
        "XenServer 7.2",
        "Pool prod (asked prod-a)",
        "⚠️ 2 hosts on XCP-ng 8.3 LTS lack the fix of",
        "1 vulnerable, and a restart may bring the fix: xen-2",
        "xo runs Xen Orchestra 6.7.1 (xo-server 5.207.2)",
        "branch-1  branch",
        "xo runs xo-server 5.207.2 and, by that number, has 2 known holes",
        "acknowledged by you on",
        "xen-12 and xen-13 run XCP-ng 8.3.",
        "✅ XCP-ng 8.2 LTS: no host runs it any more",
        "📄 The Host Compatibility List changed",
    ):
        assert any(step in answer for answer in shown), step


def test_a_reader_that_leaves_ends_the_hosts_too(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "bot", "demo"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        demo.stdout.readline()
        demo.stdout.close()
        assert demo.stderr.read() == b""
    assert demo.returncode == 0
