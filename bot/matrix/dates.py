"""Days as sources give them: some know the day, some only the month."""

from datetime import date
from typing import NamedTuple, Self


class PartialDate(NamedTuple):
    """A day, or a month of which no day is known (`day` is then 0)."""

    year: int
    month: int
    day: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `YYYY-MM-DD` or `YYYY-MM`. ValueError for anything else, impossible days included."""
        parts = text.split("-")
        if [len(part) for part in parts] == [4, 2] and text.replace("-", "").isdecimal():
            month = date(int(parts[0]), int(parts[1]), 1)
            return cls(month.year, month.month)
        day = date.fromisoformat(text)
        return cls(day.year, day.month, day.day)

    @property
    def earliest(self) -> date:
        """The first day it can mean."""
        return date(self.year, self.month, self.day or 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}" if self.day else f"{self.year:04}-{self.month:02}"
