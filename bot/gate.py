"""Conditions of `--fail-on`: what a script wants to stop at."""

import re
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.listing import SupportLevel


class Kind(StrEnum):
    """What a condition looks at."""

    EOL = "eol"
    EOL_WITHIN = "eol-within"
    PARTIAL = "partial"
    UNLISTED = "unlisted"


class Condition(NamedTuple):
    """One condition; `days` counts for EOL_WITHIN alone."""

    kind: Kind
    days: int = 0

    def holds(self, assessment: Assessment) -> bool:
        """Whether a verdict meets it. What is EOL already is within any number of days."""
        left = assessment.days_left
        return {
            Kind.EOL: assessment.stage is LifecycleStage.EOL,
            Kind.EOL_WITHIN: left is not None and left <= self.days,
            Kind.PARTIAL: assessment.support.level is SupportLevel.PARTIAL,
            Kind.UNLISTED: assessment.support.level is SupportLevel.UNLISTED,
        }[self.kind]


_ALLOWED = "eol, eol-within:90d, partial and unlisted are allowed"
_DAYS = {"d": 1, "w": 7}


def parse(text: str) -> Condition:
    """Read a condition as typed. ValueError says what is allowed."""
    name, _, span = text.strip().casefold().partition(":")
    if name == Kind.EOL_WITHIN and (found := re.fullmatch(r"([0-9]{1,6})([dw])", span)):
        return Condition(Kind.EOL_WITHIN, int(found[1]) * _DAYS[found[2]])
    if name in (Kind.EOL, Kind.PARTIAL, Kind.UNLISTED) and not span:
        return Condition(Kind(name))
    raise ValueError(f"{text[:40]!a} is no condition: {_ALLOWED}.")
