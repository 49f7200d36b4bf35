"""The address of a message, for who reads of it elsewhere."""

import pytest

from tests.alerts.delivery.slack import platform_at
from tests.slack.standin import Answer, Said, StandIn

LINK = "https://example.slack.com/archives/C1/p171"


@pytest.mark.parametrize(
    ("answer", "link"),
    [
        ({"ok": True, "permalink": LINK}, LINK),
        ({"ok": True, "permalink": "javascript:alert(1)"}, None),
        ({"ok": True}, None),
        ({"ok": False, "error": "message_not_found"}, None),
        (Said("<html>", 500), None),
    ],
)
def test_a_message_has_the_address_that_slack_says_or_none(standin: StandIn, answer: Answer, link: str | None) -> None:
    standin.answers["chat.getPermalink"] = answer
    assert platform_at(standin.api).permalink("C1", "17.1") == link
    assert dict(standin.calls[-1].fields) | {"channel": "C1", "message_ts": "17.1"} == dict(standin.calls[-1].fields)
