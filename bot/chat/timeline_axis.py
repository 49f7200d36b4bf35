"""The timeline as it is drawn: every release a bar from its release to its end of life, on one axis of days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from bot.catalogue import number, say, say_counted
from bot.chat.wording import day_in_words, distance, joined
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
        return say("Lifecycle of {products}", products=products) if products else say("Lifecycle of releases")

    @property
    def alt(self) -> str:
        """What a picture of it shows, for whoever can't see it: what ends next, what lasts longest, how many ended."""
        dated = say("{title} on {day}", title=self.title, day=day_in_words(self.day))
        return " ".join(f"{sentence}." for sentence in (dated, *self.summary))

    @property
    def summary(self) -> tuple[str, ...]:
        """The sentences that stand above it, without full stops: what it says at a glance."""
        running = [each for each in self.assessed if each.stage in _RUNNING]
        ends = {each.name: each.lifecycle.eol for each in running if each.lifecycle.eol}
        sentences = []
        if self.next_end:
            names = joined([name for name, end in ends.items() if end == self.next_end])
            day, how_far = day_in_words(self.next_end), distance(self.next_end, self.day)
            sentences.append(say("Ends next, {distance} ({day}): {names}", distance=how_far, day=day, names=names))
        if ends and (last := max(ends.values())) != self.next_end:
            names = joined([name for name, end in ends.items() if end == last])
            sentences.append(say("Lasts longest ({day}): {names}", day=day_in_words(last), names=names))
        ended = number(sum(each.stage is LifecycleStage.EOL for each in self.assessed))
        total = len(self.assessed)
        last_one = say_counted(
            total, "Ended: {ended} of {count} release", "Ended: {ended} of {count} releases", ended=ended
        )
        return (*sentences, last_one)

    def end_in_words(self, each: Assessment) -> tuple[str, ...]:
        """How a release's end is told, the longest way first."""
        eol, hosts = each.lifecycle.eol, self.hosts.get(each.release, 0) if self.hosts is not None else 0
        fleet = f" · {say_counted(hosts, '{count} host', '{count} hosts')}" if hosts else ""
        if eol is None:
            ways: tuple[str, ...] = (say("end of life not known"), say("end not known"))
        elif each.stage is LifecycleStage.EOL:
            ways = (say("ended {day}", day=day_in_words(eol)),)
        else:
            ways = self._until(each, eol)
        return tuple(f"{way}{fleet}" for way in ways)

    def _until(self, each: Assessment, eol: date) -> tuple[str, ...]:
        """The same of one that has not ended, without its hosts."""
        until, how_far = day_in_words(eol), distance(eol, self.day)
        if each.stage is LifecycleStage.UPCOMING and each.lifecycle.released:
            out = day_in_words(each.lifecycle.released)
            return (
                say("out {day}, until {end} ({distance})", day=out, end=until, distance=how_far),
                say("out {day}, until {end}", day=out, end=until),
            )
        if eol == self.next_end and each.stage in _RUNNING:
            return (
                say("ends next: {day} ({distance})", day=until, distance=how_far),
                say("ends next: {day}", day=until),
            )
        return say("until {day} ({distance})", day=until, distance=how_far), say("until {day}", day=until)

    def in_words(self, each: Assessment) -> str:
        """A release in a sentence, without a full stop."""
        life = each.lifecycle
        out = life.released
        facts = [say("released {day}", day=day_in_words(out)) if out else say("release date not known")]
        if critical := self.span(each).critical_from:
            facts.append(say("critical fixes only from {day}", day=day_in_words(critical)))
        facts.append(self.end_in_words(each)[0])
        return f"{each.name}: {', '.join(facts)}"

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
        last = max((_after(self.day, 2 * _YEAR) if is_open else self.day, *known))
        return _after(last, max((last - self.begin) / 50, timedelta(days=31)))

    def span(self, each: Assessment) -> BarSpan:
        """Where a release's bar lies. What is not known is bounded by a year of fading."""
        life = each.lifecycle
        released = life.released.earliest if life.released else None
        begin = released or (life.eol or self.day) - _YEAR
        end = life.eol or _after(max(begin, self.day), _YEAR)
        critical = life.maintenance_ends
        if critical is None or not begin <= critical < end:
            critical = None
        lts = max(life.lts_since, begin) if life.lts_since and life.lts_since < end else None
        return BarSpan(max(begin, self.begin), end, released is not None, life.eol is not None, critical, lts)

    def position(self, day: date) -> float:
        """Where on the axis a day is, from 0 to 1."""
        return (day - self.begin).days / max((self.end - self.begin).days, 1)


def _after(day: date, span: timedelta) -> date:
    """The day that is so much later; the calendar's last one where that is beyond it."""
    return date.fromordinal(min(day.toordinal() + span.days, date.max.toordinal()))


def _days(each: Assessment) -> list[date]:
    """The days that the axis must have for a release."""
    life = each.lifecycle
    begin = life.released.earliest if life.released else life.eol and life.eol - _YEAR
    return [day for day in (begin, life.maintenance_ends, life.eol) if day]
