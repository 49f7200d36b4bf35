"""Lists, days, spans, counts and names as they are said, once for all of chat (REPLIES.md rule 3)."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import Enum, auto

from bot.catalogue import message, message_counted, number, say, say_about, say_counted
from bot.chat.channels import ChannelKind, kind_of
from bot.chat.reply import ChannelName, Moment, PersonName, Plain, RichText, Sortable, Span, say_line
from bot.matrix.lifecycle import PartialDate

_MONTHS = (
    message("Jan"),
    message("Feb"),
    message("Mar"),
    message("Apr"),
    message("May"),
    message("Jun"),
    message("Jul"),
    message("Aug"),
    message("Sep"),
    message("Oct"),
    message("Nov"),
    message("Dec"),
)

_SLACK_PERSON = re.compile(r"[UW][A-Z0-9]{4,30}", re.ASCII)


def joined(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; nothing of nothing."""
    first, last = ", ".join(items[:-1]), "".join(items[-1:])
    return say("{items} and {last}", items=first, last=last) if first else last


def either(items: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`; nothing of nothing."""
    first, last = ", ".join(items[:-1]), "".join(items[-1:])
    return say("{items} or {last}", items=first, last=last) if first else last


def with_more(items: Sequence[str], most: int) -> str:
    """At most so many of the items, and how many there are besides: `a, b and 3 more`."""
    shown, more = ", ".join(items[:most]), len(items) - most
    return say("{items} and {more} more", items=shown, more=number(more)) if more > 0 else shown


def bounded(items: Sequence[RichText], most: int, total: int | None = None) -> tuple[RichText, ...]:
    """At most so many lines of a list, and below them how many there are besides.

    `total` is how many there are in all, where not all of them are given.
    """
    shown = tuple(items[:most])
    more = (len(items) if total is None else total) - len(shown)
    return (*shown, say_line("and {more} more", more=number(more))) if more > 0 else shown


def nearest(names: Sequence[str], text: str = message("Near: {names}.")) -> str:
    """The end of a sentence about what is not known: ` Near: a, b.`; nothing where nothing is near."""
    return f" {say(text, names=', '.join(names))}" if names else ""


def capitalized(clause: str) -> str:
    """A clause as the beginning of a sentence; the case of what follows stays as it is."""
    return f"{clause[:1].upper()}{clause[1:]}"


def iso(moment: datetime) -> str:
    """A moment for scripts, in UTC: `2026-11-23T08:00:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def month_in_words(day: date | PartialDate) -> str:
    """The month of a day: `Apr`."""
    return say(_MONTHS[day.month - 1])


def day_in_words(day: date | PartialDate) -> str:
    """`13 Apr 2018`, or `May 2010` where no day is known, whatever the locale."""
    month, year = month_in_words(day), f"{day.year:04}"
    if not day.day:
        return say("{month} {year}", month=month, year=year)
    return say("{day} {month} {year}", day=day.day, month=month, year=year)


def day_of_year(day: date) -> str:
    """`13 Apr`, where the year is plain."""
    return say("{day} {month}", day=day.day, month=say(_MONTHS[day.month - 1]))


def day_cell(day: date | PartialDate | None) -> RichText:
    """A day in a column of days; None is one that is not known."""
    if day is None:
        return (Sortable(say_about("a day", "not known"), 0),)
    return (Sortable(day_in_words(day), (day.year * 100 + day.month) * 100 + day.day),)


def count_cell(count: int) -> RichText:
    """A count in a column of numbers: `1,000`."""
    return (Sortable(number(count), count),)


def moment_in_words(moment: datetime) -> str:
    """`23 Nov 2026 08:00 UTC`, of a moment in any zone."""
    moment = moment.astimezone(UTC)
    return say("{day} {time} UTC", day=day_in_words(moment.date()), time=f"{moment:%H:%M}")


def moment(at: datetime) -> Moment:
    """A moment as a part of a line."""
    return Moment(moment_in_words(at), at)


def distance(day: date, today: date) -> str:
    """How far a day is from another, in the unit a person would use: days up to 100, months up to 2 years, years."""
    days = (day - today).days
    if days in _NEAR:
        return say(_NEAR[days])
    unit, count = _in_unit(abs(days))
    return say_counted(count, *(_AHEAD if days > 0 else _AGO)[unit])


def span(days: int) -> str:
    """Days in the unit a person would use: up to 100 as they are, up to 2 years as months, else years."""
    unit, count = _in_unit(days)
    return say_counted(count, *_SPAN[unit])


class _Unit(Enum):
    DAY = auto()
    MONTH = auto()
    YEAR = auto()


def _in_unit(days: int) -> tuple[_Unit, int]:
    if days <= 100:
        return _Unit.DAY, days
    return (_Unit.MONTH, round(days / 30.44)) if days < 730 else (_Unit.YEAR, int(days / 365.25))


_NEAR = {-1: message("yesterday"), 0: message("today"), 1: message("tomorrow")}
_SPAN = {
    _Unit.DAY: message_counted("{count} day", "{count} days"),
    _Unit.MONTH: message_counted("{count} month", "{count} months"),
    _Unit.YEAR: message_counted("{count} year", "{count} years"),
}
_AHEAD = {
    _Unit.DAY: message_counted("in {count} day", "in {count} days"),
    _Unit.MONTH: message_counted("in {count} month", "in {count} months"),
    _Unit.YEAR: message_counted("in {count} year", "in {count} years"),
}
_AGO = {
    _Unit.DAY: message_counted("{count} day ago", "{count} days ago"),
    _Unit.MONTH: message_counted("{count} month ago", "{count} months ago"),
    _Unit.YEAR: message_counted("{count} year ago", "{count} years ago"),
}


def named(person: str) -> str:
    """Somebody as others may read it: an id of Slack's says nothing there."""
    if _SLACK_PERSON.fullmatch(person):
        return say("somebody in Slack")
    platform, colon, name = person.partition(":")
    return name if colon and name and platform in ("shell", *ChannelKind) else person


def called(span: Span) -> Span:
    """A span as it is read elsewhere than in the chat that it is of: people and channels by words."""
    match span:
        case PersonName(text):
            return Plain(named(text))
        case ChannelName(text):
            is_slacks = kind_of(text) is ChannelKind.SLACK
            return Plain(say("a channel in Slack") if is_slacks else text.partition(":")[2])
        case _:
            return span


def page_notes(count: int, left: int) -> list[str]:
    """What each of the messages of a reply says of the others; `left` lines are in none of them."""
    follow = count - 1
    first = say_counted(follow, "{count} message follows with the rest", "{count} messages follow with the rest")
    notes = [
        first if follow else "",
        *(say("{number} of {count}", number=at, count=count) for at in range(2, count + 1)),
    ]
    if left:
        missing = say_counted(
            left,
            "{count} more line is not shown: ask for less at once",
            "{count} more lines are not shown: ask for less at once",
        )
        notes[-1] = " · ".join(filter(None, (notes[-1], missing)))
    return notes
