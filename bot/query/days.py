"""`on DATE` in a question. ISO days and days with a month's name are read; what only wants to be a day is reported."""

import re
from datetime import date
from functools import cache

from bot.query.text import shown

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?(?![\w.])"
_COUNTED = r"(?! ?(?:hosts?|nodes?|servers?|machines?|vms?|pools?|cores?|users?|guests?|[kmgt]i?b)\b)"
_LIKE_A_DAY = (
    r"\d{1,4}(?P<sign>[-/.])\d{1,2}(?P=sign)\d{4,5}[^\s,;]*+",  # 01/12/2028, 13.04.2018
    r"\d{1,4}/\d{1,2}/\d{1,2}[^\s,;]*+",  # 01/12/28
    rf"\d{{4,12}}(?![\d.]){_COUNTED}(?:[-/.]\d[^\s,;]*+)?",  # 2028-12-01, 2028-12, 2028
    rf"{_DAY}[ -]?(?:of )?{_MONTH}(?:[ ,.-]*+\d{{2,5}}\b)?",  # 1 Dec 2028, 13. Apr 2018, 1 Dec
    rf"{_MONTH}(?:[ -]?{_DAY}(?:[ ,.-]*+\d{{4,5}}\b)?|[ ,.-]*+\d{{4,5}}\b)",  # Dec 1, 2028; Dec 1; Dec 2028
    rf"(?!may\b){_MONTH}",  # Dec
)
_AFTER = r"\b(?:on|as of|as at|until|till|by|in)\s++(?:the )?[\"'(]?"
_ALONE = r"(?<![\w.-])(?P<alone>\d{4}-\d\d-\d\d)(?![\w-]|\.\w)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_COUNT = r"(?:\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|a few|some)"
_RELATIVE = (
    rf"\b(?P<relative>in (?:about |the next )?{_COUNT} (?:days?|weeks?|months?|quarters?|years?)\b"
    rf"|next (?:week|month|quarter|year|spring|summer|autumn|fall|winter|{_WEEKDAY})\b|tomorrow\b"
    rf"|(?:(?<=\bon )|(?<=\bas of )|(?<=\bby )|(?<=\buntil ))(?:yesterday|{_WEEKDAY})\b)"
)
"""Days that only a calendar beside the question makes clear."""
_FORMS = (
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)",
    rf"(?P<day>\d{{1,2}})\D*?(?P<month>{_MONTH})\D*(?P<year>\d{{4}})",
    rf"(?P<month>{_MONTH})\D*(?P<day>\d{{1,2}})\D+(?P<year>\d{{4}})",
)


@cache
def _patterns() -> tuple[re.Pattern[str], tuple[re.Pattern[str], ...]]:
    """What finds a day in a text, and the forms in which one is read.

    Compiled when the first text that may hold a day comes, for the sake of the start.
    """
    find = re.compile(rf"{_AFTER}(?P<after>{'|'.join(_LIKE_A_DAY)})|{_ALONE}|{_RELATIVE}", re.IGNORECASE)
    return find, tuple(re.compile(form, re.IGNORECASE) for form in _FORMS)


_HINT = re.compile(r"\d{4}|/\d|day\b|tomorrow|\bnext |(?:days?|week|month|quarter|year)s?\b", re.IGNORECASE)


def take_day(text: str) -> tuple[str, date | None, str | None]:
    """The text without its "on DATE", the day, and the words that want to be a day and are none, or contradict.

    "2028-12-01", "1 Dec 2028" and "Dec 1, 2028" are days; "2028-02-30", "2028-12", "01/12/2028" want to be. "on
    Debian" and "on 8.2" do not.
    """
    lower = text.lower()
    if not _HINT.search(text) and not any(month in lower for month in _MONTHS):
        return text, None, None
    find, forms = _patterns()
    found: dict[str, date | None] = {}

    def take(match: re.Match[str]) -> str:
        words = (match["after"] or match["alone"] or match["relative"]).rstrip(".,;:!?)\"'")
        found[words] = _day(words, forms)
        return " "

    rest = find.sub(take, text)
    days = set(found.values())
    if None in days:
        return rest, None, shown(next(words for words, day in found.items() if day is None))
    if len(days) > 1:
        return rest, None, shown(" and ".join(found))
    return rest, days.pop() if days else None, None


def _day(words: str, forms: tuple[re.Pattern[str], ...]) -> date | None:
    for form in forms:
        if match := form.fullmatch(words):
            month = match["month"]
            number = int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1
            try:
                return date(int(match["year"]), number, int(match["day"]))
            except ValueError:
                return None
    return None
