"""Names of hosts and mistyped commands in Slack: what is told to whom, through signed requests."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from bot.chat.access import Grant
from bot.chat.command import Right
from bot.chat.runner import CommandRunner
from bot.errors import UnavailableError
from bot.fleet.hosts import WatchedHost
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.chat.fleet import fleet, ports
from tests.fleet.fakes import FakeStore, FakeSweepLog
from tests.slack.conftest import Furnish, Room
from tests.slack.signed import command, mention
from tests.slack.standin import StandIn

FLEET = frozenset({Right.FLEET})
JSON = "application/json"

Granting = Callable[..., Room]


class Away(FakeStore):
    """A fleet whose database can't be reached."""

    def hosts(self) -> tuple[WatchedHost, ...]:
        raise UnavailableError("the database is away")


@pytest.fixture
def granting(furnish: Furnish, matrix: Matrix, reader: Reader) -> Granting:
    """A Room that knows the fleet of the tests, with grants."""
    knowing = CommandRunner(ports(matrix, reader, fleet()), lambda: date(2026, 11, 23))
    return lambda *grants: furnish(knowing, grants=grants)


def _said(room: Room, standin: StandIn, words: str) -> str:
    body = room.post(command(words, standin.response_url)).body
    room.settle()  # a table comes behind its acknowledgement
    text = json.loads(body)["text"] if body else standin.of("respond")[-1].fields["text"]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("typed", ["xen-2", "is my host xen-2 ok?", "uuid-xen-2"])
def test_a_hosts_name_gives_its_verdict_to_who_may_see_the_fleet(
    granting: Granting, standin: StandIn, typed: str
) -> None:
    room = granting(Grant("U0000001", None, FLEET))
    assert _said(room, standin, typed).startswith("xen-2 (lab pool): XCP-ng 8.2.1, full support")
    assert [(entry.command, entry.outcome) for entry in room.trail.entries] == [("check", "fleet")]


@pytest.mark.parametrize(
    "grants",
    [
        (),
        (Grant("U0000002", None, FLEET),),
        (Grant("*", "C0000002", FLEET),),
        (Grant("*", None, frozenset({Right.PROBE, Right.OPERATE})),),
        (Grant("*", "C0000001", FLEET),),  # nothing leads to that channel
    ],
    ids=["no grant", "another's", "of another channel", "other rights", "of a channel without hosts"],
)
def test_others_learn_nothing_of_a_name(granting: Granting, standin: StandIn, grants: tuple[Grant, ...]) -> None:
    said = _said(granting(*grants), standin, "xen-2")
    assert said == _said(granting(*grants), standin, "xen-77")
    assert said.startswith("Xen will not work")


def test_a_grant_that_comes_counts_at_once_though_the_look_up_was_cached(granting: Granting, standin: StandIn) -> None:
    grants = (Grant("U0000001", None, FLEET),)
    room = granting(*grants)
    other = {"user_id": "U0000002"}
    assert json.loads(room.post(command("xen-2", standin.response_url, **other)).body)["text"].startswith("Xen will")
    assert _said(room, standin, "xen-2").startswith("xen-2 (lab pool)")
    assert json.loads(room.post(command("xen-2", standin.response_url, **other)).body)["text"].startswith("Xen will")


def test_a_database_that_is_away_takes_no_look_up_with_it(
    furnish: Furnish, matrix: Matrix, reader: Reader, standin: StandIn
) -> None:
    knowing = ports(matrix, reader, (Away(), FakeSweepLog()))
    room = furnish(CommandRunner(knowing, lambda: date(2026, 11, 23)), grants=(Grant("*", None, FLEET),))
    assert _said(room, standin, "Proxmux 8").startswith('I know no platform "Proxmux 8"')
    assert "the database is away" in _said(room, standin, "fleet")


def test_a_name_is_answered_in_a_mention_too(granting: Granting, standin: StandIn) -> None:
    granting(Grant("U0000001", None, FLEET)).post(mention("<@U0000BOT> xen-2"), JSON)
    assert standin.wait("chat.postMessage")[0].fields["text"].startswith("xen-2 (lab pool)")


def test_a_mistyped_command_is_offered_to_who_may_run_it(granting: Granting, standin: StandIn) -> None:
    allowed = granting(Grant("U0000001", None, FLEET))
    assert _said(allowed, standin, "flet") == 'I know no command "flet". Did you mean fleet?'
    assert _said(allowed, standin, "flet XCP-ng 8.2").endswith("Did you mean fleet XCP-ng 8.2?")
    assert _said(granting(), standin, "flet").startswith('I know no platform "flet"')
    assert _said(granting(), standin, "lsit") == 'I know no command "lsit". Did you mean list?'


def test_a_question_about_hosts_is_refused_as_fleet_is(granting: Granting, standin: StandIn) -> None:
    for typed in ("who is on 8.2", "hosts", "which of our hosts are eol"):
        assert _said(granting(), standin, typed) == _said(granting(), standin, "fleet")
    assert _said(granting(Grant("*", None, FLEET)), standin, "who is on 8.2").startswith("2 of 6 hosts")


def test_status_refuses_nobody(granting: Granting, standin: StandIn) -> None:
    assert _said(granting(), standin, "status").startswith("xocompat answers: is this host fine")
    assert _said(granting(Grant("*", None, FLEET)), standin, "status").startswith("6 hosts in 4 pools")
