"""What messages to channels say, made when they are sent: they tell what holds then, as of the day it was decided."""

from collections.abc import Callable
from datetime import datetime

from bot.alerts.digest import Digest
from bot.alerts.notification import from_data
from bot.alerts.outbox import Delivery
from bot.chat.bulletins import bulletin, news
from bot.chat.digests import digest_words
from bot.chat.list_news import list_words
from bot.chat.reply import Reply, line
from bot.matrix.known import Matrix
from bot.published.news import ListNews
from bot.slack.message import Message, messages


class Telling:
    """bot.slack.courier.Words."""

    def __init__(self, matrix: Callable[[], Matrix]) -> None:
        self._matrix = matrix

    def bulletin(self, delivery: Delivery) -> Message:
        if not delivery.alerts:  # forgotten with the rest of an old history
            return _one(Reply("bulletin", line("This alert ended long ago.")))
        decided: datetime = delivery.created_at
        return _one(bulletin(delivery.alerts, decided.date(), decided, self._matrix()))

    def news(self, delivery: Delivery) -> Message:
        return _one(news(from_data(delivery.payload)))

    def digest(self, delivery: Delivery) -> Message:
        return _one(digest_words(Digest.from_data(delivery.payload)))

    def list_news(self, delivery: Delivery) -> Message:
        return _one(list_words(ListNews.from_data(delivery.payload)))


def _one(reply: Reply) -> Message:
    """A reply as one message; what does not fit is told by its last line."""
    return messages(reply, most=1)[0]
