"""Paths from one release to another, hop by hop, with who stands behind each hop."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.matrix.issue import KnownIssue
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Citation, Release
from bot.matrix.requirement import Requirement


class StepConfidence(StrEnum):
    """Who stands behind a step. A vendor's text has it (DOCUMENTED); it is JOINED from several texts, of which none has
    it by itself; only the installer's CODE has it; the vendor has WITHDRAWN it; the installer is expected to have it
    REFUSED. The last two are no steps to take."""

    DOCUMENTED = "documented"
    JOINED = "joined"
    CODE = "code"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


CLOSED = frozenset({StepConfidence.WITHDRAWN, StepConfidence.REFUSED})


class Hop(NamedTuple):
    """One step. `arrives_at` is the exact level to install ("XCP-ng 8.2.1", "Citrix Hypervisor 8.2 CU1")."""

    start: Release
    to: Release
    arrives_at: str
    how: str
    why: str
    blockers: tuple[KnownIssue, ...]
    sources: tuple[Citation, ...]
    confidence: StepConfidence = StepConfidence.DOCUMENTED
    requirements: tuple[Requirement, ...] = ()

    def arrival(self, on: date) -> str:
        """What to install, by the name it has on a day."""
        return self.to.name(on) if self.arrives_at == self.to.base_name else self.arrives_at


Path = tuple[Hop, ...]
"""Hops in the order in which they are taken; never empty."""


def undocumented(path: Path) -> int:
    """How many steps of a path no text of a vendor has by itself."""
    return sum(hop.confidence is not StepConfidence.DOCUMENTED for hop in path)


def is_from_code(path: Path) -> bool:
    """Whether a step of a path is known from an installer's code alone, so that a fresh installation is safer."""
    return any(hop.confidence is StepConfidence.CODE for hop in path)


def shortest(leaving: Mapping[Release, Sequence[Hop]], start: Release, goal: Release, on: date) -> Path | None:
    """The path with the fewest hops; None where no source has one. `leaving` holds the hops of each release.

    Closed hops are never taken. Of equals the one that enters the goal's product first, then the data's order, decides:
    who crosses over does so at once. Only releases that are out on the day serve as steps; one that is EOL by then may
    (XCP-ng 8.2.1 before 8.3).
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
        open_hops = (hop for hop in leaving.get(here, ()) if hop.confidence not in CLOSED)
        waiting.extend((*path, hop) for hop in sorted(open_hops, key=lambda hop: hop.to.product is not goal.product))
    return None
