"""What can be asked of the Matrix: releases, rows, issues and features, by product and by day."""

from datetime import date

import pytest

from bot.matrix.feature import Availability
from bot.matrix.issue import IssueKind
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release

XCP, XS = Product.XCP_NG, Product.XENSERVER


def _release(matrix: Matrix, product: Product, number: str) -> Release:
    release = matrix.release(product, number)
    assert release
    return release


@pytest.mark.parametrize(("product", "newest", "oldest", "count"), [(XCP, "8.3", "7.4", 7), (XS, "9", "5.0", 20)])
def test_releases_are_newest_first_within_a_product(
    matrix: Matrix, product: Product, newest: str, oldest: str, count: int
) -> None:
    releases = matrix.of(product)
    assert (releases[0].number, releases[-1].number, len(releases)) == (newest, oldest, count)
    versions = [release.compares_as for release in releases]
    assert versions == sorted(versions, reverse=True)
    assert {release.product for release in releases} == {product}


@pytest.mark.parametrize(
    ("product", "number", "name"),
    [
        (XCP, "8.3", "XCP-ng 8.3"),
        (XS, "8.2", "Citrix Hypervisor 8.2"),
        (XS, "8", "XenServer 8"),
        (XS, "6.0.2", "XenServer 6.0.2"),
        (XS, "8.3", None),  # a number of the other product
        (XS, "8.4", None),  # an alias: the query's business
        (XCP, "8.3.0", None),
        (XCP, "", None),
    ],
)
def test_a_release_is_found_by_its_own_number_alone(
    matrix: Matrix, product: Product, number: str, name: str | None
) -> None:
    release = matrix.release(product, number)
    assert (release.base_name if release else None) == name


def test_xenserver_8_compares_as_8_4_and_stands_between_its_neighbours(matrix: Matrix) -> None:
    numbers = [release.number for release in matrix.of(XS)]
    assert str(_release(matrix, XS, "8").compares_as) == "8.4"
    assert numbers[:3] == ["9", "8", "8.2"]


@pytest.mark.parametrize(
    ("product", "on", "numbers"),
    [
        (XCP, "2018-01-01", []),
        (XCP, "2025-09-15", ["8.3", "8.2"]),
        (XCP, "2025-09-16", ["8.3"]),
        (XCP, "2028-11-30", []),
        (XS, "2026-07-01", ["8"]),
        (XS, "2026-07-02", ["9", "8"]),
        (XS, "2018-04-12", ["7.4", "7.3", "7.2", "7.1", "7.0", "6.5", "6.2"]),
        (XS, "2018-04-13", ["7.4", "7.3", "7.1", "7.0", "6.5", "6.2"]),
    ],
)
def test_what_is_supported_on_a_day_is_out_and_not_eol(
    matrix: Matrix, product: Product, on: str, numbers: list[str]
) -> None:
    assert [release.number for release in matrix.supported(product, date.fromisoformat(on))] == numbers


def test_a_verdict_has_the_issues_that_hold_today_and_not_those_of_upgrades_or_of_an_old_xen_orchestra(
    matrix: Matrix,
) -> None:
    for release in matrix.releases:
        in_verdict, every = matrix.verdict_issues(release), matrix.issues_of(release)
        assert set(in_verdict) <= set(every)
        assert {issue.kind for issue in in_verdict} <= {IssueKind.LIVE, IssueKind.GOOD_TO_KNOW}
        assert {issue.kind for issue in every if issue not in in_verdict} <= {
            IssueKind.SITUATIONAL,
            IssueKind.FIXED_IN_XO,
            IssueKind.UPGRADE_BLOCKER,
        }
        assert [issue for issue in matrix.issues if issue in every] == list(every), "in the data's order"


def test_an_issue_has_a_condition_where_it_does_not_always_hold(matrix: Matrix) -> None:
    issue = next(issue for issue in matrix.issues if issue.id == "XSO-868")
    conditional, always, never = (_release(matrix, XS, number) for number in ("7.1", "7.2", "9"))
    assert issue.condition(conditional) == "not when 7.1 LTS is up to date"
    assert issue.summary_for(conditional) == f"{issue.summary} (not when 7.1 LTS is up to date)"
    assert (issue.condition(always), issue.summary_for(always)) == ("", issue.summary)
    assert (issue.condition(never), issue.summary_for(never)) == (None, issue.summary)
    assert issue.url == issue.urls[0] == "https://github.com/vatesfr/xen-orchestra/issues/3083"
    assert "https://bugs.xenserver.org/browse/XSO-868" in issue.urls


def test_a_feature_says_for_each_product_since_when_it_is_there(matrix: Matrix) -> None:
    for feature in matrix.features:
        for product in Product:
            support = feature.of(product)
            assert (support.release is not None) is (support.availability is Availability.FROM)
            assert support.release is None or support.release.product is product
    cbt = next(feature for feature in matrix.features if feature.id == "cbt")
    assert [cbt.of(product).release for product in (XCP, XS)] == [
        _release(matrix, XCP, "7.4"),
        _release(matrix, XS, "7.3"),
    ]


def test_dates_that_no_source_states_outright_are_marked(matrix: Matrix) -> None:
    inferred = {(release.product, release.number): release.inferred for release in matrix.releases if release.inferred}
    assert all(names <= {"released", "maintenance_ends", "eol", "lts_since"} for names in inferred.values())
    assert not _release(matrix, XCP, "8.3").inferred


def test_every_release_cites_where_its_dates_come_from_each_source_once(matrix: Matrix) -> None:
    for release in matrix.releases:
        assert release.sources
        assert len(set(release.sources)) == len(release.sources)
