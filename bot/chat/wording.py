"""Plurals, lists, days and spans in English, once for all that is said in chat (REPLIES.md rule 3)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.chat.reply import Moment, RichText, Sortable, line
from bot.matrix.lifecycle import PartialDate

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def plural(count: int, one: str, many: str = "") -> str:
    """The form that goes with a count: `host`, `hosts`; `many` where it is not formed with an s: `try`, `tries`."""
    return one if count == 1 else many or f"{one}s"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 host`, `1,000 hosts`."""
    return f"{count:,} {plural(count, one, many)}"


def joined(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; nothing of nothing."""
    first, last = ", ".join(items[:-1]), "".join(items[-1:])
    return f"{first} {word} {last}" if first else last


def with_more(items: Sequence[str], most: int) -> str:
    """At most so many of the items, and how many there are besides: `a, b and 3 more`."""
    more = len(items) - most
    return f"{', '.join(items[:most])}{f' and {more} more' if more > 0 else ''}"


def bounded(items: Sequence[RichText], most: int, total: int | None = None) -> tuple[RichText, ...]:
    """At most so many lines of a list, and below them how many there are besides.

    `total` is how many there are in all, where not all of them are given.
    """
    shown = tuple(items[:most])
    more = (len(items) if total is None else total) - len(shown)
    return (*shown, line(f"and {more} more")) if more > 0 else shown


def nearest(names: Sequence[str], word: str = "Near") -> str:
    """The end of a sentence about what is not known: ` Near: a, b.`; nothing where nothing is near."""
    return f" {word}: {', '.join(names)}." if names else ""


def capitalized(clause: str) -> str:
    """A clause as the beginning of a sentence; the case of what follows stays as it is."""
    return f"{clause[:1].upper()}{clause[1:]}"


def iso(moment: datetime) -> str:
    """A moment for scripts, in UTC: `2026-11-23T08:00:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day_in_words(day: date | PartialDate) -> str:
    """`13 Apr 2018`, or `May 2010` where no day is known. English whatever the locale."""
    number = f"{day.day} " if day.day else ""
    return f"{number}{_MONTHS[day.month - 1]} {day.year:04}"


def day_cell(day: date | PartialDate | None) -> RichText:
    """A day in a column of days; None is one that is not known."""
    if day is None:
        return (Sortable("not known", 0),)
    return (Sortable(day_in_words(day), (day.year * 100 + day.month) * 100 + day.day),)


def count_cell(count: int) -> RichText:
    """A count in a column of numbers: `1,000`."""
    return (Sortable(f"{count:,}", count),)


def moment_in_words(moment: datetime) -> str:
    """`23 Nov 2026 08:00 UTC`, of a moment in any zone."""
    moment = moment.astimezone(UTC)
    return f"{day_in_words(moment.date())} {moment:%H:%M} UTC"


def moment(at: datetime) -> Moment:
    """A moment as a part of a line."""
    return Moment(moment_in_words(at), at)


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


def page_notes(count: int, left: int) -> list[str]:
    """What each of the messages of a reply says of the others; `left` lines are in none of them."""
    follow = count - 1
    notes = [{0: "", 1: "1 message follows with the rest"}.get(follow, f"{follow} messages follow with the rest")]
    notes += [f"{at} of {count}" for at in range(2, count + 1)]
    if left:
        notes[-1] = " · ".join(filter(None, (notes[-1], f"{left} more lines are not shown: ask for less at once")))
    return notes
