"""A connection to PostgreSQL that gives up on a server that hangs.

One that is stopped (SIGSTOP, a frozen machine, a disk that hangs) goes on taking what is sent, so that TCP finds
nothing wrong, and it is not there to mind its own timeouts. libpq bounds connecting alone.
"""

import time
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import Connection, OperationalError

T = TypeVar("T")

ANSWERS = 3.0
"""Seconds for what is answered at once: whether the connection holds, and how it is set up."""


class PatientConnection(Connection[Any]):
    """`bound` is how many seconds one answer may take; after that the connection is closed, and what it did fails."""

    bound = ANSWERS

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **more: Any) -> T:
        return super().wait(self._bounded(gen), *args, **more)

    def _bounded(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Steps of libpq's, which come at least ten times a second."""
        ends = time.monotonic() + self.bound
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not ready and time.monotonic() >= ends:
                    self.close()  # whatever comes yet is the answer to something else
                    raise OperationalError("timeout: no answer")
                state = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result
