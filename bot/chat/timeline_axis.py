"""The timeline as it is drawn: every release a bar from its release to its end of life, on one axis of days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from bot.chat.wording import counted, day_in_words, distance, joined
from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Release

_YEAR = timedelta(days=365)
_RUNNING = (LifecycleStage.SUPPORTED, LifecycleStage.MAINTENANCE)


class BarSpan(NamedTuple):
    """Where a bar lies on the axis. Where a date is not known its side is open: the bar fades out there.

    `critical_from` is the day from which there are critical fixes only, `lts_from` that of long-term support; None:
    there is none.
    """

    begin: date
    end: date
    is_begin_known: bool
    is_end_known: bool
    critical_from: date | None
    lts_from: date | None


class Timeline(NamedTuple):
    """Releases with their assessments on a day, in the order in which they are drawn, and what ends next.

    `hosts` says how many hosts of a fleet run which release; None where no fleet is known, or may be seen.
    """

    day: date
    assessed: tuple[Assessment, ...]
    next_end: date | None = None
    hosts: Mapping[Release, int] | None = None

    @property
    def title(self) -> str:
        """What it is of."""
        products = joined(tuple(dict.fromkeys(each.release.product.value for each in self.assessed)))
        return f"Lifecycle of {products or 'releases'}"

    @property
    def alt(self) -> str:
        """What a picture of it shows, for whoever can't see it: what ends next, what lasts longest, how many ended."""
        return " ".join(f"{sentence}." for sentence in (f"{self.title} on {day_in_words(self.day)}", *self.summary))

    @property
    def summary(self) -> tuple[str, ...]:
        """The sentences that stand above it, without full stops: what it says at a glance."""
        running = [each for each in self.assessed if each.stage in _RUNNING]
        ends = {each.name: each.lifecycle.eol for each in running if each.lifecycle.eol}
        said = []
        if self.next_end:
            names = joined([name for name, end in ends.items() if end == self.next_end])
            said.append(f"Ends next, {distance(self.next_end, self.day)} ({day_in_words(self.next_end)}): {names}")
        if ends and (last := max(ends.values())) != self.next_end:
            said.append(f"Lasts longest ({day_in_words(last)}): {joined([n for n, e in ends.items() if e == last])}")
        ended = sum(each.stage is LifecycleStage.EOL for each in self.assessed)
        said.append(f"Ended: {ended} of {counted(len(self.assessed), 'release')}")
        return tuple(said)

    def end_in_words(self, each: Assessment) -> tuple[str, ...]:
        """How a release's end is told, the longest way first."""
        eol, hosts = each.lifecycle.eol, self.hosts.get(each.release, 0) if self.hosts is not None else 0
        fleet = f" · {counted(hosts, 'host')}" if hosts else ""
        if eol is None:
            return (f"end of life not known{fleet}", f"end not known{fleet}")
        if each.stage is LifecycleStage.EOL:
            return (f"ended {day_in_words(eol)}{fleet}",)
        ends = "ends next:" if eol == self.next_end and each.stage in _RUNNING else "until"
        until = f"{ends} {day_in_words(eol)}"
        if each.stage is LifecycleStage.UPCOMING and each.lifecycle.released:
            until = f"out {day_in_words(each.lifecycle.released)}, {until}"
        return (f"{until} ({distance(eol, self.day)}){fleet}", f"{until}{fleet}")

    def in_words(self, each: Assessment) -> str:
        """A release in a sentence, without a full stop."""
        life = each.lifecycle
        released = f"released {day_in_words(life.released)}" if life.released else "release date not known"
        critical = self.span(each).critical_from
        later = f"critical fixes only from {day_in_words(critical)}, " if critical else ""
        return f"{each.name}: {released}, {later}{self.end_in_words(each)[0]}"

    @property
    def begin(self) -> date:
        """The first day of the axis, that of a year."""
        known = [day for each in self.assessed for day in _days(each)]
        return date(min((self.day, *known)).year, 1, 1)

    @property
    def end(self) -> date:
        """The last day of the axis, with room for what has no end."""
        known = [day for each in self.assessed for day in _days(each)]
        is_open = any(each.lifecycle.eol is None for each in self.assessed)
        last = max((self.day + 2 * _YEAR if is_open else self.day, *known))
        return last + max((last - self.begin) / 50, timedelta(days=31))

    def span(self, each: Assessment) -> BarSpan:
        """Where a release's bar lies. What is not known is bounded by a year of fading."""
        life = each.lifecycle
        released = life.released.earliest if life.released else None
        begin = released or (life.eol or self.day) - _YEAR
        end = life.eol or max(begin, self.day) + _YEAR
        critical = life.maintenance_ends
        if critical is None or not begin <= critical < end:
            critical = None
        lts = max(life.lts_since, begin) if life.lts_since and life.lts_since < end else None
        return BarSpan(max(begin, self.begin), end, released is not None, life.eol is not None, critical, lts)

    def position(self, day: date) -> float:
        """Where on the axis a day is, from 0 to 1."""
        return (day - self.begin).days / max((self.end - self.begin).days, 1)


def _days(each: Assessment) -> list[date]:
    """The days that the axis must have for a release."""
    life = each.lifecycle
    begin = life.released.earliest if life.released else life.eol and life.eol - _YEAR
    return [day for day in (begin, life.maintenance_ends, life.eol) if day]
