"""The console: a conversation at a terminal, a transcript where there is none."""

import io

import pytest

from bot.chat.runner import CommandRunner
from bot.demo.console import PROMPT, console, transcript
from tests.demo.terminals import TtyStream


class GonePipe(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, _: str, /) -> int:
        raise BrokenPipeError


def talk(desk: CommandRunner, typed: str) -> str:
    out = TtyStream()
    assert console(desk, TtyStream(typed), out, {"TERM": "dumb"}) == 0
    return out.getvalue()


def test_somebody_at_a_terminal_asks_and_leaves(desk: CommandRunner) -> None:
    out = talk(desk, "\n/xocompat XenServer 7.2\nexit\nXCP-ng 8.3\n")
    assert out.startswith("This is #xo-admins")
    assert "XenServer 7.2  ❎ partial support" in out
    assert "XCP-ng 8.3 LTS  " not in out
    assert out.count(PROMPT) == 3


@pytest.mark.parametrize("typed", ["quit\n", "EXIT\n", ""])
def test_leaving_ends_with_0(desk: CommandRunner, typed: str) -> None:
    talk(desk, typed)


def test_help_lists_what_may_be_asked_here(desk: CommandRunner) -> None:
    assert "/xocompat timeline" in talk(desk, "help\n")


def test_without_a_terminal_the_transcript_plays(desk: CommandRunner) -> None:
    out = io.StringIO()
    assert console(desk, io.StringIO(""), out, {}) == 0
    text = out.getvalue()
    assert [row.removeprefix(PROMPT) for row in text.splitlines() if row.startswith(PROMPT)] == list(transcript())
    for expected in (
        "XenServer 7.2  ❎ partial support  ☠️ no security updates",
        "XCP-ng 8.3 LTS",
        "`8.2` can be two things:",
        "There is no XenServer 7.7. Nearest: XenServer 7.6",
        "[XenServer 7.6] → xocompat",
    ):
        assert expected in text
    assert "\x1b" not in text


def test_with_no_standard_input_at_all_the_transcript_plays(desk: CommandRunner) -> None:
    out = TtyStream()
    assert console(desk, None, out, {"TERM": "dumb"}) == 0
    assert out.getvalue().startswith(PROMPT)


def test_every_line_of_the_transcript_is_understood(desk: CommandRunner) -> None:
    """A button that is not there would be read as a question, and a wrong use would be a line alone."""
    out = io.StringIO()
    console(desk, io.StringIO(""), out, {})
    _, *answers = out.getvalue().split(PROMPT)
    for answer in answers:
        typed, header, *_ = answer.splitlines()
        assert header.startswith("[" if typed.isdigit() else "xocompat, ")


def test_lines_that_join_later_play_as_well(desk: CommandRunner) -> None:
    out = io.StringIO()
    console(desk, io.StringIO(""), out, {}, [*transcript(), "/xocompat timeline"])
    assert "What ends next" in out.getvalue()


def test_a_reader_that_has_gone_ends_it_quietly(desk: CommandRunner) -> None:
    assert console(desk, io.StringIO(""), GonePipe(), {}) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_lacks_characters_gets_what_it_can_show(desk: CommandRunner, encoding: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    assert console(desk, io.StringIO(""), out, {}) == 0
    assert b"XenServer 7.2  partial support  no security updates" in raw.getvalue()
