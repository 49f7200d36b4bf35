"""Replies that were shown, kept for a while so that sharing shows the very same: a host asked again may say other."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from bot.slack.responder import RenderedReply

KEPT = 1800.0
MOST = 200
"""Seconds that a reply is kept, and how many at most: those that were shown last."""


class _Place(NamedTuple):
    at: float
    user: str | None
    answer: RenderedReply


class ReplyCache:
    """Answers by keys that nobody can guess. In this process alone: another one does not find them."""

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._places: OrderedDict[str, _Place] = OrderedDict()

    def put(self, key: str, answer: RenderedReply, user: str | None) -> None:
        """Keep an answer that a user was shown; None: everybody in the channel was."""
        with self._lock:
            self._places[key] = _Place(self._clock(), user, answer)
            while len(self._places) > self._most:
                self._places.popitem(last=False)

    def get(self, key: str | None, user: str) -> RenderedReply | None:
        """The answer that the user has seen; None if it is kept no more, or was for somebody else."""
        with self._lock:
            place = self._places.get(key or "")
            if place and self._clock() - place.at >= KEPT:
                del self._places[key or ""]
                return None
        return place.answer if place and place.user in (None, user) else None


def new_key() -> str:
    return secrets.token_urlsafe(12)
