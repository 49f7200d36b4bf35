"""Clients of the Web API: what they hand on of Slack's own time."""

from datetime import UTC, datetime

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack.client import web_client
from tests.slack.standin import HOME, Said, StandIn

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATE = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}


def test_every_answer_hands_on_its_date_good_or_bad(standin: StandIn) -> None:
    seen: list[datetime] = []
    client = web_client("xoxb-of-the-tests", standin.api, on_date=seen.append)
    standin.answers["auth.test"] = Said(HOME, headers=DATE)
    client.auth_test()
    assert seen == [NOON]
    for refused in (Said({"ok": False, "error": "invalid_auth"}, headers=DATE), Said("<html>", 502, DATE)):
        standin.answers["auth.test"] = refused
        with pytest.raises(SlackApiError):
            client.auth_test()
    assert seen == [NOON] * 3


@pytest.mark.parametrize("headers", [{}, {"Date": ""}, {"Date": "yesterday"}, {"Date": "Mon, 99 Nov 2026 12:00:00"}])
def test_an_answer_without_a_date_that_can_be_read_says_nothing(standin: StandIn, headers: dict[str, str]) -> None:
    seen: list[datetime] = []
    standin.answers["auth.test"] = Said(HOME, headers=headers)
    web_client("xoxb-of-the-tests", standin.api, on_date=seen.append).auth_test()
    assert seen == []


def test_a_date_of_another_zone_is_told_in_utc(standin: StandIn) -> None:
    seen: list[datetime] = []
    standin.answers["auth.test"] = Said(HOME, headers={"Date": "Mon, 23 Nov 2026 13:00:00 +0100"})
    web_client("xoxb-of-the-tests", standin.api, on_date=seen.append).auth_test()
    assert (seen, seen[0].tzinfo) == ([NOON], UTC)
