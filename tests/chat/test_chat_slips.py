"""Mistyped commands: what was meant, who is told, and what is never taken for one."""

from datetime import date

import pytest

from bot.chat.command import OperatorCommand, Ports, Right
from bot.chat.commands import COMMANDS
from bot.chat.reply import Ask
from bot.chat.runner import CommandRunner
from bot.chat.slips import mistyped
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.chat.fleet import fleet, ports

ALL = frozenset(Right)
LOOKUP = frozenset({Right.LOOKUP})
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("flet", "fleet"),
        ("lsit", "list"),
        ("sweeep", "sweep"),
        ("timelime", "timeline"),
        ("prob", "probe"),
        ("upgrde", "upgrade"),
        ("isues", "issues"),
        ("hlep", "help"),
        ("featrue", "feature"),
        ("Tmeline", "timeline"),
        ("chagnes", "changes"),
        ("compre", "compare"),
        ("snoze", "snooze"),
        ("adit", "audit"),
        ("wacth", "watch"),
        ("unwtach", "unwatch"),
        ("alrets", "alerts"),
        ("dgiest", "digest"),
        ("tiemlien", "timeline"),
        ("comapr", "compare"),
    ],
)
def test_a_slip_of_the_finger_is_seen(desk: CommandRunner, typed: str, command: str) -> None:
    reply = desk.answer(typed, ALL)
    data = reply.data or {}
    assert (reply.kind, data["outcome"], data["suggestions"], data["assessments"], reply.exit_status) == (
        "unknown_command", "unknown_command", [command], [], 3,
    )  # fmt: skip
    assert reply.summary == f'I know no command "{typed}". Did you mean {command}?'
    assert 1 <= len(reply.buttons) <= 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("prob lab-a", "probe lab-a"),
        ("upgrde XenServer 7.2", "upgrade XenServer 7.2"),
        ("compre 8.2, 8.3", "compare 8.2, 8.3"),
        ("upgrde Citrix Hypervisor 8.2 CU1 to XCP-ng 8.3", "upgrade Citrix Hypervisor 8.2 CU1 to XCP-ng 8.3"),
        ("chekc XenServer 7.2", "check XenServer 7.2"),
        ("isues XSO-868", "issues XSO-868"),
        ("lits xcp-ng", "list xcp-ng"),
        ("tmeline xenserver", "timeline xenserver"),
        ("featrue vTPM", "feature vTPM"),
        ("snoze 17 7d", "snooze 17 7d"),
        ("wathc XCP-ng 8.3", "watch XCP-ng 8.3"),
        ("flete eol lab", "fleet eol lab"),
    ],
)
def test_the_words_go_with_the_command_that_was_meant(desk: CommandRunner, typed: str, meant: str) -> None:
    button = desk.answer(typed, ALL).buttons[0]
    assert isinstance(button, Ask)
    assert button.words == meant


@pytest.mark.parametrize("typed", ["flet", "prob lab-a", "sweeep", "wathc all", "snoze 17 7d", "alrets"])
def test_nobody_is_offered_what_they_may_not_do(desk: CommandRunner, typed: str) -> None:
    reply = desk.answer(typed, LOOKUP)
    assert reply.kind == "unknown_product"
    assert not {"fleet", "probe", "sweep", "watch", "snooze", "alerts"}.intersection(
        word for button in reply.buttons for word in button.words.split()
    )


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        ("xensever 7.2", "unknown_product"),
        ("Proxmux 8", "unknown_product"),
        ("Citrix Hipervisor 8.2", "unknown_product"),
        ("XenServer 7.7", "unknown_version"),
        ("Debian 12", "unsupported_platform"),
        ("Xen on Debian", "unsupported_platform"),
        ("proxmox", "unsupported_platform"),
        ("xcp-ng", "unknown_version"),
        ("8.2", "ambiguous"),
        ("update XenServer 7.2", "assessed"),
        ("XenServer 7.2 upgrde", "assessed"),
        ("is the lits of XenServer 7.2 right?", "assessed"),
        ("Alert: XenServer 7.2", "assessed"),
        ("tests", "unknown_product"),
    ],
)
def test_a_product_a_platform_or_a_release_is_no_mistyped_command(
    desk: CommandRunner, typed: str, outcome: str
) -> None:
    assert (desk.answer(typed, ALL).data or {})["outcome"] == outcome


def test_a_hosts_name_is_no_mistyped_command(matrix: Matrix, reader: Reader) -> None:
    known = CommandRunner(ports(matrix, reader, fleet()), lambda: TODAY)
    assert known.answer("prod", ALL).kind == "fleet"


def test_a_shells_own_commands_are_known_there(matrix: Matrix, reader: Reader) -> None:
    own = (OperatorCommand("serve", "", "answer in Slack"), OperatorCommand("doctor", "", "check it"))
    shell = CommandRunner(Ports(matrix, reader, operators=own), lambda: TODAY)
    assert (shell.answer("srve", ALL).data or {})["suggestions"] == ["serve"]
    assert (shell.answer("help serve", ALL).data or {})["about"] == "answer in Slack"


@pytest.mark.parametrize(
    "word", ["", "x", "ac", "akc", "lists", "fleets", "8.2", "list", "f" * 300, "picture", "xenserver", "status"]
)
def test_what_is_not_nearly_a_name_is_none(word: str) -> None:
    assert mistyped(word, COMMANDS) == ({"lists": ["list"], "fleets": ["fleet"]}.get(word) or [])


def test_the_nearest_comes_first_and_two_are_enough() -> None:
    assert mistyped("watche", COMMANDS) == ["watch", "watches"]
    assert mistyped("unwatches", COMMANDS)[0] == "unwatch"
