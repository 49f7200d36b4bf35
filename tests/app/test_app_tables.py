"""Which tables a workspace takes, from signed requests to the database: a process that is started anew knows it."""

import json

from tests.app.conftest import OpenSlack, SlackChat
from tests.slack.blockkit import TABLES
from tests.slack.signed import command
from tests.slack.standin import Call, Said, StandIn


def _without_data_tables(call: Call) -> Said:
    return Said("invalid_blocks", 400) if "data_table" in json.dumps(call.fields) else Said("ok")


def _drawn(slack: SlackChat, standin: StandIn) -> list[str]:
    """The forms in which a table was sent, one after another."""
    before = len(standin.of("respond"))
    slack.post(command("timeline", standin.response_url))
    slack.done()
    blocks = [block for call in standin.of("respond")[before:] for block in call.fields["blocks"]]
    return [block["type"] for block in blocks if block["type"] in TABLES]


def test_what_was_refused_once_is_not_tried_again_by_another_process(open_slack: OpenSlack, standin: StandIn) -> None:
    standin.answers["respond"] = _without_data_tables
    assert _drawn(open_slack(), standin) == ["data_table", "table"]
    assert _drawn(open_slack(), standin) == ["table"]
