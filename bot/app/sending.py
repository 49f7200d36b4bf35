"""What sends unasked, put together: to each channel by the platform or the notifier that its name says."""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.delivery.outcome import Delivered, reason_of
from bot.alerts.delivery.retry import DeliveryStatus
from bot.alerts.delivery.worker import DeliveryTransport, OutboxWorker
from bot.alerts.routing import AlertPlan
from bot.app.configuration import ReachableChannels, notifier_targets, plan
from bot.app.dataset import Dataset
from bot.app.fleet import new_name
from bot.app.lookup import now
from bot.chat.channels import ChannelKind, kind_of, notify_channel
from bot.chat.platform import Platform
from bot.chat.reply import Reply
from bot.chat.transport import ChannelTransports, PlatformTransport, reply_for
from bot.settings.model import Settings
from bot.store.outbox import SqlOutbox
from bot.store.store import Store

if TYPE_CHECKING:
    from bot.notify.alertmanager import AlertmanagerNotifier
    from bot.notify.notifier import Notifier

HELD, HELD_FOR = timedelta(seconds=20), 1.0
"""How long a notifier's message waits at most for the one in chat, and seconds until it is looked again."""


class LinkingPlatform(Platform, Protocol):
    """A platform whose messages have addresses, for those who read of them elsewhere."""

    def permalink(self, channel: str, message: str) -> str | None:
        """The address of a message, by its channel and its id; None where the platform does not say."""


class Senders(NamedTuple):
    """The outbox worker, and mirrors that are renewed whether or not anything waits."""

    worker: OutboxWorker
    mirrors: "tuple[AlertmanagerNotifier, ...]" = ()

    def renew(self, log: FilteringBoundLogger, swept_at: datetime | None) -> None:
        """Post the mirrors that are due. What fails is tried again the next time."""
        for mirror in self.mirrors:
            if not mirror.is_due(swept_at):
                continue
            outcome = mirror.post()
            is_done = isinstance(outcome, Delivered)
            self.worker.counters.add(DeliveryStatus.DELIVERED if is_done else DeliveryStatus.FAILED, mirror.channel)
            if not isinstance(outcome, Delivered):
                log.warning("mirror not renewed", channel=mirror.channel, reason=reason_of(outcome))


def senders_of(
    settings: Settings,
    platforms: Mapping[ChannelKind, LinkingPlatform],
    store: Store,
    log: FilteringBoundLogger,
    edition: Callable[[], Dataset],
) -> Senders | None:
    """What sends for channels, in the words of what is known then; None where nothing can be sent to.

    ConfigError lists all that is wrong with the notifiers' variables.
    """
    if not (platforms or settings.notify):
        return None
    zones = plan(settings.alerts)

    def words(delivery: Delivery) -> Reply:
        return reply_for(delivery, edition().matrix, zones)

    by_kind = {kind: PlatformTransport(platform, words, platform.permalink) for kind, platform in platforms.items()}
    notifiers = _notifiers(settings, store, edition) if settings.notify else {}
    transports = ChannelTransports(by_kind, dict(_transports(notifiers, store.outbox, edition, platforms, zones)))
    reach = ReachableChannels.of(settings)
    hold = partial(_hold, store.outbox, platforms)
    worker = OutboxWorker(log, store.outbox, transports, now, new_name(), why_not=reach.why_not, hold=hold)
    return Senders(worker, tuple(_mirrors(notifiers)))


def _notifiers(settings: Settings, store: Store, edition: Callable[[], Dataset]) -> "dict[str, Notifier]":
    from bot.notify.targets import NotifierParts, notifiers_of  # which few configurations need

    parts = NotifierParts(store.alerts, lambda: edition().matrix, now, settings.sweep.every)
    return notifiers_of(notifier_targets(settings, os.environ), parts)


def _transports(
    notifiers: "Mapping[str, Notifier]",
    outbox: SqlOutbox,
    edition: Callable[[], Dataset],
    platforms: Mapping[ChannelKind, LinkingPlatform],
    zones: AlertPlan,
) -> Iterator[tuple[str, DeliveryTransport]]:
    if not notifiers:
        return
    from bot.notify.notifier import NotifierTransport

    link = partial(_link, outbox, platforms)
    for name, notifier in notifiers.items():
        yield notify_channel(name), NotifierTransport(notifier, lambda: edition().matrix, link, zones)


def _mirrors(notifiers: "Mapping[str, Notifier]") -> "Iterator[AlertmanagerNotifier]":
    if not notifiers:
        return
    from bot.notify.alertmanager import AlertmanagerNotifier

    yield from (each for each in notifiers.values() if isinstance(each, AlertmanagerNotifier))


def _hold(outbox: SqlOutbox, platforms: Mapping[ChannelKind, LinkingPlatform], delivery: Delivery) -> float:
    """Seconds that a notifier's first message waits for the one in chat, so that it can lead there; not for long."""
    is_first = kind_of(delivery.channel) is ChannelKind.NOTIFY and delivery.kind is DeliveryKind.ALERT_MESSAGE
    if not (is_first and platforms) or now() - delivery.created_at > HELD:
        return 0.0
    comes = any(message is None and kind_of(channel) in platforms for channel, message in outbox.siblings(delivery))
    return HELD_FOR if comes else 0.0


def _link(outbox: SqlOutbox, platforms: Mapping[ChannelKind, LinkingPlatform], delivery: Delivery) -> str | None:
    """Where the message about the same stands in chat, if it stands anywhere."""
    if delivery.bulletin is None or not platforms:
        return None
    found = (
        platform.permalink(channel, message)
        for channel, message in outbox.siblings(delivery)
        if message and (platform := platforms.get(kind_of(channel)))
    )
    return next(filter(None, found), None)
