"""Who may do what: default deny, by user, by group, for everybody, in one channel; never for other workspaces."""

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.access import LOOKUP, Grant, Granted, Requester, granted
from bot.chat.command import Right

ANN = Requester("U1", at_home=True, channel="C1")
PROBE = frozenset({Right.PROBE})
MORE = frozenset({Right.PROBE, Right.FLEET, Right.OPERATE})


def _nobody(_: str, __: str) -> bool:
    return False


def _not_told(_: str, __: str) -> None:
    return None


def test_without_a_grant_there_are_look_ups_alone() -> None:
    assert granted((), ANN, _nobody) == Granted(LOOKUP)
    assert granted((Grant("U2", None, MORE),), ANN, _nobody).rights == LOOKUP


def test_a_grant_to_a_user_or_to_everybody_gives_its_rights_and_no_others() -> None:
    for who in ("U1", "*"):
        assert granted((Grant(who, None, PROBE),), ANN, _nobody).rights == LOOKUP | PROBE


def test_a_grant_for_a_channel_holds_there_alone() -> None:
    grants = (Grant("*", "C1", PROBE),)
    assert granted(grants, ANN, _nobody).rights == LOOKUP | PROBE
    assert granted(grants, ANN._replace(channel="C2"), _nobody).rights == LOOKUP
    assert granted(grants, ANN._replace(channel=None), _nobody).rights == LOOKUP


def test_a_grant_to_a_group_holds_for_its_members() -> None:
    grants = (Grant("S1", None, PROBE, is_of_group=True),)
    assert granted(grants, ANN, lambda group, user: (group, user) == ("S1", "U1")).rights == LOOKUP | PROBE
    assert granted(grants, ANN, _nobody) == Granted(LOOKUP)


def test_where_nobody_tells_who_is_in_a_group_its_rights_are_denied_and_named() -> None:
    grants = (Grant("S1", None, MORE, is_of_group=True), Grant("*", None, PROBE))
    assert granted(grants, ANN, _not_told) == Granted(LOOKUP | PROBE, MORE - PROBE)


def test_a_group_is_asked_about_only_where_it_could_add_something() -> None:
    asked: list[str] = []

    def member(group: str, _: str) -> bool:
        asked.append(group)
        return True

    grants = (
        Grant("U1", None, PROBE),
        Grant("S1", None, PROBE, is_of_group=True),
        Grant("S2", "C2", MORE, is_of_group=True),
        Grant("S3", None, MORE, is_of_group=True),
    )
    granted((*grants, Grant("S4", None, MORE, is_of_group=True)), ANN, member)
    assert asked == ["S3"]


def test_a_right_that_is_granted_for_the_channel_alone_is_scoped() -> None:
    here, both = Grant("U1", "C1", MORE), Grant("*", None, PROBE)
    assert granted((here,), ANN, _nobody) == Granted(LOOKUP | MORE, scoped=MORE)
    assert granted((here, both), ANN, _nobody) == Granted(LOOKUP | MORE, scoped=MORE - PROBE)
    assert granted((both,), ANN, _nobody).scoped == frozenset()
    assert granted((here, Grant("U1", None, MORE)), ANN, _nobody).scoped == frozenset()


def test_a_group_that_could_lift_the_bounds_of_a_channel_is_asked_about() -> None:
    grants = (Grant("U1", "C1", MORE), Grant("S1", None, MORE, True))
    assert granted(grants, ANN, lambda _, __: True).scoped == frozenset()
    assert granted(grants, ANN, _nobody).scoped == MORE
    assert granted(grants, ANN, _not_told) == Granted(LOOKUP | MORE, scoped=MORE)


_ids = st.sampled_from(["U1", "U2", "S1", "*"])
_grants = st.lists(
    st.builds(Grant, _ids, st.sampled_from([None, "C1", "C2"]), st.frozensets(st.sampled_from(sorted(MORE)))),
    max_size=6,
)


@given(_grants)
def test_people_of_other_workspaces_never_get_more_than_look_ups(grants: list[Grant]) -> None:
    assert granted(grants, ANN._replace(at_home=False), lambda _, __: True) == Granted(LOOKUP)


@given(_grants, st.booleans())
def test_a_further_grant_never_takes_a_right_away(grants: list[Grant], member: bool) -> None:
    fewer = granted(grants[1:], ANN, lambda _, __: member).rights
    assert LOOKUP <= fewer <= granted(grants, ANN, lambda _, __: member).rights


@given(_grants, st.booleans())
def test_what_holds_everywhere_is_what_holds_without_a_channel(grants: list[Grant], member: bool) -> None:
    found = granted(grants, ANN, lambda _, __: member)
    nowhere = granted(grants, ANN._replace(channel=None), lambda _, __: member)
    assert found.rights - found.scoped == nowhere.rights
    assert nowhere.scoped == frozenset()
