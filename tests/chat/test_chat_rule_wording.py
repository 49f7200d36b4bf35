"""The two halves of the table of rules fit: what one writes, the other has words for."""

import re
from pathlib import Path

import pytest

from bot.alerts import rules, state_machine
from bot.alerts.alert import Detail, Rule
from bot.alerts.rules import RULES
from bot.chat import rule_wording
from bot.chat.rule_wording import WORDING, detail_in_words, resolution_in_words

_KIND = re.compile(r'\bDetail\(\s*"(\w+)"')


def test_every_rule_has_a_row_and_words() -> None:
    assert set(RULES) == set(WORDING) == set(Rule)
    assert list(RULES) == list(Rule), "the worst first, in both"


def test_every_kind_of_detail_that_rules_write_has_words() -> None:
    written = {
        kind
        for module in (rules, state_machine)
        for kind in _KIND.findall(Path(str(module.__file__)).read_text(encoding="utf-8"))
    }
    worded = re.findall(
        r'^    "(\w+)": (?:lambda|_\w+)', Path(str(rule_wording.__file__)).read_text("utf-8"), re.MULTILINE
    )
    assert written
    assert written <= set(worded)


@pytest.mark.parametrize("detail", [Detail("none"), Detail("of_a_later_version", {"mood": "calm"})])
def test_a_kind_without_words_is_silent(detail: Detail) -> None:
    assert (detail_in_words(detail), resolution_in_words(detail)) == ("", "")
