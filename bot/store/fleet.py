"""The fleet and its sweeps in the database.

Each chunk of a sweep is a fixed number of statements, however many hosts are in it.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, get_type_hints

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, or_, select, tuple_, union, update

from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind, SourceState, WatchedHost
from bot.fleet.ports import SweepRun
from bot.fleet.reconcile import FleetSnapshot, FleetUpdate, Sighting, current_hosts, forget, reconcile
from bot.store import leases
from bot.store.bulk import add, renew, upsert
from bot.store.columns import storable, well_formed
from bot.store.database import Repository, WriteLock, among, insert, listed
from bot.store.leases import LeaseKind
from bot.store.tables import changes, mixed_pools, sightings, sources, sweeps
from bot.xapi.observation import Failure, Host, Observation, Pool, Power, Probed, Software

_HOST = tuple(sightings.c[field] for field in Host._fields)
_SIGHTING = (
    *_HOST,
    sightings.c.pool,
    sightings.c.pool_name,
    sightings.c.coordinator,
    sightings.c.source,
    sources.c.kind,
    sightings.c.seen_at,
    sightings.c.missing_since,
    sightings.c.is_lost,
    sightings.c.down_since,
    sightings.c.restart_since,
    sightings.c.contested_since,
)
_SOURCE = tuple(sources.c[field] for field in SourceState._fields)
_CHANGE = tuple(changes.c[field] for field in Change._fields)

PAGE = 500
"""Sightings that are read at a time: as rows of a database, a large fleet would be there twice."""

_COUNT_MAX = 2**31 - 1
_KINDS = {kind.value: kind for kind in SourceKind}
_POWERS = {power.value: power for power in Power}
_texts = attrgetter(*(field for field, kind in get_type_hints(Host).items() if kind in (str, str | None)))


class SqlFleet(Repository):
    """bot.fleet.ports.FleetStore."""

    def record(self, results: Sequence[PollResult], now: datetime) -> tuple[Change, ...]:
        results = [one._replace(answers=tuple(map(_storable, one.answers))) for one in results]
        seen = [answer for one in results for answer in one.answers if isinstance(answer, Observation)]
        with self._database.writing(WriteLock.FLEET) as connection:
            stored = _snapshot(
                connection,
                {one.source.name for one in results},
                {answer.pool.uuid for answer in seen},
                {host.uuid for answer in seen for host in answer.hosts},
            )
            found = reconcile(stored, results, now)
            _write(connection, found, stored)
        return found.changes

    def keep_only(self, sources: Collection[Source], now: datetime) -> tuple[Change, ...]:
        configured = {(source.name, source.kind) for source in sources}
        with self._database.writing(WriteLock.FLEET) as connection:
            known = connection.execute(select(*_SOURCE[:2])).all()
            gone = {name for name, kind in known if (name, kind) not in configured}
            if not gone:
                return ()
            stored = _snapshot(connection, gone, (), ())
            found = forget(stored, now)
            _write(connection, found, stored)
        return found.changes

    def hosts(self) -> tuple[WatchedHost, ...]:
        with self._database.reading() as connection:
            mixed = _mixed(connection)
            found = current_hosts(_pages(connection))
            watched = [current.watched(mixed.get(current.pool.uuid)) for current in found]
        watched.sort(key=lambda w: (w.pool.name.casefold(), w.pool.uuid, w.host.name.casefold(), w.host.uuid))
        return tuple(watched)

    def sources(self) -> tuple[SourceState, ...]:
        with self._database.reading() as connection:
            return tuple(sorted(_sources(connection), key=lambda source: source.name))

    def failing(self) -> tuple[SourceState, ...]:
        with self._database.reading() as connection:
            return tuple(sorted(_sources(connection, sources.c.failures > 0), key=lambda source: source.name))

    def heard(self) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(connection.execute(select(sources.c.name).where(sources.c.ok_at.is_not(None))).scalars())

    def tried_since(self, kind: SourceKind, moment: datetime) -> frozenset[str]:
        """The names of the sources of a kind that have answered, or failed to, since a moment."""
        tried = select(sources.c.name).where(sources.c.kind == kind, sources.c.tried_at >= moment)
        with self._database.reading() as connection:
            return frozenset(connection.execute(tried).scalars())

    def changes(self, since: datetime) -> tuple[Change, ...]:
        query = select(*_CHANGE).where(changes.c.at >= since).order_by(changes.c.at.desc(), changes.c.id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Change(row[0], ChangeKind(row[1]), *row[2:]) for row in rows)


def _storable(answer: Probed) -> Probed:
    """With texts as they will be read again: what is answered next is held against that."""
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


def _mixed(connection: Connection, *where: Any) -> dict[str, datetime]:
    return {row.pool: row.since for row in connection.execute(select(mixed_pools).where(*where))}


def _pages(connection: Connection) -> Iterator[Sighting]:
    """All sightings. Each page is a query of its own, so nothing is left open where the reading ends early."""
    made = _Sightings()
    page = select(*_SIGHTING).join_from(sightings, sources).order_by(sightings.c.uuid, sightings.c.source).limit(PAGE)
    rows = connection.execute(page).all()
    while rows:
        yield from map(made, rows)
        uuid, source = rows[-1].uuid, rows[-1].source
        after = or_(sightings.c.uuid > uuid, and_(sightings.c.uuid == uuid, sightings.c.source > source))
        rows = connection.execute(page.where(after)).all() if len(rows) == PAGE else []


class _Sightings:
    """Makes sightings of rows. Thousands of hosts share the texts of a few versions, and pools their names."""

    _version = slice(Host._fields.index("product_brand"), Host._fields.index("edition") + 1)
    _software = Host._fields.index("software")
    _power = Host._fields.index("power")  # the last one
    _count = len(Host._fields)

    def __init__(self) -> None:
        self._shared: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._pools: dict[Pool, Pool] = {}
        self._sources: dict[str, str] = {}

    def __call__(self, row: Row[Any]) -> Sighting:
        version, count = row[self._version], self._count
        texts, rest = self._shared.setdefault(version, version), row[self._version.stop : self._software]
        software, moments = _software(row[self._software]), row[self._software + 1 : self._power]
        start = row[: self._version.start]
        host = Host._make((*start, *texts, *rest, software, *moments, _POWERS.get(row[self._power])))
        pool_uuid, pool_name, coordinator = row[count : count + 3]
        pool = Pool(pool_uuid, pool_name, host.uuid if coordinator == host.uuid else coordinator)
        source, kind, seen_at, missing_since, is_lost, down_since, restart_since, contested_since = row[count + 3 :]
        return Sighting(
            source=self._sources.setdefault(source, source),
            kind=_KINDS[kind],
            host=host,
            pool=self._pools.setdefault(pool, pool),
            seen_at=seen_at,
            missing_since=missing_since,
            is_lost=is_lost,
            down_since=down_since,
            restart_since=restart_since,
            contested_since=contested_since,
        )


@lru_cache(maxsize=4096)
def _software(text: str | None) -> Software | None:
    """What was stored, one for all hosts that say the same. MalformedError where nobody can have written it."""
    if text is None:
        return None
    with well_formed():
        *fields, hotfixes, vendor = json.loads(text)
        texts = [each for each in (*fields, vendor) if each is not None]
        if type(hotfixes) is not list or any(type(each) is not str for each in (*texts, *hotfixes)):
            raise TypeError
        return Software._make((*fields, tuple(hotfixes), vendor))


@lru_cache(maxsize=4096)
def _software_text(software: Software | None) -> str | None:
    return None if software is None else json.dumps(software, separators=(",", ":"))


def _snapshot(
    connection: Connection, names: Collection[str], of: Collection[str], uuids: Collection[str]
) -> FleetSnapshot:
    """Sources by name, pools and hosts by uuid: the pools whole, with all that any of these have to do with."""
    # A union, as no index serves an OR of these.
    touched = connection.execute(
        union(
            listed(connection, sightings.c.pool, of),
            select(sightings.c.pool).where(among(connection, sightings.c.uuid, uuids)),
            select(sightings.c.pool).where(among(connection, sightings.c.source, names)),
        )
    ).scalars()
    pools = whole = set(touched)
    # A host may fall back into another pool that it has a sighting in, which then has to be known as well as the first;
    # and whether a sighting counts depends on all others of its pool.
    for _ in range(2):
        pools = whole
        members = select(sightings.c.uuid).where(among(connection, sightings.c.pool, pools))
        shared = select(sightings.c.pool).distinct().where(sightings.c.uuid.in_(members))
        whole = pools.union(connection.execute(shared).scalars())
        if whole == pools:
            break
    of_pools: Select[Any] = select(*_SIGHTING).join_from(sightings, sources)
    rows = connection.execute(of_pools.where(among(connection, sightings.c.pool, whole))).all()
    return FleetSnapshot(
        sources={source.name: source for source in _sources(connection, among(connection, sources.c.name, names))},
        sightings={(seen.source, seen.host.uuid): seen for seen in map(_Sightings(), rows)},
        mixed=_mixed(connection, among(connection, mixed_pools.c.pool, pools)),
    )


def _write(connection: Connection, found: FleetUpdate, stored: FleetSnapshot) -> None:
    _write_sources(connection, found, stored)
    _write_sightings(connection, found, stored)
    upsert(connection, mixed_pools, [{"pool": pool, "since": since} for pool, since in found.mixed])
    for column, gone in ((mixed_pools.c.pool, found.mixed_gone), (sources.c.name, found.sources_gone)):
        if gone:
            connection.execute(delete(column.table).where(among(connection, column, gone)))
    add(connection, changes, [change._asdict() for change in found.changes])


def _write_sources(connection: Connection, found: FleetUpdate, stored: FleetSnapshot) -> None:
    """Most of a sweep is as it was but for the moment, and writing that alone is much cheaper."""
    same: list[SourceState] = []
    other: list[SourceState] = []
    for new in found.sources:
        old = stored.sources.get(new.name)
        is_same = old and new.ok_at and old._replace(tried_at=new.tried_at, ok_at=new.ok_at) == new
        (same if is_same else other).append(new)
    upsert(connection, sources, [source._asdict() for source in other])
    renew(connection, sources, [{"name": s.name, "tried_at": s.tried_at, "ok_at": s.ok_at} for s in same])


def _write_sightings(connection: Connection, found: FleetUpdate, stored: FleetSnapshot) -> None:
    """As with sources, only the moment of those that are the same."""
    same: list[Sighting] = []
    other: list[Sighting] = []
    for new in found.sightings:
        old = stored.sightings.get((new.source, new.host.uuid))
        is_same = old is not None and old._replace(seen_at=new.seen_at) == new
        (same if is_same else other).append(new)
    rows = [
        {
            **s.host._asdict(),
            "software": _software_text(s.host.software),
            "pending_updates": None if s.host.pending_updates is None else min(s.host.pending_updates, _COUNT_MAX),
            "pool": s.pool.uuid,
            "pool_name": s.pool.name,
            "coordinator": s.pool.coordinator,
            "source": s.source,
            "seen_at": s.seen_at,
            "missing_since": s.missing_since,
            "is_lost": s.is_lost,
            "down_since": s.down_since,
            "restart_since": s.restart_since,
            "contested_since": s.contested_since,
        }
        for s in other
    ]
    upsert(connection, sightings, rows)
    renew(connection, sightings, [{"uuid": s.host.uuid, "source": s.source, "seen_at": s.seen_at} for s in same])
    if found.sightings_gone:
        key = tuple_(sightings.c.source, sightings.c.uuid)
        connection.execute(delete(sightings).where(key.in_(found.sightings_gone)))


_RUN = tuple(sweeps.c[field] for field in SweepRun._fields if field != "is_resumed")


class SqlSweeps(Repository):
    """bot.fleet.ports.SweepLog: the log of all runs, and a lease on each that has a slot and is not finished."""

    def claim(self, slot: datetime, by: str, now: datetime, seconds: float) -> SweepRun | None:
        unfinished = sweeps.c.slot == slot, sweeps.c.finished_at.is_(None)
        with self._database.writing() as connection:
            into = insert(connection, sweeps).values(slot=slot, by=by, started_at=now)
            new = connection.execute(into.on_conflict_do_nothing(index_elements=["slot"]).returning(*_RUN)).first()
            row = new or connection.execute(select(*_RUN).where(*unfinished)).first()
            if row is None or not leases.claim(connection, LeaseKind.SWEEP, str(row.id), by, now, seconds):
                return None
            connection.execute(update(sweeps).where(sweeps.c.id == row.id).values(by=by))
        return SweepRun(*row)._replace(is_resumed=new is None)

    def is_done(self, slot: datetime) -> bool:
        done = select(sweeps.c.id).where(sweeps.c.slot == slot, sweeps.c.finished_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(done).first() is not None

    def begin(self, by: str, now: datetime) -> SweepRun:
        new = sweeps.insert().values(by=by, started_at=now).returning(*_RUN)
        with self._database.writing() as connection:
            return SweepRun(*connection.execute(new).one())

    def beat(self, run: SweepRun, by: str, now: datetime, seconds: float) -> bool:
        if run.slot is None:  # nobody takes over what somebody else asked for
            return True
        with self._database.writing() as connection:
            return leases.renew(connection, LeaseKind.SWEEP, str(run.id), by, now, seconds)

    def release(self, run: SweepRun, by: str) -> None:
        with self._database.writing() as connection:
            leases.release(connection, LeaseKind.SWEEP, str(run.id), by)

    def finish(self, run: SweepRun, now: datetime) -> None:
        values = {"finished_at": now, "sources": run.sources, "failed": run.failed, "error": run.error}
        unfinished = sweeps.c.id == run.id, sweeps.c.finished_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(sweeps).where(*unfinished).values(values))
            leases.release(connection, LeaseKind.SWEEP, str(run.id))

    def last_finished(self) -> SweepRun | None:
        return self._last(sweeps.c.error.is_(None))

    def last_error(self) -> SweepRun | None:
        found = self._last()
        return found if found and found.error is not None else None

    def _last(self, *where: ColumnElement[bool]) -> SweepRun | None:
        done = select(*_RUN).where(sweeps.c.finished_at.is_not(None), *where)
        with self._database.reading() as connection:
            # Not by their times: a clock may have been far ahead.
            row = connection.execute(done.order_by(sweeps.c.id.desc()).limit(1)).first()
        return SweepRun(*row) if row else None
