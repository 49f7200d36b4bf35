"""Pressed buttons below alerts, through signed requests."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import BoltResponse

from bot.alerts.alert import NO_DETAIL, AffectedHost, Alert, AlertState, AlertSubject, NotifyReason, Rule
from bot.alerts.ports import AlertAct, AlertAction
from bot.chat.commands import ACK, ALERTS
from bot.chat.interpret import interpret
from bot.chat.reply import Act as Button
from bot.chat.reply import Reply, Verb, line
from bot.slack.alert_actions import AlertActionListener, AlertActionServices, listen
from bot.slack.blocks import messages
from bot.slack.client import web_client
from bot.slack.executor import BoundedExecutor
from bot.slack.payload import Actor
from bot.slack.post import SlackClient
from tests.slack.blockkit import complaints
from tests.slack.conftest import TOKEN, Furnish, Room
from tests.slack.signed import press
from tests.slack.standin import StandIn

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTS = tuple(AffectedHost(f"u-{number}", f"xen-{number}", "lab" if number < 3 else "prod") for number in (3, 1, 2))
SUBJECT = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")


def _alert(number: int, state: AlertState = AlertState.FIRING, hosts: tuple[AffectedHost, ...] = HOSTS) -> Alert:
    return Alert(
        number, "C0000001", Rule.EOL, SUBJECT, hosts, None, 90, NO_DETAIL, False, state, NotifyReason.NEW, NOW, NOW
    )


class Book:
    """A book of alerts in which acting twice changes nothing."""

    def __init__(self) -> None:
        self.alerts = {number: _alert(number) for number in (17, 18)}
        self.acts: list[tuple[tuple[int, ...], AlertAct]] = []
        self.notes: list[tuple[str, str, str]] = []
        self.woken = 0
        self.refreshed: list[Actor] = []
        self.may = True

    def act(self, ids: tuple[int, ...], act: AlertAct) -> tuple[Alert, ...]:
        self.acts.append((ids, act))
        state = AlertState.SNOOZED if act.action is AlertAction.SNOOZE else AlertState.ACKNOWLEDGED
        changed = tuple(self.alerts[i]._replace(state=state) for i in ids if self._changes(i, state))
        self.alerts.update({alert.id: alert for alert in changed})
        return changed

    def _changes(self, number: int, state: AlertState) -> bool:
        found = self.alerts.get(number)
        return found is not None and found.is_open and found.state is not state

    def find(self, ids: tuple[int, ...]) -> tuple[Alert, ...]:
        return tuple(self.alerts[number] for number in ids if number in self.alerts)

    def note(self, asker: Actor, words: str, outcome: str, begun: float) -> None:
        assert begun > 0
        self.notes.append((asker.user, words, outcome))

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def room(furnish: Furnish, standin: StandIn, book: Book) -> Iterator[Room]:
    room = furnish()
    post = SlackClient(web_client(TOKEN, standin.api))
    work = BoundedExecutor(1, 20)
    broken: list[BaseException] = []

    def later(_: Actor, __: str | None, task: Callable[[], None]) -> bool:
        return work.take(task, broken.append)

    means = AlertActionServices(
        may_act=lambda _: book.may,
        may_see=lambda _: book.may,
        act=book.act,
        find=book.find,
        tell=post.privately,
        later=later,
        open_view=post.open_view,
        note=book.note,
        wake=book.wake,
        refresh=book.refreshed.append,
        now=lambda: NOW,
    )
    listen(room.app, AlertActionListener(means))
    room.work = work
    yield room
    assert work.settle(10)
    assert not broken


def _press(room: Room, standin: StandIn, verb: str, value: str | None = "17", **more: Any) -> BoltResponse:
    response = room.post(press(verb, value or "", standin.response_url, **more))
    assert room.work.settle(10)
    return response


def _snooze(room: Room, standin: StandIn, value: str) -> None:
    chosen = {"type": "static_select", "action_id": "snooze", "block_id": "b", "selected_option": {"value": value}}
    _press(room, standin, "snooze", actions=[chosen], trigger_id="1.2.3")


def _submit(room: Room, standin: StandIn, day: str | None) -> BoltResponse:
    """Choose a date in the modal that was opened."""
    _snooze(room, standin, "date 17,18")
    view = standin.of("views.open")[0].fields["view"]
    values = {block["block_id"]: {block["element"]["action_id"]: {"selected_date": day}} for block in view["blocks"]}
    payload = {
        "type": "view_submission",
        "team": {"id": "T0000001"},
        "user": {"id": "U0000001", "team_id": "T0000001"},
        "view": {**view, "state": {"values": values}},
    }
    response = room.post(urlencode({"payload": json.dumps(payload)}))
    assert room.work.settle(10)
    return response


def test_acknowledging_says_who_and_when_and_wakes_the_sender(room: Room, standin: StandIn, book: Book) -> None:
    response = _press(room, standin, "ack", "17,18")
    assert (response.status, response.body) == (200, "")
    assert book.acts == [((17, 18), AlertAct(AlertAction.ACKNOWLEDGE, "U0000001", NOW))]
    assert book.notes == [("U0000001", "ack 17 18", "done")]
    assert interpret("ack 17 18")[0] is ACK  # so the trail has it under that command
    assert (book.woken, standin.calls) == (1, [])


def test_acknowledging_twice_changes_nothing_and_says_so_to_the_presser(
    room: Room, standin: StandIn, book: Book
) -> None:
    _press(room, standin, "ack")
    _press(room, standin, "ack")
    (told,) = standin.of("respond")
    assert (told.fields["text"], told.fields["response_type"]) == ("It is acknowledged already.", "ephemeral")
    assert book.woken == 1


@pytest.mark.parametrize(
    ("ids", "said"), [("99", "There is no such alert any more."), ("18", "It is resolved already.")]
)
def test_what_is_over_can_not_be_acknowledged(room: Room, standin: StandIn, book: Book, ids: str, said: str) -> None:
    book.alerts[18] = _alert(18, AlertState.RESOLVED)
    _press(room, standin, "ack", ids)
    assert standin.of("respond")[0].fields["text"] == said


@pytest.mark.parametrize(
    ("value", "until"), [("1d 17,18", NOW + DAY), ("7d 17,18", NOW + 7 * DAY), ("threshold 17,18", None)]
)
def test_snoozing_is_for_as_long_as_was_chosen(
    room: Room, standin: StandIn, book: Book, value: str, until: datetime | None
) -> None:
    _snooze(room, standin, value)
    assert book.acts == [((17, 18), AlertAct(AlertAction.SNOOZE, "U0000001", NOW, until))]


def test_a_date_is_asked_for_in_a_modal(room: Room, standin: StandIn, book: Book) -> None:
    response = _submit(room, standin, "2026-12-24")
    assert (response.status, response.body) == (200, "")
    assert standin.of("views.open")[0].fields["trigger_id"] == "1.2.3"
    until = datetime(2026, 12, 24, tzinfo=UTC)
    assert book.acts == [((17, 18), AlertAct(AlertAction.SNOOZE, "U0000001", NOW, until))]


def test_a_day_that_is_not_ahead_keeps_the_modal_open(room: Room, standin: StandIn, book: Book) -> None:
    response = _submit(room, standin, "2026-11-23")
    assert json.loads(response.body) == {
        "response_action": "errors",
        "errors": {"snooze_until": "Choose a day after today."},
    }
    assert book.acts == []


def test_all_hosts_are_shown_to_the_presser_alone(room: Room, standin: StandIn, book: Book) -> None:
    _press(room, standin, "hosts", "17,18")
    (told,) = standin.of("respond")
    assert told.fields["text"] == "XCP-ng 8.2 LTS: 3 hosts in 2 pools"
    assert told.fields["response_type"] == "ephemeral"
    assert [block["text"]["text"].splitlines() for block in told.fields["blocks"][1:]] == [
        ["*lab*", "• xen-1", "• xen-2"],
        ["*prod*", "• xen-3"],
    ]
    assert complaints(told.fields) == []
    assert book.notes == [("U0000001", "alerts 17 18", "shown")]
    assert interpret("alerts 17 18")[0] is ALERTS


def test_many_hosts_come_in_their_order_and_it_is_said_what_is_missing(
    room: Room, standin: StandIn, book: Book
) -> None:
    many = tuple(
        AffectedHost(f"u-{at}", f"xen-{at:05d}.a-rather-long-domain.example.org", f"p{at % 7}") for at in range(4000)
    )
    book.alerts[17] = _alert(17, hosts=many)
    _press(room, standin, "hosts")
    told = standin.of("respond")
    assert len(told) == 5
    assert "not shown" in str(told[-1].fields["blocks"][-1])
    assert [problem for each in told for problem in complaints(each.fields)] == []


@pytest.mark.parametrize("verb", ["ack", "hosts"])
def test_without_the_right_nothing_is_done_and_the_presser_is_told(
    room: Room, standin: StandIn, book: Book, verb: str
) -> None:
    book.may = False
    _press(room, standin, verb)
    (told,) = standin.of("respond")
    assert "You may not do that here" in told.fields["text"]
    assert told.fields["response_type"] == "ephemeral"
    assert (book.acts, [note[2] for note in book.notes]) == ([], ["refused"])


def test_without_the_right_no_modal_opens(room: Room, standin: StandIn, book: Book) -> None:
    book.may = False
    _snooze(room, standin, "date 17")
    assert standin.of("views.open") == []
    assert book.acts == []


def test_a_right_that_was_lost_while_the_modal_was_open_is_lost(room: Room, standin: StandIn, book: Book) -> None:
    _snooze(room, standin, "date 17")
    book.may = False
    _submit(room, standin, "2026-12-24")
    assert book.acts == []
    assert "You may not do that here" in standin.of("chat.postEphemeral")[0].fields["text"]


@pytest.mark.parametrize("value", ["", "17;drop", "-1", "17,", "x" * 3000])
def test_a_value_that_is_none_of_ours_does_nothing(room: Room, standin: StandIn, book: Book, value: str) -> None:
    _press(room, standin, "ack", value)
    assert book.acts == []
    assert "another version" in standin.of("respond")[0].fields["text"]


@pytest.mark.parametrize("value", ["", "2d 17", "7d", "7d 1,x", "date"])
def test_an_option_that_is_none_of_ours_does_nothing(room: Room, standin: StandIn, book: Book, value: str) -> None:
    _snooze(room, standin, value)
    assert book.acts == []
    assert "another version" in standin.of("respond")[0].fields["text"]


AT_HOME = {
    "view": {"type": "home", "id": "V0000001", "blocks": []},
    "container": {"type": "view", "view_id": "V0000001"},
    "channel": None,
    "trigger_id": "1.2.3",
}


def _press_at_home(room: Room, verb: str, value: str = "17", **more: Any) -> None:
    assert room.post(press(verb, value, None, **{**AT_HOME, **more})).status == 200
    assert room.work.settle(10)


def test_in_app_home_acknowledging_shows_the_page_anew(room: Room, standin: StandIn, book: Book) -> None:
    _press_at_home(room, "ack")
    assert book.acts == [((17,), AlertAct(AlertAction.ACKNOWLEDGE, "U0000001", NOW))]
    assert (book.refreshed, standin.calls) == ([Actor("U0000001", "T0000001", None)], [])


def test_in_app_home_a_press_that_may_not_be_is_told_in_a_modal(room: Room, standin: StandIn, book: Book) -> None:
    book.may = False
    _press_at_home(room, "ack")
    (opened,) = standin.of("views.open")
    assert opened.fields["trigger_id"] == "1.2.3"
    assert "You may not do that here" in str(opened.fields["view"])
    assert (book.acts, len(book.refreshed)) == ([], 1)


def test_in_app_home_hosts_are_shown_in_a_modal(room: Room, standin: StandIn) -> None:
    _press_at_home(room, "hosts", "17,18")
    (opened,) = standin.of("views.open")
    view = opened.fields["view"]
    assert (view["type"], view["title"]["text"]) == ("modal", "xocompat")
    assert "• xen-1" in str(view["blocks"])


def test_in_app_home_a_snooze_until_a_day_shows_the_page_anew(room: Room, standin: StandIn, book: Book) -> None:
    chosen = {"type": "static_select", "action_id": "snooze", "selected_option": {"value": "date 17"}}
    _press_at_home(room, "snooze", actions=[chosen])
    view = standin.of("views.open")[0].fields["view"]
    values = {
        block["block_id"]: {block["element"]["action_id"]: {"selected_date": "2026-12-24"}} for block in view["blocks"]
    }
    payload = {
        "type": "view_submission",
        "team": {"id": "T0000001"},
        "user": {"id": "U0000001", "team_id": "T0000001"},
        "view": {**view, "state": {"values": values}},
    }
    room.post(urlencode({"payload": json.dumps(payload)}))
    assert room.work.settle(10)
    assert book.acts == [((17,), AlertAct(AlertAction.SNOOZE, "U0000001", NOW, datetime(2026, 12, 24, tzinfo=UTC)))]
    assert len(book.refreshed) == 2


def test_below_a_message_app_home_is_left_as_it_is(room: Room, standin: StandIn, book: Book) -> None:
    _press(room, standin, "ack")
    assert book.refreshed == []


def test_buttons_carry_their_alerts() -> None:
    ids = (17, 18)
    wanted = (
        Button("Acknowledge", Verb.ACK, ids),
        Button("Snooze", Verb.SNOOZE, ids),
        Button("Show hosts", Verb.HOSTS, ids),
    )
    (message,) = messages(Reply("alert", line("8.2 ends"), buttons=wanted))
    ack, snooze, hosts = message.blocks[-1]["elements"]
    assert (ack["action_id"], ack["value"], ack["accessibility_label"]) == (
        "ack",
        "17,18",
        "Acknowledge: alerts 17, 18",
    )
    assert (snooze["action_id"], snooze["placeholder"]["text"]) == ("snooze", "Snooze")
    assert [option["value"] for option in snooze["options"]] == [
        "1d 17,18",
        "7d 17,18",
        "threshold 17,18",
        "date 17,18",
    ]
    assert hosts["action_id"] == "hosts"
    assert complaints(message.body()) == []
