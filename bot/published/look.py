"""What is seen when a published page is held against the list in use."""

from datetime import datetime
from typing import NamedTuple

from bot.published.page import Disagreement, Page, PageProblem, RowChange
from bot.published.ports import Kept


class Look(NamedTuple):
    """A page, held against the list in use before it. `read_at` is when it came, None where none could be had.

    `accepted`: it is in use from now on, or already. `passing`: it could not be had, and may be later.
    """

    source: str
    read_at: datetime | None = None
    digest: str | None = None
    page: Page | None = None
    changes: tuple[RowChange, ...] = ()
    problems: tuple[PageProblem, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    accepted: bool = False
    passing: bool = False
    kept: Kept | None = None
