"""A slow command under way: it says how far it has come, and ends once, with its reply or with the process."""

import threading
from collections.abc import Callable

from bot.chat.command import Progress
from bot.chat.reply import line
from bot.slack.message import Message, notice
from bot.slack.place import Place
from bot.slack.post import UndeliveredError
from bot.slack.question import Question

PAUSE = 2.0
"""Seconds between two messages on how far it has come, at least."""


class Errand:
    """`key` is the claim to the delivery that asked for it. `clock` is in seconds. For several threads."""

    def __init__(self, asked: Question, place: Place, clock: Callable[[], float], key: str | None = None) -> None:
        self.asked = asked
        self.place = place
        self.key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._ended = False
        self._pause = PAUSE
        self._next = clock() + PAUSE

    def tell(self, progress: Progress) -> None:
        """Show progress, unless something was shown a moment ago or is being shown just now."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._ended or self._clock() < self._next:
                return
            self._pause *= self.place.slower
            self.place.update(_message(progress))
            self._next = self._clock() + self._pause
        except UndeliveredError:
            self._next = float("inf")  # the reply itself tells whether Slack takes anything
        finally:
            self._lock.release()

    def end(self) -> bool:
        """Whether it is the caller's to show how it ended: true once. Nothing else is shown from then on."""
        with self._lock:
            first, self._ended = not self._ended, True
        return first


def _message(progress: Progress) -> Message:
    count = f"  {progress.done} of {progress.total}" if progress.total else ""
    return notice((*progress.said, *line(count)))
