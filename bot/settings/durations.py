"""Durations as people write them in the configuration: 90d, 6h, 15m, 30s, 2w."""

import re
from datetime import timedelta

ALLOWED = "a number with its unit, such as 90d, 6h, 15m, 30s or 2w"
LONGEST = timedelta(days=36525)
"""A hundred years: more than any support lasts, and far from where dates overflow."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: str) -> timedelta:
    """A duration from text; ValueError says what is allowed."""
    found = re.fullmatch(r"([0-9]{1,10})([smhdw])", text.strip())
    if not found:
        raise ValueError(f"must be {ALLOWED}")
    seconds = int(found[1]) * timedelta(**{_UNITS[found[2]]: 1}).total_seconds()
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"must be at most {LONGEST.days}d")
    return timedelta(seconds=seconds)
