"""Days and spans as people say them: `13 Apr 2018`, `8 years ago`, `in 88 days`, `tomorrow` (REPLIES.md rule 3)."""

from datetime import date, datetime

from bot.matrix.lifecycle import PartialDate

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_in_words(day: date | PartialDate) -> str:
    """`13 Apr 2018`, or `May 2010` where no day is known. English whatever the locale."""
    number = f"{day.day} " if day.day else ""
    return f"{number}{_MONTHS[day.month - 1]} {day.year:04}"


def moment_in_words(moment: datetime) -> str:
    """`23 Nov 2026 08:00 UTC`, of a moment in UTC."""
    return f"{day_in_words(moment.date())} {moment:%H:%M} UTC"


def distance(day: date, today: date) -> str:
    """How far a day is from another, in the unit a person would use: days up to 100, months up to 2 years, years."""
    days = (day - today).days
    if days in _NEAR:
        return _NEAR[days]
    how_far = span(abs(days))
    return f"in {how_far}" if days > 0 else f"{how_far} ago"


_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def span(days: int) -> str:
    """Days in the unit a person would use: up to 100 as they are, up to 2 years as months, else years."""
    if days == 1:
        return "1 day"
    if days <= 100:
        return f"{days} days"
    if days < 730:
        return f"{round(days / 30.44)} months"
    return f"{int(days / 365.25)} years"
