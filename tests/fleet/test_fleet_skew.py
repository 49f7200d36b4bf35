"""Members of a pool that miss different updates, and what is no skew."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.skew import HostBehind, PatchSkew, patch_skew
from bot.xo.updates import MissingUpdate, MissingUpdates, WhyNotAsked

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
XEN = MissingUpdate("xen", "4.17.6-9.5", True)
NEWER = XEN._replace(version="4.17.6-9.6")
KERNEL = MissingUpdate("kernel", "4.19.19-8", None)


def member(host: str, *missing: MissingUpdate, source: str = "xo", hours: int = 0) -> MissingUpdates:
    return MissingUpdates(host, source, NOW + timedelta(hours=hours), True, missing)


def unasked(host: str, source: str = "xo", hours: int = 0) -> MissingUpdates:
    return MissingUpdates(host, source, NOW + timedelta(hours=hours), asked=False, why=WhyNotAsked.OFF)


def test_who_misses_what_another_has_is_behind() -> None:
    found = patch_skew([member("b", KERNEL, XEN), member("a", KERNEL), unasked("c")])
    assert found == PatchSkew((HostBehind("b", (XEN,)),), (), ("c",))


def test_two_that_miss_different_things_are_both_behind() -> None:
    found = patch_skew([member("a", KERNEL), member("b", XEN)])
    assert found == PatchSkew((HostBehind("a", (KERNEL,)), HostBehind("b", (XEN,))), (), ())


def test_mirrors_of_different_days_are_told_as_such() -> None:
    assert patch_skew([member("a", XEN), member("b", NEWER)]) == PatchSkew((), ("xen",), ())


def test_alike_alone_or_unknown_is_no_skew() -> None:
    assert patch_skew([]) is None
    assert patch_skew([member("a", XEN)]) is None
    assert patch_skew([member("a", XEN), member("b", XEN)]) is None
    assert patch_skew([member("a", XEN), unasked("b")]) is None


def test_the_newest_answer_of_several_xen_orchestras_counts_and_a_failure_never() -> None:
    both = [member("a", XEN, source="one"), member("a", source="two", hours=1), unasked("a", "three", 2)]
    assert patch_skew([*both, member("b")]) is None
    found = patch_skew([*both, member("b", KERNEL)])
    assert found == PatchSkew((HostBehind("b", (KERNEL,)),), (), ())


_MEMBER = st.builds(
    lambda host, missing, asked: member(host, *sorted(missing)) if asked else unasked(host),
    st.sampled_from("abcd"),
    st.sets(st.sampled_from([XEN, NEWER, KERNEL]), max_size=3),
    st.booleans(),
)


@given(st.lists(_MEMBER, max_size=6))
def test_nobody_is_behind_in_what_all_miss_and_nobody_who_could_not_be_asked(members: list[MissingUpdates]) -> None:
    found = patch_skew(members)
    if found is None:
        return
    asked = {each.host for each in members if each.asked}
    assert {each.host for each in found.behind} <= asked
    assert not asked & set(found.unknown)
    assert len(found.behind) + len(found.offered) > 0
