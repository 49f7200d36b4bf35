"""A picture of a reply as people see it: `python -m tests.acceptance.picture reply.png [WORDS...]`.

Starts a local Slack, simulated hosts and a bot that may probe them, asks, and photographs the local Slack's page with
headless Chromium (Debian's package `chromium`, and `fonts-noto-color-emoji` for the signs):
`python -m tests.acceptance.picture probe.png probe prod-a` shows a pool of the demo's fleet.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.demo.simulator import Simulator, demo_fleet
from tests.acceptance.bots import SOCKET, Bot
from tests.acceptance.fleet import configured
from tests.acceptance.getting import local_slack
from tests.acceptance.lab import LocalSlack

DEFAULT = "XenServer 7.2"
SIZE = "1000,500"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=2",
    "--virtual-time-budget=5000",
)


def main(arguments: list[str]) -> int:
    """Writes the picture of the reply to some words; 1 if there is no Chromium, 2 without a file to write to."""
    if not arguments:
        sys.stderr.write("picture: say which file to write: picture reply.png [WORDS...]\n")
        return 2
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("picture: there is no chromium: install it (apt install chromium fonts-noto-color-emoji)\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        take(chromium, Path(folder), Path(arguments[0]).absolute(), " ".join(arguments[1:]) or DEFAULT)
    return 0


def take(chromium: str, folder: Path, picture: Path, words: str) -> None:
    """Ask, wait for the reply, and write the picture of the page."""
    slack = LocalSlack(local_slack(), folder)
    slack.start()
    with Simulator(demo_fleet()) as simulator:
        bot = Bot(folder, slack.address, {**SOCKET, **configured(folder, simulator)})
        try:
            bot.wait_until_ready()
            slack.command(words)
            slack.wait_for("context")  # an answer has a quiet line at its end, what is said meanwhile has none
            _photograph(chromium, folder, picture, slack.address)
        finally:
            bot.kill()
            slack.kill()


def _photograph(chromium: str, folder: Path, picture: Path, address: str) -> None:
    subprocess.run(
        [
            chromium,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={SIZE}",
            f"--screenshot={picture}",
            address,
        ],
        check=True,
        timeout=120,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
