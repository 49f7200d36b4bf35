"""What a command is doing while it takes its time: a line that moves, and is gone when the command is done."""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self, TextIO

from bot.errors import UnavailableError
from bot.terminal.capabilities import Capabilities, capabilities_of, is_terminal
from bot.terminal.layout import cleaned, width
from bot.terminal.output import write

BEAT = 0.1
"""Seconds between frames, and before the first: what is done sooner shows nothing."""

BAR = 20
"""Columns."""

_ERASED = "\r\x1b[K"
_DOTS, _ASCII_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


class _Shown(NamedTuple):
    """What is shown now; no `total`: nobody knows how much there is."""

    text: str
    done: int = 0
    total: int = 0


class ProgressLine:
    """Shows how far something has come, while it is entered.

        with ProgressLine(sys.stderr, os.environ) as progress:
            progress.show("Asking lab-a … (at most 30 seconds)")
            progress.show("Asking the fleet", done=12, total=64)

    Without a terminal nothing is shown; where nothing may move (NO_COLOR, a dumb terminal) each
    new text is a line of its own. `beat` is in seconds. Call `show` from one thread.
    """

    def __init__(self, stream: TextIO | None, environ: Mapping[str, str], beat: float = BEAT) -> None:
        self._stream = stream if stream is not None and is_terminal(stream) else None
        self._caps = capabilities_of(stream, environ) if stream is not None and self._stream else Capabilities()
        self._moves = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        self._beat = beat
        self._now = _Shown("")
        self._over = threading.Event()
        self._drawing: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._drawing:
            self._drawing.join()

    def show(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say what is being done, in place of what was said before; of how much how much is done, if that is known."""
        is_new = text != self._now.text
        self._now = _Shown(text, done, total)
        if self._stream is None:
            return
        if not self._moves:
            if is_new:
                _written(self._stream, f"{cleaned(text)}\n")
        elif self._drawing is None and not self._over.is_set():
            self._drawing = threading.Thread(target=self._draw, args=(self._stream,), name="progress")
            self._drawing.start()

    def _draw(self, stream: TextIO) -> None:
        beats = 0
        while not self._over.wait(self._beat):
            if not _written(stream, f"\r{frame(*self._now, beats, self._caps)}\x1b[K"):
                return
            beats += 1
        if beats:
            _written(stream, _ERASED)


def frame(text: str, done: int, total: int, beat: int, caps: Capabilities) -> str:
    """One line, a column narrower than the terminal: a sign that turns, the bar if there is a total, the text."""
    frames, full, empty = (_DOTS, "█", "░") if caps.emoji else (_ASCII_FRAMES, "#", ".")
    bar = ""
    if total > 0:
        filled = BAR * min(max(done, 0), total) // total
        bar = f" {full * filled}{empty * (BAR - filled)} {done}/{total}"
    return _cut(f"{frames[beat % len(frames)]}{bar} {cleaned(text)}", (caps.width or 80) - 1)


def _cut(text: str, columns: int) -> str:
    """A line that wraps could not be erased."""
    if width(text) <= columns:
        return text
    while width(text) >= columns:
        text = text[:-1]
    return f"{text}…"


def _written(stream: TextIO, text: str) -> bool:
    """False if nobody can see it any more: no reason to stop what is being done."""
    try:
        write(stream, text)
    except (OSError, ValueError, UnavailableError):
        return False
    return True
