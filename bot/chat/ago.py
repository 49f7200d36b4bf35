"""How long ago something was, as people say it: `2 hours ago`."""

from datetime import datetime

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def age(moment: datetime, now: datetime) -> str:
    """How long ago a moment was; a clock that went back makes nothing lie in the future."""
    seconds = (now - moment).total_seconds()
    for unit, length in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
