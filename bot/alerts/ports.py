"""What the alerts' room needs of a database; bot.store has it."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from bot.alerts.alert import Alert, Notification
from bot.alerts.routing import Watch as Watch
from bot.alerts.routing import WatchKind as WatchKind


class AlertAction(StrEnum):
    """What a person does about an alert."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"


SNOOZE_MAX = timedelta(days=3650)
"""How long a snooze lasts at most."""

NOTE_MAX = 300
"""Characters of a note at most."""


class AlertAct(NamedTuple):
    """An action with who does it and when. A snooze without `until` lasts until the next threshold.

    `planned_for`, of an acknowledgement, is the day on which what the alert is about is to be done.
    `note` is what the person wants to be read beside it: one printable line of at most NOTE_MAX characters.
    """

    action: AlertAction
    by: str
    at: datetime
    until: datetime | None = None
    planned_for: date | None = None
    note: str | None = None


class AlertTransaction(Protocol):
    """A unit of work on alerts and the messages about them: stored as a whole at its end, or not at all.

    No other one, of any process, changes alerts meanwhile: what is read in it is not older than what the one before
    wrote. An alert message is the one message of a (channel, subject): all open alerts there are in it.
    """

    def open_alerts(self, ids: Collection[int] | None = None) -> tuple[Alert, ...]:
        """Open alerts by id: all, or those of some ids."""

    def save(self, changed: Sequence[Alert], now: datetime) -> tuple[Alert, ...]:
        """Store alerts, new ones (of id 0) with the ids that they get; messages without open alerts are closed."""

    def queue(self, saved: Sequence[Alert], updates: Iterable[Notification], now: datetime) -> None:
        """Queue what channels read of alerts that were saved: each one's message posted or edited, then the updates.

        Updates go into the message's thread, but for those of a message that is still to be posted, which has it all.
        """

    def unstarted(self, channels: Collection[str]) -> tuple[str, ...]:
        """Those of some channels that were never sent a first message, nor any alert of what a sweep found."""

    def queue_start(self, channel: str, payload: dict[str, Any], now: datetime) -> None:
        """Queue a channel's first message: it comes before whatever is queued after it."""


class AlertReader(Protocol):
    """Alerts as they are. UnavailableError where the database could not be reached."""

    def open(self) -> tuple[Alert, ...]:
        """Open alerts, by id."""

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        """Alerts that ended since a moment, by id."""

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        """Alerts by id, open or not, as far as there are such."""


class AlertBook(AlertReader, Protocol):
    """Alerts, and changing them."""

    def transaction(self) -> AbstractContextManager[AlertTransaction]:
        """A unit of work, begun once no other one is under way."""


class Watches(Protocol):
    """What channels watch."""

    def add(self, watch: Watch) -> bool:
        """Store it, in place of one on the same thing; False if that very one is there."""

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

    def queued(self, channel: str, since: datetime) -> tuple[dict[str, Any], ...]:
        """A channel's digests that were queued since a moment, as data, the oldest first."""
