"""What Xen Orchestras say of themselves, and of the updates that their hosts miss, in the database."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from bot.fleet.hosts import SourceKind
from bot.fleet.ports import OrchestraState
from bot.store import leases
from bot.store.bulk import upsert
from bot.store.columns import well_formed
from bot.store.database import Repository, WriteLock, among, insert
from bot.store.leases import LeaseKind
from bot.store.tables import missing_updates, orchestras, sightings, sources
from bot.xapi.observation import Failure, FailureCode
from bot.xo.updates import MissingUpdate, MissingUpdates, WhyNotAsked
from bot.xo.version import OrchestraVersion

PAGE = 500
"""Hosts that are read at a time."""

_WHY = {why.value: why for why in WhyNotAsked}


class SqlOrchestras(Repository):
    """bot.fleet.ports.OrchestraStore.

    A row is there only beside that of its source or sighting, and goes with it. The lock is that of the fleet, so that
    none goes while a row is written beside it.
    """

    def known(self) -> frozenset[str]:
        query = select(sources.c.name).where(sources.c.kind == SourceKind.XEN_ORCHESTRA.value)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def claim(self, name: str, by: str, now: datetime, seconds: float) -> bool:
        with self._database.writing() as connection:
            return leases.claim(connection, LeaseKind.ORCHESTRA, name, by, now, seconds)

    def record_version(self, version: OrchestraVersion) -> None:
        asked = {"url": version.url, "asked_at": version.asked_at, **_error("error", version.failure)}
        told = {"xo_server": version.xo_server, "rest_api": version.rest_api, "known_at": version.known_at}
        self._write(version.name, asked if version.failure else {**asked, **told}, {**asked, **told})

    def record_round(self, name: str, at: datetime, failure: Failure | None) -> None:
        values = {"updates_asked_at": at, **_error("updates_error", failure)}
        self._write(name, values)

    def record_updates(self, source: str, found: Sequence[MissingUpdates]) -> None:
        with self._database.writing(WriteLock.FLEET) as connection:
            known = _seen(connection, source, {each.host for each in found})
            rows = [
                {
                    "uuid": each.host,
                    "source": source,
                    "asked_at": each.asked_at,
                    "asked": each.asked,
                    "why": each.why.value if each.why else None,
                    "missing": _text(each.missing),
                }
                for each in found
                if each.host in known
            ]
            upsert(connection, missing_updates, rows)

    def states(self) -> tuple[OrchestraState, ...]:
        with self._database.reading() as connection:
            rows = connection.execute(select(orchestras).order_by(orchestras.c.name)).mappings()
            return tuple(_state(dict(row)) for row in rows)

    def asked_at(self, source: str) -> dict[str, datetime]:
        query = select(missing_updates.c.uuid, missing_updates.c.asked_at).where(missing_updates.c.source == source)
        with self._database.reading() as connection:
            return {row.uuid: row.asked_at for row in connection.execute(query)}

    def missing(self, uuids: Collection[str] | None = None) -> Iterator[MissingUpdates]:
        made = _Rows()
        key = missing_updates.c.uuid, missing_updates.c.source
        query = select(missing_updates).order_by(*key).limit(PAGE)
        after: Any = None
        while True:
            with self._database.reading() as connection:
                page = query if after is None else query.where(after)
                if uuids is not None:
                    page = page.where(among(connection, missing_updates.c.uuid, uuids))
                rows = connection.execute(page).all()
                with well_formed():
                    found = [made(*row) for row in rows]
            yield from found
            if len(rows) < PAGE:
                return
            last = rows[-1]
            after = or_(key[0] > last.uuid, and_(key[0] == last.uuid, key[1] > last.source))

    def _write(self, name: str, values: dict[str, Any], new: dict[str, Any] | None = None) -> None:
        """Set some columns of a row; `new` are those of one that is not there yet, None: then nothing is written."""
        with self._database.writing(WriteLock.FLEET) as connection:
            if new is None:
                connection.execute(orchestras.update().where(orchestras.c.name == name).values(values))
            elif connection.execute(select(sources.c.name).where(sources.c.name == name)).first():
                into = insert(connection, orchestras).values(name=name, **new)
                connection.execute(into.on_conflict_do_update(index_elements=["name"], set_=values))


def _seen(connection: Connection, source: str, uuids: Collection[str]) -> set[str]:
    query = select(sightings.c.uuid).where(sightings.c.source == source, among(connection, sightings.c.uuid, uuids))
    return set(connection.execute(query).scalars())


def _error(column: str, failure: Failure | None) -> dict[str, str | None]:
    return {
        f"{column}_code": failure.code.value if failure else None,
        column: failure.message if failure else None,
    }


def _state(row: dict[str, Any]) -> OrchestraState:
    def failure(column: str) -> Failure | None:
        code = row[f"{column}_code"]
        return Failure(row["name"], FailureCode(code), row[column] or "") if code else None

    version = OrchestraVersion(
        name=row["name"],
        url=row["url"],
        xo_server=row["xo_server"],
        rest_api=row["rest_api"],
        asked_at=row["asked_at"],
        failure=failure("error"),
        known_at=row["known_at"],
    )
    return OrchestraState(version, row["updates_asked_at"], failure("updates_error"))


def _text(missing: tuple[MissingUpdate, ...]) -> str:
    """Updates as they are stored: a list each, without what is usual at its end."""
    return json.dumps([_short(update) for update in missing], separators=(",", ":"))


def _short(update: MissingUpdate) -> list[Any]:
    values: list[Any] = list(update)
    while len(values) > 2 and not values[-1]:
        values.pop()
    return values


class _Rows:
    """Makes values of rows. Hosts that miss the same share the list, and lists that are not the same their updates."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[MissingUpdate, ...]] = {}
        self._updates: dict[MissingUpdate, MissingUpdate] = {}
        self._sources: dict[str, str] = {}

    def __call__(
        self, uuid: str, source: str, asked_at: datetime, asked: bool, why: str | None, text: str
    ) -> MissingUpdates:
        missing = self._lists.get(text)
        if missing is None:
            made = (_update(*values) for values in json.loads(text))
            missing = self._lists[text] = tuple(self._updates.setdefault(update, update) for update in made)
        source = self._sources.setdefault(source, source)
        return MissingUpdates(uuid, source, asked_at, asked, missing, _WHY[why] if why else None)


def _update(
    name: str,
    version: str,
    security: bool | None = None,
    guidances: Sequence[str] = (),
    paid: bool = False,
    upgrade: bool = False,
) -> MissingUpdate:
    if any(not isinstance(each, str) for each in (name, version, *guidances)):
        raise ValueError
    return MissingUpdate(name, version, True if security else None, tuple(guidances), bool(paid), bool(upgrade))
