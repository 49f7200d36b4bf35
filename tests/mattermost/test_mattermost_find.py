"""*Find a host*: Mattermost's messages have no field to find one in, so a button opens a window."""

import pytest

from tests.app.conftest import House
from tests.mattermost.conftest import Crew, Side
from tests.mattermost.state import Post

pytestmark = pytest.mark.usefixtures("side")


@pytest.fixture
def fleet(people: Crew, house: House, monkeypatch: pytest.MonkeyPatch) -> Post:
    """What `fleet` answers of a fleet that is too large to be shown whole."""
    monkeypatch.setattr("bot.chat.commands.fleet.WHOLE", 1)
    house.sweep()
    return people.answered("fleet")


def test_a_host_is_chosen_from_a_list(side: Side, people: Crew, fleet: Post) -> None:
    people.pressed(fleet, "Find a host")
    (element,) = people.server.wait_dialog(people.ann).dialog["elements"]
    assert element["type"] == "select"
    assert [each["value"] for each in element["options"]] == ["lab", "old-1", "prod", "xen-1", "xen-2"]
    assert "XCP-ng 8.2" in element["options"][-1]["text"]
    assert people.server.submit_dialog(people.ann, {"value": "xen-2"}).closed
    side.settle()
    found = people.server.wait_post(people.ann, people.ops, "xen-2")
    assert "XCP-ng 8.2" in found.message
    assert "xen-1" not in found.message


def test_of_a_large_fleet_a_part_of_a_name_is_typed(
    side: Side, people: Crew, fleet: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.session.conversation.LISTED_MAX", 2)
    people.pressed(fleet, "Find a host")
    (element,) = people.server.wait_dialog(people.ann).dialog["elements"]
    assert element["type"] == "text"
    assert people.server.submit_dialog(people.ann, {"value": "xen"}).errors == {
        "value": "Several have that in their names: xen-1, xen-2. Type more of it."
    }
    assert people.server.submit_dialog(people.ann, {"value": "EN-2"}).closed
    side.settle()
    assert "XCP-ng 8.2" in people.server.wait_post(people.ann, people.ops, "xen-2").message


def test_what_nothing_has_in_its_name_is_answered_as_typed_words_are(
    side: Side, people: Crew, fleet: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.session.conversation.LISTED_MAX", 2)
    people.pressed(fleet, "Find a host")
    people.server.wait_dialog(people.ann)
    assert people.server.submit_dialog(people.ann, {"value": "nowhere"}).closed
    side.settle()
    assert "nowhere" in people.server.wait_post(people.ann, people.ops, "nowhere").message


@pytest.mark.usefixtures("side", "fleet", "listening")
def test_who_may_not_see_the_fleet_gets_no_window(people: Crew) -> None:
    people.server.say(people.ann, people.ops, "@xocompat fleet")
    shown = people.server.wait_post(people.bob, people.ops, "in 3 pools")
    pressed = people.pressed(shown, "Find a host", people.bob)
    assert pressed.told
    assert "the right `fleet`" in pressed.told.message
    assert people.server.dialog(people.bob) is None
