"""Alerts, watches and digests in memory, as the ports have them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from bot.alerts import state_machine as machine
from bot.alerts.alert import Alert, AlertState, Condition, Reconciled
from bot.alerts.ports import AlertAct, Evaluation, ResolutionReason, Watch, WatchKind


def judged(concerns: Sequence[Condition], why_gone: ResolutionReason) -> Callable[[], Evaluation]:
    """A judgement that is made already."""
    return lambda: Evaluation(concerns, why_gone)


class MemoryBook:
    """Alerts by id. Nothing is queued: `told` has every notification, in order."""

    def __init__(self, alerts: Iterable[Alert] = ()) -> None:
        self._alerts = {alert.id: alert for alert in alerts}
        self.told: list[Reconciled] = []

    def settle(self, judge: Callable[[], Evaluation], now: datetime) -> Reconciled:
        found = judge()
        settled = machine.reconcile(found.concerns, self.open(), now, found.why_gone)
        numbered = {alert.fingerprint: self._keep(alert) for alert in settled.changed}
        told = tuple(
            notification._replace(alert=numbered[notification.alert.fingerprint])
            for notification in settled.notifications
        )
        kept = Reconciled(tuple(numbered.values()), told)
        self.told.append(kept)
        return kept

    def act(self, ids: Collection[int], act: AlertAct) -> tuple[Alert, ...]:
        changed = []
        for alert in self.find(ids):
            after = machine.apply(alert, act)
            if after != alert:
                changed.append(self._keep(after))
        return tuple(changed)

    def open(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self._alerts.values() if alert.is_open)

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        ended = (alert for alert in self._alerts.values() if alert.state is AlertState.RESOLVED)
        return tuple(alert for alert in ended if alert.resolved_at and alert.resolved_at >= since)

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        return tuple(self._alerts[number] for number in sorted(set(ids)) if number in self._alerts)

    def _keep(self, alert: Alert) -> Alert:
        kept = alert if alert.id else alert._replace(id=max(self._alerts, default=0) + 1)
        self._alerts[kept.id] = kept
        return kept


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
        self.queued: dict[tuple[str, datetime], dict[str, object]] = {}

    def turn(self, channel: str, on: bool, by: str, now: datetime) -> None:  # noqa: ARG002 - a database keeps who
        (self._off.discard if on else self._off.add)(channel)

    def is_on(self, channel: str) -> bool:
        return channel not in self._off

    def queue(self, channel: str, slot: datetime, text: dict[str, object], now: datetime) -> bool:  # noqa: ARG002
        return self.queued.setdefault((channel, slot), text) is text
