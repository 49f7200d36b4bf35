"""*Check a release* with a channel that is to watch it: whose rights count, and what is stored."""

import json
from typing import Any

import pytest

from bot.alerts.ports import Watch, WatchKind
from tests.app.conftest import OPS, START, OpenSlack, SlackChat
from tests.slack.blockkit import complaints
from tests.slack.signed import check, mention, press, shortcut
from tests.slack.standin import StandIn

LAB, TEAM = "C0000LAB", "C000TEAM"
EVERYWHERE, IN_LAB, OUTSIDER = "U0000002", "U0000003", "U0000009"
CONFIG = f"""
access:
  lookup: everyone
  grants:
    - {{who: "*", where: {LAB}, may: [fleet, operate]}}
    - {{who: {IN_LAB}, where: {LAB}, may: [fleet, operate]}}
    - {{who: {EVERYWHERE}, may: [operate]}}
"""


@pytest.fixture
def config() -> str:
    return CONFIG


@pytest.fixture
def slack(open_slack: OpenSlack) -> SlackChat:
    return open_slack()


def _person(user: str) -> dict[str, str]:
    return {"id": user, "team_id": "T0STRANGE" if user == OUTSIDER else "T0000001"}


def _sent_off(slack: SlackChat, channel: str | None, user: str = EVERYWHERE, block: str | None = "watch_in") -> Any:
    """The window after it was sent off with XCP-ng 8.3."""
    body = check("XCP-ng 8.3", watch_in=channel, watch_block=block, user=_person(user))
    told = json.loads(slack.post(body))
    assert told["response_action"] == "update"
    return told["view"]


def _blocks(view: Any) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if "block_id" in block]


def _watches(slack: SlackChat) -> tuple[Watch, ...]:
    return slack.house.store.watches.all()


def test_who_may_have_every_channel_watch_is_offered_channels(slack: SlackChat, standin: StandIn) -> None:
    for at, user in enumerate((EVERYWHERE, IN_LAB, "U0000001"), 1):
        slack.post(shortcut("check_release", user=_person(user)))
        view = standin.wait("views.open", at)[-1].fields["view"]
        assert _blocks(view) == ["release", "check_day", *(["watch_in"] if user == EVERYWHERE else [])]
    offered = standin.of("views.open")[0].fields["view"]["blocks"][2]
    assert offered["optional"] is True
    assert offered["element"]["filter"] == {"include": ["public", "private"], "exclude_external_shared_channels": True}


def test_the_channel_watches_what_was_checked_and_the_window_says_both(slack: SlackChat) -> None:
    view = _sent_off(slack, TEAM)
    assert complaints({"text": "x", "blocks": view["blocks"][3:]}) == []
    said = json.dumps(view, ensure_ascii=False)
    assert f"watching: <#{TEAM}> is told about *XCP-ng 8.3*" in said
    assert "*XCP-ng 8.3 LTS*" in said
    assert _watches(slack) == (Watch(TEAM, WatchKind.RELEASE, "XCP-ng 8.3", "XCP-ng", "8.3", by=EVERYWHERE, at=START),)
    assert slack.done() == [("check", "check XCP-ng 8.3", "check"), ("watch", "watch XCP-ng 8.3", "watch")]
    assert [entry.where for entry in slack.house.store.audit.find((), 9)] == [TEAM, None]


def test_the_next_release_is_not_watched_unasked(slack: SlackChat) -> None:
    view = _sent_off(slack, TEAM)
    assert _blocks(view) == ["release", "check_day", "watch_in_next"]
    again = _sent_off(slack, None, block="watch_in_next")
    assert _blocks(again) == ["release", "check_day", "watch_in_next"]
    assert _blocks(_sent_off(slack, TEAM, block="watch_in_next")) == ["release", "check_day", "watch_in"]


def test_a_channel_that_is_picked_lends_nobody_its_rights(slack: SlackChat) -> None:
    """Grants in the lab's channel are for those who ask there, whether they name everybody or the person."""
    for user in ("U0000001", IN_LAB):
        said = json.dumps(_sent_off(slack, LAB, user))
        assert _watches(slack) == ()
        assert "*XCP-ng 8.3 LTS*" in said
        assert "A right for one channel does not count here: type `/xocompat watch XCP-ng 8.3` in that channel." in said
    assert slack.done()[-1] == ("watch", "watch XCP-ng 8.3", "refused")


def test_people_of_other_workspaces_have_nothing_watched(slack: SlackChat) -> None:
    said = json.dumps(_sent_off(slack, LAB, OUTSIDER))
    assert _watches(slack) == ()
    assert "It can be granted to members of the workspace that runs xocompat only" in said
    assert "in that channel" not in said


def test_without_a_channel_nothing_is_watched(slack: SlackChat) -> None:
    for block in ("watch_in", None):
        assert "watching" not in json.dumps(_sent_off(slack, None, block=block))
    assert _watches(slack) == ()


def test_what_is_no_channel_is_none(slack: SlackChat) -> None:
    for channel in ("U0000001", "general", "C1 C2"):
        assert "is no channel's ID" in json.dumps(_sent_off(slack, channel))
    assert _watches(slack) == ()


def test_app_home_has_a_button_that_opens_the_window(slack: SlackChat, standin: StandIn) -> None:
    slack.post(mention("", type="app_home_opened", tab="home", channel="D0000001", user=EVERYWHERE), "application/json")
    first = next(
        block for block in standin.wait("views.publish")[0].fields["view"]["blocks"] if block["type"] == "actions"
    )
    (watch,) = (each for each in first["elements"] if each["text"]["text"] == "Watch a release")
    at_home = {"view": {"type": "home"}, "channel": None, "trigger_id": "1.2.t", "user": _person(EVERYWHERE)}
    slack.post(press(watch["action_id"], watch["value"], None, **at_home))
    assert _blocks(standin.wait("views.open")[0].fields["view"]) == ["release", "check_day", "watch_in"]
    slack.post(press(watch["action_id"], watch["value"], None, **{**at_home, "user": _person("U0000001")}))
    refused = standin.wait("views.open", 2)[1].fields["view"]
    assert _blocks(refused) == []
    assert "that takes the right `operate`" in json.dumps(refused)
    assert OPS not in json.dumps(refused)
