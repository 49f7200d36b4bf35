"""Conditions of `--fail-on`: what a script wants to stop at."""

import re
from enum import StrEnum
from typing import NamedTuple

from bot.chat.reply import Reply
from bot.errors import UsageError
from bot.fleet.policy import Policy, PolicyState
from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage, months_later
from bot.matrix.load import load_matrix
from bot.matrix.support import SupportLevel
from bot.query.reader import Reader


class ConditionKind(StrEnum):
    """What a condition is about."""

    EOL = "eol"
    EOL_WITHIN = "eol-within"
    PARTIAL = "partial"
    UNLISTED = "unlisted"
    NOT_APPROVED = "not-approved"
    VULNERABLE = "vulnerable"


class FailCondition(NamedTuple):
    """One condition; `days` and calendar `months` count for EOL_WITHIN alone, from the day asked about."""

    kind: ConditionKind
    days: int = 0
    months: int = 0

    def holds(self, reply: Reply, policy: Policy | None) -> bool:
        """Whether an answer meets it. UsageError for NOT_APPROVED without a policy, for VULNERABLE without hosts."""
        verdicts = reply.assessed or ()
        if self.kind is ConditionKind.VULNERABLE:
            return _is_vulnerable(reply)
        if self.kind is not ConditionKind.NOT_APPROVED:
            return any(map(self._holds_for, verdicts))
        if policy is None:
            raise UsageError("--fail-on not-approved needs a policy: set `policy.approved` in the configuration.")
        if reply.hosts is not None:
            return any(host.policy is PolicyState.NOT_APPROVED for host in reply.hosts)
        reader = Reader(load_matrix())
        return not all(policy.approves(each.release, each.prerelease, reader) for each in verdicts)

    def _holds_for(self, assessment: Assessment) -> bool:
        """Whether a verdict meets it. What is EOL already is within any number of days."""
        left, on = assessment.days_left, assessment.on
        within = self.days + (months_later(on, self.months) - on).days
        return {
            ConditionKind.EOL: assessment.stage is LifecycleStage.EOL,
            ConditionKind.EOL_WITHIN: left is not None and left <= within,
            ConditionKind.PARTIAL: assessment.support.level is SupportLevel.PARTIAL,
            ConditionKind.UNLISTED: assessment.support.level is SupportLevel.UNLISTED,
        }[self.kind]


def _is_vulnerable(reply: Reply) -> bool:
    """Whether any of the hosts in an answer has a known hole that is not fixed there."""
    if reply.vulnerable is not None:
        return reply.vulnerable
    if reply.hosts is None and reply.assessed:
        raise UsageError("--fail-on vulnerable is about hosts, and this answer has none: use it with fleet or probe.")
    return any(each.patch_state == "vulnerable" for each in reply.hosts or ())


_ALLOWED = "eol, eol-within:90d (or 12w, 6m, 1y), partial, unlisted, not-approved and vulnerable are allowed"
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"m": 1, "y": 12}


def parse_condition(text: str) -> FailCondition:
    """Read a condition as typed. ValueError says what is allowed."""
    name, _, span = text.strip().casefold().partition(":")
    if name == ConditionKind.EOL_WITHIN and (found := re.fullmatch(r"([0-9]{1,6})([dwmy])", span)):
        number, unit = int(found[1]), found[2]
        return FailCondition(ConditionKind.EOL_WITHIN, number * _DAYS.get(unit, 0), number * _MONTHS.get(unit, 0))
    if name in tuple(ConditionKind) and name != ConditionKind.EOL_WITHIN and not span:
        return FailCondition(ConditionKind(name))
    raise ValueError(f"{text[:40]!a} is no condition: {_ALLOWED}.")
