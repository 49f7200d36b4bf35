"""Threads with bounds: a crowd gets "busy" at once, and nobody who has to answer waits for what hangs."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum, auto
from typing import TypeVar

from bot.chat.handed_over import HandedOver

T = TypeVar("T")

Task = Callable[[], None]
Failed = Callable[[BaseException], None]


class BoundedExecutor:
    """Runs tasks on threads of its own: at most `threads` at once, and `waiting` more in line.

    A crowd gets "busy" at once and is not left waiting. The threads of a platform's library are shared by all its
    listeners: five slow commands on them, and a sixth would not be acknowledged in time.
    """

    def __init__(self, threads: int, waiting: int, name: str = "work") -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = threads + waiting
        self._changed = threading.Condition()
        self._taken = 0
        self._closed = False

    def submit(self, task: Task, failed: Failed) -> bool:
        """Take a task on; False if there is no place or the executor is closed. `failed` gets what the task raised."""
        with self._changed:
            if self._closed or self._taken >= self._places:
                return False
            future = self._pool.submit(task)
            self._taken += 1
        future.add_done_callback(lambda done: self._done(done, failed))
        return True

    def _done(self, future: "Future[None]", failed: Failed) -> None:
        error = None if future.cancelled() else future.exception()
        try:
            if error:
                failed(error)
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until all that was taken is done, failures included; False if that takes longer than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._taken == 0, seconds)

    def drain(self, seconds: float) -> bool:
        """Take nothing more and finish what was taken; False if that took longer than `seconds`."""
        with self._changed:
            self._closed = True
        done = self.wait_until_idle(seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return done


MOMENT = 0.7
"""Seconds that somebody who has to answer waits: a platform that wants to hear within three may take its time, too."""


class Untold(Enum):
    """Why there is no result now."""

    LATE = auto()
    """It comes later."""
    BUSY = auto()
    """It was not even begun: there is no place."""


class InTime:
    """Gives the result of work that may hang (a database does) within a moment, or not at all: then it comes later.

    After a wait in vain nobody waits, until something is quick again: ten threads that each wait a moment for what
    hangs keep the eleventh request waiting for all of them.
    """

    def __init__(self, executor: BoundedExecutor, moment: float = MOMENT) -> None:
        self.executor = executor
        self._moment = moment
        self._is_slow = False

    def get(self, work: Callable[[], T], late: Callable[[T], None], failed: Failed) -> T | Untold:
        """The result, or what `work` raises, if that comes in time. Else `late` or `failed` gets it, on its thread."""
        result: HandedOver[T] = HandedOver()

        def task() -> None:
            begun = time.monotonic()
            try:
                found = work()
            finally:
                self._is_slow = time.monotonic() - begun > self._moment
            if not result.put(found):
                late(found)

        def broke(error: BaseException) -> None:
            if not result.put(error=error):
                failed(error)

        if not self.executor.submit(task, broke):
            return Untold.BUSY
        found = result.take(0 if self._is_slow else self._moment, Untold.LATE)
        if found is Untold.LATE:
            self._is_slow = True
        return found
