"""The timeline as a picture: as SVG, as PNG, and as bars of characters."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import NamedTuple, Self

from bot.catalogue import say, say_about
from bot.chat.reply import Bars
from bot.chat.timeline_axis import Timeline
from bot.chat.wording import day_in_words
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Release


class BarCharacters(NamedTuple):
    """What a terminal draws bars with."""

    updates: str
    critical: str
    ended: str
    upcoming: str
    today: str
    open: str


BLOCK_CHARACTERS = BarCharacters("█", "▓", "░", "▒", "│", "?")
ASCII_CHARACTERS = BarCharacters("=", "-", ".", "+", "|", "?")


class TimelinePicture(NamedTuple):
    """bot.chat.reply.Picture of a timeline."""

    timeline: Timeline
    words: str = ""

    @property
    def alt(self) -> str:
        return self.timeline.alt

    @property
    def day(self) -> date:
        return self.timeline.day

    def with_hosts(self, hosts: Mapping[Release, int] | None) -> Self:
        return self._replace(timeline=self.timeline._replace(hosts=hosts))

    def svg(self) -> str:
        from bot.chat.timeline_svg import draw  # a look-up in words needs none of it

        return draw(self.timeline)

    def png(self) -> bytes:
        from bot.chat.png import WIDTH, png

        return png(self.svg(), WIDTH)

    def bars(self, columns: int, is_ascii: bool = False) -> Bars:
        drawn = ASCII_CHARACTERS if is_ascii else BLOCK_CHARACTERS
        lines = self._lines(columns, drawn)
        return Bars(self._years(columns), lines, self._legend(lines, drawn))

    def _years(self, columns: int) -> str:
        """The axis in so many characters, for what stands above the bars: years where there is room for them."""
        text = ""
        for year in range(self.timeline.begin.year, self.timeline.end.year + 1):
            at = int(self.timeline.position(date(year, 1, 1)) * columns)
            if (not text or at >= len(text) + 2) and at + 4 <= columns:
                text = f"{text:<{at}}{year}"
        return text

    def _lines(self, columns: int, drawn: BarCharacters) -> tuple[str, ...]:
        """The bars in so many characters each, in the order of the releases."""
        today = min(int(self.timeline.position(self.timeline.day) * columns), columns - 1)
        lines = []
        for each in self.timeline.assessed:
            span = self.timeline.span(each)
            first = min(int(self.timeline.position(span.begin) * columns), columns - 1)
            last = min(ceil(self.timeline.position(span.end) * columns), columns)
            fill = {LifecycleStage.EOL: drawn.ended, LifecycleStage.UPCOMING: drawn.upcoming}.get(
                each.stage, drawn.updates
            )
            bar = [" "] * columns
            for at in range(first, max(last, first + 1)):
                day = self.timeline.begin + (self.timeline.end - self.timeline.begin) * (at + 0.5) / columns
                is_critical = span.critical_from and day >= span.critical_from and fill == drawn.updates
                bar[at] = drawn.critical if is_critical else fill
            if bar[today] == " " or fill != drawn.ended:
                bar[today] = drawn.today
            for at, is_known in ((first, span.is_begin_known), (max(last - 1, first), span.is_end_known)):
                if not is_known:
                    bar[at] = drawn.open
            lines.append("".join(bar).rstrip())
        return tuple(lines)

    def _legend(self, lines: Sequence[str], drawn: BarCharacters) -> str:
        """What the characters mean, as far as they are there."""
        shown = {sign for text in lines for sign in text}
        meanings = {
            drawn.updates: say("security updates"),
            drawn.critical: say("critical fixes only"),
            drawn.ended: say_about("releases", "ended"),
            drawn.upcoming: say("not released"),
            drawn.open: say_about("a date", "not known"),
            drawn.today: day_in_words(self.timeline.day),
        }
        return " · ".join(f"{sign} {meaning}" for sign, meaning in meanings.items() if sign in shown)
