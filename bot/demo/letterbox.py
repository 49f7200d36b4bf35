"""The way from what is sent to the channel that shows it: posts lie here until somebody looks."""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bot.alerts.outbox import Kind
from bot.chat.reply import Reply


class Post(NamedTuple):
    """A message of the bot's, or what became of one. `about` is what its bulletin is about; a digest has none."""

    kind: Kind
    reply: Reply
    about: str = ""


class Letterbox:
    """Posts that the channel has not shown yet. For any thread.

    `rang` is called after something was put in, by the thread that did it.
    """

    def __init__(self) -> None:
        self.rang: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._posts: list[Post] = []

    def put(self, posts: Sequence[Post]) -> None:
        with self._lock:
            self._posts += posts
        if posts:
            self.rang()

    @property
    def is_empty(self) -> bool:
        with self._lock:
            return not self._posts

    def take(self) -> list[Post]:
        """All that is in it, oldest first."""
        with self._lock:
            taken, self._posts = self._posts, []
        return taken
