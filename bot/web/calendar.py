"""The end of life of releases as a calendar that can be subscribed to (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from bot.catalogue import say
from bot.chat.wording import day_in_words
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Release

OCTETS_MAX = 75
"""Of a line, without its end (RFC 5545 section 3.1)."""

TYPE = "text/calendar; charset=utf-8"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def calendar(releases: Iterable[Release], made_at: datetime) -> str:
    """An all-day event for the end of life of each release, and for the end of its maintenance where that is earlier.

    `made_at` is when the facts were read. Past days stay in: a calendar shows what one has missed.
    """
    stamp = made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//xocompat//EOL//EN", "CALSCALE:GREGORIAN"]
    lines += [f"X-WR-CALNAME:{say('xocompat: ends of life').translate(_ESCAPED)}"]
    lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT12H"]
    for release in sorted(set(releases), key=lambda each: (each.lifecycle.eol or date.max, each.base_name)):
        lines += _events(release, stamp)
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _events(release: Release, stamp: str) -> Iterator[str]:
    life = release.lifecycle
    if life.maintenance_ends and life.stage(life.maintenance_ends) is LifecycleStage.MAINTENANCE:
        summary = say("{release}: maintenance ends", release=release.name(life.maintenance_ends))
        details = say("Critical fixes only.")
        if life.eol:
            details = say("Critical fixes only until {day}.", day=day_in_words(life.eol))
        yield from _event(release, "maintenance", life.maintenance_ends, summary, details, stamp)
    if life.eol:
        summary = say("{release}: end of life", release=release.name(life.eol))
        details = say("From this day on it gets no security updates.")
        yield from _event(release, "eol", life.eol, summary, details, stamp)


def _event(release: Release, what: str, day: date, summary: str, details: str, stamp: str) -> Iterator[str]:
    uid = f"{release.product}-{release.number}-{what}".lower()
    source = next((source.url for source in release.sources if source.url), None)
    yield from ("BEGIN:VEVENT", f"UID:{uid}@xocompat", f"DTSTAMP:{stamp}")
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{summary.translate(_ESCAPED)}"
    yield f"DESCRIPTION:{details.translate(_ESCAPED)}"
    if source:
        yield f"URL:{source}"
    yield from ("TRANSP:TRANSPARENT", "END:VEVENT")


def _folded(line: str) -> str:
    """A long line goes on behind a line end and a space; never within a character."""
    pieces, length = [""], 0
    for character in line:
        octets = len(character.encode())
        if length + octets > OCTETS_MAX:
            pieces.append("")
            length = 1  # the space
        pieces[-1] += character
        length += octets
    return "\r\n ".join(pieces)
