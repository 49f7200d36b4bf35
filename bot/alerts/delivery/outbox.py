"""Messages on their way to a channel: written with the change that they are about, sent in order, never forgotten."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from bot.alerts.alert import Alert


class DeliveryKind(StrEnum):
    """What is sent."""

    ALERT_MESSAGE = "bulletin"
    """The one message of a (channel, subject), posted. The values are those of rows that wait in databases."""
    THREAD_UPDATE = "news"
    """What is new, in the alert message's thread. `payload` is a Notification as data."""
    EDIT = "edit"
    """The alert message, edited to what holds now. Waiting edits of one message are one edit."""
    DIGEST = "digest"
    """A message of its own. `payload` is the digest as data."""
    START = "start"
    """A channel's first message, once. `payload` is a Start as data."""
    LIST = "list"
    """What is new about the published list, a message of its own. `payload` is a ListNews as data."""
    DATA = "data"
    """What moved in renewed data, a message of its own. `payload` is a DataNews as data."""
    ACCESS = "access"
    """Somebody asks for a right, a message of its own. `payload` is an AccessRequest as data."""


class Delivery(NamedTuple):
    """A message to send. `key` goes with it, so that it can be looked up in the channel's history.

    `bulletin` is the row of the alert message that it belongs to, `message_id` that message's id on the platform, None
    before it is posted. `was_sending`: an earlier try began (the last one at `began_at`) and its end is not known, so
    it is looked up before it is sent again. `alerts` are those of the alert message that are open; where none is, those
    that ended last.
    """

    id: int
    key: str
    channel: str
    kind: DeliveryKind
    payload: dict[str, Any]
    created_at: datetime
    bulletin: int | None = None
    message_id: str | None = None
    was_sending: bool = False
    attempts: int = 0
    alerts: tuple[Alert, ...] = ()
    began_at: datetime | None = None


class ChannelState(NamedTuple):
    """How sending to a channel goes. `stopped` is the permanent error that stops its queue, in words, with its code.

    `tries` is how often the oldest message that waits was tried. `holder` is the process that may send now, and
    `held_until` how long it may unless it goes on.
    """

    channel: str
    pending: int
    oldest: datetime | None
    not_before: datetime | None = None
    stopped_code: str | None = None
    stopped: str | None = None
    stopped_at: datetime | None = None
    tries: int = 0
    holder: str | None = None
    held_until: datetime | None = None


class Outbox(Protocol):
    """The queue of every channel. One process sends to a channel at a time: it holds a lease on it.

    The order of things: `lease`, `next`, `sending` (recorded before the post), `next` once more, the post, `sent`. What
    the message says must be read after `sending`: a change before it finds the edit that waits, and queues no other.
    """

    def waiting(self, now: datetime) -> tuple[str, ...]:
        """Channels that have something to send now: not stopped, not before their time, not leased by another."""

    def lease(self, channel: str, by: str, now: datetime, seconds: float) -> bool:
        """Take or renew the right to send to a channel; False while another process has it."""

    def release(self, channel: str, by: str) -> None:
        """Give it back."""

    def next(self, channel: str) -> Delivery | None:
        """The oldest message of a channel that is not sent."""

    def sending(self, delivery: Delivery, by: str, now: datetime) -> bool:
        """Record that a try begins; False if nothing may be sent: the lease is lost, the channel stopped or to wait."""

    def sent(self, delivery: Delivery, message_id: str | None, now: datetime) -> None:
        """Record that it is in the channel; an alert message's id is needed for its edits and its thread."""

    def not_sent(self, delivery: Delivery, now: datetime) -> None:
        """Record that the try certainly did not reach the channel. An edit stays as it is: it may be repeated."""

    def drop(self, delivery: Delivery, why: str, now: datetime) -> None:
        """Record that it can never be sent (an edit of a message that is deleted)."""

    def repost(self, delivery: Delivery, now: datetime) -> None:
        """The alert message is gone from the channel (somebody deleted it): post it anew, before what waits."""

    def wait(self, channel: str, until: datetime) -> None:
        """Send nothing to a channel before a moment (Retry-After, a pause after a failure); it outlasts a restart."""

    def stop(self, channel: str, code: str, words: str, now: datetime) -> None:
        """Stop a channel's queue: a permanent error, that somebody has to mend."""

    def resume(self, channel: str | None = None) -> None:
        """Try a stopped channel (or all of them) again: once a sweep, or because something was mended."""

    def states(self) -> tuple[ChannelState, ...]:
        """Every channel that has something to send, or is stopped."""
