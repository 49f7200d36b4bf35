"""The two halves of the table of rules fit: what one writes, the other has words for."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts import rules, state_machine
from bot.alerts.alert import AffectedHost, Alert, AlertState, AlertSubject, Detail, NotifyReason, Rule
from bot.alerts.rules import MESSAGE_SERVER, RULES, SWEEP
from bot.catalogue import say
from bot.chat import rule_wording
from bot.chat.reply import RichText, line, with_code
from bot.chat.rule_wording import WORDING, detail_in_words, resolution_in_words, sentence
from tests.translations import untranslated

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


_HOLE = {"id": "1-1", "title": "T", "exploited": True, "hosts": 2}
_FOUND: Mapping[str, Mapping[str, Any]] = {
    "behind": {"missing": {"H": 2}},
    "claimed": {"has": "H", "claims": ["H", "H"]},
    "holes": {"holes": [_HOLE] * 5, "restarts": 2},
    "levels": {"what": "xapi built on", "levels": ["1", "2"]},
    "no_answer": {"since": "2026-01-01T00:00Z", "error": "E", "never": True},
    "no_sweep": {"since": None, "error": "E", "every": 120},
    "none": {},
    "not_said": {},
    "old_updates": {"since": "2026-01-01", "never": 2},
    "orchestra": {"holes": [_HOLE], "server": "5.1"},
    "site_silent": {"since": None},
    "sites_away": {"since": "2026-01-01T00:00Z", "sites": 2},
    "support": {"lack": "unlisted"},
    "trial": {},
    "trial_pool": {},
    "versions": {"versions": ["1", "2", "3"]},
    "waiting": {"since": "2026-01-01"},
    "worker_old": {"versions": ["1", "2"]},
}
_OF_RULE = {
    Rule.ADVISORY: ["holes"],
    Rule.LICENCE: ["none", "trial", "trial_pool"],
    Rule.MIXED_POOL: ["versions"],
    Rule.OLD_UPDATES: ["old_updates"],
    Rule.ORCHESTRA: ["orchestra"],
    Rule.PATCH_SKEW: ["behind", "levels"],
    Rule.RESTART: ["waiting"],
    Rule.SITES_AWAY: ["sites_away"],
    Rule.SITE_CLAIM: ["claimed"],
    Rule.SITE_SILENT: ["site_silent"],
    Rule.SUPPORT: ["support"],
    Rule.SWEEP_LATE: ["no_sweep"],
    Rule.UNKNOWN_VERSION: ["none", "not_said"],
    Rule.UNREACHABLE: ["no_answer"],
    Rule.WORKER_OLD: ["worker_old"],
}
_DAY = date(2026, 11, 27)
_OPENED = datetime(2026, 11, 20, tzinfo=UTC)


def _told(rule: Rule, kind: str, due: date | None, hosts: int) -> RichText:
    subject = {Rule.SWEEP_LATE: SWEEP, Rule.SITES_AWAY: MESSAGE_SERVER}.get(rule, AlertSubject("x", "H"))
    alert = Alert(
        1,
        "C",
        rule,
        subject,
        (AffectedHost("u", "H", "H"),) * hosts,
        due,
        None,
        Detail(kind, _FOUND[kind]),
        False,
        AlertState.FIRING,
        NotifyReason.NEW,
        _OPENED,
        _OPENED,
    )
    return sentence(alert, _DAY)


@pytest.mark.usefixtures("in_brackets")
@pytest.mark.parametrize("rule", Rule)
def test_a_translation_says_all_of_a_rule(rule: Rule) -> None:
    told = [
        _told(rule, kind, due, hosts)
        for kind in _OF_RULE.get(rule, ["none"])
        for due in (None, _DAY - timedelta(9), _DAY, _DAY + timedelta(9))
        for hosts in (1, 2)
    ]
    told += [line(say(WORDING[rule].digest)), with_code(say(WORDING[rule].next_step))]
    assert list(untranslated(told)) == []


@pytest.mark.usefixtures("in_brackets")
@pytest.mark.parametrize("fate", rule_wording._FATES)
def test_a_translation_says_what_became_of_hosts(fate: str) -> None:
    fates = {"fates": [{"fate": fate, "hosts": ["H"], "more": 2, "version": "1"}], "untold": ["1-1", "1-2"]}
    told = [resolution_in_words(Detail(kind, fates)) for kind in ("fates", "hosts_gone", "pool_gone")]
    assert all("H and 2 more" in re.sub("[⟦⟧]", "", text) for text in told)
    assert list(untranslated(map(line, told))) == []
