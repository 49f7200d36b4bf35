"""Who may do what, for how long: one table for the slots of jobs, sweeps, channels and events of chat.

A lease has a kind, a name and a holder. `claim` takes one that nobody has, `renew` prolongs one's own, `release` gives
it up; one that was claimed for good is done, as far as history goes. The functions work within a transaction: a claim
is recorded with what is done about it, or not at all.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, update
from structlog.typing import FilteringBoundLogger

from bot.chat.session.executor import BoundedExecutor, InTime, Untold
from bot.errors import UnavailableError
from bot.store.database import Database, Repository, insert
from bot.store.tables import leases

LONGEST = timedelta(hours=2)
"""No lease lasts longer, but for those for good. What lies further ahead is of a clock that was turned back since."""


class LeaseKind(StrEnum):
    """What leases are on, and what their names are."""

    SLOT = "slot"
    """A job's work of a slot; `slot_name`. For good."""
    SWEEP = "sweep"
    """Running a sweep; its number in the table of sweeps."""
    ORCHESTRA = "orchestra"
    """Asking a Xen Orchestra for its version and its hosts' missing updates; its name. It is not asked more often."""
    CHANNEL = "channel"
    """Sending to a channel; the channel."""
    EVENT = "event"
    """Answering what chat delivered, which it may deliver again; its id."""
    WELCOME = "welcome"
    """Saying what the bot does in a channel that it was invited into; the channel. For good, and never forgotten."""


def claim(
    connection: Connection,
    kind: LeaseKind,
    name: str,
    holder: str,
    now: datetime,
    seconds: float | None = None,
    or_renew: bool = False,
) -> bool:
    """Take a lease that nobody has, or whose time is over; `seconds` is None for good. False if somebody has it.

    `or_renew`: where the holder has it already, it is prolonged.
    """
    condition = or_(leases.c.holder == holder, free(now)) if or_renew else free(now)
    until = None if seconds is None else now + timedelta(seconds=seconds)
    terms = {"holder": holder, "taken_at": now, "until": until}
    taken = (
        insert(connection, leases)
        .values(kind=kind.value, name=name, **terms)
        .on_conflict_do_update(index_elements=["kind", "name"], set_=terms, where=condition)
        # Not every driver counts rows that a conflict kept out; what comes back is certain.
        .returning(leases.c.name)
    )
    return connection.execute(taken).first() is not None


def renew(connection: Connection, kind: LeaseKind, name: str, holder: str, now: datetime, seconds: float) -> bool:
    """Prolong one's own lease, even one that is over, as long as nobody else took it. False if it is not one's own."""
    prolonged = update(leases).where(_is(kind, name), leases.c.holder == holder).returning(leases.c.name)
    return connection.execute(prolonged.values(until=now + timedelta(seconds=seconds))).first() is not None


def release(connection: Connection, kind: LeaseKind, name: str, holder: str | None = None) -> None:
    """Give up a lease: the holder's own, or, without a holder, anybody's."""
    mine = _is(kind, name) if holder is None else and_(_is(kind, name), leases.c.holder == holder)
    connection.execute(delete(leases).where(mine))


def free(now: datetime) -> ColumnElement[bool]:
    """The time of a lease is over, or cannot be true."""
    return or_(leases.c.until <= now, leases.c.until > now + LONGEST)


def held(kind: LeaseKind, name: str, holder: str, now: datetime) -> ColumnElement[bool]:
    """A lease is the holder's, and not over."""
    return and_(_is(kind, name), leases.c.holder == holder, leases.c.until > now)


def prune(connection: Connection, before: datetime, now: datetime) -> None:
    """Forget leases that are over, and those for good that were taken before a moment, but no welcome."""
    old = and_(leases.c.until.is_(None), leases.c.taken_at < before, leases.c.kind != LeaseKind.WELCOME.value)
    connection.execute(delete(leases).where(or_(free(now), old)))


def slot_name(job: str, slot: datetime) -> str:
    """What the lease on a job's slot is called."""
    return f"{job} {slot.astimezone(UTC).isoformat()}"


def _is(kind: LeaseKind, name: str) -> ColumnElement[bool]:
    return and_(leases.c.kind == kind.value, leases.c.name == name)


class SqlSlots(Repository):
    """Slots of jobs, each given to one process, for ever: a job that is to run again needs a slot of its own."""

    def claim(self, job: str, slot: datetime, now: datetime) -> bool:
        """Whether the slot was free: then it is the caller's. UnavailableError if the database could not be reached."""
        with self._database.writing() as connection:
            return claim(connection, LeaseKind.SLOT, slot_name(job, slot), "", now)


class SqlWelcomes(Repository):
    """Channels that were told what the bot does there: once, whatever process does it and however often it is invited.

    UnavailableError if the database could not be reached.
    """

    def claim(self, channel: str, now: datetime) -> bool:
        """Whether the channel was not told yet: then it is the caller's to tell."""
        with self._database.writing() as connection:
            return claim(connection, LeaseKind.WELCOME, channel, "", now)

    def release(self, channel: str) -> None:
        """It was not told after all."""
        with self._database.writing() as connection:
            release(connection, LeaseKind.WELCOME, channel)


EVENT_SECONDS = 3600.0
"""How long a claim on an event lasts; Slack gives up long before."""

PATIENCE = 2.0
"""Seconds for a lock, on a thread of its own."""

KNOWN = 10_000
"""So many of its own claims a process knows without asking."""


class SqlSeen:
    """bot.chat.session.services.SeenEvents for processes on several machines.

    Should the database fail, or take longer than a moment, what this process did not claim itself is new: better twice
    than not at all.
    """

    def __init__(self, log: FilteringBoundLogger, database: Database, now: Callable[[], datetime]) -> None:
        self._log = log
        self._database = database.hurried(PATIENCE)
        self._now = now
        self._own: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()  # guards them; never held while the database is asked
        self._asking = InTime(BoundedExecutor(2, 200, "claims"))

    def claim(self, key: str) -> bool:
        """True for a new key, or one that was claimed an hour ago."""
        at = self._now()
        with self._lock:
            before = self._own.get(key)
            if before and timedelta() <= at - before < timedelta(seconds=EVENT_SECONDS):
                return False
            self._own[key] = at
            while len(self._own) > KNOWN:
                self._own.popitem(last=False)

        def ask() -> bool:
            with self._database.writing() as connection:
                return claim(connection, LeaseKind.EVENT, key, "", at, EVENT_SECONDS)

        is_new = self._ask(ask, "claims cannot be stored")
        if not is_new:
            self._forget(key)  # it is another process's, which may give it back
        return is_new

    def release(self, key: str) -> None:
        """Give a claim back: the work failed, so a further delivery is to be answered."""
        self._forget(key)

        def ask() -> bool:
            with self._database.writing() as connection:
                release(connection, LeaseKind.EVENT, key)
            return True

        self._ask(ask, "a claim cannot be released")

    def _forget(self, key: str) -> None:
        with self._lock:
            self._own.pop(key, None)

    def _ask(self, ask: Callable[[], bool], undone: str) -> bool:
        """What the database says; True where it does not."""

        def failed(error: BaseException) -> None:
            self._log.warning(undone, reason=str(error))

        try:
            answer = self._asking.get(ask, lambda _: None, failed)
        except UnavailableError as error:
            failed(error)
            return True
        return True if isinstance(answer, Untold) else answer
