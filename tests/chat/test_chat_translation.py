"""Every kind of reply is translated without a change of its command (decision 35)."""

from datetime import date

import pytest

from bot.chat.access import Granted
from bot.chat.command import Right
from bot.chat.platform import Actor, Origin
from bot.chat.runner import CommandRunner
from bot.chat.session.request import request_of
from bot.chat.session.responder import Responder
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.chat.fleet import patched_desk
from tests.questions import OF_PATCHES, QUESTIONS
from tests.translations import lines_of, untranslated

ASKED = {**QUESTIONS, **OF_PATCHES}


@pytest.mark.usefixtures("in_brackets")
@pytest.mark.parametrize("name", ASKED)
def test_a_reply_is_translated_without_a_change_of_its_command(
    name: str, desk: CommandRunner, matrix: Matrix, reader: Reader
) -> None:
    words = ASKED[name]
    day = date(2026, 11, 27 if name in OF_PATCHES else 23)
    runner = patched_desk(matrix, reader, day) if name in OF_PATCHES else desk
    request = request_of("command", Origin(Actor("U1", "T1", "C1")), words)
    reply = Responder(lambda: runner, lambda: day).answer(request, Granted(frozenset(Right))).reply
    assert "\n".join(untranslated(lines_of(reply))) == ""
