"""How old data may be before it has to be said: what came since is not in it."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.matrix import Matrix


class DataKind(StrEnum):
    """What data is of. Advisories come in batches about once a month, dates move a few times a year."""

    ADVISORIES = "advisories"
    LIFECYCLE = "lifecycle"


DAYS_MAX = {DataKind.ADVISORIES: 35, DataKind.LIFECYCLE: 120}
"""Days after which data is old: at 35, on average one batch of advisories has come since."""


class DataAge(NamedTuple):
    """How many days data is old on a day; none on one before it."""

    kind: DataKind
    read_on: date
    days: int

    @property
    def is_old(self) -> bool:
        """Whether it has to be said."""
        return self.days > DAYS_MAX[self.kind]


def data_ages(matrix: Matrix, day: date, advisories: date | None = None) -> tuple[DataAge, ...]:
    """By the day on which the sources of each kind were read last; that of `advisories` where they are used."""
    read = {DataKind.ADVISORIES: advisories, DataKind.LIFECYCLE: matrix.lifecycle_read_on}
    return tuple(DataAge(kind, on, max(0, (day - on).days)) for kind, on in read.items() if on)
