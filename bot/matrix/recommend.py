"""The one thing to do next about a release, as it follows from the facts: what to do, where to go, by when.

Values only: bot.chat.verdict makes a sentence of them.
"""

from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from bot.matrix.lifecycle import LifecycleStage, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import SupportLevel
from bot.matrix.upgrade import Path, is_from_code, shortest, undocumented

SOON_DAYS = 365
"""An end of life within a year is time to plan: the vendors' own notice for a long-term release is about that long."""

WORTH_DAYS = 90
"""A release that ends within three months is no goal: the next upgrade would begin when this one is done."""


class Action(StrEnum):
    """What to do. Those up to GAIN_FULL_SUPPORT name a goal, the others none."""

    UPGRADE = "upgrade"
    """Its updates are over: take the path within the product."""
    MOVE = "move"
    """Its updates are over, and only a path to the other product is known."""
    INSTALL_ANEW = "install_anew"
    """Its updates are over, and no path is known but for one that stands in an installer's code alone."""
    TAKE_FINAL = "take_final"
    """It is a prerelease of what is out, or will be: the goal is the release itself."""
    PLAN_UPGRADE = "plan_upgrade"
    PLAN_MOVE = "plan_move"
    """As PLAN_UPGRADE, where the path leads to the other product, or none is documented yet."""
    GAIN_FULL_SUPPORT = "gain_full_support"
    """It gets updates, and a later release is fully supported by Xen Orchestra."""
    WAIT = "wait"
    """It is not out yet."""
    ASK_FOR_SUCCESSOR = "ask_for_successor"
    """Its updates are over, and nothing is known to go to."""
    PLAN_SUCCESSOR = "plan_successor"
    """Its updates end soon, and nothing with a longer support is known."""
    ACCEPT_PARTIAL_SUPPORT = "accept_partial_support"
    ASK_FOR_END_OF_LIFE = "ask_for_end_of_life"
    """It is fine, for nobody knows how long."""
    KEEP_UPDATED = "keep_updated"
    """It is fine for more than a year."""


class UpgradeRoute(NamedTuple):
    """Where to go from a release. `path` is None where no source has steps that can be taken."""

    goal: Release
    path: Path | None

    @property
    def is_advisable(self) -> bool:
        """Whether to advise the path: not where an installer's code alone has a step of it."""
        return self.path is not None and not is_from_code(self.path)


class UpgradeRoutes(NamedTuple):
    """The routes on from a release: within its product, and across to the other one."""

    within: UpgradeRoute | None = None
    across: UpgradeRoute | None = None


class Recommendation(NamedTuple):
    """What to do about a release. `route` leads to the goal, `alternative` to another one, as far as there are such.

    `by` is the end of life before which to do it; of WAIT and TAKE_FINAL the day of a release that is not out yet.
    `routes` are all that there are.
    """

    action: Action
    route: UpgradeRoute | None = None
    alternative: UpgradeRoute | None = None
    by: date | PartialDate | None = None
    routes: UpgradeRoutes = UpgradeRoutes()

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do now."""
        return self.action is Action.KEEP_UPDATED


def upgrade_routes(matrix: Matrix, release: Release, on: date) -> UpgradeRoutes:
    """The best supported goal of each product: one that an advisable path leads to, with as few steps as can be that no
    vendor documents, then one with the longest support."""
    within = _best(matrix, release, release.product, on)
    if release.product is Product.XCP_NG:  # nobody documents the path back
        return UpgradeRoutes(within, None)
    across = _best(matrix, release, Product.XCP_NG, on)
    is_eol = release.lifecycle.stage(on) is LifecycleStage.EOL
    if across and not across.path and not (is_eol and within and not within.is_advisable):
        across = None  # installing the other product anew is advice only where everything else is a new start, too
    return UpgradeRoutes(within, across)


def _best(matrix: Matrix, release: Release, product: Product, on: date) -> UpgradeRoute | None:
    """Never back to an older release, and not to one that ends too soon to be worth the work."""
    own = release.lifecycle.eol or date.min
    goals = [goal for goal in matrix.supported(product, on) if (goal.lifecycle.eol or date.max) > own]
    goals = [goal for goal in goals if (left := goal.lifecycle.days_left(on)) is None or left > WORTH_DAYS]
    if product is release.product:
        goals = [goal for goal in goals if goal.compares_as > release.compares_as]
    goals.sort(key=lambda goal: goal.lifecycle.eol or date.min, reverse=True)  # an end that nobody knows is no merit
    routes = [UpgradeRoute(goal, shortest(matrix.hops, release, goal, on)) for goal in goals]
    return min(routes, key=_doubt, default=None)


def _doubt(route: UpgradeRoute) -> tuple[bool, bool, int]:
    """How far a route is from what the vendors document. Of equals the longest support, which comes first, wins."""
    is_advisable = route.is_advisable
    return (not is_advisable, route.path is None, undocumented(route.path) if route.path and is_advisable else 0)


@lru_cache(maxsize=1024)
def recommend(matrix: Matrix, release: Release, on: date) -> Recommendation:
    """What to do about a release on a day.

    The days that are asked about are cached: searching the paths takes ten times as long as the rest of a verdict.
    """
    life = release.lifecycle
    stage, left = life.stage(on), life.days_left(on)
    if stage is LifecycleStage.UPCOMING:
        return Recommendation(Action.WAIT, by=life.released)
    routes = upgrade_routes(matrix, release, on)
    if stage is LifecycleStage.EOL:
        return _leave(routes)
    if (left is not None and left <= SOON_DAYS) or stage is LifecycleStage.MAINTENANCE:
        return _plan(routes, life.eol)
    if matrix.support(release, on).level is not SupportLevel.FULL:
        return _gain_full_support(matrix, release, routes, on)
    return Recommendation(Action.KEEP_UPDATED if life.eol else Action.ASK_FOR_END_OF_LIFE, routes=routes)


def recommend_final(matrix: Matrix, release: Release, on: date) -> Recommendation:
    """What to do about a prerelease of a release on a day: take the release itself, as long as that gets updates.

    After that, go where the release goes; but no source documents a path from its prereleases.
    """
    stage = release.lifecycle.stage(on)
    if stage is not LifecycleStage.EOL:
        by = release.lifecycle.released if stage is LifecycleStage.UPCOMING else None
        return Recommendation(Action.TAKE_FINAL, UpgradeRoute(release, None), by=by)
    within, across = (UpgradeRoute(way.goal, None) if way else None for way in upgrade_routes(matrix, release, on))
    return _leave(UpgradeRoutes(within, across))


def _leave(routes: UpgradeRoutes) -> Recommendation:
    within, across = routes
    if within and within.is_advisable:
        return Recommendation(Action.UPGRADE, within, across, routes=routes)
    if across and across.is_advisable:
        return Recommendation(Action.MOVE, across, within, routes=routes)
    if within or across:
        return Recommendation(Action.INSTALL_ANEW, within or across, across if within else None, routes=routes)
    return Recommendation(Action.ASK_FOR_SUCCESSOR, routes=routes)


def _plan(routes: UpgradeRoutes, eol: date | None) -> Recommendation:
    within, across = routes
    if within:
        return Recommendation(
            Action.PLAN_UPGRADE if within.is_advisable else Action.PLAN_MOVE, within, across, by=eol, routes=routes
        )
    return Recommendation(Action.PLAN_MOVE if across else Action.PLAN_SUCCESSOR, across, by=eol, routes=routes)


def _gain_full_support(matrix: Matrix, release: Release, routes: UpgradeRoutes, on: date) -> Recommendation:
    """By an advisable path if there is one, else any release of the product; one with a known end of life first."""
    within = routes.within
    if not (within and within.is_advisable and matrix.support(within.goal, on).level is SupportLevel.FULL):
        full = [r for r in matrix.supported(release.product, on) if matrix.support(r, on).level is SupportLevel.FULL]
        if not full:
            return Recommendation(Action.ACCEPT_PARTIAL_SUPPORT, routes=routes)
        within = UpgradeRoute(min(full, key=lambda release: release.lifecycle.eol is None), None)
    return Recommendation(Action.GAIN_FULL_SUPPORT, within, routes=routes)
