"""Who is told, and how long before: the configuration's part of alerting."""

from collections.abc import Collection
from typing import NamedTuple

from bot.xapi.observation import Pool

LEAD = (365, 180, 90, 30, 7, 0)
"""Days before an end of life, longest first, where nothing else is configured."""


class Route(NamedTuple):
    """A channel that is told of hosts with any of the tags, or in any of the pools (names or uuids, in any case)."""

    channel: str
    lead: tuple[int, ...]
    tags: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()

    def takes(self, tags: Collection[str], pools: Collection[Pool]) -> bool:
        """Whether what has these tags, and is in these pools, goes this way."""
        return any(tag in tags for tag in self.tags) or any(names(pool, name) for name in self.pools for pool in pools)


class Plan(NamedTuple):
    """All routes. `channel` gets what no route takes; `lead` is in days, longest first."""

    channel: str | None = None
    lead: tuple[int, ...] = LEAD
    routes: tuple[Route, ...] = ()


def names(pool: Pool, name: str) -> bool:
    """Whether a name that somebody wrote means the pool: its name in any case, or its uuid."""
    return name.casefold() in (pool.name.casefold(), pool.uuid.casefold())
