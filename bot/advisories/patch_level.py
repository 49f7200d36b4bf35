"""All that can be said of the patches of one host, and of many hosts without judging the same thing twice."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property, lru_cache

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory
from bot.advisories.judge import Judgement, PatchState, Why, judge
from bot.advisories.load import advisories_of
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.xapi.observation import Software

_MOST_KEPT = 512
"""Some 12 kB each. A fleet of one administration has some dozens of different ones."""


class PatchLevel:
    """Every judgement of a host, gravest advisory first: what is exploited, then by severity, then the newest.

    `covered` is whether the data say anything of its release: where they do not, nothing is known, which is not "fine".
    """

    def __init__(self, judgements: tuple[Judgement, ...]) -> None:
        self.judgements = judgements
        self.covered = bool(judgements)

    @cached_property
    def counts(self) -> Mapping[PatchState, int]:
        """How many advisories have each state; a state that none has counts 0."""
        return Counter(judgement.state for judgement in self.judgements)

    def having(self, state: PatchState) -> tuple[Judgement, ...]:
        """Those of one state, gravest first."""
        return tuple(judgement for judgement in self.judgements if judgement.state is state)

    @cached_property
    def vulnerable(self) -> tuple[Advisory, ...]:
        """The advisories whose fix is missing, gravest first."""
        return tuple(judgement.advisory for judgement in self.having(PatchState.VULNERABLE))

    @cached_property
    def state(self) -> PatchState:
        """The worst that is known: vulnerable; cannot tell, as long as anything is open; else fixed."""
        if self.vulnerable:
            return PatchState.VULNERABLE
        is_open = not self.covered or self.counts[PatchState.CANNOT_TELL]
        return PatchState.CANNOT_TELL if is_open else PatchState.FIXED

    @cached_property
    def not_told(self) -> tuple[Judgement, ...]:
        """Those whose fix a field of the host shows, but not by the value that it has now, gravest first.

        As with `Judgement.shown`, one that the release is said not to be affected by is among them.
        """
        return tuple(judgement for judgement in self.judgements if judgement.shown is PatchState.CANNOT_TELL)

    @cached_property
    def not_shown(self) -> tuple[Judgement, ...]:
        """Those that cannot be told as no field shows them, or the data do not know what it would show."""
        return tuple(each for each in self.having(PatchState.CANNOT_TELL) if each.shown is None)

    @cached_property
    def restart_required(self) -> bool:
        """Whether a restart may bring a fix that is missing now."""
        return any(judgement.restart_required for judgement in self.judgements)

    def may_be_updated(self, release: Release) -> bool:
        """Whether the data know a fix for any of its known holes."""
        found = (advisory.of(release) for advisory in self.vulnerable)
        return any(affected is not None and affected.has_known_fix for affected in found)

    @cached_property
    def newer_than_data(self) -> bool:
        """Whether the host runs what the data do not know yet: then the data are old."""
        return any(judgement.why in (Why.NEWER_THAN_DATA, Why.OTHER_BRANCH) for judgement in self.judgements)


class PatchLevels:
    """Patch levels by the advisories of one set of data. Thousands of hosts share one Software: each is judged once."""

    def __init__(self, advisories: Advisories) -> None:
        self.advisories = advisories
        self._judged = lru_cache(_MOST_KEPT)(self._judge)

    def of(self, release: Release, software: Software | None, reboot_required: bool | None) -> PatchLevel:
        """The patch level of a host of that release, which says this of its software."""
        return self._judged(release, software or Software(), reboot_required)

    def _judge(self, release: Release, software: Software, reboot_required: bool | None) -> PatchLevel:
        return PatchLevel(judge_all(self.advisories, release, software, reboot_required))


@lru_cache(maxsize=2)
def levels_of(matrix: Matrix) -> PatchLevels:
    """Judges patch levels by the advisories that go with a Matrix: those shipped, or those that came later with it."""
    return PatchLevels(advisories_of(matrix))


def judge_all(
    advisories: Advisories, release: Release, software: Software | None, reboot_required: bool | None
) -> tuple[Judgement, ...]:
    """What can be said of each advisory that says something of the release, gravest first."""
    return tuple(judge(advisory, release, software, reboot_required) for advisory in advisories.of(release))
