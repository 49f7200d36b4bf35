"""A slow command says what it is doing, to whoever looks, and leaves nothing behind."""

import io
import os
import pty
import select
import threading
from collections.abc import Callable, Iterator

import pytest

from bot.terminal.capabilities import Capabilities
from bot.terminal.layout import width
from bot.terminal.progress import ProgressLine, frame

ASKING = "Asking lab-a … (at most 30 seconds)"


class Screen:
    """A terminal: what is written to `stream` can be read."""

    def __init__(self) -> None:
        self._fd, inner = pty.openpty()
        self.stream = open(inner, "w", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        self._seen = b""

    def see(self, text: str) -> None:
        """Wait until a text has appeared."""
        while text.encode() not in self._seen:
            assert select.select([self._fd], [], [], 10)[0], self._seen
            self._seen += os.read(self._fd, 4096)

    @property
    def all(self) -> str:
        """Everything that appeared."""
        while select.select([self._fd], [], [], 0)[0]:
            self._seen += os.read(self._fd, 4096)
        return self._seen.decode()

    def close(self) -> None:
        self.stream.close()
        os.close(self._fd)


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.close()


def test_on_a_terminal_a_line_moves_and_is_gone_at_the_end(screen: Screen) -> None:
    with ProgressLine(screen.stream, {"TERM": "xterm"}, beat=0.01) as progress:
        progress.show(ASKING)
        screen.see(f"⠋ {ASKING}")
        screen.see(f"⠙ {ASKING}")
    assert screen.all.endswith("\r\x1b[K")
    assert "\n" not in screen.all
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]


def test_what_is_said_last_is_shown_with_a_bar_once_there_is_a_total(screen: Screen) -> None:
    with ProgressLine(screen.stream, {"TERM": "xterm"}, beat=0.01) as progress:
        progress.show(ASKING)
        progress.show("Asking the fleet", 16, 64)
        screen.see("█████░░░░░░░░░░░░░░░ 16/64 Asking the fleet")


def test_what_is_done_before_the_first_beat_shows_nothing(screen: Screen) -> None:
    with ProgressLine(screen.stream, {"TERM": "xterm"}, beat=60) as progress:
        progress.show(ASKING)
    assert screen.all == ""


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
def test_where_nothing_may_move_each_new_text_is_a_line(screen: Screen, environ: dict[str, str]) -> None:
    with ProgressLine(screen.stream, environ) as progress:
        progress.show(ASKING)
        progress.show("Asking the fleet", 0, 3)
        progress.show("Asking the fleet", 1, 3)
    assert screen.all == f"{ASKING}\r\nAsking the fleet\r\n"


@pytest.mark.parametrize("make", [lambda: None, io.StringIO])
def test_where_nobody_looks_nothing_is_written(make: Callable[[], io.StringIO | None]) -> None:
    stream = make()
    with ProgressLine(stream, {"TERM": "xterm"}, beat=0.001) as progress:
        progress.show(ASKING)
    assert stream is None or stream.getvalue() == ""


def test_what_ends_in_an_error_leaves_no_line_and_no_thread_either(screen: Screen) -> None:
    def interrupted() -> None:
        with ProgressLine(screen.stream, {"TERM": "xterm"}, beat=0.01) as progress:
            progress.show(ASKING)
            screen.see(ASKING)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert screen.all.endswith("\r\x1b[K")
    assert not [thread for thread in threading.enumerate() if thread.name == "progress"]


def test_a_line_never_wraps_and_never_steers() -> None:
    line = frame("a\x1b[2J" + "名" * 80, 3, 2, 7, Capabilities(width=40))
    assert width(line) <= 39
    assert line.isprintable()
    assert line.endswith("…")


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert frame("Asking", 1, 2, 0, Capabilities(width=60, emoji=False)) == "| ##########.......... 1/2 Asking"
