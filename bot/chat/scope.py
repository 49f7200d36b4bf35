"""What a right reaches that somebody has in one channel alone: that channel's alerts, hosts, watches and audit entries.

Commands do not know of it: they get ports that have nothing else. An alert of another channel does not exist there.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

from bot.alerts.alert import Alert, Notification
from bot.alerts.cycle import CycleResult
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.ports import AlertBook, AlertReader, AlertTransaction, Watch, Watches, WatchKind
from bot.alerts.routing import AlertPlan, Routing, names
from bot.catalogue import say
from bot.chat.audit import AuditEntry, StoredTrail
from bot.chat.command import Ports, Watched
from bot.errors import UsageError
from bot.fleet.hosts import Source, SourceState, WatchedHost
from bot.fleet.ports import SweepRun
from bot.fleet.sweep import Report
from bot.fleet.verdicts import host_verdicts
from bot.xapi.observation import Pool


def scoped(ports: Ports, channel: str) -> Ports:
    """The ports as far as they concern a channel. Digests are left as they are: their command takes no channel.

    `fleet`, which `probe` asks, is not narrowed either: a grant to probe names who may ask any host of the inventory.
    """
    part = ports.watched and _Part(ports, ports.watched, channel)
    if alerting := ports.alerting:
        on, states = alerting.on, alerting.channels
        pools: Callable[[], Collection[Pool]] = part.pools if part else frozenset
        alerting = alerting._replace(
            book=_Book(alerting.book, channel),
            on=on and partial(_alerts_on, on, channel),
            watches=_Watches(alerting.watches, channel, pools),
            pools=alerting.pools and pools,
            channels=states and (lambda: _of(channel, states())),
        )
    return ports._replace(
        alerting=alerting,
        watched=part.watched() if part else None,
        audit=ports.audit and _Trail(ports.audit, channel),
    )


@contextmanager
def _alerts_on(
    on: Callable[[date], AbstractContextManager[AlertReader]], channel: str, day: date
) -> Iterator[AlertReader]:
    with on(day) as alerts:
        yield _Reader(alerts, channel)


Owned = TypeVar("Owned", Alert, ChannelState, Watch)


def _of(channel: str, things: Iterable[Owned]) -> tuple[Owned, ...]:
    return tuple(thing for thing in things if thing.channel == channel)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A channel's alerts; `alerts` has those of all."""

    alerts: AlertReader
    channel: str

    def open(self) -> tuple[Alert, ...]:
        return _of(self.channel, self.alerts.open())

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        return _of(self.channel, self.alerts.resolved(since))

    def find(self, ids: Iterable[int]) -> tuple[Alert, ...]:
        return _of(self.channel, self.alerts.find(ids))


@dataclass(frozen=True, slots=True)
class _Book(_Reader):
    """A channel's alerts, and changing them. Only what was read in a transaction is saved in it."""

    alerts: AlertBook

    @contextmanager
    def transaction(self) -> Iterator[AlertTransaction]:
        with self.alerts.transaction() as unit:
            yield _Transaction(unit, self.channel)


class _Transaction(NamedTuple):
    unit: AlertTransaction
    channel: str

    def open_alerts(self, ids: Collection[int] | None = None) -> tuple[Alert, ...]:
        return _of(self.channel, self.unit.open_alerts(ids))

    def save(self, changed: Sequence[Alert], now: datetime) -> tuple[Alert, ...]:
        return self.unit.save(changed, now)

    def queue(self, saved: Sequence[Alert], updates: Iterable[Notification], now: datetime) -> None:
        self.unit.queue(saved, updates, now)

    def unstarted(self, channels: Collection[str]) -> tuple[str, ...]:
        return self.unit.unstarted([channel for channel in channels if channel == self.channel])

    def queue_start(self, channel: str, payload: dict[str, Any], now: datetime) -> None:
        if channel == self.channel:
            self.unit.queue_start(channel, payload, now)


class _Watches(NamedTuple):
    """A channel's watches. A new one brings in no pool that does not lead to the channel already."""

    watches: Watches
    channel: str
    pools: Callable[[], Collection[Pool]]

    def add(self, watch: Watch) -> bool:
        if watch.kind is WatchKind.ALL or (watch.kind is WatchKind.POOL and not self._has(watch.what)):
            raise UsageError(
                say(
                    "Your grant is for this channel alone: here you may watch releases, and pools that lead here "
                    "already. For more, ask those who run xocompat for a route under alerts."
                )
            )
        return watch.channel == self.channel and self.watches.add(watch)

    def _has(self, pool: str) -> bool:
        watched = any((watch.kind, watch.what) == (WatchKind.POOL, pool) for watch in self.all())
        return watched or any(names(each, pool) for each in self.pools())

    def remove(self, channel: str, kind: WatchKind, what: str) -> bool:
        return channel == self.channel and self.watches.remove(channel, kind, what)

    def all(self) -> tuple[Watch, ...]:
        return _of(self.channel, self.watches.all())


class _Trail(NamedTuple):
    trail: StoredTrail
    channel: str

    def record(self, entry: AuditEntry) -> None:
        self.trail.record(entry)

    def find(self, words: Iterable[str], limit: int, where: str | None = None) -> tuple[AuditEntry, ...]:
        return self.trail.find(words, limit, self.channel) if where in (None, self.channel) else ()


class _Part:
    """The part of the fleet that a channel's routes and watches lead to, read once: it lives as long as one command.

    Read-only views of the fleet and of the sweeps at the same time, as bot.chat.command has them.
    """

    def __init__(self, ports: Ports, every: Watched, channel: str) -> None:
        self._ports = ports
        self._every = every
        self._channel = channel
        alerting = ports.alerting
        watches = _of(channel, alerting.watches.all()) if alerting else ()
        self._routing = Routing(every.sources, watches, alerting.plan if alerting else AlertPlan())

    def watched(self) -> Watched:
        """The fleet, in which nothing else is known."""
        every, own = self._every, len(self.configured)

        def scaled(report: Report) -> Report:
            return lambda done, total: report(done * own // total if total else own, own)

        # A sweep asks all sources, for that disturbs nobody; what is shown of it is the channel's.
        return every._replace(
            store=self,
            sweeps=self,
            sources=self.configured,
            channel=self._channel,
            names=None,
            round=lambda report: self._own(every.round(scaled(report))),
            rehearse=lambda day, report: self._own(every.rehearse(day, scaled(report))),
        )

    @cached_property
    def _all_hosts(self) -> tuple[WatchedHost, ...]:
        return self._every.store.hosts()

    @cached_property
    def _hosts(self) -> tuple[WatchedHost, ...]:
        matrix, reader = self._ports.matrix, self._ports.reader
        verdicts = host_verdicts(matrix, reader, self._all_hosts, self._every.clock().date())
        own = {verdict.host.host.uuid for verdict in self._routing.hosts(verdicts).get(self._channel, ())}
        return tuple(host for host in self._all_hosts if host.host.uuid in own)

    @cached_property
    def configured(self) -> tuple[Source, ...]:
        """The sources that have one of the hosts, and those whose silence makes an alert for the channel."""
        seeing = {name for host in self._hosts for name in host.sources}
        pools: dict[str, set[Pool]] = defaultdict(set)
        for host in self._all_hosts:
            for name in host.sources:
                pools[name].add(host.pool)
        return tuple(
            source
            for source in self._every.sources
            if source.name in seeing or self._channel in self._routing.of_source(source.name, pools[source.name])
        )

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(source.name for source in self.configured)

    def pools(self) -> frozenset[Pool]:
        """Those that lead to the channel whole: a host that a watched release shows brings no pool with it."""
        leads = self._routing.of_host
        return frozenset(h.pool for h in self._all_hosts if any(to.channel == self._channel for to in leads(h)))

    def hosts(self) -> tuple[WatchedHost, ...]:
        return self._hosts

    def sources(self) -> tuple[SourceState, ...]:
        return tuple(state for state in self._every.store.sources() if state.name in self.names)

    def last_finished(self) -> SweepRun | None:
        done = self._every.sweeps.last_finished()
        failed = sum(state.unreachable_since is not None for state in self.sources())
        return done and done._replace(sources=len(self.configured), failed=failed)

    def last_error(self) -> SweepRun | None:
        return self._every.sweeps.last_error()

    def _own(self, made: CycleResult) -> CycleResult:
        """Hosts may lead to the channel before the sweep alone, or after it alone."""
        after = _Part(self._ports, self._every, self._channel)
        names = self.names | after.names
        uuids = {uuid for host in (*self.hosts(), *after.hosts()) for uuid in (host.host.uuid, host.pool.uuid)}
        swept = made.swept._replace(
            sources=len(after.configured),
            failed=tuple(failure for failure in made.swept.failed if failure.target in names),
            changes=tuple(
                change
                for change in made.swept.changes
                if (change.source in names if change.uuid is None else change.uuid in uuids)
            ),
        )
        settled = made.settled._replace(
            changed=_of(self._channel, made.settled.changed),
            notifications=tuple(each for each in made.settled.notifications if each.alert.channel == self._channel),
        )
        return made._replace(swept=swept, settled=settled, channels=_of(self._channel, made.channels))
