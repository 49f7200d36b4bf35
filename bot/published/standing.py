"""Whether the published list is followed well: what a doctor tells of it, and what whoever runs it should know."""

from datetime import date, datetime
from typing import NamedTuple

from bot.matrix.wording import day_in_words, span
from bot.published.page import PageProblem
from bot.published.ports import Kept, Revisions, Tries

LONG = 7
"""Days without a page after which that is worth telling: a network may be away for a while."""


class Standing(NamedTuple):
    """How it stands with a source: the page that came last, the one in use, and how fetching goes."""

    source: str
    latest: Kept | None
    in_use: Kept | None
    tries: Tries | None

    @classmethod
    def of(cls, revisions: Revisions, source: str) -> "Standing":
        """What is kept of a source. UnavailableError if that can't be had."""
        return cls(source, revisions.latest(source), revisions.in_use(), revisions.tries(source))

    def is_away(self, now: datetime) -> bool:
        """Whether no page can be had, for so long or so surely that it should be told."""
        tries = self.tries
        if tries is None or tries.failing_since is None:
            return False
        return not tries.passing or (now - tries.failing_since).days >= LONG

    @property
    def problems(self) -> tuple[PageProblem, ...]:
        """Why the page that came last is not used."""
        return self.latest.problems if self.latest and not self.latest.accepted_at else ()

    def trouble(self, now: datetime) -> str | None:
        """In a line without the source's name; None if all is well."""
        if self.is_away(now) and self.tries and self.tries.failing_since:
            since = (now - self.tries.failing_since).days
            how_long = f" for {span(since)}" if since else ""
            return f"the published list can't be read{how_long}: the list in use stays as it was"
        if count := len(self.problems):
            what = "1 problem" if count == 1 else f"{count} problems"
            return f"the published list is not used, its page has {what}: the list in use stays as it was"
        return None

    def in_words(self) -> str:
        """When it was read last, and what is in use."""
        if self.latest is None:
            return f"{self.source} was not read yet"
        read = self.tries.ok_at if self.tries and self.tries.ok_at else self.latest.fetched_at
        used = f"the page of {_day(self.in_use.fetched_at)}" if self.in_use else "the shipped list"
        return f"{self.source} was read on {_day(read)}, in use is {used}"


def _day(moment: datetime) -> str:
    day: date = moment.date()
    return day_in_words(day)
