"""The published list in the local Slack: `serve` follows a page in a file, and `/xocompat changes` tells of it."""

from datetime import UTC, datetime
from pathlib import Path

from bot.demo.page import changed_page
from bot.matrix.load import load_matrix
from tests.acceptance.bots import SOCKET
from tests.acceptance.conftest import StartBot
from tests.acceptance.lab import LocalSlack
from tests.acceptance.waiting import until


def test_changes_are_answered_in_slack(slack: LocalSlack, start_bot: StartBot, tmp_path: Path) -> None:
    source = tmp_path / "list.md"
    source.write_text(changed_page(load_matrix(), datetime.now(UTC).date()), encoding="utf-8")
    bot = start_bot(slack.address, {**SOCKET, "XOCOMPAT_LIST__URL": str(source)})
    bot.wait_until_ready()
    until(lambda: bot.events("published list read"), 10, f"the list is read ({bot.told})")
    slack.command("changes")
    slack.wait_for("*XenServer 9.1* added", also=lambda message: message.get("subtype") == "ephemeral")
