"""Hosts are judged by what they show, and never better than that."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory, ShownBy
from bot.advisories.judge import Judgement, PatchState, Why, judge
from bot.advisories.patch_level import PatchLevel, PatchLevels, judge_all
from bot.advisories.rpm_version import compare_builds
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.xapi.observation import Software

VULNERABLE, FIXED, CANNOT_TELL, NOT_AFFECTED = PatchState


def of(advisories: Advisories, name: str) -> Advisory:
    (advisory,) = advisories.find(name)
    return advisory


def by_xen(judgements: tuple[Judgement, ...], release: Release) -> Counter[PatchState]:
    """What the hypervisor's value alone says, before it is asked whether the release is affected at all."""
    shown = Counter[PatchState]()
    for judgement in judgements:
        affected = judgement.advisory.of(release)
        if affected and affected.levels and affected.levels.field is ShownBy.XEN and judgement.shown:
            shown[judgement.shown] += 1
    return shown


@pytest.mark.parametrize(
    ("key", "xen", "fixed", "cannot_tell", "vulnerable"),
    [
        ("xcp_ng_8_3", "4.17.6-9", 25, 16, 0),
        ("xcp_ng_8_3", "4.17.5-23", 18, 2, 21),
        ("xenserver_8", "4.17.6-9", 25, 0, 13),
        ("xcp_ng_8_2", "4.13.5-9.49", 13, 3, 0),
    ],
)
def test_the_expected_results_hold(
    advisories: Advisories,
    releases: dict[str, Release],
    key: str,
    xen: str,
    fixed: int,
    cannot_tell: int,
    vulnerable: int,
) -> None:
    judgements = judge_all(advisories, releases[key], Software(xen=xen), False)
    wanted = {FIXED: fixed, CANNOT_TELL: cannot_tell, VULNERABLE: vulnerable}
    assert by_xen(judgements, releases[key]) == Counter({state: n for state, n in wanted.items() if n})


def test_the_bands_of_the_facts_hold(shared: Path, advisories: Advisories, releases: dict[str, Release]) -> None:
    """Each row of its table, at every value that it names, and just below."""
    text = (shared / "facts/security.md").read_text(encoding="utf-8")
    table = text.partition("| Advisory | 8.3: cannot tell at |")[2].partition("\n\n")[0]
    checked = 0
    for row in re.findall(r"^\| ((?:XSA|CVE)-\S+) \| (.*?) \|$", table, re.MULTILINE):
        advisory, cells = of(advisories, row[0]), row[1].split(" | ")
        for key, shared_at, fixed_from in (
            ("xcp_ng_8_3", cells[0], cells[1]),
            ("xcp_ng_8_2", cells[2], cells[3]),
            ("xenserver_8", "none", cells[4]),
        ):
            fix = fixed_from.replace("base 4.17.7", "4.17.7-0")
            affected = advisory.of(releases[key])
            assert affected
            levels = affected.levels
            if fix == "—":
                assert levels is None
                continue
            assert levels
            checked += 1
            values = [] if shared_at in ("none", "—") else shared_at.split(", ")
            assert list(levels.cannot_tell) == values
            assert levels.fixed_from == (None if fix == "never provable" else fix)
            shown = [judge(advisory, releases[key], Software(xen=value), False).shown for value in values]
            assert set(shown) <= {CANNOT_TELL}
            if levels.fixed_from:
                assert judge(advisory, releases[key], Software(xen=fix), False).shown is FIXED
            assert judge(advisory, releases[key], Software(xen="4.13.5-9.37"), False).shown is VULNERABLE
    assert checked > 80


@pytest.mark.parametrize(
    ("name", "key", "xapi", "built", "state", "why"),
    [
        ("XSA-459", "xcp_ng_8_2", "1.20", "2024-07-14", VULNERABLE, Why.OLDER),
        ("XSA-459", "xcp_ng_8_2", "1.20", "2024-07-15", CANNOT_TELL, Why.LIKELY_FIXED),
        ("XSA-459", "xcp_ng_8_2", "1.20", None, CANNOT_TELL, Why.NOT_SAID),
        ("XSA-459", "xcp_ng_8_3", "24.19.2", "20240813T00:00:00Z", CANNOT_TELL, Why.AFFECTED_NOT_KNOWN),
        ("XSA-474", "xcp_ng_8_3", "24.11.0", None, VULNERABLE, Why.OLDER),
        ("XSA-474", "xcp_ng_8_3", "25.6.0", "20250908T10:00:00Z", VULNERABLE, Why.OLDER),
        ("XSA-474", "xcp_ng_8_3", "25.6.0", "20250909", CANNOT_TELL, Why.SHARED_VALUE),
        ("XSA-474", "xcp_ng_8_3", "25.20.0", "20251001", CANNOT_TELL, Why.BETWEEN),
        ("XSA-474", "xcp_ng_8_3", "25.27.0", None, FIXED, Why.FIXED_LEVEL),
        ("XSA-474", "xcp_ng_8_3", "26.1.4", None, FIXED, Why.FIXED_LEVEL),
        ("XSA-474", "xenserver_8", "25.27.0", None, CANNOT_TELL, Why.FIX_NOT_KNOWN),
        ("XSA-489", "xcp_ng_8_3", "26.1.2", "20260601", VULNERABLE, Why.OLDER),
        ("XSA-489", "xcp_ng_8_3", "26.1.3", "20260426", VULNERABLE, Why.OLDER),
        ("XSA-489", "xcp_ng_8_3", "26.1.3", "20260428", CANNOT_TELL, Why.SHARED_VALUE),
        ("XSA-489", "xcp_ng_8_3", "26.1.3", "20260430", CANNOT_TELL, Why.LIKELY_FIXED),
        ("XSA-489", "xcp_ng_8_3", "26.1.4", None, FIXED, Why.FIXED_LEVEL),
        ("XSA-489", "xcp_ng_8_3", "26.1.10", None, FIXED, Why.FIXED_LEVEL),
        ("XSA-489", "xcp_ng_8_3", "25.27", None, VULNERABLE, Why.OLDER),
        ("XSA-489", "xcp_ng_8_3", "26.1", None, CANNOT_TELL, Why.BETWEEN),
        ("XSA-489", "xcp_ng_8_3", "26.2", None, FIXED, Why.FIXED_LEVEL),
        ("XSA-489", "xcp_ng_8_2", "1.20", "2025-05-07", VULNERABLE, Why.NEVER_FIXED),
        ("XSA-489", "xenserver_8", "26.1.3", None, VULNERABLE, Why.OLDER),
        ("XSA-489", "xenserver_8", "26.1.4", "20260423", VULNERABLE, Why.OLDER),
        ("XSA-489", "xenserver_8", "26.1.4", "20260429", CANNOT_TELL, Why.LIKELY_FIXED),
        ("XSA-489", "xenserver_8", "26.1.5", "20260601", CANNOT_TELL, Why.BETWEEN),
        ("XSA-489", "xenserver_8", "26.1.11", None, FIXED, Why.FIXED_LEVEL),
    ],
)
def test_xapi_is_judged_by_its_version_and_day(
    advisories: Advisories,
    releases: dict[str, Release],
    name: str,
    key: str,
    xapi: str,
    built: str | None,
    state: PatchState,
    why: Why,
) -> None:
    found = judge(of(advisories, name), releases[key], Software(xapi=xapi, xapi_built=built), None)
    assert (found.state, found.why) == (state, why)


@pytest.mark.parametrize(
    ("name", "key", "xen", "state", "why"),
    [
        ("XSA-490", "xcp_ng_8_3", "4.17.6-9", FIXED, Why.FIXED_LEVEL),
        ("XSA-490", "xcp_ng_8_3", "4.17.6-9-d", FIXED, Why.FIXED_LEVEL),
        ("XSA-490", "xcp_ng_8_3", "4.17.6-8", VULNERABLE, Why.OLDER),
        ("XSA-491", "xcp_ng_8_3", "4.17.6-9", CANNOT_TELL, Why.SHARED_VALUE),
        ("XSA-491", "xcp_ng_8_3", "4.17.6-10", CANNOT_TELL, Why.NEWER_THAN_DATA),
        ("XSA-491", "xcp_ng_8_3", "4.17.7-1", FIXED, Why.FIXED_LEVEL),
        ("XSA-499", "xcp_ng_8_3", "4.18.5-1", CANNOT_TELL, Why.OTHER_BRANCH),
        ("XSA-517", "xcp_ng_8_3", "4.17.6-8", VULNERABLE, Why.OLDER),
        ("XSA-517", "xcp_ng_8_3", "4.17.8-1", CANNOT_TELL, Why.NEWER_THAN_DATA),
        ("XSA-472", "xcp_ng_8_3", "4.17.5-16", CANNOT_TELL, Why.BETWEEN),
        ("XSA-472", "xcp_ng_8_3", "4.17.5-18", CANNOT_TELL, Why.SHARED_VALUE),
        ("XSA-472", "xcp_ng_8_2", "4.13.5-9.48", VULNERABLE, Why.OLDER),
        ("XSA-462", "xcp_ng_8_3", "4.13.4-10.35", VULNERABLE, Why.OLDER),
        ("XSA-517", "xcp_ng_8_2", "4.13.5-9.49", VULNERABLE, Why.NEVER_FIXED),
        ("XSA-491", "xcp_ng_8_2", "4.13.5-9.49", CANNOT_TELL, Why.AFFECTED_NOT_KNOWN),
        ("XSA-494", "xcp_ng_8_3", "4.17.6-8", NOT_AFFECTED, Why.RELEASE_NOT_AFFECTED),
        ("XSA-471", "xcp_ng_8_3", "4.17.5-15", FIXED, Why.HYPERVISORS_PART),
        ("XSA-469", "xcp_ng_8_2", "4.13.5-9.49", FIXED, Why.HYPERVISORS_PART),
        ("XSA-461", "xcp_ng_8_3", "4.17.7-9", CANNOT_TELL, Why.NO_FIELD),
        ("XSA-513", "xcp_ng_8_3", "4.17.7-9", CANNOT_TELL, Why.NO_FIELD),
        ("XSA-483", "xcp_ng_8_3", "4.17.7-9", CANNOT_TELL, Why.NO_FIELD),
        ("XSA-497", "xcp_ng_8_3", "4.17.7-9", CANNOT_TELL, Why.NO_FIELD),
        ("KERNEL-2025-07", "xcp_ng_8_3", "4.17.7-9", CANNOT_TELL, Why.NO_FIELD),
        ("INTEL-MCU-2025-08-12", "xcp_ng_8_3", "4.17.7-9", CANNOT_TELL, Why.NO_FIELD),
        ("CVE-2026-102703", "xcp_ng_8_3", "4.17.5-3", CANNOT_TELL, Why.FIX_NOT_KNOWN),
        ("XSA-468", "xcp_ng_8_3", "4.17.5-3", NOT_AFFECTED, Why.NOT_THE_HOST),
        ("XSA-487", "xcp_ng_8_3", "4.17.5-3", NOT_AFFECTED, Why.NOT_THE_HOST),
        ("CVE-2026-133469", "xcp_ng_8_3", "4.17.5-3", NOT_AFFECTED, Why.NOT_THE_HOST),
        ("XSA-490", "xenserver_9", "4.20.2-10", VULNERABLE, Why.OLDER),
        ("XSA-486", "xenserver_9", "4.21.1-2", CANNOT_TELL, Why.OTHER_BRANCH),
    ],
)
def test_each_rule_has_its_answer(
    advisories: Advisories,
    releases: dict[str, Release],
    name: str,
    key: str,
    xen: str,
    state: PatchState,
    why: Why,
) -> None:
    found = judge(of(advisories, name), releases[key], Software(xen=xen), False)
    assert (found.state, found.why) == (state, why)


def test_what_was_looked_at_is_told_with_what_has_the_fix(advisories: Advisories, releases: dict[str, Release]) -> None:
    found = judge(of(advisories, "XSA-491"), releases["xcp_ng_8_3"], Software(xen="4.17.6-9"), False)
    assert (found.field, found.value) == ("xen", "4.17.6-9")
    assert found.look_for == ("xen-4.17.6-9.2.xcpng8.3",)
    kernel = judge(of(advisories, "VSA-2026-014"), releases["xcp_ng_8_3"], Software(xen="4.17.6-9"), False)
    assert (kernel.field, kernel.value, kernel.look_for) == (None, None, ("kernel",))
    for name in ("XSA-517", "XSA-491"):  # never fixed there, whether or not it is affected
        assert judge(of(advisories, name), releases["xcp_ng_8_2"], None, None).look_for == ()
    fixed = judge(of(advisories, "XSA-490"), releases["xcp_ng_8_3"], Software(xen="4.17.6-9"), False)
    assert fixed.look_for == ()


def test_an_update_that_waits_for_a_restart_is_no_fix(advisories: Advisories, releases: dict[str, Release]) -> None:
    old = Software(xen="4.17.6-8")
    for waiting in (True, False, None):
        found = judge(of(advisories, "XSA-490"), releases["xcp_ng_8_3"], old, waiting)
        assert (found.state, found.restart_required) == (VULNERABLE, waiting is True)
    without_a_fix = judge(of(advisories, "XSA-517"), releases["xcp_ng_8_3"], old, True)
    assert (without_a_fix.state, without_a_fix.restart_required) == (VULNERABLE, False)
    never = judge(of(advisories, "XSA-517"), releases["xcp_ng_8_2"], Software(xen="4.13.5-9.49"), True)
    assert (never.state, never.restart_required) == (VULNERABLE, False)
    runs = judge(of(advisories, "XSA-490"), releases["xcp_ng_8_3"], Software(xen="4.17.6-9"), True)
    assert (runs.state, runs.restart_required) == (FIXED, False)


@pytest.mark.parametrize(
    ("name", "vendor", "state", "condition"),
    [
        ("XSA-480", "GenuineIntel", VULNERABLE, None),
        ("XSA-480", "AuthenticAMD", NOT_AFFECTED, "only on Intel processors"),
        ("XSA-480", None, VULNERABLE, "only on Intel processors"),
        ("XSA-480", "HygonGenuine", VULNERABLE, "only on Intel processors"),
        ("XSA-480", "genuineintel", VULNERABLE, "only on Intel processors"),
        ("XSA-490", "AuthenticAMD", VULNERABLE, "only Zen 2"),
        ("XSA-490", "GenuineIntel", NOT_AFFECTED, "only on AMD processors, only Zen 2"),
        ("XSA-475", "GenuineIntel", VULNERABLE, "only with Windows VMs (Viridian)"),
    ],
)
def test_a_condition_stays_unless_the_host_answers_it(
    advisories: Advisories,
    releases: dict[str, Release],
    name: str,
    vendor: str | None,
    state: PatchState,
    condition: str | None,
) -> None:
    said = Software(xen="4.17.5-4", cpu_vendor=vendor)
    found = judge(of(advisories, name), releases["xcp_ng_8_3"], said, False)
    assert (found.state, found.condition) == (state, condition)


@pytest.mark.parametrize(
    ("livepatches", "state", "why"),
    [
        ("lp_4.17.4-3-4.17.4-6", FIXED, Why.LIVE_PATCHED),
        ("hp_1_1, lp_4.17.4-3-4.17.4-6", FIXED, Why.LIVE_PATCHED),
        ("lp_4.17.4-3-4.17.4-5", VULNERABLE, Why.OLDER),
        ("lp_4.17.4-2-4.17.4-6", CANNOT_TELL, Why.ODD_VALUE),
        ("lp_4.17.4-3-4.18.0-1", VULNERABLE, Why.OLDER),
        ("lp_4_19_19__8_0_20__4_19_19__8_0_22", VULNERABLE, Why.OLDER),
        ("lp_4.17.4-3-4.17.4-6\n", FIXED, Why.LIVE_PATCHED),
        ("lp_4.17.4-3-4.17.4-6x", VULNERABLE, Why.OLDER),
        ("4.17.4-6", VULNERABLE, Why.OLDER),
        ("", VULNERABLE, Why.OLDER),
    ],
)
def test_a_live_patch_counts_as_the_level_that_it_brings(
    advisories: Advisories, releases: dict[str, Release], livepatches: str, state: PatchState, why: Why
) -> None:
    said = Software(xen="4.17.4-3", livepatches=livepatches)
    found = judge(of(advisories, "XSA-458"), releases["xenserver_8"], said, True)
    assert (found.state, found.why) == (state, why)
    assert found.restart_required is (state is VULNERABLE)


HOTFIXES = [
    ("XSA-454", "4.13.5-9.40", (), False, FIXED, Why.FIXED_LEVEL, False),
    ("XSA-454", "4.13.5-9.39", (), False, VULNERABLE, Why.OLDER, False),
    ("XSA-454", "4.13.5-9.39", ("XS82ECU1062",), True, VULNERABLE, Why.OLDER, True),
    ("XSA-454", "4.13.5-9.39", ("XS82ECU1086",), False, VULNERABLE, Why.OLDER, True),
    ("XSA-454", None, ("XS82ECU1062",), False, FIXED, Why.HOTFIX_APPLIED, False),
    ("XSA-454", None, ("XS82ECU1086",), False, FIXED, Why.HOTFIX_APPLIED, False),
    ("XSA-454", None, ("XS82ECU1061",), False, CANNOT_TELL, Why.NOT_SAID, False),
    ("XSA-454", None, ("XS82ECU1079", "XS82ECU1084"), False, CANNOT_TELL, Why.NOT_SAID, False),
    ("XSA-454", "odd", ("XS82ECU1062",), True, CANNOT_TELL, Why.RESTART_PENDING, True),
    ("XSA-454", "odd", ("XS82ECU1062",), None, CANNOT_TELL, Why.RESTART_PENDING, False),
    ("XSA-454", None, ("xs82ecu1062", "XS82ECU1062 "), False, CANNOT_TELL, Why.NOT_SAID, False),
    ("XSA-459", "4.13.5-9.49", ("XS82ECU1074",), False, FIXED, Why.HOTFIX_APPLIED, False),
    ("XSA-459", "4.13.5-9.49", ("XS82ECU1080",), False, FIXED, Why.HOTFIX_APPLIED, False),
    ("XSA-459", "4.13.5-9.49", ("XS82ECU1086",), False, CANNOT_TELL, Why.HOTFIX_NOT_SEEN, False),
    ("XSA-459", "4.13.5-9.49", (), False, CANNOT_TELL, Why.HOTFIX_NOT_SEEN, False),
]


@pytest.mark.parametrize(("name", "xen", "hotfixes", "waiting", "state", "why", "restart"), HOTFIXES)
def test_hotfixes_of_citrix_hypervisor_are_proof(
    advisories: Advisories,
    releases: dict[str, Release],
    name: str,
    xen: str | None,
    hotfixes: tuple[str, ...],
    waiting: bool | None,
    state: PatchState,
    why: Why,
    restart: bool,
) -> None:
    said = Software(xen=xen, hotfixes=hotfixes)
    found = judge(of(advisories, name), releases["ch_8_2_cu1"], said, waiting)
    assert (found.state, found.why, found.restart_required) == (state, why, restart)


ODD = [
    "",
    " ",
    "4.17",
    "4.17.9",
    "(unknown)",
    "4.17.6-9 ",
    " 4.17.6-9",
    "4.17.6-9.2.xcpng8.3",
    "4.17.6-9-d-d",
    "4.17.6-",
    "4.17.99999-1",
    "99999.0.0-1",
    "4.17.6-9\n",
    "4.17.7\N{FULLWIDTH DIGIT ONE}-1",
    "4.17.7-\N{ARABIC-INDIC DIGIT ONE}",
    "4.17.7-1" + "1" * 200,
    "v4.17.7-1",
    "4,17,7-1",
    "\N{RIGHT-TO-LEFT OVERRIDE}4.17.7-1",
    "4.17.7-1\x00",
]


@pytest.mark.parametrize("value", [None, *ODD])
def test_a_value_without_the_form_of_one_tells_nothing(
    advisories: Advisories, releases: dict[str, Release], value: str | None
) -> None:
    found = judge(of(advisories, "XSA-490"), releases["xcp_ng_8_3"], Software(xen=value), False)
    assert (found.state, found.why) == (CANNOT_TELL, Why.ODD_VALUE if value else Why.NOT_SAID)
    if value not in ("4.17", "4.17.9"):  # which are versions of xapi, and very old ones
        xapi = judge(of(advisories, "XSA-489"), releases["xcp_ng_8_3"], Software(xapi=value), False)
        assert xapi.state is CANNOT_TELL
    day = Software(xapi="26.1.3", xapi_built=value)
    assert judge(of(advisories, "XSA-489"), releases["xcp_ng_8_3"], day, False).state is CANNOT_TELL


@pytest.mark.parametrize("built", ["20269999", "0000-00-00", "2026-04", "yesterday", "2026042", "19991231x"])
def test_a_day_that_is_none_tells_nothing(advisories: Advisories, releases: dict[str, Release], built: str) -> None:
    said = Software(xapi="26.1.3", xapi_built=built)
    found = judge(of(advisories, "XSA-489"), releases["xcp_ng_8_3"], said, False)
    assert (found.state, found.why) == (CANNOT_TELL, Why.ODD_VALUE)


def test_a_release_that_the_data_do_not_cover_is_not_fine(advisories: Advisories, matrix: Matrix) -> None:
    old = matrix.release(Product.XENSERVER, "7.2")
    assert old
    level = PatchLevels(advisories).of(old, Software(xen="4.7.6-1"), False)
    assert not level.covered
    assert (judge(of(advisories, "XSA-486"), old, None, None).why) is Why.RELEASE_NOT_COVERED


BUILDS = st.builds(
    "{}.{}.{}-{}".format,
    st.just(4),
    st.sampled_from([13, 17, 18, 20]),
    st.integers(0, 12),
    st.one_of(st.integers(0, 60).map(str), st.builds("{}.{}".format, st.integers(0, 20), st.integers(0, 60))),
)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789.-d", max_size=24),
    BUILDS,
    st.builds("{}{}".format, BUILDS, st.sampled_from(["-d", " ", "\n", ".1", "-1", "x", "\u0661"])),
)
KEYS = st.sampled_from(["xcp_ng_8_3", "xcp_ng_8_2", "xenserver_8", "xenserver_9", "ch_8_2_cu1"])


@given(KEYS, TEXTS, TEXTS, TEXTS, st.one_of(st.none(), st.text(max_size=40)), st.sampled_from([True, False, None]))
def test_no_text_is_fixed_but_a_build_of_the_fixs_branch_at_or_above_it(
    advisories: Advisories,
    releases: dict[str, Release],
    key: str,
    xen: str,
    xapi: str,
    built: str,
    livepatches: str | None,
    waiting: bool | None,
) -> None:
    said = Software(xen=xen, xapi=xapi, xapi_built=built, livepatches=livepatches)
    for found in judge_all(advisories, releases[key], said, waiting):
        affected = found.advisory.of(releases[key])
        assert affected
        levels = affected.levels
        if FIXED not in (found.state, found.shown):
            continue
        assert levels
        assert levels.fixed_from
        if levels.field is ShownBy.XEN:
            assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+-[0-9.]+(-d)?", xen)
            build = xen.removesuffix("-d")
            assert compare_builds(build, levels.fixed_from) >= 0
            assert build.split(".")[:2] == levels.fixed_from.split(".")[:2]
        else:
            assert re.fullmatch(r"[0-9]+\.[0-9]+(\.[0-9]+)?", xapi)
            assert compare_builds(xapi, ".".join(levels.fixed_from.split(".")[: xapi.count(".") + 1])) >= 0


@given(KEYS, BUILDS, BUILDS)
def test_a_newer_build_of_a_branch_is_never_judged_worse(
    advisories: Advisories, releases: dict[str, Release], key: str, one: str, other: str
) -> None:
    if one.split(".")[:2] != other.split(".")[:2]:
        other = ".".join([*one.split(".")[:2], *other.split(".")[2:]])
    if compare_builds(one, other) > 0:
        one, other = other, one
    rank = [VULNERABLE, CANNOT_TELL, FIXED]
    for old, new in zip(
        judge_all(advisories, releases[key], Software(xen=one), False),
        judge_all(advisories, releases[key], Software(xen=other), False),
        strict=True,
    ):
        if old.shown and new.shown:
            assert rank.index(old.shown) <= rank.index(new.shown)


@given(KEYS, st.integers(0, 4), st.integers(0, 30))
def test_a_host_older_than_every_fix_is_never_one_that_cannot_be_told(
    advisories: Advisories, releases: dict[str, Release], key: str, patch: int, release: int
) -> None:
    old = Software(xen=f"4.13.{patch}-9.{release}", xapi="1.20")
    for found in judge_all(advisories, releases[key], old, False):
        affected = found.advisory.of(releases[key])
        assert affected
        if affected.levels and affected.levels.field is ShownBy.XEN:
            assert found.shown is VULNERABLE
            assert found.state is (NOT_AFFECTED if affected.affected is False else VULNERABLE)


def test_a_patch_level_has_the_gravest_first_and_counts(advisories: Advisories, releases: dict[str, Release]) -> None:
    levels = PatchLevels(advisories)
    said = Software(xen="4.17.5-23", xapi="26.1.3", xapi_built="20260426T00:00:00Z")
    level = levels.of(releases["xcp_ng_8_3"], said, True)
    assert levels.of(releases["xcp_ng_8_3"], said._replace(), True) is level
    vulnerable = level.having(VULNERABLE)
    assert [found.advisory.severity for found in vulnerable] == sorted(
        (found.advisory.severity for found in vulnerable), key=["critical", "high", "medium", "low"].index
    )
    assert vulnerable[0].advisory.id == "XSA-517"
    assert level.counts[VULNERABLE] == len(vulnerable) == 21
    assert level.restart_required
    assert not level.newer_than_data
    assert levels.of(releases["xcp_ng_8_3"], Software(xen="4.17.6-10"), False).newer_than_data


def test_a_patch_level_without_judgements_is_not_covered() -> None:
    level = PatchLevel(())
    assert (level.covered, level.counts[FIXED], level.restart_required) == (False, 0, False)
