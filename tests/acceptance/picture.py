"""Pictures of what people see: `python -m tests.acceptance.picture reply FILE [WORDS...]`, `alert FILE`, `home FILE`.

Starts a local Slack, simulated hosts and a bot, asks, and photographs the local Slack's page with headless Chromium
(Debian's package `chromium`, and `fonts-noto-color-emoji` for the signs): `reply probe.png probe prod-a` shows a pool
of the demo's fleet, `alert` an alert with its thread, and `home` App Home.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bot.simulator import SimHost, SimPool, Simulator, demo_fleet, lone, release
from tests.acceptance.bots import SOCKET, Bot
from tests.acceptance.chromium import Browser, chromium
from tests.acceptance.fleet import configured
from tests.acceptance.getting import local_slack
from tests.acceptance.lab import CHANNEL, USER, LocalSlack

DEFAULT = "XenServer 7.2"
GRANTED = f"access: {{grants: [{{who: {USER}, may: [probe, fleet, operate]}}]}}\n"
WATCHED = f"{GRANTED}alerts: {{channel: {CHANNEL}}}\nsweep: {{every: 1s}}\n"


class Scene(NamedTuple):
    """What a picture is made of: who is simulated, its size in pixels and scale, what happens before it is taken."""

    pools: Callable[[], tuple[SimPool, ...]]
    size: tuple[int, int, float]
    configuration: str
    play: Callable[["Stage", str], None]


class Stage(NamedTuple):
    """What plays in a scene."""

    slack: LocalSlack
    hosts: Simulator
    browser: Browser


def _reply(stage: Stage, words: str) -> None:
    stage.slack.command(words or DEFAULT)
    stage.slack.wait_for("context")  # an answer has a quiet line at its end, what is said meanwhile has none
    stage.browser.open(stage.slack.address)
    stage.browser.wait("document.body.textContent.includes('‹') || !!document.querySelector('.bk-context')")


def _prod() -> tuple[SimPool, ...]:
    runs = {"xen-11": "8.2", "xen-12": "8.2", "xen-13": "8.3"}
    return (SimPool(tuple(SimHost(name, release("XCP-ng", one)) for name, one in runs.items()), name="prod"),)


def _small() -> tuple[SimPool, ...]:
    old = lone(SimHost("archive-1", release("XenServer", "7.2")), "archive-a", ("archive",))
    return (*_prod(), old, lone(SimHost("spare-1", release("XCP-ng", "8.3"), up=False), "spare-a"))


def _acknowledged(stage: Stage, about: str) -> None:
    bulletin = stage.slack.wait_for(about, 15, also=lambda message: "thread_ts" not in message)
    stage.slack.press(bulletin, "Acknowledge")
    stage.slack.wait_for("acknowledged by", 15)


def _alert(stage: Stage, _: str) -> None:
    """Acknowledged; then one host is upgraded, and another one turns up on the old release."""
    _acknowledged(stage, "XCP-ng 8.2 LTS")
    stage.hosts["xen-12"].upgrade(release("XCP-ng", "8.3"))
    stage.hosts["xen-13"].upgrade(release("XCP-ng", "8.2"))
    stage.slack.wait_for("Also on", 15)
    stage.browser.open(stage.slack.address)
    stage.browser.click(".thread-summary")
    stage.browser.wait("!!document.querySelector('.thread-pane')")


def _home(stage: Stage, _: str) -> None:
    _acknowledged(stage, "XenServer 7.2")
    stage.slack.wait_for("spare-a", 15)
    stage.browser.open(stage.slack.address)
    stage.browser.click(".sidebar-item", "xocompat")
    stage.browser.wait("document.body.textContent.includes('What ends next')")


SCENES = {
    "reply": Scene(demo_fleet, (1000, 640, 1.6), GRANTED, _reply),
    "alert": Scene(_prod, (1250, 640, 1.25), WATCHED, _alert),
    "home": Scene(_small, (900, 1180, 1), WATCHED, _home),
}


def main(arguments: list[str]) -> int:
    """Writes the picture of a scene; 1 if there is no Chromium, 2 if it is not said what to show and where to."""
    if len(arguments) < 2 or arguments[0] not in SCENES:
        sys.stderr.write(f"picture: say what to show and which file to write: {', '.join(SCENES)} FILE [WORDS...]\n")
        return 2
    program = chromium()
    if program is None:
        sys.stderr.write("picture: there is no chromium: install it (apt install chromium fonts-noto-color-emoji)\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        scene, picture = SCENES[arguments[0]], Path(arguments[1]).absolute()
        take(program, Path(folder), scene, picture, " ".join(arguments[2:]))
    return 0


def take(program: str, folder: Path, scene: Scene, picture: Path, words: str) -> None:
    """Play a scene and write its picture."""
    slack = LocalSlack(local_slack(), folder)
    slack.start()
    with Simulator(scene.pools()) as hosts, Browser(program, folder, *scene.size) as browser:
        bot = Bot(folder, slack.address, {**SOCKET, **configured(folder, hosts, scene.configuration)})
        try:
            bot.wait_until_ready()
            scene.play(Stage(slack, hosts, browser), words)
            browser.photograph(picture)
        finally:
            bot.kill()
            slack.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
