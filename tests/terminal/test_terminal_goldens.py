"""Every kind of reply as the desk gives it on 23 Nov 2026: in a terminal of 80 columns, in a pipe, in colour."""

from collections.abc import Callable
from datetime import date

import pytest

from bot.chat.command import Right
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.chat.fleet import patched_desk
from tests.questions import OF_PATCHES, QUESTIONS

Golden = Callable[[str, str], None]

DRESSED = {
    "pipe-check": ("XenServer 7.2", Capabilities()),
    "pipe-timeline": ("timeline", Capabilities()),
    "wide-timeline": ("timeline", Capabilities(width=110)),
    "narrow-timeline": ("timeline xcp-ng", Capabilities(width=40)),
    "color-check": ("XenServer 7.2", Capabilities(width=80, color=True, links=True)),
    "color-list": ("list xcp-ng", Capabilities(width=100, color=True)),
    "no-emoji-check": ("XenServer 7.2", Capabilities(width=80, emoji=False)),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_reply_reads_in_80_columns_as_in_its_golden_file(name: str, desk: CommandRunner, golden: Golden) -> None:
    reply = desk.answer(QUESTIONS[name], frozenset({Right.LOOKUP}))
    golden(name, render(reply, Capabilities(width=80)))


@pytest.mark.parametrize("name", OF_PATCHES)
def test_a_reply_about_patches_reads_in_100_columns_as_in_its_golden_file(
    name: str, matrix: Matrix, reader: Reader, golden: Golden
) -> None:
    reply = patched_desk(matrix, reader, date(2026, 11, 27)).answer(OF_PATCHES[name], frozenset(Right))
    golden(name, render(reply, Capabilities(width=100)))


@pytest.mark.parametrize("name", DRESSED)
def test_a_reply_in_another_dress_reads_as_in_its_golden_file(name: str, desk: CommandRunner, golden: Golden) -> None:
    words, look = DRESSED[name]
    golden(name, render(desk.answer(words, frozenset({Right.LOOKUP})), look))
