"""Days in a question. Only a word such as "on", "until" or "in" makes one the day asked about; a bare date is no such.

Days, months, years and spans are read in English, German, French and Spanish. A span is its last day.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from bot.query.words import AMOUNTS, MONTHS, UNITS
from bot.text import shown

Span = tuple[int, int]
"""A place in a text: where it begins, and where what follows it begins."""


class Days(NamedTuple):
    """What a text says of days. `rest` is as long as the text, with blanks in place of days and what wants to be one.

    `on` is the day asked about; `bad` the words that want to be it and are none, or contradict. `bare` are the places
    of dates that nobody asked about.
    """

    rest: str
    on: date | None = None
    bad: str | None = None
    bare: tuple[Span, ...] = ()


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NAME = rf"(?P<name>{_either(MONTHS)})\b\.?"
_OF = r"(?: (?:of|de|del))?"
_END = r"(?![\w-]|\.\w|/\d)"
_NO_COUNT = (
    r"(?! ?(?:hosts?|nodes?|servers?|machines?|vms?|pools?|cores?|users?|guests?|hotes|maschinen|[kmgt]i?b"
    r"|times|days?|years?)\b)"
)
_UNIT = f"(?P<unit>{_either(UNITS)})"
_AMOUNT = rf"(?P<amount>\d{{1,4}}|{_either(AMOUNTS)})"
_DATES = (
    rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d){_END}",
    rf"(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?(?P<year>\d{{4}}){_END}",
    rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/(?P<year>\d{{4}}){_END}",
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?{_OF}[ -]?{_NAME}{_OF}[ ,.-]*(?P<year>\d{{4}}){_END}",
    rf"{_NAME} ?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?,? (?P<year>\d{{4}}){_END}",
    rf"{_NAME}{_OF}[ ,.-]*(?P<year>\d{{4}}){_END}",
)
"""What is a date wherever it stands."""
_SPANS = (
    rf"(?:q|quarter |quartal |t)(?P<quarter>[1-4])[ /-]?(?P<year>\d{{4}}){_END}",
    rf"h(?P<half>[12])[ /-]?(?P<year>\d{{4}}){_END}",
    rf"(?P<year>\d{{4}})-(?P<month>\d\d){_END}",
    rf"(?P<month>\d{{1,2}})/(?P<year>\d{{4}}){_END}",
    rf"(?:the year |year |jahr )?(?P<year>(?:19|20)\d\d){_END}{_NO_COUNT}",
)
"""What is a span of time behind a word that asks for a day."""
_COMING = (
    rf"(?:next|nachste[rsmn]?|naechste[rsmn]?|kommende[rsmn]?|proxim[oa])"
    rf" (?:{_UNIT}|(?P<weekday>{_either(_WEEKDAYS)}))\b",
    rf"(?:l'|la |le |el )?{_UNIT} (?:prochaine?|que viene|proxim[oa])\b",
    r"(?P<tomorrow>tomorrow|morgen|demain|manana)\b",
    rf"(?:in|within|dans|dentro de|en|d'ici(?: a)?)(?: about| the next| another)? {_AMOUNT} {_UNIT}\b",
    rf"{_AMOUNT} {_UNIT} (?:from now|later)\b",
)
"""What asks for a day by itself."""
_TODAY = r"(?P<today>today|now|heute|hoy|aujourd'hui)\b"
_WANTING = (
    r"(?:a few|some|several) \w+|next (?:spring|summer|autumn|fall|winter)\b",
    r"\d{1,5}(?P<sign>[-/.])\d{1,2}(?P=sign)\d{1,5}(?!\.\d)[^\s,;]*+",  # 2028-1-5, 1/12/28
    rf"\d{{4,12}}(?![\d.]){_NO_COUNT}(?:[-/.]\d[^\s,;]*+)?",  # 20281201, 12028-01-01
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?[ -]?(?:of )?(?:{_either(MONTHS)})\b",  # 1 Dec
    rf"(?!mar\b|mars\b|may\b|ago\b|dic\b)(?:{_either(MONTHS)})\b(?: ?\d{{1,2}}(?:st|nd|rd|th)?(?![\w.]))?",
    rf"(?:{_either(_WEEKDAYS)}|yesterday)\b",
)
"""What wants to be a day there and is none: nothing says the year, or the order, or it is no day of the calendar."""

_ASKING = (
    r"on|as of|as at|by|until|till|up to|in|at|during|am|zum|bis(?: zum)?|ab|im|per|stand|le|en|au|jusqu'?(?:au|en|a)"
    r"|d'ici(?: a| le)?|avant|el|al|hasta(?: el)?|para(?: el)?"
)
_PARTS = {
    "first": "start|beginning|anfang|debut|principios",
    "middle": "mid|middle|mitte|mi|mediados",
    "last": "end|ende|fin|finales",
}
_PART = "|".join(f"(?P<{part}>{words})" for part, words in _PARTS.items())
_OPENING = (
    rf"(?:(?P<asking>{_ASKING})(?: the| dem| den)?\s+[\"'(]?)?"
    rf"(?:(?:the |a |la )?(?:{_PART})(?: of | de | des | von |-| ))?"
)
_ALWAYS_ASKING = frozenset({"as of", "as at", "by", "until", "till", "up to"})
_DONE = re.compile(
    r"\b(?:patched|installed|released|built|updated|upgraded|bought|deployed|created|dated|compiled|published|migrated"
    r"|rebooted|ended|expired|started|announced|reached|joined|imported|exported|installiert|aktualisiert) $"
)
"""Behind these a day is when something happened, and nobody asks about it."""
_HINT = re.compile(
    r"\d{4}|/\d|day|tomorrow|morgen|demain|ma.ana|next|n(?:ä|ae)chste|kommende|pr[oó]xim|prochain|viene|now|heute|hoy"
    r"|(?:week|month|quarter|year|tag|woche|monat|jahr|jour|semaine|mois|ans?|année|d[ií]a|semana|mes|año)(?:s|en?|es)?\b"
    r"|in (?:a few|some|several)"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|märz|mai|okt|dez|avr|aoû|déc|fév|ene|abr|ago|dic)",
    re.IGNORECASE,
)
Forms = tuple[re.Pattern[str], ...]


class _Patterns(NamedTuple):
    opening: re.Pattern[str]
    dates: Forms
    spans: Forms
    coming: Forms
    wanting: Forms


@cache
def _patterns() -> _Patterns:
    """Compiled when the first text that may hold a day comes, for the sake of the start."""
    groups = (_DATES, (*_SPANS, _TODAY), _COMING, _WANTING)
    return _Patterns(re.compile(rf"(?<![\w.-]){_OPENING}(?=\w)"), *(tuple(map(re.compile, forms)) for forms in groups))


def take_days(text: str, today: date | None = None) -> Days:
    """What a text says of days. `today` is what "in 2 years" counts from; without it such words are no day."""
    if not _HINT.search(text):
        return Days(text)
    forms, folded, at = _patterns(), "".join(map(_folded, text)), 0
    asked: dict[str, date | None] = {}
    bare: list[Span] = []
    places: list[Span] = []
    while opening := forms.opening.search(folded, at):
        start, begins = opening.span()
        at = max(begins, start + 1)
        asking, part = opening["asking"], next((name for name in _PARTS if opening[name]), None)
        relative = _first(forms.coming, folded, start) or _first(forms.coming, folded, begins)
        match = relative or _first((*forms.dates, *forms.spans) if asking or part else forms.dates, folded, begins)
        is_date = match is not None
        if match is None and asking and not part:
            match = _first(forms.wanting, folded, begins)
        if match is None:
            continue
        at = match.end()
        happened = asking not in _ALWAYS_ASKING and _DONE.search(folded[max(start - 12, 0) : start])
        if relative or not is_date or ((asking or part) and not happened):
            day = _day(match.groupdict(), part, today) if is_date else None
            asked[text[match.start() : at].strip("\"'().,;:!? ")] = day
            places.append((start, at))
        else:
            bare.append((begins, at))
    rest = blanked(text, (*places, *bare))
    wrong = [words for words, day in asked.items() if day is None]
    if wrong or len(set(asked.values())) > 1:
        return Days(rest, None, shown(wrong[0] if wrong else " and ".join(asked)), tuple(bare))
    return Days(rest, next(iter(asked.values()), None), None, tuple(bare))


def blanked(text: str, places: Iterable[Span]) -> str:
    """A text of the same length, with blanks at some places."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(places):
        pieces += (text[at:start], " " * (end - max(start, at)))
        at = max(at, end)
    return "".join((*pieces, text[at:]))


def _folded(character: str) -> str:
    """A letter in lower case, without its accent; always one character, so that places stay what they are."""
    return character.lower() if character.isascii() else unicodedata.normalize("NFD", character)[0].lower()[0]


def _first(forms: Forms, text: str, at: int) -> re.Match[str] | None:
    return next((match for form in forms if (match := form.match(text, at))), None)


def _day(groups: dict[str, str | None], part: str | None, today: date | None) -> date | None:
    """The last day of what was said, or the one that `part` says; None if no calendar has it, or `today` is needed."""
    said = {name: text for name, text in groups.items() if text}
    try:
        span = _absolute(said) if "year" in said else _relative(said, today) if today else None
    except (ValueError, OverflowError):
        return None
    if span is None:
        return None
    first, last = span
    return {"first": first, "middle": first + (last - first) // 2}.get(part or "", last)


def _absolute(said: Mapping[str, str]) -> tuple[date, date] | None:
    year = int(said["year"])
    if "quarter" in said:
        return _months(year, 3 * int(said["quarter"]) - 3, 3)
    if "half" in said:
        return _months(year, 6 * int(said["half"]) - 6, 6)
    if "first" in said:  # 13/04/2018 can be read one way only, 01/12/2028 in two
        month, day = sorted((int(said["first"]), int(said["second"])))
        return (date(year, month, day),) * 2 if day > 12 or day == month else None
    if "month" not in said and "name" not in said:
        return _months(year, 0, 12)
    first = date(year, int(said.get("month") or MONTHS[said["name"]]), int(said.get("day", "1")))
    return (first, first) if "day" in said else _months(year, first.month - 1, 1)


def _relative(said: Mapping[str, str], today: date) -> tuple[date, date]:
    unit, amount = UNITS.get(said.get("unit", "")), int(AMOUNTS.get(said.get("amount", ""), said.get("amount", "1")))
    if "weekday" in said:
        ahead = (_WEEKDAYS.index(said["weekday"]) - today.weekday() - 1) % 7 + 1
    elif unit == "week" and "amount" not in said:
        monday = today + timedelta(7 - today.weekday())
        return monday, monday + timedelta(6)
    elif unit in _IN_MONTHS:
        months = _IN_MONTHS[unit]
        if "amount" not in said:
            return _months(today.year, (today.month - 1) // months * months + months, months)
        first, last = _months(today.year, today.month - 1 + amount * months, 1)
        return (first.replace(day=min(today.day, last.day)),) * 2
    else:
        ahead = 0 if "today" in said else amount * (7 if unit == "week" else 1)
    return (today + timedelta(ahead),) * 2


_IN_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _months(year: int, first: int, many: int) -> tuple[date, date]:
    """The first and the last day of several months; `first` counts from 0, on into the next years."""
    years, month = divmod(first, 12)
    ends, last = divmod(first + many - 1, 12)
    return date(year + years, month + 1, 1), date(year + ends, last + 1, monthrange(year + ends, last + 1)[1])
