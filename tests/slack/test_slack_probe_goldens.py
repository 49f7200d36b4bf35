"""What probes look like in Slack on 23 Nov 2026. `UPDATE_GOLDEN=1 pytest tests/slack` writes the files anew."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.chat.access import Granted
from bot.chat.command import Ports, Right, ignore_progress
from bot.chat.commands import PROBE
from bot.chat.platform import Actor, Origin
from bot.chat.runner import CommandRunner, refusal
from bot.chat.session.reply_target import SLOW_MAX
from bot.chat.session.request import request_of
from bot.chat.session.responder import Answer, Responder, answered
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import SimHost, SimPool, Simulator, large_fleet, lone, release
from bot.slack.blocks import messages
from tests.simulated import HOSTILE, fleet_of, rolling_pool
from tests.slack.blockkit import complaints

FOLDER = Path(__file__).parent / "golden" / "probe"
ALL = frozenset(Right)


class Shape(NamedTuple):
    """A fleet, and what is asked of it."""

    pools: tuple[SimPool, ...]
    words: str


_OLD = lone(SimHost("archive-1", release("XenServer", "7.2")), "archive-a")
SHAPES = {
    "pool": Shape((rolling_pool(),), "probe xen-1"),
    "host": Shape((_OLD,), "probe archive-a"),
    "hostile-name": Shape((rolling_pool(HOSTILE),), "probe xen-1"),
    "large-pool": Shape(large_fleet(24, 24), "probe sim-00001"),
    "unreachable": Shape((lone(SimHost("gone-1", release("XCP-ng", "8.3"), up=False)),), "probe gone-1"),
    "unknown-host": Shape((_OLD, rolling_pool()), "probe archive-b"),
    "which-host": Shape((_OLD, rolling_pool()), "probe"),
    "which-of-many": Shape(large_fleet(6), "probe"),
}


@pytest.fixture(params=[*SHAPES, "refused"])
def shape(request: pytest.FixtureRequest, matrix: Matrix, reader: Reader) -> Iterator[tuple[str, Answer]]:
    """The name of a shape, and the answer of that shape."""
    name = request.param
    if name == "refused":
        yield name, answered(refusal(PROBE))
        return
    with Simulator(SHAPES[name].pools) as simulator:
        desk = CommandRunner(Ports(matrix, reader, fleet_of(simulator, clock=lambda: 0.0)), lambda: date(2026, 11, 23))
        yield name, _answer(Responder(lambda: desk, lambda: date(2026, 11, 23)), SHAPES[name].words)


def _answer(answers: Responder, words: str) -> Answer:
    request = request_of("command", Origin(Actor("U1", "T1", "C1")), words)
    opened = answers.opening(request, Granted(ALL))
    return opened if isinstance(opened, Answer) else answers.run(request, Granted(ALL), ignore_progress, "a-key")


def test_a_reply_is_what_its_golden_file_says_and_slack_takes_it(shape: tuple[str, Answer]) -> None:
    name, answer = shape
    bodies: list[dict[str, Any]] = [message.body() for message in messages(answer.reply, most=SLOW_MAX)]
    path = FOLDER / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(bodies, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: UPDATE_GOLDEN=1 writes it"
    assert bodies == json.loads(path.read_text(encoding="utf-8"))
    assert [complaints(body) for body in bodies] == [[]] * len(bodies)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*SHAPES, "refused"}
