"""What buttons, menus and windows carry: whatever comes back is read as ours, or as none of ours."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.button_value import ActionValue, decode, encode
from bot.chat.platform import Actor, Origin, Original
from bot.chat.reply import Asks, Menu, MenuEntry
from bot.slack.actions import elements, pressed
from bot.slack.modals import (
    MOMENT,
    NOTE,
    PickedMoment,
    TypedNote,
    moment_picker,
    note_window,
    picked_moment,
    typed_note,
)

scraps = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *("private_metadata", "state", "values", MOMENT, NOTE),
                    *("selected_date", "selected_date_time", "value", "words"),
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
)
words = st.text(max_size=60)
asks = st.one_of(st.none(), st.sampled_from(Asks))
_ids = st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=12)
USER = {"id": "U0000001", "team_id": "T0000001"}


@given(words, st.one_of(st.none(), st.dates()), st.one_of(st.none(), st.text(min_size=1, max_size=20)), asks)
def test_words_come_back_as_they_went(words: str, on: date | None, kept: str | None, asks: Asks | None) -> None:
    value = ActionValue(words, on, kept, asks)
    assert decode(encode(value)) == decode(encode(value, compact=True)) == value


@given(words, words)
def test_every_entry_of_a_menu_comes_back_as_it_went(one: str, other: str) -> None:
    entries = (MenuEntry("a", one), MenuEntry("b", other, Asks.MOMENT))
    for menu in elements([Menu("Snooze", one, entries)]):
        chosen = [pressed({"action_id": menu["action_id"], "selected_option": each}) for each in menu["options"]]
        assert chosen == [ActionValue(one), ActionValue(other, asks=Asks.MOMENT)]


def test_ordinary_alert_messages_have_room_for_their_menu() -> None:
    ids = " ".join(["123456"] * 7)
    assert elements([Menu("Snooze", "", (MenuEntry("next", f"snooze {ids} next"),))])


def test_a_menu_with_more_words_than_an_option_carries_is_left_out() -> None:
    assert elements([Menu("Snooze", "", (MenuEntry("next", "snooze 1 " * 30),))]) == []


@given(_ids, st.sampled_from(("1d", "7d", "threshold", "date")))
def test_options_of_earlier_versions_are_words_too(ids: list[int], name: str) -> None:
    option = {"value": f"{name} {','.join(map(str, ids))}"}
    end = {"threshold": " next", "date": ""}.get(name, f" {name}")
    wanted = f"snooze {' '.join(map(str, ids))}{end}"
    asks = Asks.MOMENT if name == "date" else None
    assert pressed({"action_id": "snooze", "selected_option": option}) == ActionValue(wanted, asks=asks)


@given(_ids)
def test_buttons_of_earlier_versions_are_words_too(ids: list[int]) -> None:
    value, numbers = ",".join(map(str, ids)), " ".join(map(str, ids))
    assert pressed({"action_id": "ack", "value": value}) == ActionValue(f"ack {numbers}")
    assert pressed({"action_id": "hosts", "value": value}) == ActionValue(f"alerts {numbers}")


@given(st.sampled_from(("ack", "hosts", "snooze", "act_1", "menu_2", "ask_1")), scraps, scraps)
def test_anything_else_is_none_of_ours(action_id: str, value: object, option: object) -> None:
    assert pressed({"action_id": action_id, "value": value, "selected_option": option}) in (
        None,
        pressed({"action_id": action_id, "value": value}),
    )


moments = st.integers(10**8, 10**11).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(words.filter(bool), st.one_of(st.none(), moments), st.text(max_size=20), st.booleans())
def test_a_window_comes_back_with_what_it_was_about(
    words: str, at: datetime | None, note: str, on_home_page: bool
) -> None:
    actor = Actor("U0000001", "T0000001", None if on_home_page else "C0000001")
    origin = Origin(actor, "https://hooks.example/1", None, Original.OTHERS, on_home_page)
    view = moment_picker(origin, words, datetime(2026, 11, 23, tzinfo=UTC))
    chosen = {"type": "datetimepicker", "selected_date_time": int(at.timestamp()) if at else None}
    body = {"user": USER, "view": {**view, "state": {"values": {MOMENT: {MOMENT: chosen}}}}}
    assert picked_moment(body) == PickedMoment(origin, words, at)
    state = {"values": {NOTE: {NOTE: {"type": "plain_text_input", "value": note}}}}
    body = {"user": USER, "view": {**note_window(origin, words), "state": state}}
    assert typed_note(body) == TypedNote(origin, words, note)


@given(st.dictionaries(st.sampled_from(["private_metadata", "state"]), scraps, max_size=2))
def test_a_view_of_another_shape_is_none_of_ours(view: dict[str, object]) -> None:
    assert picked_moment({"user": USER, "view": view}) is None
    assert typed_note({"user": USER, "view": view}) is None
