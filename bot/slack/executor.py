"""Work that follows an acknowledgement, on threads of our own and bounded: a crowd is told "busy", not left waiting.

Bolt's own pool is shared by all listeners; five slow ones in it, and a sixth command misses its three seconds.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Task = Callable[[], None]
Failed = Callable[[BaseException], None]


class BoundedExecutor:
    """At most `threads` tasks at once and `waiting` more in line."""

    def __init__(self, threads: int, waiting: int, name: str = "work") -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = threads + waiting
        self._changed = threading.Condition()
        self._taken = 0
        self._closed = False

    def take(self, task: Task, failed: Failed) -> bool:
        """Take a task on; False if there is no place or the work is over. `failed` is told what the task raised."""
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

    def settle(self, seconds: float) -> bool:
        """Wait until all that was taken is done, failures told; False if that takes longer than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._taken == 0, seconds)

    def drain(self, seconds: float) -> bool:
        """Take nothing more and finish what was taken; False if that took longer than `seconds`."""
        with self._changed:
            self._closed = True
        done = self.settle(seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return done
