"""What sends unasked, put together: to each channel by the platform or the notifier that its name says."""

from collections.abc import Callable, Mapping
from functools import partial

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outbox import Delivery
from bot.alerts.delivery.worker import OutboxWorker
from bot.app.configuration import ReachableChannels
from bot.app.dataset import Dataset
from bot.app.fleet import new_name
from bot.app.lookup import now
from bot.chat.channels import ChannelKind
from bot.chat.platform import Platform
from bot.chat.reply import Reply
from bot.chat.transport import ChannelTransports, PlatformTransport, reply_for
from bot.settings.model import Settings
from bot.store.store import Store


def worker_of(
    settings: Settings,
    platforms: Mapping[ChannelKind, Platform],
    store: Store,
    log: FilteringBoundLogger,
    edition: Callable[[], Dataset],
) -> OutboxWorker | None:
    """Sends what waits for channels, in the words of what is known then; None where nothing can be sent to."""
    if not (platforms or settings.notify):
        return None
    words = partial(_words, edition)
    by_kind = {kind: PlatformTransport(platform, words) for kind, platform in platforms.items()}
    reach = ReachableChannels.of(settings)
    return OutboxWorker(log, store.outbox, ChannelTransports(by_kind), now, new_name(), why_not=reach.why_not)


def _words(edition: Callable[[], Dataset], delivery: Delivery) -> Reply:
    return reply_for(delivery, edition().matrix)
