"""What a server says of itself in the headers of an answer: its time, and for how long it is to be left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """The moment that an answer's `Date` names, in UTC (RFC 9110); None without one, or with one that can't be read.

    Names of headers are in lower case here.
    """
    return _moment(headers.get("date", ""))


def retry_after(headers: Mapping[str, str], most: float) -> float | None:
    """Seconds that a server asks to be left alone, `most` at most, in either form of RFC 9110, section 10.2.3; None if
    it does not ask.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), most)
    at, now = _moment(text), server_date(headers)
    return min(max((at - now).total_seconds(), 0.0), most) if at and now else None


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
