"""A client that is not ours gets on with the stand-in for Mattermost: mattermostautodriver, of the vendor's own API."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.mattermost.standin import Mattermost
from tests.parts import missing

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache" / "mattermost-driver" / "bin" / "python"
"""Of an environment of its own (`.ci/run` makes it): it drags in a dozen packages that nothing else here needs."""


@pytest.fixture(scope="module")
def driven() -> Any:
    """What came of the client's calls."""
    if not PYTHON.exists():
        missing(f"mattermostautodriver, of requirements-driver.txt, in {PYTHON.parents[1].relative_to(ROOT)}")
    with Mattermost() as mattermost:
        ann = mattermost.user("ann")
        lab = mattermost.channel("lab", members=[ann, mattermost.bot])
        words = [str(mattermost.port), mattermost.token, lab.id, ann.id]
        script = Path(__file__).with_name("driven.py")
        done = subprocess.run(
            [PYTHON, script, *words], capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) | {"bot": mattermost.bot.id, "ann": ann.id, "lab": lab.id}


def test_it_finds_people_and_channels(driven: Any) -> None:
    assert (driven["me"]["id"], driven["me"]["username"]) == (driven["bot"], "xocompat")
    assert (driven["channel"]["id"], driven["channel"]["type"]) == (driven["lab"], "O")
    assert driven["member"]["user_id"] == driven["ann"]
    assert (driven["direct"]["type"], driven["direct"]["team_id"]) == ("D", "")
    assert [each["username"] for each in driven["users"]] == ["ann"]


def test_it_posts_edits_reads_and_deletes(driven: Any) -> None:
    root, below = driven["root"]["id"], driven["below"]["id"]
    assert driven["patched"]["props"] == {"xocompat": {"outbox": "2"}, "from_bot": "true"}
    assert driven["read"]["root_id"] == root
    assert driven["root"]["metadata"]["files"][0]["name"] == "fleet.csv"
    assert driven["thread"]["order"] == [root, below]
    assert driven["page"]["order"] == [below]
    assert {root, below} <= driven["since"]["posts"].keys()
    assert driven["deleted"] == {"status": "OK"}


def test_it_understands_each_refusal(driven: Any) -> None:
    assert driven["refused"] == {
        "no post": ["ResourceNotFound", 404, "app.post.get.app_error"],
        "no channel": ["NotEnoughPermissions", 403, "api.context.permissions.app_error"],
        "too long": ["InvalidOrMissingParameters", 400, "model.post.is_valid.message_length.app_error"],
        "no groups": ["FeatureDisabled", 501, "api.license_error"],
        "no trigger": [
            "InvalidOrMissingParameters",
            400,
            "interactive_message.decode_trigger_id.base64_decode_failed",
        ],
    }


def test_it_logs_in_over_a_websocket_and_is_told_of_posts(driven: Any) -> None:
    kinds = [each.get("event") for each in driven["events"]]
    assert "hello" in kinds
    told = next(each for each in driven["events"] if each.get("event") == "posted")
    assert told["seq"] == 1
    assert json.loads(told["data"]["post"])["message"] == "told"
    assert told["broadcast"]["channel_id"] == driven["lab"]
