"""The terminal that somebody types at: what is said unasked never comes between a line and its answer."""

from collections.abc import Iterator

import pytest

from bot.demo.console import Screen
from tests.demo.terminals import TtyStream


class Said:
    """What was said unasked since the last look."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def __call__(self) -> Iterator[str]:
        taken, self.waiting = self.waiting, []
        yield from taken


@pytest.fixture
def out() -> TtyStream:
    return TtyStream()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def screen(out: TtyStream, said: Said) -> Screen:
    return Screen(out, {}, "> ", said)


def test_it_is_shown_at_once_above_a_prompt_of_its_own(screen: Screen, said: Said, out: TtyStream) -> None:
    screen.prompted()
    said.waiting = ["one", "two"]
    screen.rang()
    assert out.getvalue() == "\r\x1b[Kone\n\ntwo\n\n> "


def test_during_an_answer_it_waits_for_the_next_prompt(screen: Screen, said: Said, out: TtyStream) -> None:
    screen.prompted()
    screen.answering()
    said.waiting = ["one"]
    screen.rang()
    assert out.getvalue() == ""
    screen.prompted()
    assert "one" in out.getvalue()


def test_where_nothing_was_said_nothing_is_written(screen: Screen, out: TtyStream) -> None:
    screen.prompted()
    screen.rang()
    assert out.getvalue() == ""


def test_a_terminal_that_erases_nothing_gets_a_new_line(said: Said, out: TtyStream) -> None:
    screen = Screen(out, {"TERM": "dumb"}, "> ", said)
    said.waiting = ["one"]
    screen.prompted()
    assert out.getvalue() == "\none\n\n> "
