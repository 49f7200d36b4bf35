"""Whether this machine's clock can be believed: by what servers say, else by a clock that nobody sets."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from bot.catalogue import say_counted

DOUBT_FROM = timedelta(days=1)
"""A clock that is further off decides nothing: warnings go by days."""

OBSERVATIONS = 8
"""So many answers of servers are remembered; one that agrees is enough, as servers may have a wrong clock, too."""


class _Anchor(NamedTuple):
    """A moment, and what the monotonic clock showed at it, in seconds."""

    moment: datetime
    seconds: float


class ClockCheck:
    """Checks a wall clock by the `Date` of servers that answer; where none has, by how far it jumped since the start.

    `wall` is the time in UTC as the machine has it; `monotonic` are seconds that nobody sets, and that go on while the
    machine sleeps, where it has such a clock: to be switched off is no doubt. `changed` is called once when doubt
    begins, with the reason, and once when it ends, with None. For any thread.
    """

    def __init__(
        self,
        wall: Callable[[], datetime],
        monotonic: Callable[[], float],
        changed: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._wall, self._monotonic, self._changed = wall, monotonic, changed
        self._lock = Lock()
        self._start = _Anchor(wall(), monotonic())
        self._observed: deque[_Anchor] = deque(maxlen=OBSERVATIONS)
        self._in_doubt = False

    def observe(self, server_date: datetime) -> None:
        """A server said just now what time it is, as an aware datetime. It counts more than any jump."""
        with self._lock:
            self._observed.append(_Anchor(server_date, self._monotonic()))
        self.doubt()

    @property
    def has_observed(self) -> bool:
        """Whether any server has said what time it is."""
        return bool(self._observed)

    def doubt(self) -> str | None:
        """Why the clock can't be believed, as a clause for people; None where it can."""
        with self._lock:
            wall, seconds = self._wall(), self._monotonic()
            anchors = [*self._observed] or [self._start]
            off = [wall - anchor.moment - timedelta(seconds=seconds - anchor.seconds) for anchor in anchors]
            is_wrong = all(abs(each) > DOUBT_FROM for each in off)
            reason = self._reason(off[-1]) if is_wrong else None
            begins_or_ends, self._in_doubt = self._in_doubt != is_wrong, is_wrong
        if begins_or_ends:
            self._changed(reason)
        return reason

    def _reason(self, off: timedelta) -> str:
        days = max(1, round(abs(off) / timedelta(days=1)))
        match bool(self._observed), off > timedelta():
            case True, True:
                return say_counted(
                    days,
                    "this machine's clock is {count} day ahead of what servers say",
                    "this machine's clock is {count} days ahead of what servers say",
                )
            case True, False:
                return say_counted(
                    days,
                    "this machine's clock is {count} day behind what servers say",
                    "this machine's clock is {count} days behind what servers say",
                )
            case False, True:
                return say_counted(
                    days,
                    "this machine's clock was set forward by {count} day while xocompat ran, "
                    "and no server has said what time it is",
                    "this machine's clock was set forward by {count} days while xocompat ran, "
                    "and no server has said what time it is",
                )
        return say_counted(
            days,
            "this machine's clock was set back by {count} day while xocompat ran, "
            "and no server has said what time it is",
            "this machine's clock was set back by {count} days while xocompat ran, "
            "and no server has said what time it is",
        )
