"""Every kind of reply as Slack gets it on 23 Nov 2026. `UPDATE_GOLDEN=1 pytest tests/slack` writes the files anew."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from bot.chat.access import Granted
from bot.chat.command import Right
from bot.chat.platform import Actor, Origin
from bot.chat.runner import CommandRunner
from bot.chat.session.request import request_of
from bot.chat.session.responder import Responder
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.blocks import SlackMessage, messages
from tests.chat.fleet import patched_desk
from tests.questions import OF_PATCHES, QUESTIONS
from tests.slack.blockkit import complaints

FOLDER = Path(__file__).parent / "golden"
LOOKUP = frozenset({Right.LOOKUP})
TOLD = {**QUESTIONS, "usage": "upgrade", **OF_PATCHES}


@pytest.fixture
def answers(name: str, desk: CommandRunner, matrix: Matrix, reader: Reader) -> Responder:
    day = date(2026, 11, 27 if name in OF_PATCHES else 23)
    runner = patched_desk(matrix, reader, day) if name in OF_PATCHES else desk
    return Responder(lambda: runner, lambda: day)


@pytest.mark.parametrize("name", TOLD)
def test_a_reply_is_what_its_golden_file_says(name: str, answers: Responder) -> None:
    bodies = [message.body() for message in _messages(answers, name)]
    path = FOLDER / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(bodies, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: UPDATE_GOLDEN=1 writes it"
    assert bodies == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TOLD)
def test_slack_takes_every_kind_of_reply(name: str, answers: Responder) -> None:
    sent = _messages(answers, name)
    assert [complaints(message.body()) for message in sent] == [[]] * len(sent)


def _messages(answers: Responder, name: str) -> tuple[SlackMessage, ...]:
    request = request_of("command", Origin(Actor("U1", "T1", "C1")), TOLD[name])
    rights = frozenset(Right) if name in OF_PATCHES else LOOKUP
    return messages(answers.answer(request, Granted(rights)).reply)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(TOLD)
