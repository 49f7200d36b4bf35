"""What the alerts' room needs of a database; bot.store has it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from bot.alerts.alert import Alert, Condition, Reconciled


class AlertAction(StrEnum):
    """What a person does about an alert."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"


class AlertAct(NamedTuple):
    """An action with who does it and when. A snooze without `until` lasts until the next threshold."""

    action: AlertAction
    by: str
    at: datetime
    until: datetime | None = None


class ResolutionReason(Protocol):
    """Why an alert's concern is gone, to complete "resolved: ..."."""

    def __call__(self, alert: Alert) -> str: ...


class Evaluation(NamedTuple):
    """What concerns which channel now, and why what concerned it before is gone."""

    concerns: Sequence[Condition]
    why_gone: ResolutionReason


class AlertBook(Protocol):
    """Alerts, and what is to be told of them: both change in one transaction. UnavailableError if it can't be had.

    A bulletin is the one message of a (channel, subject): all open alerts there are in it.
    """

    def settle(self, judge: Callable[[], Evaluation], now: datetime) -> Reconciled:
        """Hold what concerns all channels now against the open alerts; keep and queue what comes of it.

        `judge` is called once nobody else settles: what it looks at is not older than what the one before kept.
        """

    def act(self, ids: Collection[int], act: AlertAct) -> tuple[Alert, ...]:
        """Do something about open alerts; those that changed, as they are then. Doing it twice changes nothing."""

    def open(self) -> tuple[Alert, ...]:
        """Open alerts, by id."""

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        """Alerts that ended since a moment, by id."""

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        """Alerts by id, open or not, as far as there are such."""


class WatchKind(StrEnum):
    """What a channel can watch."""

    RELEASE = "release"
    POOL = "pool"
    ALL = "all"


class Watch(NamedTuple):
    """Something that a channel wants to be told about. `lead` in days, longest first; None: as `alerts.lead`.

    `what` is a release's name (its product and number stand beside it), a pool's name or uuid, or "".
    """

    channel: str
    kind: WatchKind
    what: str
    product: str | None = None
    release: str | None = None
    lead: tuple[int, ...] | None = None
    by: str = ""
    at: datetime | None = None


class Watches(Protocol):
    """What channels watch."""

    def add(self, watch: Watch) -> bool:
        """Keep it, in place of one on the same thing; False if that very one is there."""

    def remove(self, channel: str, kind: WatchKind, what: str) -> bool:
        """Forget it; False if there is none."""

    def all(self) -> tuple[Watch, ...]:
        """Every watch, by channel and age."""


class Digests(Protocol):
    """Channels that want no weekly digest, and which were sent."""

    def turn(self, channel: str, on: bool, by: str, now: datetime) -> None:
        """Turn a channel's digest on or off."""

    def is_on(self, channel: str) -> bool:
        """On unless somebody turned it off."""

    def queue(self, channel: str, slot: datetime, text: dict[str, object], now: datetime) -> bool:
        """Queue the digest of a week once; False if that was done already."""
