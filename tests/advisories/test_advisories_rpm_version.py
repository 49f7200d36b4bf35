"""Versions compare as rpm's do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advisories.rpm_version import compare_builds, compare_versions

SIGNS = {"<": -1, "=": 0, ">": 1}


@pytest.mark.parametrize(
    ("one", "sign", "other"),
    [
        ("9.39", "<", "9.39.1"),
        ("9.49", "<", "9.49.4"),
        ("10.60", ">", "9.60"),
        ("20.1", "<", "20.2"),
        ("9.2.xcpng8.3", "<", "9.10.xcpng8.3"),
        ("9.xs8", "<", "9.2.xcpng8.3"),
        ("2.xcpng8.3", "<", "2.1.xcpng8.3"),
        ("23.2.xcpng8.3", ">", "23.1.xcpng8.3"),
        ("20.2.xcpng8.3", "<", "20.2.0.test.xcpng8.3"),
        ("9.1.xcpng8.3", ">", "9.1.xcpng8.2"),
        ("4.17.10", ">", "4.17.9"),
        ("1.249.41", ">", "1.249.5"),
        ("26.1.4", "<", "26.1.11"),
        ("007", "=", "7"),
        ("2", "<", "2.1"),
        ("1.0~rc1", "<", "1.0"),
        ("1.0^git1", ">", "1.0"),
        ("1.0~rc1", "<", "1.0~rc2"),
        ("1.0~~", "<", "1.0~"),
        ("1.0^git1", "<", "1.0.1"),
        ("1.0^a~b", "<", "1.0^a"),
        ("1.0a", "<", "1.0b"),
        ("1a", "<", "1.1"),
        ("1_0", "=", "1.0"),
        ("99999999999999999999998", "<", "99999999999999999999999"),
    ],
)
def test_versions_compare_as_rpm_does(one: str, sign: str, other: str) -> None:
    assert compare_versions(one, other) == SIGNS[sign]
    assert compare_versions(other, one) == -SIGNS[sign]


@pytest.mark.parametrize(
    ("one", "sign", "other"),
    [("4.17.6-9", "<", "4.17.7-0"), ("4.17.10-1", ">", "4.17.9-30"), ("4.17.6-9", "=", "4.17.6-09"), ("4-2", ">", "4")],
)
def test_builds_compare_by_version_then_release(one: str, sign: str, other: str) -> None:
    assert compare_builds(one, other) == SIGNS[sign]


VERSIONS = st.text(alphabet="0129ab.~^-", max_size=8)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_one(a: str, b: str, c: str) -> None:
    assert compare_versions(a, b) == -compare_versions(b, a)
    if compare_versions(a, b) <= 0 and compare_versions(b, c) <= 0:
        assert compare_versions(a, c) <= 0
