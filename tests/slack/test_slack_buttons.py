"""What buttons and modals carry: whatever comes back is read as ours, or as none of ours."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.slack.actions import SnoozeFor, decode_ids, decode_snooze, encode_ids, snooze_menu
from bot.slack.snooze import CALLBACK, Chosen, chosen, modal

ids = st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=12).map(tuple)
scraps = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["private_metadata", "state", "values", CALLBACK, "selected_date"]), inner, max_size=4
        ),
    ),
)


@given(ids)
def test_alerts_come_back_as_they_went(numbers: tuple[int, ...]) -> None:
    assert decode_ids(encode_ids(numbers)) == numbers


@given(ids, st.sampled_from(SnoozeFor))
def test_every_option_comes_back_as_it_went(numbers: tuple[int, ...], how: SnoozeFor) -> None:
    menu = snooze_menu("Snooze", numbers)
    if menu is not None:
        values = [option["value"] for option in menu["options"]]
        assert (how, numbers) in [decode_snooze(value) for value in values]


def test_ordinary_bulletins_have_room_for_their_menu() -> None:
    assert snooze_menu("Snooze", (123456,) * 7) is not None


@given(scraps)
def test_anything_else_is_none_of_ours(value: object) -> None:
    assert decode_ids(value) is None or isinstance(value, str)
    assert decode_snooze(value) is None


@given(ids, st.one_of(st.none(), st.dates()))
def test_a_modal_comes_back_with_what_it_was_about(numbers: tuple[int, ...], day: date | None) -> None:
    view = modal(numbers, "C0000001", date(2026, 11, 23))
    values = {CALLBACK: {CALLBACK: {"type": "datepicker", "selected_date": day.isoformat() if day else None}}}
    assert chosen({**view, "state": {"values": values}}) == Chosen(numbers, "C0000001", day)


@given(st.dictionaries(st.sampled_from(["private_metadata", "state"]), scraps, max_size=2))
def test_a_view_of_another_shape_is_none_of_ours(view: dict[str, object]) -> None:
    assert chosen(view) is None
