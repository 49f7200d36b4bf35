"""`doctor` says of Mattermost what is wrong, and what to do about it."""

from pathlib import Path

import pytest

from bot.app.mattermost import examine_mattermost
from bot.checkup import Check
from bot.settings import load_settings
from tests.acceptance.waiting import free_port
from tests.mattermost.conftest import Crew, Side

CONFIG = """
mattermost: {{url: "{url}", callback_url: "{callback}"}}
alerts: {{channel: "mattermost:lab/ops", routes: [{{tags: [lab], channel: "mattermost:lab/nowhere"}}]}}
access: {{grants: [{{who: "mattermost:@keepers", may: [fleet]}}]}}
"""


def _examined(people: Crew, folder: Path, callback: str = "") -> dict[str, Check]:
    file = folder / "doctor.yaml"
    file.write_text(CONFIG.format(url=people.server.url, callback=callback or f"http://127.0.0.1:{free_port()}"))
    return {check.name: check for check in examine_mattermost(load_settings(file, {}, folder))}


@pytest.fixture(autouse=True)
def tokens(people: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTERMOST_TOKEN", people.server.token)
    monkeypatch.setenv("MATTERMOST_COMMAND_TOKEN", "a-token-of-a-command")


def test_each_thing_is_told(people: Crew, side: Side, tmp_path: Path) -> None:
    found = _examined(people, tmp_path, side.callback)
    assert found["mattermost token"].ok
    assert found["mattermost version"] == Check("mattermost version", True, "11.7.0")
    assert found["alerts.channel"].ok
    assert not found["alerts.routes[0]"].ok
    assert "/invite @xocompat" in found["alerts.routes[0]"].mend
    assert not found["access.grants"].ok
    assert found["mattermost callback"].ok
    assert "xocompat answers" in found["mattermost callback"].text


def test_an_old_server_without_commands_that_forbids_edits(people: Crew, tmp_path: Path) -> None:
    people.server.config.version = "10.11.3"
    people.server.config.enable_commands = False
    people.server.config.post_edit_time_limit = 300
    people.server.leave(people.server.bot, people.ops)
    found = _examined(people, tmp_path)
    assert not found["mattermost version"].ok
    assert not found["mattermost commands"].ok
    assert "300 seconds" in found["mattermost edits"].text
    assert not found["alerts.channel"].ok
    assert "nothing answers" in found["mattermost callback"].text


def test_tokens_that_are_missing_or_refused(people: Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people.server.revoke(people.server.token)
    (refused,) = _examined(people, tmp_path).values()
    assert (refused.ok, refused.mend) == (False, "set it to the bot's token")
    assert people.server.token not in repr(refused)
    monkeypatch.delenv("MATTERMOST_COMMAND_TOKEN")
    (missing,) = _examined(people, tmp_path).values()
    assert "MATTERMOST_COMMAND_TOKEN: is not set" in missing.text
    monkeypatch.setenv("MATTERMOST_COMMAND_TOKEN", "one,two")
    (wrong,) = _examined(people, tmp_path).values()
    assert "TEAM=TOKEN" in wrong.text
