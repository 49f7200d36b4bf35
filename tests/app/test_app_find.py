"""*Find a host*, from signed requests to the database: a name that is typed letter by letter reads the fleet once."""

import json

import pytest

from bot.fleet.hosts import WatchedHost
from bot.store.fleet import SqlFleet
from tests.app.conftest import OpenSlack, SlackChat
from tests.slack.signed import find


@pytest.fixture
def config() -> str:
    return "access: {grants: [{who: U0000001, may: [fleet]}]}"


@pytest.fixture
def slack(open_slack: OpenSlack) -> SlackChat:
    slack = open_slack()
    slack.house.sweep()
    return slack


def _offered(slack: SlackChat, typed: str) -> list[str]:
    options = json.loads(slack.post(find(typed)))["options"]
    return [option["text"]["text"] for option in options]


def test_letters_that_follow_each_other_read_the_fleet_once(slack: SlackChat, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, hosts = list[bool](), SqlFleet.hosts

    def counted(fleet: SqlFleet) -> tuple[WatchedHost, ...]:
        reads.append(True)
        return hosts(fleet)

    monkeypatch.setattr(SqlFleet, "hosts", counted)
    assert [_offered(slack, typed) for typed in ("xe", "xen", "xen-", "xen-2", "old")] == [
        ["xen-1", "xen-2"], ["xen-1", "xen-2"], ["xen-1", "xen-2"], ["xen-2"], ["old-1"],
    ]  # fmt: skip
    assert len(reads) == 1
