"""What to do next about a release: what, where to go and by when, from dates, support and documented paths."""

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import WORTH_DAYS, Action, recommend, upgrade_routes
from bot.matrix.release import Product, Release
from bot.published.merge import merged
from tests.published.listed import FULL, READ_ON, new_row, page_of

TODAY = date(2026, 11, 23)
XCP, XS = Product.XCP_NG, Product.XENSERVER


def _release(matrix: Matrix, product: Product, number: str) -> Release:
    release = matrix.release(product, number)
    assert release
    return release


SIX_WITHIN = ["XenServer 7.6", "Citrix Hypervisor 8.2 CU1", "XenServer 8", "XenServer 9"]
SIX_ACROSS = ["XCP-ng 7.6", "XCP-ng 8.2.1", "XCP-ng 8.3 LTS"]


def _steps(matrix: Matrix, product: Product, number: str, on: date = TODAY) -> tuple[list[str], list[str]]:
    ways = upgrade_routes(matrix, _release(matrix, product, number), on)
    within, across = (way.path if way else None for way in ways)
    return [hop.arrival(on) for hop in within or ()], [hop.arrival(on) for hop in across or ()]


@pytest.mark.parametrize(
    ("product", "number", "within", "across"),
    [
        (XCP, "8.2", ["XCP-ng 8.3 LTS"], []),
        (XCP, "8.0", ["XCP-ng 8.3 LTS"], []),
        (XCP, "7.6", ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"], []),
        (XCP, "7.4", ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"], []),
        (XCP, "8.3", [], []),
        (XS, "8.2", ["XenServer 8"], ["XCP-ng 8.3 LTS"]),
        (XS, "8.0", ["Citrix Hypervisor 8.2 CU1", "XenServer 8"], ["XCP-ng 8.3 LTS"]),
        (XS, "7.2", ["Citrix Hypervisor 8.2 CU1", "XenServer 8"], ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"]),
        (XS, "7.1", [], ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"]),
        (XS, "7.0", [], ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"]),
        (XS, "6.5", SIX_WITHIN, SIX_ACROSS),
        (XS, "6.0", SIX_WITHIN, SIX_ACROSS),
        (XS, "5.6", [], []),
    ],
)
def test_a_path_takes_the_steps_that_the_vendors_document(
    matrix: Matrix, product: Product, number: str, within: list[str], across: list[str]
) -> None:
    assert _steps(matrix, product, number) == (within, across)


class Advice(NamedTuple):
    """A recommendation by the names of what it leads to."""

    action: Action
    goal: str | None = None
    has_path: bool = False
    alternative: str | None = None
    by: str | None = None


def _advice(matrix: Matrix, release: Release, on: date) -> Advice:
    action, route, alternative, by, _ = recommend(matrix, release, on)
    has_path = route is not None and route.path is not None
    goal, other = (r.goal.base_name if r else None for r in (route, alternative))
    return Advice(action, goal, has_path, other, str(by) if by else None)


XCP_83, XS_8, XS_9 = "XCP-ng 8.3", "XenServer 8", "XenServer 9"


@pytest.mark.parametrize(
    ("name", "on", "advice"),
    [
        # not out yet: from its release on, which may be known by its month
        ("XenServer 9", "2026-07-01", Advice(Action.WAIT, by="2026-07-02")),
        ("XenServer 9", "2026-07-02", Advice(Action.KEEP_UPDATED)),
        ("XenServer 5.6", "2010-01-01", Advice(Action.WAIT, by="2010-05")),
        # fine for more than a year
        ("XCP-ng 8.3", "2026-11-23", Advice(Action.KEEP_UPDATED)),
        ("XenServer 7.1", "2018-04-12", Advice(Action.KEEP_UPDATED)),
        ("XCP-ng 8.3", "2027-11-30", Advice(Action.KEEP_UPDATED)),
        # a year before its end, and on the day before it
        ("XCP-ng 8.3", "2027-12-01", Advice(Action.PLAN_SUCCESSOR, by="2028-11-30")),
        ("XCP-ng 8.2", "2024-11-14", Advice(Action.PLAN_UPGRADE, XCP_83, True, by="2025-09-16")),
        ("XCP-ng 8.2", "2025-09-15", Advice(Action.PLAN_UPGRADE, XCP_83, True, by="2025-09-16")),
        ("XCP-ng 8.2", "2025-09-16", Advice(Action.UPGRADE, XCP_83, True)),
        ("Citrix Hypervisor 8.2", "2024-11-14", Advice(Action.PLAN_UPGRADE, XS_8, True, XCP_83, "2025-06-25")),
        ("XenServer 7.2", "2018-04-12", Advice(Action.PLAN_MOVE, "XenServer 7.4", by="2018-04-13")),
        ("XenServer 8", "2028-11-29", Advice(Action.PLAN_UPGRADE, XS_9, True, by="2028-11-30")),
        ("XCP-ng 7.4", "2018-04-12", Advice(Action.PLAN_SUCCESSOR, by="2018-10-31")),
        # past its end: an advisable path first, within the product before across
        ("XenServer 7.2", "2026-11-23", Advice(Action.UPGRADE, XS_8, True, XCP_83)),
        ("XenServer 7.1", "2026-11-23", Advice(Action.MOVE, XCP_83, True, XS_9)),
        ("XenServer 6.5", "2026-11-23", Advice(Action.INSTALL_ANEW, XS_9, True, XCP_83)),
        ("XenServer 5.5", "2026-11-23", Advice(Action.INSTALL_ANEW, XS_9, False, XCP_83)),
        ("XenServer 8", "2028-11-30", Advice(Action.UPGRADE, XS_9, True)),
        ("XCP-ng 8.2", "2028-11-30", Advice(Action.ASK_FOR_SUCCESSOR)),
        ("XenServer 9", "2032-01-01", Advice(Action.ASK_FOR_SUCCESSOR)),
        # not fully supported by Xen Orchestra, and not about to end
        ("XenServer 7.2", "2017-06-01", Advice(Action.PLAN_SUCCESSOR, by="2018-04-13")),
        ("XenServer 5.5", "2010-01-01", Advice(Action.ACCEPT_PARTIAL_SUPPORT)),
        ("XenServer 6.1", "2013-03-01", Advice(Action.ACCEPT_PARTIAL_SUPPORT)),
        ("XenServer 6.2", "2016-01-01", Advice(Action.GAIN_FULL_SUPPORT, "XenServer 6.5")),
    ],
    ids=str,
)
def test_what_to_do_follows_from_dates_support_and_paths(matrix: Matrix, name: str, on: str, advice: Advice) -> None:
    release = next(release for release in matrix.releases if release.base_name == name)
    assert _advice(matrix, release, date.fromisoformat(on)) == advice


def test_where_no_end_of_life_is_known_the_vendor_is_to_be_asked(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    assert _advice(new, _release(new, XS, "9.1"), READ_ON) == Advice(Action.ASK_FOR_END_OF_LIFE)


def test_a_goal_is_worth_it_only_if_it_lasts_three_months_more(matrix: Matrix) -> None:
    release = _release(matrix, XCP, "8.2")
    ends = date(2028, 11, 30)  # of XCP-ng 8.3
    assert _advice(matrix, release, ends - timedelta(days=WORTH_DAYS + 1)).goal == XCP_83
    assert _advice(matrix, release, ends - timedelta(days=WORTH_DAYS)).goal is None


def test_only_what_is_fine_needs_nothing(matrix: Matrix) -> None:
    needs_nothing = {
        recommend(matrix, release, on).action
        for release in matrix.releases
        for on in (date(2010, 1, 1), date(2018, 4, 12), TODAY, date(2032, 1, 1))
        if recommend(matrix, release, on).is_nothing
    }
    assert needs_nothing == {Action.KEEP_UPDATED}


@given(on=st.dates(date(2005, 1, 1), date(2040, 1, 1)), at=st.integers(0, 26))
def test_no_recommendation_leads_to_a_release_that_is_not_out_or_that_ends_sooner(
    matrix: Matrix, on: date, at: int
) -> None:
    release = matrix.releases[at]
    for way in recommend(matrix, release, on).routes:
        if way is None:
            continue
        assert way.goal.lifecycle.stage(on) in (LifecycleStage.SUPPORTED, LifecycleStage.MAINTENANCE)
        assert way.goal is not release
        assert all(hop.to.lifecycle.stage(on) is not LifecycleStage.UPCOMING for hop in way.path or ())
        if way.path:
            assert way.path[0].start is release
            assert way.path[-1].to is way.goal
