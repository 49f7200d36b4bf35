"""App Home: what each person sees of it, through signed requests. `UPDATE_GOLDEN=1` writes the golden files anew."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.chat.access import Grant
from bot.chat.command import Right
from bot.chat.reply import Reply, with_code
from bot.errors import UnavailableError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.app_home import home_view
from tests.slack.blockkit import home_complaints
from tests.slack.conftest import Furnish, Room
from tests.slack.homes import AwayBook, Page, alone, many
from tests.slack.signed import mention, press
from tests.slack.standin import StandIn

FOLDER = Path(__file__).parent / "golden" / "home"
JSON = "application/json"
ME = "U0000001"
SEES, OPERATES = frozenset({Right.FLEET}), frozenset({Right.FLEET, Right.OPERATE})
GRANTS = {"operate": (Grant(ME, None, OPERATES),), "fleet": (Grant("*", None, SEES),), "lookup": ()}


def opened(**event: Any) -> str:
    """The body of an app_home_opened."""
    return mention("", **{"type": "app_home_opened", "tab": "home", "channel": "D0000001", **event})


@pytest.fixture
def page(matrix: Matrix, reader: Reader) -> Page:
    page = Page(matrix, reader)
    page.acknowledge(2)
    return page


def _opens(room: Room, standin: StandIn, **event: Any) -> dict[str, Any]:
    """The view that is published to whoever opens App Home."""
    assert room.post(opened(**event), JSON).status == 200
    room.settle()
    (call,) = standin.of("views.publish")
    assert call.fields["user_id"] == ME
    view: dict[str, Any] = call.fields["view"]
    return view


def _labels(view: dict[str, Any]) -> set[str]:
    elements = [e for block in view["blocks"] if block["type"] == "actions" for e in block["elements"]]
    return {(element.get("text") or element["placeholder"])["text"] for element in elements}


@pytest.mark.parametrize("rights", GRANTS)
def test_everybody_sees_what_their_golden_file_says_and_slack_takes_it(
    furnish: Furnish, page: Page, standin: StandIn, rights: str
) -> None:
    view = _opens(furnish(grants=GRANTS[rights], home_page=page.see), standin)
    path = FOLDER / f"{rights}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(view, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: UPDATE_GOLDEN=1 writes it"
    assert view == json.loads(path.read_text(encoding="utf-8"))
    assert home_complaints(view) == []


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*GRANTS}


def test_with_look_ups_alone_nothing_is_told_of_hosts_and_alerts(
    furnish: Furnish, page: Page, standin: StandIn
) -> None:
    view = json.dumps(_opens(furnish(home_page=page.see), standin))
    assert not any(name in view for name in ("xen-2", "archive-1", "lab pool", "C0000OPS"))
    assert "What ends next" in view
    assert "that takes the right `fleet`" in view


def test_who_sees_the_fleet_may_look_at_hosts_but_has_no_buttons_to_act(
    furnish: Furnish, page: Page, standin: StandIn
) -> None:
    view = _opens(furnish(grants=GRANTS["fleet"], home_page=page.see), standin)
    assert _labels(view) == {"Check a release", "Show hosts", "Ask for operate"}
    assert "buttons to acknowledge or snooze (that takes the right `operate`)" in json.dumps(view)


def test_who_operates_has_all_buttons_and_lacks_nothing(furnish: Furnish, page: Page, standin: StandIn) -> None:
    view = _opens(furnish(grants=GRANTS["operate"], home_page=page.see), standin)
    above = {"Check a release", "Sweep now", "Watch a release"}
    assert _labels(view) == {*above, "Acknowledge", "Add a note", "Snooze", "Show hosts"}
    assert "Not shown" not in json.dumps(view)


def test_a_right_for_one_channel_does_not_count(furnish: Furnish, page: Page, standin: StandIn) -> None:
    view = _opens(
        furnish(grants=(Grant(ME, "D0000001", OPERATES), Grant("*", "C0000001", SEES)), home_page=page.see), standin
    )
    assert _labels(view) == {"Check a release", "Ask for fleet", "Ask for operate"}
    assert "A right for one channel does not count here." in json.dumps(view)


def test_a_stranger_gets_no_more_than_look_ups(furnish: Furnish, page: Page, standin: StandIn) -> None:
    view = _opens(furnish(everyone=True, grants=GRANTS["fleet"], home_page=page.see), standin, user_team="T0STRANGE")
    assert _labels(view) == {"Check a release"}
    assert "It can be granted to members of the workspace that runs xocompat only" in json.dumps(view)


def test_where_look_ups_are_for_the_workspace_a_stranger_is_told_so(
    furnish: Furnish, page: Page, standin: StandIn
) -> None:
    view = _opens(furnish(grants=GRANTS["fleet"], home_page=page.see), standin, user_team="T0STRANGE")
    assert len(view["blocks"]) == 1
    assert "Only members of the workspace" in json.dumps(view)


def test_the_conversation_beside_the_page_is_none_of_its_business(
    furnish: Furnish, page: Page, standin: StandIn
) -> None:
    room = furnish(home_page=page.see)
    room.post(opened(tab="messages"), JSON)
    room.settle()
    assert standin.of("views.publish") == []


def test_while_the_database_is_away_the_page_says_so_and_shows_the_rest(
    matrix: Matrix, reader: Reader, furnish: Furnish, standin: StandIn
) -> None:
    page = Page(matrix, reader, book=AwayBook(), concerns=())
    view = json.dumps(_opens(furnish(grants=GRANTS["operate"], home_page=page.see), standin))
    assert "xocompat.db is locked by another process: try again." in view
    assert "What ends next" in view


def test_a_page_that_slack_does_not_take_is_in_the_log(
    furnish: Furnish, page: Page, standin: StandIn, kept_log: Any
) -> None:
    standin.answers["views.publish"] = {"ok": False, "error": "not_enabled"}
    _opens(furnish(home_page=page.see), standin)
    assert "not delivered" in [entry["event"] for entry in kept_log.entries]


def test_many_alerts_with_many_hosts_stay_within_slacks_limits(matrix: Matrix, reader: Reader) -> None:
    page = Page(matrix, reader, many(60))
    view = home_view(page.see(frozenset(Right), with_code("")))
    assert home_complaints(view) == []
    assert "shows more" in json.dumps(view)


def test_however_much_there_is_the_last_bulletins_go_first() -> None:
    long = Reply("bulletin", with_code("x " * 400))
    view = home_view((Reply("fleet", with_code("first")), *[long] * 80, Reply("to_type", with_code("last"))))
    assert home_complaints(view) == []
    assert (view["blocks"][0]["text"]["text"], view["blocks"][-1]["text"]["text"]) == ("first", "last")


def test_without_a_fleet_there_is_what_ends_next_and_how_to_ask(matrix: Matrix, reader: Reader) -> None:
    assert [part.kind for part in alone(matrix, reader, frozenset(Right))] == ["about", "ends_next", "to_type"]


def test_the_page_says_first_what_the_bot_is_and_its_button_opens_a_window_to_check_a_release(
    furnish: Furnish, page: Page, standin: StandIn
) -> None:
    room = furnish(home_page=page.see)
    first, buttons = _opens(room, standin)["blocks"][:2]
    assert "fine with Xen Orchestra" in first["text"]["text"]
    (button,) = buttons["elements"]
    body = press(button["action_id"], button["value"], None, view={"type": "home"}, trigger_id="1.2.trigger")
    assert room.post(body).status == 200
    (call,) = standin.wait("views.open")
    assert (call.fields["trigger_id"], call.fields["view"]["callback_id"]) == ("1.2.trigger", "check")


def test_a_page_that_can_not_be_made_is_in_the_log(furnish: Furnish, standin: StandIn, kept_log: Any) -> None:
    def broken(*_: Any) -> tuple[Reply, ...]:
        raise UnavailableError("the disk is full")

    room = furnish(home_page=broken)
    room.post(opened(), JSON)
    room.settle()
    assert standin.of("views.publish") == []
    assert "unavailable" in [entry["event"] for entry in kept_log.entries]
