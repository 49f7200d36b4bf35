"""Conditions of `--fail-on`: what a script wants to stop at."""

import re
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.support import SupportLevel


class ConditionKind(StrEnum):
    """What a condition is about."""

    EOL = "eol"
    EOL_WITHIN = "eol-within"
    PARTIAL = "partial"
    UNLISTED = "unlisted"


class FailCondition(NamedTuple):
    """One condition; `days` counts for EOL_WITHIN alone."""

    kind: ConditionKind
    days: int = 0

    def holds(self, assessment: Assessment) -> bool:
        """Whether a verdict meets it. What is EOL already is within any number of days."""
        left = assessment.days_left
        return {
            ConditionKind.EOL: assessment.stage is LifecycleStage.EOL,
            ConditionKind.EOL_WITHIN: left is not None and left <= self.days,
            ConditionKind.PARTIAL: assessment.support.level is SupportLevel.PARTIAL,
            ConditionKind.UNLISTED: assessment.support.level is SupportLevel.UNLISTED,
        }[self.kind]


_ALLOWED = "eol, eol-within:90d, partial and unlisted are allowed"
_DAYS = {"d": 1, "w": 7}


def parse_condition(text: str) -> FailCondition:
    """Read a condition as typed. ValueError says what is allowed."""
    name, _, span = text.strip().casefold().partition(":")
    if name == ConditionKind.EOL_WITHIN and (found := re.fullmatch(r"([0-9]{1,6})([dw])", span)):
        return FailCondition(ConditionKind.EOL_WITHIN, int(found[1]) * _DAYS[found[2]])
    if name in (ConditionKind.EOL, ConditionKind.PARTIAL, ConditionKind.UNLISTED) and not span:
        return FailCondition(ConditionKind(name))
    raise ValueError(f"{text[:40]!a} is no condition: {_ALLOWED}.")
