"""Plurals, lists, days and spans in English, once for all that is said in chat.

A day, a moment, a distance and a span are in bot.matrix.wording as long as rooms below chat say some of them.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.matrix.wording import day_in_words, distance, moment_in_words, span

__all__ = [
    "age",
    "counted",
    "day_in_words",
    "distance",
    "iso",
    "joined",
    "moment_in_words",
    "plural",
    "span",
    "with_more",
]

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def plural(count: int, one: str, many: str = "") -> str:
    """The form that goes with a count: `host`, `hosts`; `many` where it is not formed with an s: `try`, `tries`."""
    return one if count == 1 else many or f"{one}s"


def counted(count: int, one: str, many: str = "", none: str = "") -> str:
    """A count with its noun: `1 host`, `3 hosts`; `none` is what is said of zero, if not `0 hosts`."""
    return none if none and not count else f"{count} {plural(count, one, many)}"


def joined(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {word} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def with_more(items: Sequence[str], most: int, total: int | None = None) -> str:
    """At most so many of the items: `a, b and 3 more`. `total` is how many there are, if not those that are given."""
    more = (len(items) if total is None else total) - most
    return f"{', '.join(items[:most])}{f' and {more} more' if more > 0 else ''}"


def age(moment: datetime, now: datetime) -> str:
    """How long ago a moment was: `2 hours ago`. A clock that went back makes nothing lie in the future."""
    seconds = (now - moment).total_seconds()
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{counted(int(seconds // length), unit)} ago"
    return "just now"


def iso(moment: datetime) -> str:
    """A moment in UTC for scripts: `2026-11-23T08:00:00Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
