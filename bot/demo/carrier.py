"""What the bot says unasked: taken from the outbox, as Slack's sender does, and laid where the channel finds it."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from bot.alerts.alert import NotifyReason
from bot.alerts.digest import Digest
from bot.alerts.notification import from_data
from bot.alerts.outbox import Delivery, Kind, Outbox
from bot.chat.bulletins import bulletin, news
from bot.chat.digests import digest_words
from bot.chat.list_news import list_words
from bot.chat.reply import Block, Paragraph, Strong
from bot.demo.letterbox import Letterbox, Post
from bot.matrix.known import Matrix
from bot.published.news import ListNews

LEASE = 60.0
"""Seconds."""

_BY = "demo"


class Carrier:
    """Brings what waits in an outbox into the letterbox."""

    def __init__(
        self, outbox: Outbox, matrix: Callable[[], Matrix], clock: Callable[[], datetime], box: Letterbox
    ) -> None:
        self._outbox = outbox
        self._matrix = matrix
        self._clock = clock
        self._box = box
        self._one_at_a_time = threading.Lock()

    def send(self) -> int:
        """How many messages waited and are in the channel now."""
        with self._one_at_a_time:
            sent = [delivery for channel in self._outbox.waiting(self._clock()) for delivery in self._all_for(channel)]
        self._box.put([_post(delivery, self._matrix()) for delivery in _by_message(sent) if not _is_small(delivery)])
        return len(sent)

    def _all_for(self, channel: str) -> Iterator[Delivery]:
        self._outbox.lease(channel, _BY, self._clock(), LEASE)
        while waiting := self._outbox.next(channel):
            self._outbox.sending(waiting, _BY, self._clock())
            # Read anew: what was changed until then waits for nothing more.
            delivery = self._outbox.next(channel) or waiting
            self._outbox.sent(delivery, delivery.key, self._clock())
            yield delivery
        self._outbox.release(channel, _BY)


def _by_message(sent: Iterable[Delivery]) -> list[Delivery]:
    """With each message what is in its thread."""
    together: dict[int | None, list[Delivery]] = {}
    for delivery in sent:
        together.setdefault(delivery.bulletin, []).append(delivery)
    return [delivery for group in together.values() for delivery in group]


def _is_small(delivery: Delivery) -> bool:
    """Whether a message is edited for nothing but a reminder, which its thread tells."""
    return delivery.kind is Kind.EDIT and all(alert.reason is NotifyReason.REMINDER for alert in delivery.alerts)


def _post(delivery: Delivery, matrix: Matrix) -> Post:
    match delivery.kind:
        case Kind.NEWS:
            told = from_data(delivery.payload)
            return Post(delivery.kind, news(told), told.alert.subject.name)
        case Kind.DIGEST:
            return Post(delivery.kind, digest_words(Digest.from_data(delivery.payload)))
        case Kind.LIST:
            return Post(delivery.kind, list_words(ListNews.from_data(delivery.payload)))
        case Kind.BULLETIN | Kind.EDIT:
            decided = delivery.created_at
            reply = bulletin(delivery.alerts, decided.date(), decided, matrix)
            if delivery.kind is Kind.EDIT:  # what to do was said when it was posted
                reply = reply._replace(blocks=tuple(b for b in reply.blocks if not _is_next_step(b)))
            return Post(delivery.kind, reply, delivery.alerts[0].subject.name)


def _is_next_step(block: Block) -> bool:
    return isinstance(block, Paragraph) and isinstance(block.lines[0][0], Strong)
