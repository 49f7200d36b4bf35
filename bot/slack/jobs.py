"""A slow command under way: it says how far it has come, and ends once, with its reply or with the process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.chat.access import Granted
from bot.chat.command import Progress
from bot.chat.reply import line
from bot.slack.blocks import SlackMessage, notice
from bot.slack.executor import BoundedExecutor
from bot.slack.post import UndeliveredError
from bot.slack.reply_cache import new_key
from bot.slack.reply_target import ChannelTarget, ReplyTarget, ThreadTarget
from bot.slack.request import Request
from bot.slack.responder import RenderedReply, private
from bot.slack.services import SessionServices

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


class BackgroundJob:
    """`key` is the claim to the delivery that asked for it. `clock` is in seconds, `later` as `after`.

    For several threads: what is told while something is shown, or too soon after it, is shown when its time has come,
    unless something newer was told by then.
    """

    def __init__(
        self,
        asked: Request,
        place: ReplyTarget,
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


def _message(progress: Progress) -> SlackMessage:
    count = f"  {progress.done} of {progress.total}" if progress.total else ""
    return notice((*progress.said, *line(count)))


_RESTARTS = line("xocompat restarts, and this was broken off. Ask again in a minute.")


@dataclass(frozen=True, slots=True)
class BackgroundJobs:
    """`work` bounds how many are under way and in line."""

    kit: SessionServices
    work: BoundedExecutor
    _pending: set[BackgroundJob] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def opening(self, asked: Request) -> tuple[Granted, SlackMessage] | RenderedReply:
        """What may be done and what to say meanwhile; or the answer, if nothing needs to be waited for."""
        found = self.kit.access.admit(asked.asker, asked.spec)
        if isinstance(found, RenderedReply):
            return found
        said = self.kit.answers.opening(asked.words, found.rights, asked.on, asked.caller(found))
        return said if isinstance(said, RenderedReply) else (found, said)

    def take(self, asked: Request, place: ReplyTarget, found: Granted | None = None, key: str | None = None) -> bool:
        """Run it; False if there is no room. Without `found` that is asked first, and the opening is shown.

        A claim by `key` is released if it does not get to an end.
        """
        errand = BackgroundJob(asked, place, time.monotonic, key)
        with self._lock:
            self._pending.add(errand)
        taken = False
        try:
            taken = self.work.take(lambda: self._run(errand, found), lambda error: self._failed(errand, error))
        finally:
            if not taken:
                self._forget(errand)
                self._release(errand)
        return taken

    def drain(self, seconds: float) -> bool:
        """Take nothing more and finish what was taken; whoever waits longer than that is told that nothing will come.

        False if something was broken off.
        """
        done = self.work.drain(seconds)
        with self._lock:
            pending = [*self._pending]
        for errand in pending:
            self._notify(errand, private("broken_off", _RESTARTS))
        return done

    def _run(self, errand: BackgroundJob, found: Granted | None) -> None:
        try:
            self._end(errand, *self._answer(errand, found))
        finally:
            self._forget(errand)

    def _answer(self, errand: BackgroundJob, found: Granted | None) -> tuple[RenderedReply, bool]:
        """The answer, and whether it stands beside what is there: nothing was begun then."""
        asked = errand.asked
        if found is None:
            opened = self.opening(asked)
            if isinstance(opened, RenderedReply):
                return opened, True
            found, said = opened
            errand.place.open(said)
        key = new_key()
        answer = self.kit.answers.run(asked.words, found.rights, asked.on, asked.caller(found), errand.tell, key)
        self.kit.kept.put(key, answer, None if isinstance(errand.place, ThreadTarget) else asked.asker.user)
        return answer, False

    def _end(self, errand: BackgroundJob, answer: RenderedReply, aside: bool = False) -> None:
        if not errand.end():
            return
        self.kit.told(errand.asked, answer)
        if isinstance(errand.place, ChannelTarget) and answer.failed:
            self._release(errand)  # it is not in the channel, and may be shared yet
        errand.place.aside(answer) if aside else errand.place.finish(answer)

    def _notify(self, errand: BackgroundJob, answer: RenderedReply) -> None:
        def lost(error: BaseException) -> None:
            self.kit.log.warning("not delivered", who=errand.asked.asker.user, reason=str(error))

        self.kit.notices.take(lambda: self._end(errand, answer), lost)

    def _failed(self, errand: BackgroundJob, error: BaseException) -> None:
        asker = errand.asked.asker
        self._release(errand)
        if isinstance(error, UndeliveredError):
            self.kit.log.warning("not delivered", who=asker.user, where=asker.channel, reason=str(error))
            return
        self._notify(errand, self.kit.explained(error, asker))

    def _forget(self, errand: BackgroundJob) -> None:
        with self._lock:
            self._pending.discard(errand)

    def _release(self, errand: BackgroundJob) -> None:
        if errand.key:
            self.kit.seen.release(errand.key)
