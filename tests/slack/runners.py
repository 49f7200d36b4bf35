"""Runners of commands for tests: one with a long answer, one that breaks, one whose answers wait."""

import threading
from typing import Any

from bot.chat.command import Choice
from bot.chat.reply import Bullets, Reply, RichText, Strong, line
from bot.errors import UnavailableError

_ROWS = Bullets(tuple(line(f"row {at} {'x' * 60}") for at in range(35)))
LONG = Reply("list", (Strong("Long"),), (_ROWS,) * 8)
"""A reply of three messages."""


class Saying:
    """Says the same before it answers, and has nothing to choose from."""

    def opening(self, *_: Any) -> RichText:
        return line("Asking ", Strong("lab-a"), " …")

    def choices(self, *_: Any) -> tuple[Choice, ...]:
        return ()


class Long(Saying):
    """Has one answer for everything."""

    def run(self, *_: Any) -> Reply:
        return LONG


class Broken(Saying):
    """Breaks."""

    def run(self, *_: Any) -> Reply:
        raise RuntimeError("the drawer is stuck")


class Gate(Saying):
    """Answers when it is opened; `asked` counts the questions."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.asked = threading.Semaphore(0)

    def run(self, *_: Any) -> Reply:
        self.pass_through()
        return Reply("slow", line("done"))

    def pass_through(self) -> None:
        self.asked.release()
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


class Away(Saying):
    """Needs a database that could not be reached."""

    SAID = "xocompat.db is damaged: put a backup in its place (`xocompat db check` says more)."

    def run(self, *_: Any) -> Reply:
        raise UnavailableError(self.SAID)


class AwayAtOnce(Away):
    """Misses it before there is anything to wait for."""

    def opening(self, *_: Any) -> RichText:
        raise UnavailableError("xocompat.db is locked by another process: try again.")
