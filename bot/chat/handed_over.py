"""A result on its way from the thread that has it to one that waits for it, for a while."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")
D = TypeVar("D")


class HandedOver(Generic[T]):
    """Handed over once: to who waits for it, or, once nobody does, back to who brings it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards all below
        self._found: list[T] = []
        self._error: BaseException | None = None
        self._nobody_waits = False

    def put(self, *found: T, error: BaseException | None = None) -> bool:
        """Whether somebody took it, or will."""
        with self._changed:
            if not self._nobody_waits:
                self._found, self._error = [*found], error
                self._changed.notify_all()
            return not self._nobody_waits

    def take(self, seconds: float, late: D) -> T | D:
        """What comes within so many seconds, or raises what was brought as an error; `late` where nothing came."""
        with self._changed:
            self._changed.wait_for(lambda: self._found or self._error, seconds)
            self._nobody_waits = True
            if self._error:
                raise self._error
            return self._found[0] if self._found else late
