"""A terminal that somebody types at while the bot says something unasked: the line that was begun stays below."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TextIO

from bot.terminal.output import write


class Screen:
    """Shows what `unasked` gives: between two questions at once, during an answer after it."""

    def __init__(self, stdout: TextIO, environ: Mapping[str, str], prompt: str, unasked: Callable[[], Iterator[str]]):
        self._stdout = stdout
        self._prompt = prompt
        self._unasked = unasked
        self._over = "\n" if environ.get("TERM") == "dumb" else "\r\x1b[K"
        self._lock = threading.Lock()  # guards what follows, and the channel while nobody is answered
        self._waits = False

    def prompted(self) -> None:
        """The prompt stands there, and somebody may type."""
        with self._lock:
            self._waits = True
            self._look()

    def answering(self) -> None:
        """A line was typed: nothing may come between it and its answer."""
        with self._lock:
            self._waits = False

    def rang(self) -> None:
        """Something was said unasked; from whichever thread."""
        with self._lock, suppress(BrokenPipeError):  # whoever answers next notices that nobody reads
            if self._waits:
                self._look()

    def _look(self) -> None:
        if said := "\n\n".join(self._unasked()):
            write(self._stdout, f"{self._over}{said}\n\n{self._prompt}{typed_so_far()}")


def typed_so_far() -> str:
    """The line that was begun, where it can be told."""
    readline = sys.modules.get("readline")
    return readline.get_line_buffer() if readline else ""
