"""How ids of advisories and names of hotfixes look, for words in which a look-up might see a release."""

import re

from bot.days import take_days
from bot.text import plain

_HOTFIX = r"XS[78]\d?E(?:CU\d|U\d)?\d{3,4}"
_ID = re.compile(
    r"(?<![\w-])(?:XSA[- ]?\d{1,5}|(?:CVE|VSA)[- ]\d{4}[- ]\d{1,9}|GHSA(?:-[0-9a-z]{4}){3}|CTX\d{5,8}"
    rf"|{_HOTFIX})(?![\w-])",
    re.IGNORECASE | re.ASCII,
)
_SEPARATORS = " ,;?!.:"


def ids_in(words: str) -> list[str]:
    """The ids in a text, each once, as they were typed."""
    return list(dict.fromkeys(found[0] for found in _ID.finditer(plain(words))))


def without_ids(words: str) -> str:
    """What a text says beside its ids, with blanks in their places."""
    return _ID.sub(lambda found: " " * len(found[0]), plain(words))


def is_id(words: str) -> bool:
    """Whether a text is one id or several, and nothing else."""
    text = plain(words)
    return bool(text) and not _ID.sub("", text).strip(_SEPARATORS) and _ID.search(text) is not None


def undated(words: str) -> tuple[str, tuple[str, ...]]:
    """Words without their days, and those days: an advisory is told as it is known today."""
    text = plain(words)
    days = take_days(text)
    return days.rest.strip(), tuple(text[start:end] for start, end in sorted((*days.asked, *days.bare)))
