"""Code in our own sentences is code: a backtick of ours never reaches a platform as a letter of a text."""

import ast
import json
from datetime import date
from pathlib import Path

import pytest

from bot.alerts.cycle import CycleResult, SendResult
from bot.alerts.delivery.outbox import ChannelState
from bot.chat.command import CommandSpec
from bot.chat.commands import COMMANDS, SWEEP
from bot.chat.reply import Code, Reply, plain
from bot.chat.runner import CommandRunner
from bot.fleet.sweep import SweepResult
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.blocks import messages
from tests.chat.fleet import NOON, fleet, ports
from tests.chat.test_chat_sweep import ALL, _failures

ROOT = Path(__file__).parents[2]
LOOKS_LIKE = "\u02cb"
USERS = {"hostile-name.json"}
"""Goldens in which a host's name has a backtick."""

SPANS = {"line", "headline", "Plain", "Strong", "Mark", "Typed", "full_stop"}
"""What takes text as it is."""


def _drawn(reply: Reply) -> str:
    return json.dumps([message.body() for message in messages(reply)], ensure_ascii=False)


def test_no_golden_has_a_letter_in_place_of_a_backtick() -> None:
    goldens = [path for path in (ROOT / "tests").rglob("golden/**/*") if path.is_file() and path.name not in USERS]
    assert len(goldens) > 10
    assert [path.name for path in goldens if LOOKS_LIKE in path.read_text()] == []


@pytest.mark.parametrize("spec", COMMANDS.values(), ids=lambda spec: spec.name)
def test_the_help_of_every_command_has_code_as_code(matrix: Matrix, reader: Reader, spec: CommandSpec) -> None:
    desk = CommandRunner(ports(matrix, reader, fleet()), lambda: date(2026, 11, 23))
    assert LOOKS_LIKE not in _drawn(desk.answer(f"help {spec.name}", ALL))


def test_what_keeps_a_host_from_answering_has_code_as_code(matrix: Matrix, reader: Reader) -> None:
    trust = "moved-a shows another certificate. Look at it: `xocompat trust moved-a`."
    failed = tuple(each._replace(what=trust) for each in _failures(1))
    stopped = ChannelState("C1", 1, NOON, stopped_code="missing_scope", stopped="Install it from `xocompat manifest`.")
    made = CycleResult(NOON, SweepResult(6, failed), sent=SendResult(), channels=(stopped,))
    desk = CommandRunner(ports(matrix, reader, fleet(), lambda *_: made), lambda: date(2026, 11, 23))
    drawn = _drawn(desk.run(SWEEP, "", ALL))
    assert "`xocompat trust moved-a`" in drawn
    assert "`xocompat manifest`" in drawn
    assert LOOKS_LIKE not in drawn


def test_a_backtick_of_somebody_elses_is_no_code(matrix: Matrix, reader: Reader) -> None:
    reply = CommandRunner(ports(matrix, reader, fleet()), lambda: date(2026, 11, 23))
    said = reply.answer("XenServer 7.2 `rm -rf`", ALL)
    spans = [span for block in (said.headline,) for span in block]
    assert not any(isinstance(span, Code) and "rm" in span.text for span in spans), plain(said.headline)


def test_no_sentence_of_ours_is_handed_over_as_plain_text() -> None:
    """A literal with a backtick goes through `with_code`, which makes Code of it."""
    found = []
    for path in (ROOT / "bot").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SPANS):
                continue
            parts = [part for arg in call.args for part in (arg.values if isinstance(arg, ast.JoinedStr) else [arg])]
            texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            if any("`" in text for text in texts):
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert found == []
