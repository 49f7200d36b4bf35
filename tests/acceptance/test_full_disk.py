"""`serve` on a disk that fills up: a small one of its own, in a namespace of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.simulator import release
from tests.acceptance.bots import Bot, limited
from tests.acceptance.lab import CHANNEL, SECRET
from tests.acceptance.waiting import until
from tests.acceptance.watched import TOLD, Watch
from tests.slack.signed import command, headers

SIZE = 16
"""Mebibytes; the database and its journal take about five."""


def _on_a_small_disk(folder: Path, run: list[str]) -> list[str]:
    """A command for which a folder is a small disk. Nobody else sees that."""
    mount = f'mount -t tmpfs -o size={SIZE}m tmpfs "{folder}" && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh", *run]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    tried = shutil.which("unshare") and subprocess.run(
        _on_a_small_disk(folder, ["true"]), capture_output=True, check=False
    )
    if not tried or tried.returncode:
        # Not a part that could be installed: the system does not allow it. A bound of SQLite's own stands in for the
        # disk in tests/store, everywhere.
        pytest.skip("this system lets nobody have a disk of their own")
    return folder


def _fill(file: Path) -> None:
    """Somebody else's file takes all that is left."""
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        for size in (2**16, 2**12, 1):
            with suppress(OSError):
                while filler.write(b"x" * size):
                    pass


def _why(bot: Bot) -> str | None:
    status, said = bot.ask("GET", "/readyz")
    return said if status == 503 else None


def _say(bot: Bot, words: str) -> str:
    body = command(words, channel_id=CHANNEL)
    status, answer = bot.ask("POST", "/slack/events", body.encode(), headers(body, secret=SECRET))
    assert status == 200
    return str(json.loads(answer)["text"])


def test_it_stays_up_says_so_and_loses_nothing(watch_on: Callable[[str], Watch], disk: Path) -> None:
    watch = watch_on(f"sqlite:///{disk / 'fleet.db'}")
    bot = watch.bot(_on_a_small_disk(disk, limited(stale=1)), every="1s")
    until(lambda: len(watch.messages) == TOLD, 30, "all is told")
    filler = Path(f"/proc/{bot.pid}/root{disk}/filler")
    _fill(filler)
    why = until(lambda: _why(bot), 20, "not ready")
    assert why.startswith("the database cannot be written, as its disk is full: make room")
    watch.hosts["xen-2"].upgrade(release("XCP-ng", "8.3"))
    until(lambda: "its disk is full" in str(bot.events("job not done")), 20, "the log says so")
    assert _say(bot, "XCP-ng 8.3").startswith("XCP-ng 8.3 LTS")
    assert _say(bot, "alerts").startswith("3 open alerts")
    assert "its disk is full" in _say(bot, "ack 1")
    filler.unlink()
    bot.wait_until_ready()
    until(lambda: _say(bot, "alerts").startswith("2 open alerts"), 30, "what was upgraded is resolved")
    room = watch.slack.room(CHANNEL)
    until(lambda: len(room.messages) == TOLD + 1, 90, "and told in its thread")
    assert bot.stop() == 0
    assert len({*room.keys}) == len(room.keys) == TOLD + 1
    assert "Traceback" not in bot.told
