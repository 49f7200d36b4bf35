"""Supported paths from one release to another, hop by hop, as the vendors document them."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from bot.matrix.issue import KnownIssue
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Citation, Release


class Hop(NamedTuple):
    """One documented step. `arrives_at` is the exact level to install ("XCP-ng 8.2.1", "Citrix Hypervisor 8.2 CU1")."""

    start: Release
    to: Release
    arrives_at: str
    how: str
    why: str
    blockers: tuple[KnownIssue, ...]
    sources: tuple[Citation, ...]
    inferred: bool = False

    def arrival(self, on: date) -> str:
        """What to install, by the name it has on a day."""
        return self.to.name(on) if self.arrives_at == self.to.base_name else self.arrives_at


Path = tuple[Hop, ...]
"""Hops in the order in which they are taken; never empty."""


def shortest(leaving: Mapping[Release, Sequence[Hop]], start: Release, goal: Release, on: date) -> Path | None:
    """The path with the fewest hops; None where no source documents one. `leaving` holds the hops of each release.

    Of equals the one that enters the goal's product first, then the data's order, decides: who crosses over does so at
    once. Only releases that are out on the day serve as steps; one that is EOL by then may (XCP-ng 8.2.1 before 8.3).
    """
    waiting: deque[Path] = deque([()])
    seen: set[Release] = set()
    while waiting:
        path = waiting.popleft()
        here = path[-1].to if path else start
        if here is goal:
            return path
        if here in seen or (path and here.lifecycle.stage(on) is LifecycleStage.UPCOMING):
            continue
        seen.add(here)
        onward = sorted(leaving.get(here, ()), key=lambda hop: hop.to.product is not goal.product)
        waiting.extend((*path, hop) for hop in onward)
    return None
