"""Pictures of what people see in Mattermost: `python -m tests.drawing.mattermost_picture answer|table|alert FILE`.

What a bot posts in the Mattermost of the tests is drawn as Mattermost's clients do, and photographed with headless
Chromium (Debian's packages `chromium` and `fonts-noto-color-emoji`).
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.simulator import SimHost, SimPool, Simulator, demo_fleet, release
from tests.acceptance.bots import Bot
from tests.acceptance.chats import MattermostChat, Seen, Who, mattermost_way, wait_for
from tests.acceptance.chromium import chromium
from tests.acceptance.fleet import configured
from tests.acceptance.waiting import free_port
from tests.drawing.mattermost import page, post
from tests.drawing.picture import photograph
from tests.mattermost.standin import Mattermost

GRANT = f"access: {{grants: [{{who: '{MattermostChat.who[Who.ANN]}', may: [probe, fleet, operate]}}]}}\n"


@contextmanager
def talking(pools: tuple[SimPool, ...], more: str = "") -> Iterator[tuple[MattermostChat, Simulator]]:
    """A bot in a Mattermost that asks simulated pools."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Mattermost() as mattermost,
        Simulator(pools) as hosts,
    ):
        chat, port = MattermostChat(mattermost), free_port()
        way, here = mattermost_way(mattermost, port)
        environ = configured(Path(folder), hosts, f"{GRANT}{here}{more}")
        bot = Bot(Path(folder), "http://127.0.0.1:9", {**way, **environ}, None, port)
        try:
            bot.wait_until_ready()
            yield chat, hosts
        finally:
            bot.kill()


def answer() -> list[Seen]:
    """What is said of a release, to who asks."""
    with talking(()) as (chat, _):
        chat.type("XenServer 7.2")
        return [wait_for(chat, "As of")]


def table() -> list[Seen]:
    """The demo's fleet."""
    with talking(demo_fleet()) as (chat, _):
        chat.type("sweep")
        wait_for(chat, "Sweep done")
        chat.type("fleet XCP-ng 8.2")
        return [wait_for(chat, "hosts", also=lambda m: "| Host" in m.text)]


def alert() -> list[Seen]:
    """An alert that was acknowledged with a note, and its thread."""
    hosts = (SimHost("xen-11", release("XCP-ng", "8.1")), SimHost("xen-12", release("XCP-ng", "8.3")))
    with talking((SimPool(hosts, name="prod"),), f"alerts: {{channel: '{MattermostChat.channel}'}}\n") as (chat, _):
        told = wait_for(chat, "XCP-ng 8.1 reached end of life", also=lambda m: m.thread is None and bool(m.labels))
        chat.press(told, "Acknowledge")
        chat.press(wait_for(chat, "acknowledged by", also=lambda m: m.id == told.id), "Add a note")
        chat.note("Waiting for new hardware, ticket OPS-17")
        news = wait_for(chat, "OPS-17", also=lambda m: m.thread == told.id and not m.is_private)
        return [wait_for(chat, "OPS-17", also=lambda m: m.id == told.id), news]


SCENES: dict[str, tuple[Callable[[], list[Seen]], int]] = {
    "answer": (answer, 760),
    "table": (table, 840),
    "alert": (alert, 760),
}
"""What is shown, and how many pixels wide."""


def main(arguments: list[str]) -> int:
    """Writes a picture; 1 without Chromium, 2 if it is not said what to show and where to."""
    if len(arguments) != 2 or arguments[0] not in SCENES:
        sys.stderr.write(f"picture: say what to show and which file to write: {', '.join(SCENES)} FILE\n")
        return 2
    if (program := chromium()) is None:
        sys.stderr.write("picture: there is no chromium: install it (apt install chromium fonts-noto-color-emoji)\n")
        return 1
    (play, width), file = SCENES[arguments[0]], Path(arguments[1]).absolute()
    drawn = page(post(each.raw.json, in_thread=each.thread is not None) for each in play())
    photograph(program, drawn, file, width, 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
