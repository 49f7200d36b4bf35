"""The demo's clock: it runs as the real one does, on the day that somebody put it to."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from bot.chat.wording import day_in_words
from bot.days import take_days
from bot.errors import UsageError
from bot.text import shown

FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)
"""Days that it can be put to."""

HOW = "The clock goes to: tomorrow, next week, a day such as on 2028-11-01, or today."
_STEPS = {"tomorrow": timedelta(days=1), "next week": timedelta(weeks=1)}


class DemoClock:
    """`real` is the time in UTC; `day` is where it begins, None: today. UsageError for a day out of bounds."""

    def __init__(self, real: Callable[[], datetime], day: date | None = None) -> None:
        self._real = real
        self._ahead = timedelta()
        if day:
            self.go(_within(day))

    def now(self) -> datetime:
        """The moment that it shows, in UTC."""
        return self._real() + self._ahead

    def today(self) -> date:
        return self.now().date()

    def go(self, day: date) -> None:
        """Put it to a day, at the present time of day."""
        real = self._real()
        self._ahead = datetime.combine(day, real.timetz()) - real

    def meant(self, typed: str) -> date | None:
        """The day that words send it to; None for words that are about something else.

        UsageError for what can only be a day and is none. A day beside a release (`XCP-ng 8.3 on 2028-12-01`) is a
        question's.
        """
        words = " ".join(typed.casefold().split()).rstrip(".!").removeprefix("on ")
        if words in _STEPS:
            return _within(self.today() + _STEPS[words])
        if words == "today":
            return self._real().date()
        rest, day, bad, *_ = take_days(f"on {words}")  # a day alone is meant
        if rest.strip(" .!") and words != "yesterday":
            return None
        if day is None and (bad or words == "yesterday"):
            raise UsageError(f'"{shown(words)}" is no day to go to. {HOW}')
        return _within(day) if day else None


def _within(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise UsageError(f"The demo's clock goes from {day_in_words(FIRST)} to {day_in_words(LAST)}.")
    return day
