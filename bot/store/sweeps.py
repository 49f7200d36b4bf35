"""Sweeps that ran, and who runs the one that is due."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update

from bot.fleet.ports import SweepRun
from bot.store.database import Database, insert
from bot.store.tables import changes, sweeps

_RUN = tuple(sweeps.c[field] for field in SweepRun._fields)


class SqlSweeps:
    """bot.fleet.ports.SweepLog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, slot: datetime, by: str, now: datetime, stale_after_seconds: float) -> SweepRun | None:
        values = {"by": by, "started_at": now, "beat_at": now}
        abandoned = and_(sweeps.c.finished_at.is_(None), _stale(now, timedelta(seconds=stale_after_seconds)))
        with self._database.writing() as connection:
            into = insert(connection, sweeps).values(slot=slot, **values)
            taken = into.on_conflict_do_update(index_elements=["slot"], set_=values, where=abandoned)
            row = connection.execute(taken.returning(*_RUN)).first()
        return _run(row) if row else None

    def begin(self, by: str, now: datetime) -> SweepRun:
        new = sweeps.insert().values(by=by, started_at=now, beat_at=now).returning(*_RUN)
        with self._database.writing() as connection:
            return _run(connection.execute(new).one())

    def beat(self, run: SweepRun, by: str, now: datetime) -> bool:
        mine = and_(sweeps.c.id == run.id, sweeps.c.by == by, sweeps.c.finished_at.is_(None))
        with self._database.writing() as connection:
            beaten = connection.execute(update(sweeps).where(mine).values(beat_at=now).returning(sweeps.c.id))
            return beaten.first() is not None

    def finish(self, run: SweepRun, now: datetime) -> None:
        values = {"finished_at": now, "sources": run.sources, "failed": run.failed, "error": run.error}
        unfinished = and_(sweeps.c.id == run.id, sweeps.c.finished_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(update(sweeps).where(unfinished).values(values))

    def last_finished(self) -> SweepRun | None:
        return self._last(sweeps.c.error.is_(None))

    def last_error(self) -> SweepRun | None:
        found = self._last()
        return found if found and found.error is not None else None

    def prune(self, before: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(sweeps).where(sweeps.c.started_at < before))
            connection.execute(delete(changes).where(changes.c.at < before))

    def _last(self, *where: ColumnElement[bool]) -> SweepRun | None:
        done = select(*_RUN).where(sweeps.c.finished_at.is_not(None), *where)
        with self._database.reading() as connection:
            # Not by their times: a clock may have been far ahead.
            row = connection.execute(done.order_by(sweeps.c.id.desc()).limit(1)).first()
        return _run(row) if row else None


def _run(row: Row[Any]) -> SweepRun:
    return SweepRun._make(row)


def _stale(now: datetime, after: timedelta) -> ColumnElement[bool]:
    """Not alive lately; nor one whose last sign of life is far in the future, as clocks go back at times."""
    return or_(sweeps.c.beat_at <= now - after, sweeps.c.beat_at > now + after)
