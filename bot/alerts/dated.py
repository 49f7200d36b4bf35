"""The rules of days: which leads a day has crossed, and what that is worth telling of a release."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from bot.alerts.alert import Rule
from bot.matrix.lifecycle import Lifecycle


class Due(NamedTuple):
    """A day of a release's life that a rule is about. `threshold` is the tightest lead crossed, None if none is."""

    rule: Rule
    day: date
    threshold: int | None


def dues(life: Lifecycle, leads: Collection[int], on: date) -> Iterator[Due]:
    """The end of life; before it, also the end of maintenance where it is another day."""
    if life.eol:
        yield Due(Rule.EOL, life.eol, tightest(leads, (life.eol - on).days))
    ended = life.eol is not None and on >= life.eol
    if life.maintenance_ends and life.maintenance_ends != life.eol and not ended:
        yield Due(Rule.MAINTENANCE, life.maintenance_ends, tightest(leads, (life.maintenance_ends - on).days))


def tightest(leads: Collection[int], left: int) -> int | None:
    """The smallest of the leads that are crossed with so many days left: from the day on, the smallest of all."""
    return min((lead for lead in leads if lead >= left), default=None)
