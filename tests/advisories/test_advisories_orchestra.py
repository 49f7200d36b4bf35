"""Xen Orchestra is judged by its xo-server's number, and by no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advisories.advisories import Advisories
from bot.advisories.judge import PatchState, Why
from bot.advisories.orchestra import judge_orchestra
from bot.advisories.rpm_version import compare_versions

VULNERABLE, FIXED, CANNOT_TELL, NOT_AFFECTED = PatchState
BYPASS = "CVE-2026-133469"


@pytest.mark.parametrize(
    ("name", "server", "fixed_from", "from_sources", "state", "why"),
    [
        (BYPASS, "5.207.2", None, False, VULNERABLE, Why.OLDER),
        (BYPASS, "5.207.3", None, False, CANNOT_TELL, Why.NEWER_THAN_DATA),
        (BYPASS, "5.230.0", None, False, CANNOT_TELL, Why.NEWER_THAN_DATA),
        (BYPASS, "5.230.0", "5.230.0", False, FIXED, Why.FIXED_LEVEL),
        (BYPASS, "5.229.9", "5.230.0", False, VULNERABLE, Why.OLDER),
        (BYPASS, "5.229.9", "5.230.0", True, CANNOT_TELL, Why.BUILT_FROM_SOURCES),
        (BYPASS, "5.207.2", "5.230.0", True, VULNERABLE, Why.OLDER),
        (BYPASS, "5.200.0", "5.100.0", False, VULNERABLE, Why.OLDER),
        ("CVE-2026-113610", "5.207.2", "5.100.0", False, VULNERABLE, Why.OLDER),
        ("CVE-2026-113610", "5.215.0", "5.200.0", False, CANNOT_TELL, Why.NEWER_THAN_DATA),
        ("XO-2026-07", "5.207.1", None, False, FIXED, Why.FIXED_LEVEL),
        ("XO-2026-07", "5.207.1", None, True, FIXED, Why.FIXED_LEVEL),
        ("XO-2026-07", "5.205.2", None, False, VULNERABLE, Why.OLDER),
        ("XO-2026-07", "5.205.2", None, True, CANNOT_TELL, Why.BUILT_FROM_SOURCES),
        ("XO-2026-07", "5.205.1", None, True, VULNERABLE, Why.OLDER),
        ("CVE-2021-36383", "5.84.0", None, False, VULNERABLE, Why.OLDER),
        ("CVE-2021-36383", "5.84.1", None, False, CANNOT_TELL, Why.FIX_NOT_KNOWN),
        ("XO-2026-07", None, None, False, CANNOT_TELL, Why.NOT_SAID),
        ("XO-2026-07", "5.999", None, False, CANNOT_TELL, Why.ODD_VALUE),
        ("XO-2026-07", "v5.999.1", None, False, CANNOT_TELL, Why.ODD_VALUE),
        ("XO-2026-07", "5.999.1\n", None, False, CANNOT_TELL, Why.ODD_VALUE),
        ("XO-2026-07", "5.999.\N{ARABIC-INDIC DIGIT ONE}", None, False, CANNOT_TELL, Why.ODD_VALUE),
        ("XSA-517", "5.207.1", None, False, NOT_AFFECTED, Why.RELEASE_NOT_AFFECTED),
    ],
)
def test_each_rule_has_its_answer(
    advisories: Advisories,
    name: str,
    server: str | None,
    fixed_from: str | None,
    from_sources: bool,
    state: PatchState,
    why: Why,
) -> None:
    (advisory,) = advisories.find(name)
    found = judge_orchestra(advisory, server, advisories.orchestras, fixed_from, from_sources)
    assert (found.state, found.why) == (state, why)


def test_what_to_update_to_is_told_where_it_is_known(advisories: Advisories) -> None:
    told = {
        found.advisory.id: found.look_for
        for advisory in advisories.of_orchestra()
        if (found := judge_orchestra(advisory, "5.202.1", advisories.orchestras)).state is VULNERABLE
    }
    assert told == {"XO-2026-062": (), "XO-2026-113610": ("6.9.0",), "XO-2026-07": ("6.7.0",)}


@pytest.mark.parametrize(
    ("server", "exact", "after", "before"),
    [
        ("5.207.2", ["6.7.1"], None, None),
        ("5.193.1", ["5.113.0", "5.113.1", "5.113.2"], None, None),
        ("5.145.0", ["5.95.1", "5.95.2"], None, None),
        ("5.203.0", [], "6.5.1", "6.6.0"),
        ("5.198.0", [], "6.2.3", "6.3.0"),
        ("5.207.3", [], "6.7.1", None),
        ("5.100.0", [], None, "5.90.0"),
    ],
)
def test_a_number_has_its_place_among_the_releases(
    advisories: Advisories, server: str, exact: list[str], after: str | None, before: str | None
) -> None:
    place = advisories.orchestras.place(server)
    assert [release.number for release in place.exact] == exact
    assert (place.after.number if place.after else None) == after
    assert (place.before.number if place.before else None) == before


@pytest.mark.parametrize("server", ["", "5", "5.207", "5.207.2.1", "-5.207.2", "5.207.2-rc", "99999.1.1"])
def test_what_is_no_number_has_no_place(advisories: Advisories, server: str) -> None:
    with pytest.raises(ValueError, match="is allowed"):
        advisories.orchestras.place(server)


def test_a_rest_api_tells_from_which_release_on_it_is(advisories: Advisories) -> None:
    assert [release.number for release in advisories.orchestras.of_rest_api("0.33.0")] == ["6.5.0"]
    assert advisories.orchestras.of_rest_api("0.99.0") == ()


NUMBERS = st.builds("5.{}.{}".format, st.integers(80, 240), st.integers(0, 9))


@given(
    st.one_of(st.text(max_size=20), NUMBERS),
    NUMBERS,
    st.one_of(st.none(), NUMBERS),
    st.booleans(),
)
def test_no_text_and_no_word_of_the_operator_makes_it_better_than_the_data(
    advisories: Advisories, server: str, newer: str, fixed_from: str | None, from_sources: bool
) -> None:
    rank = [VULNERABLE, CANNOT_TELL, FIXED]
    for advisory in advisories.of_orchestra():
        found = judge_orchestra(advisory, server, advisories.orchestras, fixed_from, from_sources)
        affected = advisory.of_orchestra
        assert affected
        assert affected.levels
        if found.state is FIXED:
            fix = affected.levels.fixed_from or fixed_from
            assert fix
            assert compare_versions(server, fix) >= 0
            assert affected.levels.fixed_from or affected.operator_fills
            last = affected.levels.vulnerable_up_to
            assert last is None or compare_versions(server, last) > 0
        if found.why is not Why.ODD_VALUE and found.why is not Why.NOT_SAID and compare_versions(server, newer) <= 0:
            later = judge_orchestra(advisory, newer, advisories.orchestras, fixed_from, from_sources)
            assert rank.index(found.state) <= rank.index(later.state)
