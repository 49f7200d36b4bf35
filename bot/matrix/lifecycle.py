"""Days as sources give them: some know the day, some only the month."""

from datetime import date, timedelta
from enum import StrEnum
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


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter. At most the last day there is."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    # As calendar.monthrange would say, whose module takes as long to load as all of this room.
    last = 31 if month == 11 else (date(year, month + 2, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


class LifecycleStage(StrEnum):
    """The stages of CONTRACT.md section 2, in the order a release passes them; a prerelease is not its release."""

    PRERELEASE = "prerelease"
    UPCOMING = "upcoming"
    SUPPORTED = "supported"
    MAINTENANCE = "maintenance"
    EOL = "eol"


class Lifecycle(NamedTuple):
    """The dates a vendor gave for one release. Unknown dates are None; the data says where each came from."""

    released: PartialDate | None
    maintenance_ends: date | None
    eol: date | None
    lts_since: date | None = None

    @property
    def is_known(self) -> bool:
        """Whether any date is known: none is of a release that was read from the published list only."""
        return self != (None, None, None, None)

    def stage(self, on: date) -> LifecycleStage:
        """The stage on a day. A release is EOL from its EOL date on, as the list says ("EOL since ...").

        An unknown release date never makes a release upcoming, an unknown EOL date never makes it EOL.
        """
        if self.released and on < self.released.earliest:
            return LifecycleStage.UPCOMING
        if self.eol and on >= self.eol:
            return LifecycleStage.EOL
        if self.maintenance_ends and on >= self.maintenance_ends:
            return LifecycleStage.MAINTENANCE
        return LifecycleStage.SUPPORTED

    def days_left(self, on: date) -> int | None:
        """Days until EOL: 0 on the day itself, negative after it, None where no date is known."""
        return (self.eol - on).days if self.eol else None

    def is_lts(self, on: date) -> bool:
        """Whether the vendor called it a long-term release on that day (XCP-ng 8.3 became one after its release)."""
        return self.lts_since is not None and on >= self.lts_since
