"""Questions without a command's name: which command each means, and what is none of them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.command import Right
from bot.chat.commands import CHECK, COMMANDS
from bot.chat.commands.questions import NEWEST, OVERVIEW, QUESTIONS, question_in
from bot.chat.interpret import interpret
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.chat.fleet import fleet, ports

ALL = frozenset(Right)
LOOKUP = frozenset({Right.LOOKUP})
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def known(matrix: Matrix, reader: Reader) -> CommandRunner:
    """Answers about the fleet of the tests."""
    return CommandRunner(ports(matrix, reader, fleet()), lambda: TODAY)


@pytest.mark.parametrize(
    ("typed", "command", "words"),
    [
        ("eol", "timeline", ""),
        ("EOL?", "timeline", ""),
        ("what ends next?", "timeline", ""),
        ("What's next to go EOL?", "timeline", ""),
        ("eol on 2028-12-01", "timeline", "on 2028-12-01"),
        ("XenServer timeline", "timeline", "XenServer"),
        ("?", "help", ""),
        ("what can you do?", "help", ""),
        ("hi", "help", ""),
        ("which versions are supported?", "list", ""),
        ("what changed?", "changes", ""),
        ("hosts", "fleet", ""),
        ("show me all our hosts, please", "fleet", ""),
        ("is my pool ok", "fleet", ""),
        ("are our hosts still supported?", "fleet", ""),
        ("what are we running", "fleet", ""),
        ("which of our hosts are eol", "fleet", "eol"),
        ("anything EOL?", "fleet", "eol"),
        ("do we have anything eol?", "fleet", "eol"),
        ("which hosts are down?", "fleet", "unreachable"),
        ("which hosts need a reboot?", "fleet", "restart"),
        ("who is on 8.2", "fleet", "8.2"),
        ("who's still on XenServer 7.2?", "fleet", "XenServer 7.2"),
        ("hosts on XCP-ng 8.2", "fleet", "XCP-ng 8.2"),
        ("Which of our hosts run Citrix Hypervisor 8.2 CU1?", "fleet", "Citrix Hypervisor 8.2 CU1"),
        ("who is on 8.2 on 2028-12-01", "fleet", "8.2 on 2028-12-01"),
        ("which hosts are partial", "fleet", "partial"),
        ("any alerts?", "alerts", ""),
        ("what is wrong?", "alerts", ""),
        ("8.2 vs 8.3", "compare", "8.2, 8.3"),
        ("XCP-ng 8.3 vs. XenServer 8?", "compare", "XCP-ng 8.3, XenServer 8"),
        ("difference between 8.2 and 8.3", "compare", "8.2, 8.3"),
        ("What is the difference between XenServer 7.1 and 7.2?", "compare", "XenServer 7.1, 7.2"),
        ("can I upgrade from 7.6 to 8.3", "upgrade", "7.6 to 8.3"),
        ("Can we upgrade XenServer 7.2 to XCP-ng 8.3?", "upgrade", "XenServer 7.2 to XCP-ng 8.3"),
        ("how do I upgrade XenServer 7.2?", "upgrade", "XenServer 7.2"),
        ("how to upgrade XCP-ng 8.0", "upgrade", "XCP-ng 8.0"),
        ("please list xcp-ng", "list", "xcp-ng"),
        ("can you show me the list", "list", ""),
        ("/fleet", "fleet", ""),
        ("xocompat fleet eol", "fleet", "eol"),
        ("fleet?", "fleet", ""),
    ],
)
def test_a_question_means_a_command(typed: str, command: str, words: str) -> None:
    spec, rest = interpret(typed)
    assert (spec.name, rest) == (command, words)


@pytest.mark.parametrize(
    "typed",
    [
        "XenServer 7.2",
        "is XenServer 7.2 still supported?",
        "when does XCP-ng 8.2 go EOL",
        "EOL XCP-ng 8.2",
        "8.2 and 8.3",
        "is 8.2 ok for our hosts",
        "we have 3 hosts on XCP-ng 8.2 and one on 7.2, is that fine?",
        "2 of our XCP-ng 8.2 hosts",
        "what is up with XenServer 7.2",
        "can I use CBT on XenServer 7.1?",
        "status of XCP-ng 8.2",
        "the upgrade from XenServer 7.2 failed",
        "who is on first and what is on second and nobody is on third",
        "eol" * 100,
    ],
)
def test_what_is_about_a_release_stays_a_look_up(typed: str) -> None:
    assert interpret(typed) == (CHECK, typed)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("latest", ["XCP-ng 8.3 LTS", "XenServer 9"]),
        ("Newest?", ["XCP-ng 8.3 LTS", "XenServer 9"]),
        ("which version should I use", ["XCP-ng 8.3 LTS", "XenServer 9"]),
        ("what should I install?", ["XCP-ng 8.3 LTS", "XenServer 9"]),
        ("recommended version", ["XCP-ng 8.3 LTS", "XenServer 9"]),
        ("XCP-ng latest", ["XCP-ng 8.3 LTS"]),
        ("newest XenServer", ["XenServer 9"]),
        ("what is the latest version of XenServer?", ["XenServer 9"]),
        ("which XCP-ng should I use", ["XCP-ng 8.3 LTS"]),
        ("latest XenServer on 2025-01-01", ["XenServer 8"]),
        ("latest on 2021-01-01", ["XCP-ng 8.2", "Citrix Hypervisor 8.2"]),
    ],
)
def test_the_newest_with_support_gets_its_verdict(desk: CommandRunner, typed: str, names: list[str]) -> None:
    reply = desk.answer(typed, LOOKUP)
    data = reply.data or {}
    assert (data["outcome"], data["query"], reply.exit_status) == ("assessed", typed, 0)
    assert [each["name"].removesuffix(" LTS") for each in data["assessments"]] == [
        name.removesuffix(" LTS") for name in names
    ]
    assert all(name in reply.summary for name in names)


def test_where_nothing_is_supported_on_the_day_nothing_is_the_newest(desk: CommandRunner) -> None:
    assert desk.answer("latest on 2099-01-01", LOOKUP).kind == "unknown_product"


@pytest.mark.parametrize("typed", ["latest XCP-ng 8.2", "newest 7.2"])
def test_a_release_that_is_named_wins_over_the_newest(desk: CommandRunner, typed: str) -> None:
    (found,) = (desk.answer(typed, LOOKUP).data or {})["assessments"]
    assert found["release"] in ("8.2", "7.2")


@pytest.mark.parametrize(
    ("typed", "hosts"),
    [
        ("hosts", 6),
        ("who is on 8.2", 2),
        ("which of our hosts are eol", 3),
        ("hosts on XCP-ng 8.2", 2),
        ("is my pool ok", 6),
        ("anything eol?", 3),
        ("status", 6),
    ],
)
def test_a_question_about_hosts_is_answered_as_fleet_does(known: CommandRunner, typed: str, hosts: int) -> None:
    reply = known.answer(typed, ALL)
    data = reply.data or {}
    assert (reply.kind, data["outcome"], len(data["hosts"])) == ("fleet", "assessed", hosts)


@pytest.mark.parametrize("typed", ["hosts", "who is on 8.2", "which of our hosts are eol", "is my pool ok"])
def test_without_the_right_a_question_about_hosts_is_refused_as_fleet_is(known: CommandRunner, typed: str) -> None:
    assert known.answer(typed, LOOKUP) == known.answer("fleet", LOOKUP)


def test_status_is_the_fleet_or_what_there_is_to_ask(known: CommandRunner, desk: CommandRunner) -> None:
    assert known.answer("status", ALL).kind == "fleet"
    assert known.answer("status", LOOKUP).kind == "help"
    assert desk.answer("how are things?", ALL).kind == "help", "there is no fleet"


def test_every_phrase_is_found_as_its_own_question() -> None:
    for question in QUESTIONS:
        for phrase in question.phrases.replace("\n", "|").split("|"):
            typed = phrase.strip().format("XCP-ng", "XenServer")
            found = question_in(typed)
            assert typed == "" or (found and found.question is question), typed


def test_a_question_has_the_right_of_a_command_that_there_is() -> None:
    assert {question.command.name for question in QUESTIONS} <= COMMANDS.keys()
    assert OVERVIEW.command.right is Right.FLEET
    assert NEWEST.command is CHECK


@given(st.text(alphabet=st.sampled_from("abc ?{}|on 8.2vs\n"), max_size=60))
def test_any_text_is_a_question_or_none(text: str) -> None:
    found = question_in(text)
    assert found is None or found.question in QUESTIONS


@pytest.mark.parametrize(
    ("typed", "issue"),
    [("XSO-868", "XSO-868"), ("xso-868", "XSO-868"), ("MESSAGE_METHOD_UNKNOWN", "xs73-cbt"), ("key1024", "key1024")],
)
def test_an_issue_or_an_error_code_alone_means_the_issue(known: CommandRunner, typed: str, issue: str) -> None:
    reply = known.answer(typed, frozenset(Right))
    assert reply.exit_status == 0
    assert [each["id"] for each in (reply.data or {})["issues"]] == [issue]
