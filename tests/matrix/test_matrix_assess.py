"""The verdict on a release for a day: what the list says and what the dates say, side by side."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.assess import Assessment, assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import recommend

SUPPORTED, MAINTENANCE, EOL = LifecycleStage.SUPPORTED, LifecycleStage.MAINTENANCE, LifecycleStage.EOL
UPCOMING = LifecycleStage.UPCOMING
SKULL = "no_security_updates"


@pytest.mark.parametrize(
    ("name", "on", "called", "level", "official", "stage", "days_left", "badges"),
    [
        ("XCP-ng 8.3", "2026-11-23", "XCP-ng 8.3 LTS", "full", True, SUPPORTED, 738, ["full", "extra_features"]),
        ("XCP-ng 8.3", "2025-06-15", "XCP-ng 8.3", "full", True, SUPPORTED, 1264, ["full", "extra_features"]),
        ("XCP-ng 8.3", "2025-06-16", "XCP-ng 8.3 LTS", "full", True, SUPPORTED, 1263, ["full", "extra_features"]),
        ("XCP-ng 8.3", "2024-10-06", "XCP-ng 8.3", "full", True, UPCOMING, 1516, ["full", "extra_features"]),
        ("XCP-ng 8.2", "2025-09-15", "XCP-ng 8.2 LTS", "full", True, SUPPORTED, 1, ["full", "extra_features"]),
        ("XCP-ng 8.2", "2025-09-16", "XCP-ng 8.2 LTS", "full", True, EOL, 0, ["full", "extra_features", SKULL]),
        ("XCP-ng 8.2", "2026-08-06", "XCP-ng 8.2 LTS", "full", True, EOL, -324, ["full", "extra_features", SKULL]),
        ("XCP-ng 8.2", "2026-11-23", "XCP-ng 8.2 LTS", "full", True, EOL, -433, ["full", SKULL]),
        ("XCP-ng 8.1", "2024-07-30", "XCP-ng 8.1", "full", True, EOL, -1217, ["full", "extra_features", SKULL]),
        ("XCP-ng 8.1", "2024-07-31", "XCP-ng 8.1", "full", True, EOL, -1218, ["full", SKULL]),
        ("XenServer 7.2", "2026-11-23", "XenServer 7.2", "partial", True, EOL, -3146, ["partial", SKULL]),
        ("XenServer 6.2", "2026-11-23", "XenServer 6.2", "partial", False, EOL, -3072, ["partial", SKULL]),
        ("XenServer 6.0", "2026-11-23", "XenServer 6.0", "unlisted", False, EOL, -3710, [SKULL]),
        ("XenServer 9", "2026-11-23", "XenServer 9", "full", True, SUPPORTED, 1711, ["full"]),
    ],
)
def test_support_and_lifecycle_stand_side_by_side(
    matrix: Matrix,
    name: str,
    on: str,
    called: str,
    level: str,
    official: bool,
    stage: LifecycleStage,
    days_left: int,
    badges: list[str],
) -> None:
    release = next(release for release in matrix.releases if release.base_name == name)
    found = assess(matrix, release, date.fromisoformat(on))
    assert (found.name, found.support.level, found.support.official) == (called, level, official)
    assert (found.stage, found.days_left, list(found.badges)) == (stage, days_left, badges)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("XenServer 7.2", ["xs72-jsonrpc-float", "XSO-868"]),
        ("XCP-ng 7.4", ["XSO-868"]),
        ("XCP-ng 8.0", []),
        ("XenServer 6.0", ["XSO-868", "mig-pre71", "xs65-progress"]),
    ],
)
def test_a_verdict_has_the_known_issues_of_its_release(matrix: Matrix, name: str, ids: list[str]) -> None:
    release = next(release for release in matrix.releases if release.base_name == name)
    assert [issue.id for issue in assess(matrix, release, date(2026, 11, 23)).known_issues] == ids


@given(on=st.dates(), at=st.integers(0, 26))
def test_support_is_the_lists_of_the_day_and_the_skull_depends_on_dates_alone(
    matrix: Matrix, on: date, at: int
) -> None:
    release = matrix.releases[at]
    assessment = assess(matrix, release, on)
    assert assessment.support == matrix.support(release, on)
    assert (SKULL in assessment.badges) == (assessment.stage is EOL)


def _assessed(matrix: Matrix, name: str, on: str, level: str | None = None) -> Assessment:
    release = next(release for release in matrix.releases if release.base_name == name)
    return assess(matrix, release, date.fromisoformat(on), level=level)


@pytest.mark.parametrize(
    ("name", "on", "level", "ids"),
    [
        ("XenServer 8", "2026-11-23", None, ["updates-of-six-months", "las-licence"]),
        ("XenServer 9", "2026-11-23", None, ["updates-of-six-months", "las-licence"]),
        ("XenServer 8", "2026-04-15", None, ["updates-of-six-months", "las-licence"]),
        ("XenServer 8", "2026-04-14", None, ["updates-of-six-months"]),
        ("XenServer 8", "2028-11-30", None, []),
        ("XenServer 9", "2026-07-01", None, []),
        ("Citrix Hypervisor 8.2", "2021-12-12", None, []),
        ("Citrix Hypervisor 8.2", "2021-12-13", None, ["8-2-cu1"]),
        ("Citrix Hypervisor 8.2", "2024-01-01", "CU1", []),
        ("Citrix Hypervisor 8.2", "2025-06-25", None, []),
        ("XenServer 7.1", "2020-01-01", None, ["7-1-cu2"]),
        ("XenServer 7.1", "2020-01-01", "CU1", ["7-1-cu2"]),
        ("XenServer 7.1", "2020-01-01", "CU2", []),
        ("XenServer 7.1", "2019-05-13", None, []),
        ("XCP-ng 8.3", "2026-11-23", None, []),
    ],
)
def test_what_is_supported_under_conditions_alone_names_those_of_the_day(
    matrix: Matrix, name: str, on: str, level: str | None, ids: list[str]
) -> None:
    assert [each.id for each in _assessed(matrix, name, on, level).requirements] == ids


@pytest.mark.parametrize(
    ("on", "level", "stage", "eol", "days_left"),
    [
        ("2018-06-25", "CC", MAINTENANCE, "2018-06-26", 1),
        ("2018-06-26", "CC", EOL, "2018-06-26", 0),
        ("2014-06-25", "CC", SUPPORTED, "2018-06-26", 1462),
        ("2018-06-25", None, EOL, "2016-09-26", -637),
        ("2018-06-25", "CU9", EOL, "2016-09-26", -637),
    ],
)
def test_an_update_level_with_dates_of_its_own_has_the_verdict_of_those(
    matrix: Matrix, on: str, level: str | None, stage: LifecycleStage, eol: str, days_left: int
) -> None:
    found = _assessed(matrix, "XenServer 6.0.2", on, level)
    assert (found.stage, str(found.lifecycle.eol), found.days_left) == (stage, eol, days_left)


def test_a_level_without_dates_of_its_own_has_those_of_its_release(matrix: Matrix) -> None:
    found = _assessed(matrix, "Citrix Hypervisor 8.2", "2024-01-01", "CU1")
    assert found.lifecycle == found.release.lifecycle


@given(on=st.dates(date(2005, 1, 1), date(2040, 1, 1)), at=st.integers(0, 26))
def test_a_verdict_is_of_its_day_and_says_where_its_facts_come_from(matrix: Matrix, on: date, at: int) -> None:
    release = matrix.releases[at]
    found = assess(matrix, release, on)
    assert (found.release, found.on, found.recommendation) == (release, on, recommend(matrix, release, on))
    assert found.sources[0] == matrix.published.source
    assert len(set(found.sources)) == len(found.sources)
    assert set(release.sources) <= set(found.sources)
