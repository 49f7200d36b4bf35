"""A slow command under way: it shows how far it has come, and ends once, with its reply or with the process."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.catalogue import number, say
from bot.chat.access import Granted
from bot.chat.command import Progress
from bot.chat.reply import line, notice, say_line
from bot.chat.session.reply_target import ChannelTarget, ReplyTarget, ThreadTarget, UndeliveredError
from bot.chat.session.request import Request
from bot.chat.session.responder import Answer, private
from bot.chat.session.services import BoundedExecutor, SessionServices

PAUSE = 2.0
"""Seconds between two messages on how far it has come, at least."""


Cancel = Callable[[], object]
Later = Callable[[float, Callable[[], None]], Cancel]
"""Does a task once so many seconds are over, unless that is cancelled before."""


def after(seconds: float, task: Callable[[], None]) -> Cancel:
    """Do a task on a thread of its own, once so much time is over."""
    timer = threading.Timer(seconds, task)
    timer.daemon = True
    timer.start()
    return timer.cancel


class BackgroundJob:
    """`key` is the claim to the delivery that asked for it. `clock` is in seconds, `later` as `after`.

    For several threads: progress that comes while something is shown, or too soon after it, is shown when its time has
    come, unless there is newer progress by then.
    """

    def __init__(
        self,
        request: Request,
        target: ReplyTarget,
        clock: Callable[[], float],
        key: str | None = None,
        later: Later = after,
    ) -> None:
        self.request = request
        self.target = target
        self.key = key
        self._clock = clock
        self._later = later
        self._changed = threading.Condition()  # guards all below; never held while the platform is called
        self._newest: Progress | None = None
        self._showing = self._ended = False
        self._cancel: Cancel | None = None  # of the alarm that is set
        self._pause = PAUSE
        self._next = clock() + PAUSE

    def report(self, progress: Progress) -> None:
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
            if self._cancel:
                self._cancel()
        return first

    def _show(self, rung: bool = False) -> None:
        """Show the newest progress if its time has come. `rung`: the alarm that was set for it calls."""
        with self._changed:
            if rung:
                self._cancel = None
            if self._ended or self._showing or self._newest is None:
                return
            if self._clock() < self._next:
                self._arm()
                return
            progress, self._newest = self._newest, None
            self._showing = True
            self._pause *= self.target.slower
        pause = float("inf")
        how_far = progress.said
        if progress.total:
            count = say("{done} of {total}", done=number(progress.done), total=number(progress.total))
            how_far = line(*how_far, "  ", count)
        try:
            self.target.update(notice(how_far))
            pause = self._pause
        except UndeliveredError:
            pass  # the reply itself shows whether the platform takes anything
        finally:
            with self._changed:
                self._showing = False
                self._next = self._clock() + pause
                self._arm()
                self._changed.notify_all()

    def _arm(self) -> None:
        """See to it that what waits is shown in its time."""
        wait = self._next - self._clock()
        if self._newest and not self._cancel and wait < float("inf"):
            self._cancel = self._later(max(0.0, wait), lambda: self._show(rung=True))


@dataclass(frozen=True, slots=True)
class BackgroundJobs:
    """`executor` bounds how many are under way and in line."""

    services: SessionServices
    executor: BoundedExecutor
    _pending: set[BackgroundJob] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(
        self, request: Request, target: ReplyTarget, rights: Granted | None = None, key: str | None = None
    ) -> bool:
        """Run it; False if there is no room. Without `rights` they are checked first, and the opening is shown.

        A claim by `key` is released if it does not get to an end.
        """
        job = BackgroundJob(request, target, time.monotonic, key)
        with self._lock:
            self._pending.add(job)
        taken = False
        try:
            taken = self.executor.submit(lambda: self._run(job, rights), lambda error: self._failed(job, error))
        finally:
            if not taken:
                with self._lock:
                    self._pending.discard(job)
                self._release(job)
        return taken

    def drain(self, seconds: float) -> bool:
        """Take nothing more and finish what was taken; who waits longer than that gets a last word.

        False if something was broken off.
        """
        done = self.executor.drain(seconds)
        with self._lock:
            pending = [*self._pending]
        restarts = say_line("xocompat restarts, and this was broken off. Ask again in a minute.")
        for job in pending:
            self._notify(job, private("broken_off", restarts))
        return done

    def _run(self, job: BackgroundJob, rights: Granted | None) -> None:
        """Without rights the opening comes first; its answer stands beside what is there, as nothing was begun."""
        request = job.request
        try:
            if rights is None:
                opened = self.services.opening(request)
                if isinstance(opened, Answer):
                    self._end(job, opened, aside=True)
                    return
                rights, said = opened
                job.target.open(said)
            key = secrets.token_urlsafe(12)  # by which the reply is shared: nobody can guess it
            answer = self.services.responder.run(request, rights, job.report, key)
            seen_by = None if isinstance(job.target, ThreadTarget) else request.actor.user
            self.services.replies.put(key, answer, seen_by)
            self._end(job, answer)
        finally:
            with self._lock:
                self._pending.discard(job)

    def _end(self, job: BackgroundJob, answer: Answer, aside: bool = False) -> None:
        if not job.end():
            return
        self.services.record(job.request, answer)
        if isinstance(job.target, ChannelTarget) and answer.failed:
            self._release(job)  # it is not in the channel, and may be shared yet
        job.target.finish(answer, aside)

    def _notify(self, job: BackgroundJob, answer: Answer) -> None:
        log, who = self.services.log, job.request.actor.user
        self.services.notices.submit(
            lambda: self._end(job, answer),
            lambda error: log.warning("not delivered", who=who, reason=str(error)),
        )

    def _failed(self, job: BackgroundJob, error: BaseException) -> None:
        self._release(job)
        if isinstance(error, UndeliveredError):
            self.services.failed(job.request.origin, error)
        else:
            self._notify(job, self.services.explained(error, job.request.actor))

    def _release(self, job: BackgroundJob) -> None:
        if job.key:
            self.services.seen.release(job.key)
