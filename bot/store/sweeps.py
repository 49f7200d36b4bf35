"""Sweeps that ran, and who runs the one that is due."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from bot.fleet.ports import SweepRun
from bot.store import leases
from bot.store.database import Database, insert
from bot.store.leases import LeaseKind
from bot.store.tables import sweeps

_RUN = tuple(sweeps.c[field] for field in SweepRun._fields if field != "is_resumed")


class SqlSweeps:
    """bot.fleet.ports.SweepLog: the log of all runs, and a lease on each that has a slot and is not finished."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
