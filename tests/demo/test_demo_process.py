"""The demo as a process of its own: line editing at a real terminal, and a pipe whose reader leaves."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.console import PROMPT

DEMO = """
import os, sys
from datetime import date
from bot.chat.command import Ports
from bot.chat.desk import Desk
from bot.demo import console
from bot.matrix.load import load_matrix
from bot.query.reading import Reader
matrix = load_matrix()
desk = Desk(Ports(matrix, Reader(matrix)), lambda: date(2026, 11, 23))
sys.exit(console(desk, sys.stdin, sys.stdout, os.environ, ["/xocompat list"] * 500))
"""


class Seat:
    """A terminal with the demo in it."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._unseen = b""
        self._fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", DEMO],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environ,
            start_new_session=True,
            preexec_fn=lambda: os.close(
                os.open(os.ttyname(0), os.O_RDWR)
            ),  # makes it the session's terminal, for Ctrl-C
        )
        os.close(inner)

    def see(self, text: str) -> str:
        """What appears up to and with `text`; what comes after it is left for the next look."""
        wanted = text.encode()
        while wanted not in self._unseen:
            assert select.select([self._fd], [], [], 10)[0], f"{text!r} does not appear after {self._unseen!r}"
            self._unseen += os.read(self._fd, 4096)
        seen, found, self._unseen = self._unseen.partition(wanted)
        return (seen + found).decode(errors="replace")

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def interrupt(self) -> None:
        """Ctrl-C, once more if it goes unheard: readline misses one that comes while it still handles a key."""
        self.type("\x03")
        while not select.select([self._fd], [], [], 2)[0]:
            self.type("\x03")

    def leave(self) -> int:
        """The exit status, once the demo has ended."""
        status = self.process.wait(timeout=10)
        os.close(self._fd)
        return status


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
def seat(environ: dict[str, str]) -> Iterator[Seat]:
    seat = Seat(environ)
    yield seat
    seat.process.kill()
    seat.process.wait()


def test_ctrl_c_drops_a_begun_line_and_leaves_on_an_empty_one(seat: Seat) -> None:
    seat.see(PROMPT)
    seat.type("/xocompat li")
    seat.see("li")
    seat.interrupt()
    seat.see(PROMPT)
    seat.interrupt()
    assert seat.leave() == 0


def test_the_line_before_comes_back_with_the_arrow(seat: Seat) -> None:
    seat.see(PROMPT)
    seat.type("help help\n")
    seat.see("what there is to ask")
    seat.see(PROMPT)
    seat.type("\x1b[A")
    assert "help help" in seat.see("help help")
    seat.type("\n")
    seat.see("what there is to ask")
    seat.see(PROMPT)
    seat.type("\x04")
    assert seat.leave() == 0


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
