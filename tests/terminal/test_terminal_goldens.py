"""Every kind of reply as the desk gives it on 23 Nov 2026: in a terminal of 80 columns, in a pipe, in colour."""

from collections.abc import Callable

import pytest

from bot.chat.command import Right
from bot.chat.desk import Desk
from bot.terminal.look import Look
from bot.terminal.render import render
from tests.questions import QUESTIONS

Golden = Callable[[str, str], None]

DRESSED = {
    "pipe-check": ("XenServer 7.2", Look()),
    "pipe-timeline": ("timeline", Look()),
    "narrow-timeline": ("timeline xcp-ng", Look(width=40)),
    "color-check": ("XenServer 7.2", Look(width=80, color=True, links=True)),
    "color-list": ("list xcp-ng", Look(width=100, color=True)),
    "no-emoji-check": ("XenServer 7.2", Look(width=80, emoji=False)),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_reply_reads_in_80_columns_as_in_its_golden_file(name: str, desk: Desk, golden: Golden) -> None:
    reply = desk.answer(QUESTIONS[name], frozenset({Right.LOOKUP}))
    golden(name, render(reply, Look(width=80)))


@pytest.mark.parametrize("name", DRESSED)
def test_a_reply_in_another_dress_reads_as_in_its_golden_file(name: str, desk: Desk, golden: Golden) -> None:
    words, look = DRESSED[name]
    golden(name, render(desk.answer(words, frozenset({Right.LOOKUP})), look))
