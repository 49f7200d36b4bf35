"""Days in words. Only a word such as "on", "until" or "in" makes one the day asked about; a bare date is no such.

Days, months, years and spans are read in English, German, French and Spanish; the words are data/days.txt. A span is
its last day.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from bot.catalogue import say
from bot.matrix.compiled import shipped
from bot.phrases import read_phrases
from bot.text import Span, blanked, shown

FILE = "days.txt"


class Days(NamedTuple):
    """What a text says of days. `rest` is as long as the text, with blanks in place of days and what wants to be one.

    `on` is the day asked about; `bad` the words that want to be it and are none, or contradict. `bare` are the places
    of dates that nobody asked about, `asked` those of the others.
    """

    rest: str
    on: date | None = None
    bad: str | None = None
    bare: tuple[Span, ...] = ()
    asked: tuple[Span, ...] = ()


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORDS = read_phrases(shipped() / FILE)
_MONTHS, _AMOUNTS, _UNITS, _WEEKDAYS = (_WORDS[section] for section in ("month", "amount", "unit", "weekday"))
"""What the words of dates and spans stand for: a number, or the unit in English."""

_NAME = rf"(?P<name>{_either(_MONTHS)})\b\.?"
_OF = r"(?: (?:of|de|del))?"
_END = r"(?![\w-]|\.\w|/\d)"
_NO_COUNT = rf"(?! ?(?:{_either(_WORDS['counted'])})\b)"
_UNIT = f"(?P<unit>{_either(_UNITS)})"
_AMOUNT = rf"(?P<amount>\d{{1,4}}|{_either(_AMOUNTS)})"
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
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?[ -]?(?:of )?(?:{_either(_MONTHS)})\b",  # 1 Dec
    rf"(?!mar\b|mars\b|may\b|ago\b|dic\b)(?:{_either(_MONTHS)})\b(?: ?\d{{1,2}}(?:st|nd|rd|th)?(?![\w.]))?",
    rf"(?:{_either(_WEEKDAYS)}|yesterday)\b",
)
"""What wants to be a day there and is none: nothing says the year, or the order, or it is no day of the calendar."""

_PART = "|".join(f"(?P<{name}>{_either(word for word, of in _WORDS['part'].items() if of == name)})"
                 for name in ("first", "middle", "last"))  # fmt: skip
_OPENING = (
    rf"(?:(?P<asking>{_either(_WORDS['asking'])})(?: the| dem| den)?\s+[\"'(]?)?"
    rf"(?:(?:the |a |la )?(?:{_PART})(?: of | de | des | von |-| ))?"
)
_HAPPENED = rf"\b(?:{_either(_WORDS['happened'])}) $"
_HINT = re.compile(
    r"\d{4}|/\d|day|tomorrow|morgen|demain|ma.ana|next|n(?:ä|ae)chste|kommende|pr[oó]xim|prochain|viene|now|heute|hoy"
    r"|(?:week|month|quarter|year|tag|woche|monat|jahr|jour|semaine|mois|ans?|année|d[ií]a|semana|mes|año)(?:s|en?|es)?\b"
    r"|in (?:a few|some|several)"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|märz|mai|okt|dez|avr|aoû|déc|fév|ene|abr|ago|dic)",
    re.IGNORECASE,
)
Forms = tuple[re.Pattern[str], ...]


@cache
def _compiled(*forms: str) -> Forms:
    """Made when the first text that may hold a day comes, for the sake of the start."""
    return tuple(map(re.compile, forms))


def cut_day(text: str) -> tuple[str, str]:
    """A text without what at its end says on which day, and that: "eol", "on 2028-12-01"."""
    end = len(text.rstrip("?!. "))
    start = next((start for start, until in take_days(text).asked if until >= end), end)
    return (text[:start].rstrip(), text[start:end]) if start < end else (text, "")


def take_days(text: str, today: date | None = None) -> Days:
    """What a text says of days. `today` is what "in 2 years" counts from; without it such words are no day."""
    if not _HINT.search(text):
        return Days(text)
    (opening,), (done,), coming = _compiled(rf"(?<![\w.-]){_OPENING}(?=\w)"), _compiled(_HAPPENED), _compiled(*_COMING)
    dates, spans, wanting = _compiled(*_DATES), _compiled(*_SPANS, _TODAY), _compiled(*_WANTING)
    folded, at = "".join(map(_folded, text)), 0
    asked: dict[str, date | None] = {}
    bare: list[Span] = []
    places: list[Span] = []
    while opened := opening.search(folded, at):
        start, begins = opened.span()
        at = max(begins, start + 1)
        asking, part = opened["asking"], next((part for part in ("first", "middle", "last") if opened[part]), None)
        relative = _first(coming, folded, start) or _first(coming, folded, begins)
        match = relative or _first((*dates, *spans) if asking or part else dates, folded, begins)
        is_date = match is not None
        if match is None and asking and not part:
            match = _first(wanting, folded, begins)
        if match is None:
            continue
        at = match.end()
        happened = asking not in _WORDS["always asking"] and done.search(folded[max(start - 12, 0) : start])
        if relative or not is_date or ((asking or part) and not happened):
            day = _day(match.groupdict(), part, today) if is_date else None
            asked[text[match.start() : at].strip("\"'().,;:!? ")] = day
            places.append((start, at))
        else:
            bare.append((begins, at))
    rest = blanked(text, (*places, *bare))
    wrong = [words for words, day in asked.items() if day is None]
    bad = shown(wrong[0]) if wrong else None
    if not wrong and len(set(asked.values())) > 1:
        *others, last = asked
        bad = shown(say("{items} and {last}", items=", ".join(others), last=last))
    return Days(rest, None if bad else next(iter(asked.values()), None), bad, tuple(bare), tuple(places))


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
    first = date(year, int(said.get("month") or _MONTHS[said["name"]]), int(said.get("day", "1")))
    return (first, first) if "day" in said else _months(year, first.month - 1, 1)


def _relative(said: Mapping[str, str], today: date) -> tuple[date, date]:
    unit, amount = _UNITS.get(said.get("unit", "")), int(_AMOUNTS.get(said.get("amount", ""), said.get("amount", "1")))
    if "weekday" in said:
        ahead = (int(_WEEKDAYS[said["weekday"]]) - today.weekday() - 1) % 7 + 1
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
