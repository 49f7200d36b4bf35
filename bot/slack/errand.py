"""A slow command under way: it says how far it has come, and ends once, with its reply or with the process."""

import threading
from collections.abc import Callable
from typing import Protocol

from bot.chat.command import Progress
from bot.chat.reply import line
from bot.slack.message import Message, notice
from bot.slack.place import Place
from bot.slack.post import UndeliveredError
from bot.slack.question import Question

PAUSE = 2.0
"""Seconds between two messages on how far it has come, at least."""


class Alarm(Protocol):
    """Something that will be done unless it is cancelled before."""

    def cancel(self) -> object: ...


def after(seconds: float, task: Callable[[], None]) -> Alarm:
    """Do a task on a thread of its own, once so much time is over."""
    timer = threading.Timer(seconds, task)
    timer.daemon = True
    timer.start()
    return timer


class Errand:
    """`key` is the claim to the delivery that asked for it. `clock` is in seconds, `later` as `after`.

    For several threads: what is told while something is shown, or too soon after it, is shown when its time has come,
    unless something newer was told by then.
    """

    def __init__(
        self,
        asked: Question,
        place: Place,
        clock: Callable[[], float],
        key: str | None = None,
        later: Callable[[float, Callable[[], None]], Alarm] = after,
    ) -> None:
        self.asked = asked
        self.place = place
        self.key = key
        self._clock = clock
        self._later = later
        self._changed = threading.Condition()  # guards all below; never held while Slack is asked
        self._newest: Progress | None = None
        self._showing = self._ended = False
        self._alarm: Alarm | None = None
        self._pause = PAUSE
        self._next = clock() + PAUSE

    def tell(self, progress: Progress) -> None:
        """Show progress, now or when something may be shown again.

        What has not come anywhere yet says no more than what was shown at first.
        """
        if progress.done:
            with self._changed:
                self._newest = progress
            self._show()

    def end(self) -> bool:
        """Whether it is the caller's to show how it ended: true once. Nothing else is shown from then on."""
        with self._changed:
            self._changed.wait_for(lambda: not self._showing)
            first, self._ended = not self._ended, True
            if self._alarm:
                self._alarm.cancel()
        return first

    def _show(self) -> None:
        progress = self._taken()
        if progress is None:
            return
        pause = float("inf")
        try:
            self.place.update(_message(progress))
            pause = self._pause
        except UndeliveredError:
            pass  # the reply itself tells whether Slack takes anything
        finally:
            with self._changed:
                self._showing = False
                self._next = self._clock() + pause
                self._arm()
                self._changed.notify_all()

    def _taken(self) -> Progress | None:
        """What is to be shown now, if anything is."""
        with self._changed:
            if self._ended or self._showing or self._newest is None:
                return None
            if self._clock() < self._next:
                self._arm()
                return None
            progress, self._newest = self._newest, None
            self._showing = True
            self._pause *= self.place.slower
            return progress

    def _arm(self) -> None:
        """See to it that what waits is shown in its time."""
        wait = self._next - self._clock()
        if self._newest and not self._alarm and wait < float("inf"):
            self._alarm = self._later(max(0.0, wait), self._ring)

    def _ring(self) -> None:
        with self._changed:
            self._alarm = None
        self._show()


def _message(progress: Progress) -> Message:
    count = f"  {progress.done} of {progress.total}" if progress.total else ""
    return notice((*progress.said, *line(count)))
