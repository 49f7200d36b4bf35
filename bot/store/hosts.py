"""The fleet in the database: each chunk of a sweep is a fixed number of statements, however many hosts are in it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_, union

from bot.fleet.kept import Kept, KeptHost, KeptPool, Recorded, Sighting
from bot.fleet.recording import forgotten, recorded
from bot.fleet.watched import Change, ChangeKind, Source, SourceKind, SourceState, Told, WatchedHost
from bot.store.bulk import add, renew, upsert
from bot.store.database import Database, Turn, among, listed
from bot.store.kinds import storable
from bot.store.tables import changes, hosts, pools, sightings, sources
from bot.xapi.observation import Failure, Host, Observation, Pool, Probed

_HOST = tuple(hosts.c[field] for field in Host._fields)
_POOL = tuple(pools.c[field] for field in Pool._fields)
_SOURCE = tuple(sources.c[field] for field in SourceState._fields)
_CHANGE = tuple(changes.c[field] for field in Change._fields)
_COUNT_MAX = 2**31 - 1


class SqlFleet:
    """bot.fleet.ports.FleetStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, told: Sequence[Told], at: datetime) -> tuple[Change, ...]:
        told = [one._replace(answers=tuple(map(_storable, one.answers))) for one in told]
        seen = [answer for one in told for answer in one.answers if isinstance(answer, Observation)]
        with self._database.writing(Turn.FLEET) as connection:
            kept = _kept(
                connection,
                {one.source.name for one in told},
                {answer.pool.uuid for answer in seen},
                {host.uuid for answer in seen for host in answer.hosts},
            )
            found = recorded(kept, told, at)
            _write(connection, found, kept)
        return found.changes

    def keep_only(self, sources: Collection[Source], at: datetime) -> tuple[Change, ...]:
        configured = {(source.name, source.kind) for source in sources}
        with self._database.writing(Turn.FLEET) as connection:
            gone = {s.name for s in _sources(connection) if (s.name, s.kind) not in configured}
            if not gone:
                return ()
            kept = _kept(connection, gone, (), ())
            found = forgotten(kept, at)
            _write(connection, found, kept)
        return found.changes

    def hosts(self) -> tuple[WatchedHost, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(
                select(*_HOST, *_POOL, pools.c.mixed_since, hosts.c.observed_at).join_from(hosts, pools)
            ).all()
            seen = connection.execute(
                select(sightings.c.host, sightings.c.source, sightings.c.seen_at, sightings.c.missing_since).order_by(
                    sightings.c.host
                )
            ).all()
        by_host = {uuid: list(group) for uuid, group in groupby(seen, lambda row: row[0])}
        found = [_watched(row, by_host[row[0]]) for row in rows]
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
    pool = Pool(*map(storable, answer.pool))
    hosts = tuple(Host._make(storable(v) if isinstance(v, str) else v for v in host) for host in answer.hosts)
    return answer._replace(pool=pool, hosts=hosts)


def _sources(connection: Connection, *where: Any) -> list[SourceState]:
    rows = connection.execute(select(*_SOURCE).where(*where)).all()
    return [SourceState(row[0], SourceKind(row[1]), *row[2:]) for row in rows]


def _watched(row: Sequence[Any], seen: list[Any]) -> WatchedHost:
    """One row of hosts with its pool, and who sees the host; whoever told last is the first."""
    count = len(Host._fields)
    seen.sort(key=lambda s: (s.missing_since is not None, -s.seen_at.timestamp(), s.source))
    missing = [s.missing_since for s in seen]
    return WatchedHost(
        host=Host(*row[:count]),
        pool=Pool(*row[count : count + 3]),
        sources=tuple(s.source for s in seen),
        observed_at=row[-1],
        unreachable_since=None if None in missing else max(missing),
        mixed_since=row[-2],
    )


def _kept(connection: Connection, names: Collection[str], of: Collection[str], uuids: Collection[str]) -> Kept:
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
    return Kept(
        sources={source.name: source for source in _sources(connection, among(connection, sources.c.name, names))},
        pools={row.uuid: KeptPool(Pool(*row[:3]), row[3]) for row in there},
        hosts={row.uuid: KeptHost(Host(*row[:count]), *row[count:]) for row in found},
        sightings={
            (row[0], row[2]): Sighting(row.source, SourceKind(row.kind), row.host, row.seen_at, row.missing_since)
            for row in seen
        },
    )


def _write(connection: Connection, found: Recorded, kept: Kept) -> None:
    upsert(connection, sources, [source._asdict() for source in found.sources])
    upsert(connection, pools, [{**pool._asdict(), "mixed_since": mixed} for pool, mixed in found.pools])
    _write_hosts(connection, found.hosts, kept)
    upsert(connection, sightings, [_sighting_row(sighting) for sighting in found.sightings])
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


def _write_hosts(connection: Connection, found: Collection[KeptHost], kept: Kept) -> None:
    """Most hosts of a sweep are as they were, and writing one column of them is much cheaper."""
    steady: list[KeptHost] = []
    other: list[KeptHost] = []
    for host in found:
        before = kept.hosts.get(host.host.uuid)
        same = before is not None and before._replace(observed_at=host.observed_at) == host
        (steady if same else other).append(host)
    upsert(connection, hosts, [_host_row(host) for host in other], kept=["first_seen_at"])
    renew(connection, hosts, [{"uuid": host.host.uuid, "observed_at": host.observed_at} for host in steady])


def _host_row(kept: KeptHost) -> dict[str, Any]:
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
