"""Moments as people read them: `23 Nov 2026 08:00 UTC`, `2 hours ago`."""

from datetime import datetime

from bot.matrix.wording import day_in_words

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def moment_in_words(moment: datetime) -> str:
    """To the minute, in UTC."""
    return f"{day_in_words(moment.date())} {moment:%H:%M} UTC"


def age(moment: datetime, now: datetime) -> str:
    """How long ago a moment was; a clock that went back makes nothing lie in the future."""
    seconds = (now - moment).total_seconds()
    for unit, length in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
