"""Whatever Apprise knows, by the extra `xocompat[notify]`: https://github.com/caronc/apprise.

It says whether a message was taken, and no more: no status, no pause to keep, no id. So a failure may have arrived.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.alerts.delivery.outcome import Delivered, NotSent, Outcome
from bot.checkup import Check
from bot.errors import ConfigError, Problem
from bot.notify.drawing import plain_text
from bot.notify.notice import OutgoingNotice
from bot.notify.notifier import NotifierTarget

NOT_INSTALLED = "needs the extra `notify`: pip install 'xocompat[notify]'"


@dataclass(frozen=True, slots=True)
class AppriseNotifier:
    """bot.notify.notifier.Notifier by Apprise. A repeat is a second message: it offers no key."""

    target: NotifierTarget
    service: str
    _notify: Callable[..., Any] = field(repr=False)
    knows_repeats: bool = False
    can_edit: bool = False

    @classmethod
    def of(cls, target: NotifierTarget) -> "AppriseNotifier":
        """ConfigError where Apprise is not installed, or does not know the URL."""
        try:
            import apprise
        except ImportError:
            raise ConfigError([Problem("notify", target.name, NOT_INSTALLED)]) from None
        asset = apprise.AppriseAsset(http_redirects=False)
        service = apprise.Apprise.instantiate(target.url, asset=asset, suppress_exceptions=True)
        if not service:
            raise ConfigError([Problem("notify", target.name, "has a URL that Apprise does not know")])
        one = apprise.Apprise()
        one.add(service)
        return cls(target, str(service.service_name), one.notify)

    def send(self, notice: OutgoingNotice) -> Outcome:
        first, _, rest = plain_text(notice.reply).partition("\n")
        kind = "success" if notice.type.value == "alert.resolved" else "warning" if notice.alerts else "info"
        result = self._notify(body=rest.strip() or first, title=first if rest.strip() else "", notify_type=kind)
        if result:
            return Delivered(notice.key)
        return NotSent("apprise", f"{self.service} did not take it, as Apprise says: look at its URL and the network")

    def check(self) -> Iterator[Check]:
        said = f"{self.service} by Apprise; whether it takes messages, `doctor --send` says"
        yield Check(f"notify {self.target.name}", True, said)
