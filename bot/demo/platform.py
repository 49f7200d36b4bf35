"""The way from what is sent to the channel that shows it: posts lie here until somebody looks."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.alerts.alert import NotifyReason, notification_from_data
from bot.alerts.delivery.outbox import Delivery, DeliveryKind, Outbox
from bot.alerts.digest import Digest
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.commands.changes import list_message
from bot.chat.digest_message import digest_message
from bot.chat.reply import Block, Paragraph, Reply, Strong
from bot.matrix.matrix import Matrix
from bot.published.revisions import ListNews


class ChannelPost(NamedTuple):
    """A message of the bot's, or what became of one. `about` is what its bulletin is about; a digest has none."""

    kind: DeliveryKind
    reply: Reply
    about: str = ""


class Inbox:
    """Posts that the channel has not shown yet. For any thread.

    `rang` is called after something was put in, by the thread that did it.
    """

    def __init__(self) -> None:
        self.rang: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._posts: list[ChannelPost] = []

    def put(self, posts: Sequence[ChannelPost]) -> None:
        with self._lock:
            self._posts += posts
        if posts:
            self.rang()

    @property
    def is_empty(self) -> bool:
        with self._lock:
            return not self._posts

    def take(self) -> list[ChannelPost]:
        """All that is in it, oldest first."""
        with self._lock:
            taken, self._posts = self._posts, []
        return taken


LEASE = 60.0
"""Seconds."""

_BY = "demo"


class DemoDelivery:
    """Brings what waits in an outbox into the letterbox."""

    def __init__(self, outbox: Outbox, matrix: Callable[[], Matrix], clock: Callable[[], datetime], box: Inbox) -> None:
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
    return delivery.kind is DeliveryKind.EDIT and all(
        alert.reason is NotifyReason.REMINDER for alert in delivery.alerts
    )


def _post(delivery: Delivery, matrix: Matrix) -> ChannelPost:
    match delivery.kind:
        case DeliveryKind.NEWS:
            told = notification_from_data(delivery.payload)
            return ChannelPost(delivery.kind, thread_update(told), told.alert.subject.name)
        case DeliveryKind.DIGEST:
            return ChannelPost(delivery.kind, digest_message(Digest.from_data(delivery.payload)))
        case DeliveryKind.LIST:
            return ChannelPost(delivery.kind, list_message(ListNews.from_data(delivery.payload)))
        case DeliveryKind.BULLETIN | DeliveryKind.EDIT:
            decided = delivery.created_at
            reply = alert_message(delivery.alerts, decided.date(), decided, matrix)
            if delivery.kind is DeliveryKind.EDIT:  # what to do was said when it was posted
                reply = reply._replace(blocks=tuple(b for b in reply.blocks if not _is_next_step(b)))
            return ChannelPost(delivery.kind, reply, delivery.alerts[0].subject.name)


def _is_next_step(block: Block) -> bool:
    return isinstance(block, Paragraph) and isinstance(block.lines[0][0], Strong)
