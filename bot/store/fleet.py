"""The fleet in the database: each chunk of a sweep is a fixed number of statements, however many hosts are in it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

from sqlalchemy import Connection, delete, select, tuple_, union

from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind, SourceState, WatchedHost
from bot.fleet.reconcile import FleetSnapshot, FleetUpdate, HostRecord, PoolRecord, Sighting, forget, reconcile
from bot.store.bulk import add, renew, upsert
from bot.store.columns import storable
from bot.store.database import Database, WriteLock, among, listed
from bot.store.tables import changes, hosts, pools, sightings, sources
from bot.xapi.observation import Failure, Host, Observation, Pool, Probed

_HOST = tuple(hosts.c[field] for field in Host._fields)
_POOL = tuple(pools.c[field] for field in Pool._fields)
_SOURCE = tuple(sources.c[field] for field in SourceState._fields)
_CHANGE = tuple(changes.c[field] for field in Change._fields)
T = TypeVar("T")

_COUNT_MAX = 2**31 - 1
_VERSION = slice(Host._fields.index("product_brand"), Host._fields.index("edition") + 1)
_Alike = dict[tuple[Any, ...], tuple[Any, ...]]
_KINDS = {kind.value: kind for kind in SourceKind}
_texts = attrgetter(*(field for field, kind in get_type_hints(Host).items() if kind in (str, str | None)))


class SqlFleet:
    """bot.fleet.ports.FleetStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, told: Sequence[PollResult], at: datetime) -> tuple[Change, ...]:
        told = [one._replace(answers=tuple(map(_storable, one.answers))) for one in told]
        seen = [answer for one in told for answer in one.answers if isinstance(answer, Observation)]
        with self._database.writing(WriteLock.FLEET) as connection:
            kept = _kept(
                connection,
                {one.source.name for one in told},
                {answer.pool.uuid for answer in seen},
                {host.uuid for answer in seen for host in answer.hosts},
            )
            found = reconcile(kept, told, at)
            _write(connection, found, kept)
        return found.changes

    def keep_only(self, sources: Collection[Source], at: datetime) -> tuple[Change, ...]:
        configured = {(source.name, source.kind) for source in sources}
        with self._database.writing(WriteLock.FLEET) as connection:
            known = connection.execute(select(*_SOURCE[:2])).all()
            gone = {name for name, kind in known if (name, kind) not in configured}
            if not gone:
                return ()
            kept = _kept(connection, gone, (), ())
            found = forget(kept, at)
            _write(connection, found, kept)
        return found.changes

    def hosts(self) -> tuple[WatchedHost, ...]:
        watched = select(*_HOST, *_POOL, pools.c.mixed_since, hosts.c.observed_at).join_from(hosts, pools)
        of_hosts = select(sightings.c.host, sightings.c.source, sightings.c.seen_at, sightings.c.missing_since)
        with self._database.reading() as connection:
            seen = connection.execute(of_hosts.order_by(sightings.c.host))
            by_host = {uuid: list(group) for uuid, group in groupby(seen, lambda row: row[0])}
            # One at a time: as rows, a large fleet would be there twice.
            rows = connection.execute(watched.execution_options(yield_per=500))
            alike: _Alike = {}
            found = [_watched(row, by_host.pop(row[0]), alike) for row in rows]
        found.sort(key=lambda w: (w.pool.name.casefold(), w.pool.uuid, w.host.name.casefold(), w.host.uuid))
        return tuple(found)

    def sources(self) -> tuple[SourceState, ...]:
        with self._database.reading() as connection:
            return tuple(sorted(_sources(connection), key=lambda source: source.name))

    def changes(self, since: datetime) -> tuple[Change, ...]:
        query = select(*_CHANGE).where(changes.c.at >= since).order_by(changes.c.at.desc(), changes.c.id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Change(row[0], ChangeKind(row[1]), *row[2:]) for row in rows)


def _storable(answer: Probed) -> Probed:
    """With texts as they will be read again: what is told is held against that."""
    if isinstance(answer, Failure):
        return answer
    texts = "".join(filter(None, chain(answer.pool, *map(_texts, answer.hosts))))
    if storable(texts) is texts:
        return answer
    pool = Pool(*map(storable, answer.pool))
    hosts = tuple(Host._make(storable(v) if isinstance(v, str) else v for v in host) for host in answer.hosts)
    return answer._replace(pool=pool, hosts=hosts)


def _sources(connection: Connection, *where: Any) -> list[SourceState]:
    rows = connection.execute(select(*_SOURCE).where(*where)).all()
    return [SourceState(name, _KINDS[kind], *how) for name, kind, *how in rows]


def _watched(row: Sequence[Any], seen: list[Any], alike: _Alike) -> WatchedHost:
    """One row of hosts with its pool, and who sees the host; whoever told last is the first.

    `alike` are the texts of versions: thousands of hosts share a few.
    """
    version = tuple(row[_VERSION])
    count = len(Host._fields)
    if len(seen) > 1:
        seen.sort(key=lambda s: (s.missing_since is not None, -s.seen_at.timestamp(), s.source))
    missing = [s.missing_since for s in seen]
    return WatchedHost(
        host=Host(*row[: _VERSION.start], *alike.setdefault(version, version), *row[_VERSION.stop : count]),
        pool=Pool(*row[count : count + 3]),
        sources=tuple(s.source for s in seen),
        observed_at=row[-1],
        unreachable_since=None if None in missing else max(missing),
        mixed_since=row[-2],
    )


def _kept(connection: Connection, names: Collection[str], of: Collection[str], uuids: Collection[str]) -> FleetSnapshot:
    """Sources by name, pools and hosts by uuid: the pools whole, with all that any of these have to do with."""
    # A union, as no index serves an OR of these.
    wanted = union(
        listed(connection, pools.c.uuid, of),
        select(hosts.c.pool).where(among(connection, hosts.c.uuid, uuids)),
        select(hosts.c.pool).join_from(sightings, hosts).where(among(connection, sightings.c.source, names)),
    )
    whole = pools.c.uuid.in_(wanted)
    there = connection.execute(select(*_POOL, pools.c.mixed_since).where(whole)).all()
    members = among(connection, hosts.c.pool, [row.uuid for row in there])
    found = connection.execute(
        select(*_HOST, hosts.c.pool, hosts.c.first_seen_at, hosts.c.observed_at).where(members)
    ).all()
    seen = connection.execute(
        select(sightings.c.source, sources.c.kind, sightings.c.host, sightings.c.seen_at, sightings.c.missing_since)
        .join_from(sightings, sources)
        .where(sightings.c.host.in_(select(hosts.c.uuid).where(members)))
    ).all()
    count = len(Host._fields)
    return FleetSnapshot(
        sources={source.name: source for source in _sources(connection, among(connection, sources.c.name, names))},
        pools={row.uuid: PoolRecord(Pool(*row[:3]), row[3]) for row in there},
        hosts={row.uuid: HostRecord(Host(*row[:count]), *row[count:]) for row in found},
        sightings={
            (row[0], row[2]): Sighting(row.source, SourceKind(row.kind), row.host, row.seen_at, row.missing_since)
            for row in seen
        },
    )


def _write(connection: Connection, found: FleetUpdate, kept: FleetSnapshot) -> None:
    _write_sources(connection, found.sources, kept)
    upsert(connection, pools, [{**pool._asdict(), "mixed_since": mixed} for pool, mixed in found.pools])
    _write_hosts(connection, found.hosts, kept)
    _write_sightings(connection, found.sightings, kept)
    if found.sightings_gone:
        key = tuple_(sightings.c.source, sightings.c.host)
        connection.execute(delete(sightings).where(key.in_(found.sightings_gone)))
    for table, column, gone in (
        (hosts, hosts.c.uuid, found.hosts_gone),
        (pools, pools.c.uuid, found.pools_gone),
        (sources, sources.c.name, found.sources_gone),
    ):
        if gone:
            connection.execute(delete(table).where(among(connection, column, gone)))
    add(connection, changes, [change._asdict() for change in found.changes])


# Most of a sweep is as it was but for the moment, and writing that alone is much cheaper.


def _write_sources(connection: Connection, found: Collection[SourceState], kept: FleetSnapshot) -> None:
    def is_steady(new: SourceState) -> bool:
        old = kept.sources.get(new.name)
        return old is not None and old._replace(tried_at=new.tried_at, ok_at=new.ok_at) == new and new.ok_at is not None

    steady, other = _parted(found, is_steady)
    upsert(connection, sources, [source._asdict() for source in other])
    renew(connection, sources, [{"name": s.name, "tried_at": s.tried_at, "ok_at": s.ok_at} for s in steady])


def _write_hosts(connection: Connection, found: Collection[HostRecord], kept: FleetSnapshot) -> None:
    def is_steady(new: HostRecord) -> bool:
        old = kept.hosts.get(new.host.uuid)
        return old is not None and old[:3] == new[:3]

    steady, other = _parted(found, is_steady)
    upsert(connection, hosts, [_host_row(host) for host in other], kept=["first_seen_at"])
    renew(connection, hosts, [{"uuid": host.host.uuid, "observed_at": host.observed_at} for host in steady])


def _write_sightings(connection: Connection, found: Collection[Sighting], kept: FleetSnapshot) -> None:
    def is_steady(new: Sighting) -> bool:
        old = kept.sightings.get((new.source, new.host))
        return old is not None and old.missing_since is None and new.missing_since is None

    steady, other = _parted(found, is_steady)
    upsert(connection, sightings, [_sighting_row(sighting) for sighting in other])
    renew(connection, sightings, [{"source": s.source, "host": s.host, "seen_at": s.seen_at} for s in steady])


def _parted(found: Iterable[T], is_steady: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    """Those that are, and the others."""
    steady: list[T] = []
    other: list[T] = []
    for each in found:
        (steady if is_steady(each) else other).append(each)
    return steady, other


def _host_row(kept: HostRecord) -> dict[str, Any]:
    count = kept.host.pending_updates
    return {
        **kept.host._asdict(),
        "pending_updates": None if count is None else min(count, _COUNT_MAX),
        "pool": kept.pool,
        "first_seen_at": kept.first_seen_at,
        "observed_at": kept.observed_at,
    }


def _sighting_row(sighting: Sighting) -> dict[str, Any]:
    row = sighting._asdict()
    del row["kind"]
    return row
