"""The list of commands, and what each answers."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.command import Right
from bot.chat.commands import COMMANDS
from bot.chat.interpret import interpret
from bot.chat.reply import Ask
from bot.chat.runner import CommandRunner
from bot.errors import UsageError

ROOT = Path(__file__).parents[2]
LOOKUP = frozenset({Right.LOOKUP})


def _all_words() -> list[str]:
    lookups = [spec for spec in COMMANDS.values() if spec.right is Right.LOOKUP]
    examples = [typed for spec in lookups for typed, _ in spec.examples]
    more = ["8.2", "XenServer", "XenServer 7.7", "Foo 1", "Proxmox 8", "XenServer 6.0"]
    return [*examples, *(spec.name for spec in lookups), *more]


WORDS = [words for words in _all_words() if words not in ("check", "upgrade", "compare")]


@pytest.mark.parametrize("words", WORDS)
def test_every_reply_has_a_first_line_json_and_at_most_three_buttons(desk: CommandRunner, words: str) -> None:
    reply = desk.answer(words, LOOKUP)
    assert reply.summary
    assert "\n" not in reply.summary
    assert json.loads(json.dumps(reply.data))
    assert len(reply.buttons) <= 3
    assert reply.exit_status in (0, 3)


@pytest.mark.parametrize("words", WORDS)
def test_what_a_button_asks_is_answered_too(desk: CommandRunner, words: str) -> None:
    for button in desk.answer(words, LOOKUP).buttons:
        asked = desk.answer(button.words, LOOKUP)
        assert asked.exit_status == 0 or not isinstance(button, Ask)


def test_the_first_line_is_read_out_with_words_in_place_of_emoji(desk: CommandRunner) -> None:
    said = desk.answer("XenServer 7.2", LOOKUP).summary
    assert said == "XenServer 7.2: partial support, no security updates"
    assert desk.answer("XCP-ng 8.3", LOOKUP).summary.startswith("XCP-ng 8.3 LTS: full support, all extra features, ")


def test_readme_shows_every_command_as_the_list_has_it() -> None:
    table = (ROOT / "README.md").read_text().split("<!-- commands -->")[1].split("<!-- /commands -->")[0]
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \|$", table.replace(r"\|", "¦"), re.M)
    expected = [(f"{spec.name} {spec.takes}".strip().replace("|", "¦"), spec.about) for spec in COMMANDS.values()]
    assert rows == expected


def test_help_shows_only_what_the_asker_may_run(desk: CommandRunner) -> None:
    def named(rights: frozenset[Right]) -> set[str]:
        return {command["name"] for command in (desk.answer("help", rights).data or {})["commands"]}

    assert "probe" not in named(LOOKUP)
    assert named(frozenset(Right)) == set(COMMANDS)


def test_who_lacks_a_right_is_told_which_and_whom_to_ask(desk: CommandRunner) -> None:
    refused = desk.answer("probe lab-a", LOOKUP)
    assert (refused.kind, refused.exit_status) == ("refused", 1)
    assert "the right probe" in refused.summary
    assert "Whoever runs xocompat" in refused.summary


def test_a_day_that_is_none_is_told(desk: CommandRunner) -> None:
    with pytest.raises(UsageError, match="write it as 2028-12-01"):
        desk.answer("XenServer 7.2 on 2028-02-30", LOOKUP)


def test_the_list_is_told_for_another_day_too(desk: CommandRunner) -> None:
    reply = desk.answer("list on 2024-11-14", LOOKUP)
    assert reply.data
    assert len(reply.data["rows"]) == 21


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        ("XenServer 7.2", "check", "XenServer 7.2"),
        ("  LIST  xcp-ng ", "list", "xcp-ng"),
        ("", "help", ""),
        (" \n\t", "help", ""),
        ("issues with XenServer 7.2", "issues", "with XenServer 7.2"),
        ("upgrade\u00a0XenServer 7.2", "upgrade", "XenServer 7.2"),
        ("upgrade\nXenServer 7.2", "upgrade", "XenServer 7.2"),
        ("`list`", "list", ""),
        ("*help* upgrade", "help", "upgrade"),
    ],
)
def test_the_first_word_chooses_the_command(words: str, command: str, rest: str) -> None:
    spec, left = interpret(words)
    assert (spec.name, left) == (command, rest)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list hosts", r"`list` takes a product or nothing, and \"hosts\" is none\. For hosts: `fleet`"),
        ("list all our pools", "For hosts: `fleet`"),
        ("list servers please", "For hosts: `fleet`"),
        ("list foo", 'and "foo" is none'),
        ("list xcp-ng foo", 'and "foo" is none'),
        ("list 8.2", 'and "8.2" is none'),
        ("list lab-a", 'and "lab-a" is none'),
        ("timeline foo", 'and "foo" is none'),
        ("timeline hosts", "For hosts: `fleet`"),
        ("timeline XenServer 7.2", 'and "XenServer 7.2" is none'),
        ("changes x", "`changes` takes nothing"),
        ("changes XenServer 7.2", "`changes` takes nothing"),
        ("changes lab", "`changes` takes nothing"),
        ("watches y", "`watches` takes nothing"),
        ("help flurble", "There is no command"),
    ],
)
def test_a_word_that_a_command_does_not_take_is_said(desk: CommandRunner, words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        desk.answer(words, frozenset(Right))


@pytest.mark.parametrize(
    "words",
    [
        "list all",
        "list the XCP-ng releases, please",
        "list of all citrix hypervisor versions",
        "list xcp",
        "list XCP-ng and XenServer",
        "list on 2024-11-14",
        "timeline for XenServer?",
        "timeline of both products",
        "changes today",
        "changes please",
        "help me",
        "help with upgrade, please",
    ],
)
def test_courtesy_is_no_word_too_many(desk: CommandRunner, words: str) -> None:
    assert desk.answer(words, LOOKUP).exit_status == 0


@pytest.mark.parametrize(
    "words",
    ["Proxmux 8", "foo", "lab-a", "hello there", "XenServer", "XenServer 7.7", "Debian 12", "xensever 7.2", "Xen"],
)
def test_a_dead_end_offers_more_than_the_list(desk: CommandRunner, words: str) -> None:
    reply = desk.answer(words, LOOKUP)
    assert len(reply.buttons) == 3
    assert [desk.answer(button.words, LOOKUP).exit_status for button in reply.buttons] == [0, 0, 0]


@given(st.text())
def test_any_text_means_some_command(text: str) -> None:
    spec, _ = interpret(text)
    assert COMMANDS[spec.name] is spec


@settings(max_examples=150, deadline=None)
@given(words=st.text(max_size=80), command=st.sampled_from(sorted(COMMANDS)))
def test_any_words_get_a_reply_or_a_usage_error(desk: CommandRunner, words: str, command: str) -> None:
    try:
        said: tuple[str, ...] = (desk.answer(f"{command} {words}", LOOKUP).summary,)
    except UsageError as error:
        said = error.lines
    assert len(said) == 1
    assert said[0].isprintable()
