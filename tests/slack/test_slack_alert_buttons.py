"""Buttons below alerts, through signed requests: they do what their words do, and those of old messages do, too."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import BoltResponse

from bot.alerts.alert import AffectedHost, Alert, AlertState, AlertSubject, NotifyReason, Rule
from bot.alerts.facts import NO_DETAIL
from bot.alerts.routing import AlertPlan
from bot.chat.access import Grant
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.command import Alerting, Ports, Right
from bot.chat.reply import Reply, line
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.blocks import messages
from tests.alerts.fakes import MemoryBook, MemoryDigests, MemoryWatches
from tests.slack.blockkit import complaints
from tests.slack.conftest import Furnish, Room
from tests.slack.signed import press
from tests.slack.standin import StandIn

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
ME, CHANNEL = "U0000001", "C0000001"
HOSTS = tuple(AffectedHost(f"u-{number}", f"xen-{number}", "lab" if number < 3 else "prod") for number in (3, 1, 2))
SUBJECT = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
MAY = (Grant(ME, None, frozenset({Right.FLEET, Right.OPERATE})),)
SEES = (Grant("S0000001", None, frozenset({Right.FLEET, Right.OPERATE}), is_of_group=True),)


def _alert(number: int, state: AlertState = AlertState.FIRING, hosts: tuple[AffectedHost, ...] = HOSTS) -> Alert:
    rule = Rule.EOL if number == 17 else Rule.SUPPORT
    ended = NOW if state is AlertState.RESOLVED else None
    alert = Alert(number, CHANNEL, rule, SUBJECT, hosts, None, 90, NO_DETAIL, False, state, NotifyReason.NEW, NOW, NOW)
    return alert._replace(resolved_at=ended)


class Alerts:
    """Two alerts, 17 and 18, in a book, and a room whose words reach them."""

    def __init__(self, matrix: Matrix, reader: Reader) -> None:
        self.matrix, self.reader = matrix, reader
        self.keep(_alert(17), _alert(18))

    def keep(self, *alerts: Alert) -> None:
        self.book = MemoryBook(alerts)

    def runner(self) -> CommandRunner:
        plan = AlertPlan(CHANNEL, lead=(90, 30, 0))
        alerting = Alerting(self.book, MemoryWatches(), MemoryDigests(), plan, lambda: NOW)
        return CommandRunner(Ports(self.matrix, self.reader, alerting=alerting), lambda: NOW.date())

    def __getitem__(self, number: int) -> Alert:
        return self.book.find((number,))[0]

    @property
    def states(self) -> list[AlertState]:
        return [alert.state for alert in self.book.find((17, 18))]


FIRING = [AlertState.FIRING] * 2


@pytest.fixture
def alerts(matrix: Matrix, reader: Reader) -> Alerts:
    return Alerts(matrix, reader)


@pytest.fixture
def room(furnish: Furnish, alerts: Alerts) -> Room:
    return furnish(alerts.runner(), grants=MAY)


def _elements(alerts: Alerts) -> dict[str, Any]:
    """The buttons of the alerts' message by their labels."""
    (message,) = messages(alert_message(alerts.book.open(), NOW.date(), NOW, alerts.matrix))
    assert complaints(message.body()) == []
    actions = next(block for block in message.blocks if block["type"] == "actions")
    return {(e.get("text") or e["placeholder"])["text"]: e for e in actions["elements"]}


def _press(room: Room, standin: StandIn, button: dict[str, Any], **more: Any) -> None:
    url = None if "view" in more else standin.response_url
    assert room.post(press(button["action_id"], button["value"], url, **more)).status == 200
    room.settle()


def _choose(room: Room, standin: StandIn, action_id: str, value: str, **more: Any) -> None:
    chosen = {"type": "static_select", "action_id": action_id, "block_id": "b", "selected_option": {"value": value}}
    url = None if "view" in more else standin.response_url
    room.post(press(action_id, "", url, actions=[chosen], trigger_id="1.2.3", **more))
    room.settle()


def _snooze(room: Room, standin: StandIn, alerts: Alerts, label: str, **more: Any) -> None:
    menu = _elements(alerts)["Snooze"]
    value = next(option["value"] for option in menu["options"] if option["text"]["text"] == label)
    _choose(room, standin, menu["action_id"], value, **more)


def _submit(room: Room, standin: StandIn, **chosen: object) -> BoltResponse:
    """Send off the window that was opened, with what its element has then."""
    view = standin.of("views.open")[0].fields["view"]
    (block,) = view["blocks"]
    payload = {
        "type": "view_submission",
        "team": {"id": "T0000001"},
        "user": {"id": ME, "team_id": "T0000001"},
        "view": {**view, "state": {"values": {block["block_id"]: {block["element"]["action_id"]: chosen}}}},
        "trigger_id": "4.5.6",
    }
    response = room.post(urlencode({"payload": json.dumps(payload)}))
    room.settle()
    return response


def _choose_moment(room: Room, standin: StandIn, at: datetime) -> BoltResponse:
    return _submit(room, standin, selected_date_time=int(at.timestamp()))


def _audit(room: Room) -> list[tuple[str, str, str, str]]:
    return [(entry.who, entry.way, entry.words, entry.outcome) for entry in room.trail.entries]


def test_acknowledging_says_who_wakes_the_worker_and_shows_the_commands_reply(
    room: Room, standin: StandIn, alerts: Alerts
) -> None:
    _press(room, standin, _elements(alerts)["Acknowledge"])
    assert alerts.states == [AlertState.ACKNOWLEDGED] * 2
    assert (alerts[17].acknowledged_by, alerts[17].acknowledged_at) == (ME, NOW)
    assert _audit(room) == [(ME, "act button", "ack 17 18", "ack")]
    assert room.woken == [True]
    (told,) = standin.of("respond")
    assert (told.fields["text"], told.fields["response_type"]) == ("acknowledged: alerts 17 and 18", "ephemeral")
    assert told.fields["replace_original"] is False


def test_acknowledging_twice_changes_nothing_and_says_so_to_the_presser(
    room: Room, standin: StandIn, alerts: Alerts
) -> None:
    button = _elements(alerts)["Acknowledge"]
    _press(room, standin, button)
    _press(room, standin, button)
    told = standin.of("respond")[1].fields
    assert (told["text"], told["response_type"]) == ("Nothing changed for alerts 17 and 18", "ephemeral")
    assert alerts[17].acknowledged_at == NOW


@pytest.mark.parametrize(
    ("ids", "said"),
    [("99", "There is no alert 99. Open: 17 (XCP-ng 8.2 LTS)."), ("18", "Nothing changed for alert 18")],
)
def test_what_is_over_can_not_be_acknowledged(
    furnish: Furnish, standin: StandIn, alerts: Alerts, ids: str, said: str
) -> None:
    alerts.keep(_alert(17), _alert(18, AlertState.RESOLVED))
    room = furnish(alerts.runner(), grants=MAY)
    _press(room, standin, {"action_id": "ack", "value": ids})
    assert standin.of("respond")[0].fields["text"] == said


@pytest.mark.parametrize(
    ("label", "old", "until"),
    [
        ("for 1 day", "1d 17,18", NOW + DAY),
        ("for 1 week", "7d 17,18", NOW + 7 * DAY),
        ("until the next threshold", "threshold 17,18", None),
    ],
)
@pytest.mark.parametrize("is_old", [False, True], ids=["of now", "of before"])
def test_snoozing_is_for_as_long_as_was_chosen(
    room: Room, standin: StandIn, alerts: Alerts, label: str, old: str, until: datetime | None, is_old: bool
) -> None:
    if is_old:
        _choose(room, standin, "snooze", old)
    else:
        _snooze(room, standin, alerts, label)
    assert alerts.states == [AlertState.SNOOZED] * 2
    assert (alerts[17].snoozed_by, alerts[17].snoozed_until) == (ME, until)
    assert [entry.way for entry in room.trail.entries] == ["menu"]


@pytest.mark.parametrize("is_old", [False, True], ids=["of now", "of before"])
def test_a_moment_is_asked_for_in_a_window(room: Room, standin: StandIn, alerts: Alerts, is_old: bool) -> None:
    """Slack shows it in the zone of whoever chooses, and sends a moment."""
    if is_old:
        _choose(room, standin, "snooze", "date 17,18")
    else:
        _snooze(room, standin, alerts, "until a date …")
    opened = standin.of("views.open")[0].fields
    assert (opened["trigger_id"], opened["view"]["title"]["text"]) == ("1.2.3", "Snooze")
    element = opened["view"]["blocks"][0]["element"]
    assert (element["type"], element["initial_date_time"]) == ("datetimepicker", int((NOW + 7 * DAY).timestamp()))
    assert "initial_date" not in element
    at = datetime(2026, 12, 24, 15, 30, tzinfo=UTC)
    response = _choose_moment(room, standin, at)
    assert (response.status, response.body) == (200, "")
    assert alerts[18].snoozed_until == at
    assert _audit(room) == [(ME, "moment picker", "snooze 17 18 2026-12-24T15:30Z", "snooze")]
    told = standin.of("respond")[0].fields
    assert told["text"] == "snoozed: alerts 17 and 18"
    assert f"until <!date^{int(at.timestamp())}^" in json.dumps(told["blocks"])


def test_the_day_of_a_plan_is_asked_for_in_a_window(room: Room, standin: StandIn, alerts: Alerts) -> None:
    _snooze(room, standin, alerts, "planned for a date …")
    view = standin.of("views.open")[0].fields["view"]
    assert (view["title"]["text"], view["blocks"][0]["label"]["text"]) == ("Planned for", "When (your time)")
    _choose_moment(room, standin, datetime(2026, 12, 24, 15, tzinfo=UTC))
    assert (alerts[18].planned_for, alerts[18].state) == (date(2026, 12, 24), AlertState.ACKNOWLEDGED)
    assert _audit(room) == [(ME, "moment picker", "ack 17 18 planned 2026-12-24T15:00Z", "ack")]
    assert standin.of("respond")[0].fields["text"].startswith("acknowledged, planned for 24 Dec 2026")


def test_a_window_that_was_opened_by_the_version_before_still_works(
    room: Room, standin: StandIn, alerts: Alerts
) -> None:
    view = {
        "type": "modal",
        "callback_id": "snooze_until",
        "private_metadata": json.dumps({"ids": "17,18", "channel": CHANNEL}),
        "state": {"values": {"snooze_until": {"snooze_until": {"selected_date": "2026-12-24"}}}},
    }
    user = {"id": ME, "team_id": "T0000001"}
    room.post(urlencode({"payload": json.dumps({"type": "view_submission", "user": user, "view": view})}))
    room.settle()
    assert alerts[17].snoozed_until == datetime(2026, 12, 24, tzinfo=UTC)
    assert standin.of("chat.postEphemeral")[0].fields["channel"] == CHANNEL


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW, "That is over already: choose a moment after now."),
        (NOW - 400 * DAY, "That is over already: choose a moment after now."),
        (NOW + 3650 * DAY, None),
        (NOW + 3650 * DAY + timedelta(minutes=1), "That is too far off: choose one within 3,650 days."),
    ],
)
def test_a_moment_that_no_snooze_lasts_until_keeps_the_window_open(
    room: Room, standin: StandIn, alerts: Alerts, at: datetime, said: str | None
) -> None:
    _snooze(room, standin, alerts, "until a date …")
    response = _choose_moment(room, standin, at)
    if said is None:
        assert (response.body, alerts[17].snoozed_until) == ("", at)
        return
    assert json.loads(response.body) == {"response_action": "errors", "errors": {"snooze_until": said}}
    assert (alerts.states, standin.of("respond")) == (FIRING, [])


def test_all_hosts_are_shown_to_the_presser_alone_as_the_words_show_them(
    room: Room, standin: StandIn, alerts: Alerts
) -> None:
    _press(room, standin, _elements(alerts)["Show hosts"])
    (told,) = standin.of("respond")
    assert told.fields["response_type"] == "ephemeral"
    assert complaints(told.fields) == []
    shown = json.dumps(told.fields)
    assert all(name in shown for name in ("xen-1", "xen-2", "xen-3", "lab", "prod"))
    assert "Show hosts" not in shown
    assert _audit(room) == [(ME, "act button", "alerts 17 18", "alert")]


def test_many_hosts_come_in_their_order_and_it_is_said_what_is_missing(
    furnish: Furnish, standin: StandIn, alerts: Alerts
) -> None:
    many = tuple(
        AffectedHost(f"u-{at}", f"xen-{at:05d}.a-rather-long-domain.example.org", f"p{at % 7}") for at in range(4000)
    )
    alerts.keep(_alert(17, hosts=many))
    _press(furnish(alerts.runner(), grants=MAY), standin, _elements(alerts)["Show hosts"])
    told = standin.of("respond")
    assert "3,800 more hosts are not shown" in json.dumps([each.fields for each in told])
    assert [problem for each in told for problem in complaints(each.fields)] == []


@pytest.mark.parametrize("label", ["Acknowledge", "Show hosts"])
def test_without_the_right_nothing_is_done_and_the_presser_is_told(
    furnish: Furnish, standin: StandIn, alerts: Alerts, label: str
) -> None:
    room = furnish(alerts.runner())
    _press(room, standin, _elements(alerts)[label])
    (told,) = standin.of("respond")
    assert told.fields["text"].startswith("You may not ")
    assert told.fields["response_type"] == "ephemeral"
    assert (alerts.states, [entry.outcome for entry in room.trail.entries]) == (FIRING, ["refused"])


def test_without_the_right_no_window_opens(furnish: Furnish, standin: StandIn, alerts: Alerts) -> None:
    room = furnish(alerts.runner())
    _snooze(room, standin, alerts, "until a date …")
    assert standin.of("views.open") == []
    assert "You may not silence alerts for a while here" in standin.of("respond")[0].fields["text"]
    assert _audit(room) == [(ME, "menu", "snooze 17 18", "refused")]


def test_a_right_that_was_lost_while_the_window_was_open_is_lost(
    furnish: Furnish, standin: StandIn, alerts: Alerts
) -> None:
    standin.answers["usergroups.users.list"] = {"ok": True, "users": [ME]}
    room = furnish(alerts.runner(), grants=SEES)
    _snooze(room, standin, alerts, "until a date …")
    standin.answers["usergroups.users.list"] = {"ok": True, "users": []}
    room.clock.ahead += 301
    _choose_moment(room, standin, datetime(2026, 12, 24, tzinfo=UTC))
    assert alerts.states == FIRING
    assert "You may not silence alerts for a while here" in standin.of("respond")[0].fields["text"]


@pytest.mark.parametrize(
    ("action_id", "said"), [("ack", "acknowledged: alerts 17 and 18"), ("hosts", "XCP-ng 8.2 LTS")]
)
def test_buttons_that_are_in_channels_already_still_work(
    room: Room, standin: StandIn, action_id: str, said: str
) -> None:
    _press(room, standin, {"action_id": action_id, "value": "17,18"})
    assert standin.of("respond")[0].fields["text"].startswith(said)


@pytest.mark.parametrize("value", ["", "17;drop", "-1", "17,", "x" * 3000])
@pytest.mark.parametrize("action_id", ["ack", "act_1"])
def test_a_value_that_is_none_of_ours_does_nothing(
    room: Room, standin: StandIn, alerts: Alerts, action_id: str, value: str
) -> None:
    _press(room, standin, {"action_id": action_id, "value": value})
    assert alerts.states == FIRING
    assert standin.of("respond")[0].fields["text"].startswith("This button is from another version of xocompat.")


@pytest.mark.parametrize("value", ["", "2d 17", "7d", "7d 1,x", "date"])
@pytest.mark.parametrize("action_id", ["snooze", "menu_2"])
def test_an_option_that_is_none_of_ours_does_nothing(
    room: Room, standin: StandIn, alerts: Alerts, action_id: str, value: str
) -> None:
    _choose(room, standin, action_id, value)
    assert alerts.states == FIRING
    assert "another version" in standin.of("respond")[0].fields["text"]


def _add_note(room: Room, standin: StandIn, alerts: Alerts, text: str) -> BoltResponse:
    """Press *Add a note* below the alerts' message, and type one."""
    button = _elements(alerts)["Add a note"]
    _press(room, standin, button, trigger_id="1.2.3")
    return _submit(room, standin, value=text)


def test_a_note_is_added_to_what_is_acknowledged_and_read_in_the_message_and_its_thread(
    room: Room, standin: StandIn, alerts: Alerts
) -> None:
    assert "Add a note" not in _elements(alerts)
    _press(room, standin, _elements(alerts)["Acknowledge"])
    assert list(_elements(alerts)) == ["Add a note", "Snooze", "Show hosts"]
    (offered,) = standin.of("respond")[0].fields["blocks"][-1]["elements"]
    assert (offered["text"]["text"], offered["value"]) == ("Add a note", _elements(alerts)["Add a note"]["value"])
    response = _add_note(room, standin, alerts, "waits for hardware,\n<!channel> OPS-17 & more")
    assert (response.status, response.body) == (200, "")
    opened = standin.of("views.open")[0].fields["view"]
    assert (opened["title"]["text"], opened["blocks"][0]["element"]["max_length"]) == ("Add a note", 300)
    assert {(each.note, each.noted_by) for each in alerts.book.open()} == {
        ("waits for hardware, !channel OPS-17 & more", ME)
    }
    assert alerts.states == [AlertState.ACKNOWLEDGED] * 2
    shown = "Note by <@U0000001>: waits for hardware, !channel OPS-17 &amp; more"
    (message,) = messages(alert_message(alerts.book.open(), NOW.date(), NOW, alerts.matrix))
    assert str(message.blocks).count(shown) == 1
    (told,) = [thread_update(each) for each in alerts.book.updates]  # of two alerts of a subject once
    assert shown in str(messages(told)[0].blocks)
    assert standin.of("respond")[1].fields["text"] == "noted: alerts 17 and 18"
    assert _audit(room)[1] == (ME, "note window", "ack 17 18: waits for hardware, <!channel> OPS-17 & more", "ack")


def test_a_note_without_a_word_keeps_the_window_open(room: Room, standin: StandIn, alerts: Alerts) -> None:
    _press(room, standin, _elements(alerts)["Acknowledge"])
    response = _add_note(room, standin, alerts, "  \n ")
    assert json.loads(response.body) == {"response_action": "errors", "errors": {"note": "Type a note."}}
    assert alerts[17].note is None


def test_a_long_note_is_in_the_audit_as_a_whole(room: Room, standin: StandIn, alerts: Alerts) -> None:
    _press(room, standin, _elements(alerts)["Acknowledge"])
    _add_note(room, standin, alerts, "n" * 300)
    assert (alerts[17].note, _audit(room)[1][2]) == ("n" * 300, f"ack 17 18: {'n' * 300}")


def test_without_the_right_no_window_for_a_note_opens_and_a_lost_right_notes_nothing(
    furnish: Furnish, standin: StandIn, alerts: Alerts
) -> None:
    _press(furnish(alerts.runner(), grants=MAY), standin, _elements(alerts)["Acknowledge"])
    room = furnish(alerts.runner())
    _press(room, standin, _elements(alerts)["Add a note"], trigger_id="1.2.3")
    assert standin.of("views.open") == []
    assert standin.of("respond")[-1].fields["text"].startswith("You may not acknowledge alerts here")
    metadata = json.dumps({"words": "ack 17 18", "channel": CHANNEL, "original": "OTHERS"})
    state = {"values": {"note": {"note": {"value": "mine"}}}}
    view = {"type": "modal", "callback_id": "note", "private_metadata": metadata, "state": state}
    user = {"id": ME, "team_id": "T0000001"}
    room.post(urlencode({"payload": json.dumps({"type": "view_submission", "user": user, "view": view})}))
    room.settle()
    assert (alerts[17].note, _audit(room)[-1][3]) == (None, "refused")


def test_where_no_window_opens_it_is_said_what_to_type(room: Room, standin: StandIn, alerts: Alerts) -> None:
    standin.answers["views.open"] = {"ok": False, "error": "expired_trigger_id"}
    _press(room, standin, _elements(alerts)["Acknowledge"])
    _press(room, standin, _elements(alerts)["Add a note"], trigger_id="1.2.3")
    assert "/xocompat ack 17 18: NOTE" in json.dumps(standin.of("respond")[-1].fields["blocks"])


AT_HOME: dict[str, Any] = {
    "view": {"type": "home", "id": "V0000001", "blocks": []},
    "container": {"type": "view", "view_id": "V0000001"},
    "channel": None,
    "trigger_id": "1.2.3",
}


def _page(*_: object) -> tuple[Reply, ...]:
    return (Reply("fleet", line("The page.")),)


@pytest.fixture
def home(furnish: Furnish, alerts: Alerts) -> Room:
    """A room with App Home."""
    return furnish(alerts.runner(), grants=MAY, home_page=_page)


def test_in_app_home_the_reply_comes_in_a_window_and_the_page_is_shown_anew(
    home: Room, standin: StandIn, alerts: Alerts
) -> None:
    _press(home, standin, _elements(alerts)["Acknowledge"], **AT_HOME)
    assert alerts.states == [AlertState.ACKNOWLEDGED] * 2
    (opened,) = standin.of("views.open")
    assert (opened.fields["trigger_id"], opened.fields["view"]["title"]["text"]) == ("1.2.3", "xocompat")
    assert "acknowledged" in str(opened.fields["view"])
    assert [call.fields["user_id"] for call in standin.of("views.publish")] == [ME]
    assert standin.of("respond") == []


def test_in_app_home_a_press_that_may_not_be_is_told_in_a_window(
    furnish: Furnish, standin: StandIn, alerts: Alerts
) -> None:
    room = furnish(alerts.runner(), home_page=_page)
    _press(room, standin, _elements(alerts)["Acknowledge"], **AT_HOME)
    (opened,) = standin.of("views.open")
    assert "You may not acknowledge alerts here" in str(opened.fields["view"])
    assert (alerts.states, len(standin.of("views.publish"))) == (FIRING, 1)


def test_in_app_home_hosts_are_shown_in_a_window(home: Room, standin: StandIn, alerts: Alerts) -> None:
    _press(home, standin, _elements(alerts)["Show hosts"], **AT_HOME)
    (opened,) = standin.of("views.open")
    assert "xen-1" in str(opened.fields["view"]["blocks"])


def test_in_app_home_a_snooze_until_a_day_shows_the_page_anew(home: Room, standin: StandIn, alerts: Alerts) -> None:
    _snooze(home, standin, alerts, "until a date …", **{k: v for k, v in AT_HOME.items() if k != "trigger_id"})
    _choose_moment(home, standin, datetime(2026, 12, 24, tzinfo=UTC))
    assert alerts[17].snoozed_until == datetime(2026, 12, 24, tzinfo=UTC)
    assert len(standin.of("views.publish")) == 2
    _, said = standin.of("views.open")
    assert said.fields["trigger_id"] == "4.5.6"
    assert "snoozed" in str(said.fields["view"])


def test_below_a_message_app_home_is_left_as_it_is(home: Room, standin: StandIn, alerts: Alerts) -> None:
    _press(home, standin, _elements(alerts)["Acknowledge"])
    assert standin.of("views.publish") == []


def test_buttons_carry_their_words(alerts: Alerts) -> None:
    ack, snooze, hosts = _elements(alerts).values()
    assert (ack["action_id"], json.loads(ack["value"])) == ("act_1", {"words": "ack 17 18"})
    assert ack["accessibility_label"] == "Acknowledge: ack 17 18"
    assert (snooze["action_id"], snooze["placeholder"]["text"]) == ("menu_2", "Snooze")
    assert [(option["text"]["text"], json.loads(option["value"])) for option in snooze["options"]] == [
        ("for 1 day", {"words": "snooze 17 18 1d"}),
        ("for 1 week", {"words": "snooze 17 18 7d"}),
        ("until the next threshold", {"words": "snooze 17 18 next"}),
        ("until a date …", {"words": "snooze 17 18", "day": 1}),
        ("planned for a date …", {"words": "ack 17 18 planned", "day": 1}),
    ]
    assert (hosts["action_id"], json.loads(hosts["value"])) == ("act_3", {"words": "alerts 17 18"})
