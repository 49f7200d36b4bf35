"""The one thing to do next about a release, as it follows from the facts: where to go, in which steps, by when."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import SupportLevel
from bot.matrix.upgrade import Path, shortest
from bot.matrix.wording import day_in_words

SOON_DAYS = 365
"""An end of life within a year is time to plan: the vendors' own notice for a long-term release is about that long."""

WORTH_DAYS = 90
"""A release that ends within three months is no goal: the next upgrade would begin when this one is done."""

NOTHING = "Nothing now but to keep it updated."

ASK_THE_VENDOR = "Keep it updated, and ask the vendor for how long: our data has no end of life for it yet."

EOL = LifecycleStage.EOL


class UpgradeRoute(NamedTuple):
    """Where to go from a release. `path` is None where no source documents the steps."""

    goal: Release
    path: Path | None

    def words(self, on: date) -> str:
        """The goal's name with what lies on the way: "XenServer 8 (by way of Citrix Hypervisor 8.2 CU1)"."""
        between = [hop.arrival(on) for hop in self.path[:-1]] if self.path else []
        return f"{self.goal.name(on)} (by way of {', '.join(between)})" if between else self.goal.name(on)


class UpgradeRoutes(NamedTuple):
    """The ways on from a release: within its product, and across to the other one."""

    within: UpgradeRoute | None
    across: UpgradeRoute | None


class Recommendation(NamedTuple):
    """A sentence to act on. `ways` are what it names."""

    text: str
    ways: UpgradeRoutes

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do now."""
        return self.text is NOTHING


def upgrade_routes(matrix: Matrix, release: Release, on: date) -> UpgradeRoutes:
    """The best supported goal of each product: one that a documented path leads to first, then the longest support."""
    within = _best(matrix, release, release.product, on)
    if release.product is Product.XCP_NG:  # nobody documents the way back
        return UpgradeRoutes(within, None)
    across = _best(matrix, release, Product.XCP_NG, on)
    if across and not across.path and (within is None or within.path or release.lifecycle.stage(on) is not EOL):
        across = None  # installing the other product anew is advice only where everything else is a new start, too
    return UpgradeRoutes(within, across)


def _best(matrix: Matrix, release: Release, product: Product, on: date) -> UpgradeRoute | None:
    """Never back to an older release, and not to one that ends too soon to be worth the work."""
    own = release.lifecycle.eol or date.min
    goals = [
        goal
        for goal in matrix.supported(product, on)
        if _is_worth_it(goal, on) and (goal.lifecycle.eol or date.max) > own
    ]
    if product is release.product:
        goals = [goal for goal in goals if goal.compares_as > release.compares_as]
    goals.sort(key=lambda goal: goal.lifecycle.eol or date.min, reverse=True)  # an end that nobody knows is no merit
    for goal in goals:
        if path := shortest(matrix.hops, release, goal, on):
            return UpgradeRoute(goal, path)
    return UpgradeRoute(goals[0], None) if goals else None


def _is_worth_it(goal: Release, on: date) -> bool:
    left = goal.lifecycle.days_left(on)
    return left is None or left > WORTH_DAYS


@lru_cache(maxsize=1024)
def recommend(matrix: Matrix, release: Release, on: date) -> Recommendation:
    """What to do about a release on a day.

    Kept for the days that are asked about: searching the paths takes ten times as long as the rest of a verdict.
    """
    life = release.lifecycle
    stage, left = life.stage(on), life.days_left(on)
    if stage is LifecycleStage.UPCOMING:
        return Recommendation(_not_out_yet(release), UpgradeRoutes(None, None))
    ways = upgrade_routes(matrix, release, on)
    if stage is EOL:
        return Recommendation(_leave(release, ways, on), ways)
    if (left is not None and left <= SOON_DAYS) or stage is LifecycleStage.MAINTENANCE:
        return Recommendation(_plan(release, ways, on), ways)
    if matrix.support(release).level is not SupportLevel.FULL:
        return Recommendation(_prefer_full_support(matrix, release, ways, on), ways)
    return Recommendation(NOTHING if life.eol else ASK_THE_VENDOR, ways)


def _not_out_yet(release: Release) -> str:
    released = release.lifecycle.released
    on = "on" if released and released.day else "in"
    when = day_in_words(released) if released else "a day that is not known"
    return f"It came out {on} {when}: ask about a day from then on."


def _leave(release: Release, ways: UpgradeRoutes, on: date) -> str:
    if ways.within and ways.within.path:
        return f"Upgrade to {ways.within.words(on)}{_or_across(ways, on)}."
    if ways.across and ways.across.path:
        return f"Move to {ways.across.words(on)}{_or_anew(ways, on)}."
    goals = " or ".join(way.goal.name(on) for way in (ways.within, ways.across) if way)
    if goals:
        return f"Move to {goals}: our sources show no upgrade path, so ask the vendor or install it anew."
    return f"No later {release.product} with security updates is known for that day: ask the vendor for its successor."


def _or_anew(ways: UpgradeRoutes, on: date) -> str:
    return f", or install {ways.within.goal.name(on)} anew" if ways.within else ""


def _or_across(ways: UpgradeRoutes, on: date) -> str:
    return f", or move to {ways.across.goal.name(on)}" if ways.across else ""


def _plan(release: Release, ways: UpgradeRoutes, on: date) -> str:
    eol = release.lifecycle.eol
    until = f" before {day_in_words(eol)}" if eol else ""
    if ways.within and ways.within.path:
        return f"Plan the upgrade to {ways.within.words(on)}{until}{_or_across(ways, on)}."
    if ways.within:
        name = ways.within.goal.name(on)
        return f"Plan the move to {name}{until}: our sources show no upgrade path to it yet{_or_across(ways, on)}."
    if ways.across:
        return f"Plan the move to {ways.across.words(on)}{until}."
    return f"Plan what follows it{until}: no successor with a longer support is known for that day."


def _prefer_full_support(matrix: Matrix, release: Release, ways: UpgradeRoutes, on: date) -> str:
    if ways.within and ways.within.path and matrix.support(ways.within.goal).level is SupportLevel.FULL:
        return f"For full support in Xen Orchestra upgrade to {ways.within.words(on)}."
    full = [r for r in matrix.supported(release.product, on) if matrix.support(r).level is SupportLevel.FULL]
    full.sort(key=lambda release: release.lifecycle.eol is None)
    if full:
        return f"For full support in Xen Orchestra use {full[0].name(on)}."
    return "Keep it updated, and expect features of Xen Orchestra to be missing."
