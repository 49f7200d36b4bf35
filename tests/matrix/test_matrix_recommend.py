"""What to do next follows from dates, support and documented paths."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.verdict import recommendation
from bot.matrix.assess import assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import recommend, upgrade_routes
from bot.matrix.release import Product, Release

TODAY = date(2026, 11, 23)
XCP, XS = Product.XCP_NG, Product.XENSERVER


def _release(matrix: Matrix, product: Product, number: str) -> Release:
    release = matrix.release(product, number)
    assert release
    return release


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
        (XS, "7.0", ["Citrix Hypervisor 8.2 CU1", "XenServer 8"], ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"]),
        (XS, "6.5", [], ["XCP-ng 8.2.1", "XCP-ng 8.3 LTS"]),
        (XS, "6.0", [], []),
        (XS, "5.6", [], []),
    ],
)
def test_a_path_takes_the_steps_that_the_vendors_document(
    matrix: Matrix, product: Product, number: str, within: list[str], across: list[str]
) -> None:
    assert _steps(matrix, product, number) == (within, across)


@pytest.mark.parametrize(
    ("product", "number", "on", "text"),
    [
        (XS, "7.2", TODAY, "Upgrade to XenServer 8 (by way of Citrix Hypervisor 8.2 CU1), or move to XCP-ng 8.3 LTS."),
        (XCP, "8.2", TODAY, "Upgrade to XCP-ng 8.3 LTS."),
        (XCP, "8.3", TODAY, "Nothing now but to keep it updated."),
        (XCP, "8.2", date(2025, 7, 1), "Plan the upgrade to XCP-ng 8.3 LTS before 16 Sep 2025."),
        (XS, "8.2", date(2024, 11, 14), "Plan the upgrade to XenServer 8 before 25 Jun 2025, or move to XCP-ng 8.3."),
        (
            XS,
            "5.5",
            TODAY,
            "Move to XenServer 9 or XCP-ng 8.3 LTS: our sources show no upgrade path, "
            "so ask the vendor or install it anew.",
        ),
        (XS, "9", date(2026, 1, 1), "It came out on 2 Jul 2026: ask about a day from then on."),
        (XS, "5.6", date(2010, 1, 1), "It came out in May 2010: ask about a day from then on."),
        (
            XS,
            "8",
            date(2028, 12, 1),
            "Move to XenServer 9: our sources show no upgrade path, so ask the vendor or install it anew.",
        ),
        (
            XS,
            "7.2",
            date(2018, 4, 12),
            "Plan the move to XenServer 7.4 before 13 Apr 2018: our sources show no upgrade path to it yet.",
        ),
        (
            XS,
            "8",
            date(2028, 11, 29),
            "Plan the move to XenServer 9 before 30 Nov 2028: our sources show no upgrade path to it yet.",
        ),
        (
            XCP,
            "8.3",
            date(2032, 1, 1),
            "No later XCP-ng with security updates is known for that day: ask the vendor for its successor.",
        ),
    ],
)
def test_the_next_step_is_told_in_a_sentence(
    matrix: Matrix, product: Product, number: str, on: date, text: str
) -> None:
    assert recommendation(assess(matrix, _release(matrix, product, number), on)) == text


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


@given(on=st.dates(), at=st.integers(0, 26))
def test_support_never_depends_on_the_day_and_the_skull_on_nothing_else(matrix: Matrix, on: date, at: int) -> None:
    release = matrix.releases[at]
    assessment = assess(matrix, release, on)
    assert assessment.support == matrix.support(release)
    assert ("no_security_updates" in assessment.badges) == (assessment.stage is LifecycleStage.EOL)
    assert recommendation(assessment).endswith(".")
