"""Alerts, watches and digests in memory, as the ports have them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bot.alerts.alert import Alert, AlertState, Condition, Detail, Notification, Reconciled
from bot.alerts.evaluate import update
from bot.alerts.ports import AlertBook, Watch, WatchKind

GONE = Detail("no_route")


def settle(
    book: AlertBook,
    conditions: Sequence[Condition],
    now: datetime,
    why: Callable[[Condition], Detail] = lambda _: GONE,
) -> Reconciled:
    """Hold conditions against a book's open alerts, as an evaluation does that found just these."""
    with book.transaction() as unit:
        return update(unit, conditions, unit.open_alerts(), now, why)


class MemoryBook:
    """Alerts by id, which is its own unit of work. Nothing is queued: `updates` has what would be, in order."""

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._alerts = {alert.id: alert for alert in alerts}
        self.updates: list[Notification] = []
        self.starts: dict[str, dict[str, Any]] = {}

    @contextmanager
    def transaction(self) -> Iterator["MemoryBook"]:
        yield self

    def open_alerts(self, ids: Collection[int] | None = None) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.open() if ids is None or alert.id in ids)

    def save(self, changed: Sequence[Alert], now: datetime) -> tuple[Alert, ...]:  # noqa: ARG002
        return tuple(map(self._keep, changed))

    def queue(self, saved: Sequence[Alert], updates: Iterable[Notification], now: datetime) -> None:  # noqa: ARG002
        self.updates += updates

    def unstarted(self, channels: Collection[str]) -> tuple[str, ...]:
        return tuple(channel for channel in channels if channel not in self.starts)

    def queue_start(self, channel: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG002
        self.starts[channel] = payload

    def open(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self._alerts.values() if alert.is_open)

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        ended = (alert for alert in self._alerts.values() if alert.state is AlertState.RESOLVED)
        return tuple(alert for alert in ended if alert.resolved_at and alert.resolved_at >= since)

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        return tuple(self._alerts[number] for number in sorted(set(ids)) if number in self._alerts)

    def _keep(self, alert: Alert) -> Alert:
        stored = alert if alert.id else alert._replace(id=max(self._alerts, default=0) + 1)
        self._alerts[stored.id] = stored
        return stored


class MemoryWatches:
    """Watches in the order in which they were added."""

    def __init__(self, watches: Iterable[Watch] = ()) -> None:
        self._watches: dict[tuple[str, WatchKind, str], Watch] = {}
        for watch in watches:
            self.add(watch)

    def add(self, watch: Watch) -> bool:
        key = (watch.channel, watch.kind, watch.what)
        before = self._watches.get(key)
        if before and before.lead == watch.lead:
            return False
        self._watches[key] = watch
        return True

    def remove(self, channel: str, kind: WatchKind, what: str) -> bool:
        return self._watches.pop((channel, kind, what), None) is not None

    def all(self) -> tuple[Watch, ...]:
        return tuple(sorted(self._watches.values(), key=lambda watch: watch.channel))


class MemoryDigests:
    """Channels that want no digest, and the weeks that were queued."""

    def __init__(self) -> None:
        self._off: set[str] = set()
        self._queued: dict[tuple[str, datetime], dict[str, object]] = {}

    def turn(self, channel: str, on: bool, by: str, now: datetime) -> None:  # noqa: ARG002 - a database keeps who
        (self._off.discard if on else self._off.add)(channel)

    def is_on(self, channel: str) -> bool:
        return channel not in self._off

    def queue(self, channel: str, slot: datetime, text: dict[str, object], now: datetime) -> bool:  # noqa: ARG002
        return self._queued.setdefault((channel, slot), text) is text

    def queued(self, channel: str, since: datetime) -> tuple[dict[str, Any], ...]:
        return tuple(text for (to, slot), text in self._queued.items() if to == channel and slot >= since)
