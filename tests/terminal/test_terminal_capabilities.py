"""What a stream can show, by what it is and what the environment says."""

import io
import os
import pty

import pytest

from bot.terminal.capabilities import Capabilities, capabilities_of


class Screen(io.StringIO):
    """A stream that is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_pipe_is_plain_and_has_no_width() -> None:
    assert capabilities_of(io.StringIO(), {"TERM": "xterm-kitty", "COLUMNS": "90"}) == Capabilities(
        None, color=False, links=False
    )


def test_a_terminal_has_color_and_80_columns_unless_it_says_otherwise() -> None:
    assert capabilities_of(Screen(), {"TERM": "xterm"}) == Capabilities(80, color=True, links=False)


def test_a_closed_stream_is_no_terminal() -> None:
    screen = Screen()
    screen.close()
    assert capabilities_of(screen, {}).width is None


@pytest.mark.parametrize(
    ("environ", "color"),
    [
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_color_follows_the_environment(environ: dict[str, str], color: bool) -> None:
    assert capabilities_of(Screen(), environ).color is color


def test_color_can_be_forced_into_a_pipe() -> None:
    assert capabilities_of(io.StringIO(), {"FORCE_COLOR": "1"}) == Capabilities(None, color=True, links=False)


@pytest.mark.parametrize(
    ("columns", "width"), [("20", 40), ("72", 72), ("300", 300), ("wide", 80), ("", 80), ("0", 80)]
)
def test_the_width_is_the_terminals_and_no_text_is_wider_than_100_columns(columns: str, width: int) -> None:
    found = capabilities_of(Screen(), {"COLUMNS": columns})
    assert (found.width, found.text_width) == (width, min(width, 100))


def test_the_width_is_that_of_the_terminal_itself() -> None:
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(stream, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 66, 0, 0))
        assert capabilities_of(stream, {}).width == 66
    os.close(controller)


@pytest.mark.parametrize(
    ("environ", "links"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"VTE_VERSION": "7200"}, True),
        ({"VTE_VERSION": "5000"}, False),
        ({"KONSOLE_VERSION": "220401"}, True),
        ({"WT_SESSION": "a"}, True),
        ({"WT_SESSION": "a", "TMUX": "/tmp/tmux"}, False),
        ({"VTE_VERSION": "7200", "TERM": "screen-256color"}, False),
        ({"TERM": "xterm-256color"}, False),
    ],
)
def test_links_are_clickable_in_terminals_known_for_it(environ: dict[str, str], links: bool) -> None:
    assert capabilities_of(Screen(), environ).links is links


@pytest.mark.parametrize(("encoding", "emoji"), [("utf-8", True), ("UTF8", True), ("latin-1", False), ("ascii", False)])
def test_emoji_need_a_stream_that_can_carry_them(encoding: str, emoji: bool) -> None:
    assert capabilities_of(io.TextIOWrapper(io.BytesIO(), encoding=encoding), {}).emoji is emoji
