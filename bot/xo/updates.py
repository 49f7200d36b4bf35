"""Which updates hosts miss, as a Xen Orchestra tells it: host by host, a few at a time, within bounds.

Each question makes a host look into its repositories, which takes seconds. A list that is empty may be a list that
could not be made, as failures are caught there: only what the dashboard says of the same minute tells the two apart.
Read in @xen-orchestra/rest-api (host.service.mts, generic-error-handler.middleware.mts).
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from threading import Event, Lock
from typing import NamedTuple

from bot.catalogue import number, say
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import BAD_REPLY, TOO_LARGE, ProbeError
from bot.xapi.http import OK
from bot.xapi.observation import Failure, FailureCode, Power
from bot.xapi.records import Record, mapping
from bot.xapi.target import Secret
from bot.xapi.tls import TlsContexts
from bot.xo.client import cookie_of, listed, token_of
from bot.xo.errors import NO_HOST_LISTED, SUBJECT, UPDATES_TIMED_OUT, error_of_status
from bot.xo.orchestra import Orchestra
from bot.xo.part import part_of
from bot.xo.records import power_of, records, text_of

BOUNDS = ProbeBounds(whole=2700.0, login=30.0, reply=4 * 1024 * 1024, hosts=16_384)
"""`whole` bounds a round, `login` each host's answer; hosts that nobody had time for come first in the next round."""

AT_ONCE = 4
"""Hosts that are asked at a time: each of them looks into its repositories."""

BATCH, WINDOW = 64, 20.0
"""Hosts that are told together, and seconds in which asking the last of them begins: the dashboard is asked after them,
and has to answer within the minute."""

MINUTE = 60.0

UPDATES = 1000
"""Updates of one host."""

_LONGEST = 64 * 1024
_TEXT = 128
_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_SECURITY = re.compile(r"\bXSA-[0-9]|\bCVE-[0-9]|\bsecurity\b", re.ASCII | re.IGNORECASE)
_BODY = 4096
_PLAN = re.compile(rb"feature ?unauthorized|\bfeatureCode\b", re.IGNORECASE)
_ENDS = frozenset({FailureCode.UNREACHABLE, FailureCode.TIMEOUT, FailureCode.LOGIN_REFUSED})
"""What goes wrong with the Xen Orchestra, and not with one host; so does whatever is wrong with its certificate."""


class MissingUpdate(NamedTuple):
    """An update that is offered to a host and not installed there. `version` is empty where none is told.

    `security` is True where its changelog or description says so, else unknown: the newest entry of a changelog says
    nothing of those before it. `guidances` are what is to be done after it, as told. A `paid` one needs a licence; an
    `upgrade` is to another release.
    """

    name: str
    version: str
    security: bool | None
    guidances: tuple[str, ...] = ()
    paid: bool = False
    upgrade: bool = False


class WhyNotAsked(StrEnum):
    """Why nothing is known of what a host misses."""

    OFF = "off"
    """It does not run, so it cannot look into its repositories."""
    LOST = "lost"
    """Xen Orchestra cannot tell whether it runs."""
    PLAN = "plan"
    """The plan of this Xen Orchestra does not have the function (`featureUnauthorized`)."""
    RIGHTS = "rights"
    """The token's user may not read it."""
    HOSTS_FAILED = "hosts_failed"
    """Its list is empty, and the dashboard says that some hosts could not be asked: it may be one of them."""
    DASHBOARD_RIGHTS = "dashboard_rights"
    """Its list is empty, and the token's user may not read the dashboard, which alone tells whether that is true."""
    DASHBOARD = "dashboard"
    """Its list is empty, and the dashboard did not answer in the same minute, or with something else."""
    NOT_THERE = "not_there"
    """This Xen Orchestra knows no such question, or no such host any more."""
    TIMEOUT = "timeout"
    BAD_REPLY = "bad_reply"
    REPLY_TOO_LARGE = "reply_too_large"


class MissingUpdates(NamedTuple):
    """What a host misses, as the Xen Orchestra `source` tells it; `host` is its uuid.

    `asked` with nothing `missing` means: nothing in the repositories that are enabled there. Not `asked` means that it
    could not be asked, and `why`; nothing is known then.
    """

    host: str
    source: str
    asked_at: datetime
    asked: bool
    missing: tuple[MissingUpdate, ...] = ()
    why: WhyNotAsked | None = None


Order = Callable[[Sequence[str]], Sequence[str]]
"""Puts uuids of hosts into the order in which they are asked."""


def ask_updates(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    order: Order = tuple,
    stop: Event | None = None,
    clock: Clock = time.monotonic,
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
) -> Iterator[tuple[MissingUpdates, ...] | Failure]:
    """What its hosts miss, some hosts at a time; last a Failure, where the round ended by one.

    Blocks, `bounds.whole` seconds at most; no host is asked any more once `stop` is set. Of hosts that were not asked
    for want of time nothing is said.
    """
    asking = _Round(orchestra, now, clock, bounds, connect or TlsConnect(TlsContexts()), stop or Event())
    try:
        yield from asking.batches(order)
    except TimeoutError:
        error = ProbeError(UPDATES_TIMED_OUT, f"{bounds.whole:.3g}")
        yield error.failure(orchestra.name, orchestra.endpoint, subject=SUBJECT)
    except ProbeError as error:
        failed = error.failure(orchestra.name, orchestra.endpoint, password_from=orchestra.token_from, subject=SUBJECT)
        yield failed


def ask_dashboard(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    clock: Clock = time.monotonic,
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
) -> WhyNotAsked | Failure | None:
    """What keeps its empty lists from being believed now; None: nothing does. Blocks, `bounds.login` seconds at most.

    A Failure where it did not say.
    """
    asking = _Round(orchestra, now, clock, bounds, connect or TlsConnect(TlsContexts()), Event())
    try:
        return asking.dashboard()
    except TimeoutError:
        error = ProbeError(UPDATES_TIMED_OUT, f"{bounds.login:.3g}")
        return error.failure(orchestra.name, orchestra.endpoint, subject=SUBJECT)
    except ProbeError as error:
        return error.failure(orchestra.name, orchestra.endpoint, password_from=orchestra.token_from, subject=SUBJECT)


class _Empty(NamedTuple):
    """A host with an empty list, the moment by the clock at which it came, and what it will be if that is true."""

    at: float
    answer: MissingUpdates


class _Round:
    """Asks one Xen Orchestra. Threads of its own ask hosts; only what is under a lock is shared by them."""

    def __init__(
        self,
        orchestra: Orchestra,
        now: Callable[[], datetime],
        clock: Clock,
        bounds: ProbeBounds,
        connect: Connect,
        stop: Event,
    ) -> None:
        self._orchestra, self._now, self._clock, self._stop = orchestra, now, clock, stop
        self._bounds, self._connect = bounds, connect
        self._ends = Deadline(clock, bounds.whole)
        self._lock = Lock()
        self._ended: ProbeError | None = None
        self._has_plan = True
        self._no_dashboard: WhyNotAsked | None = None

    def batches(self, order: Order) -> Iterator[tuple[MissingUpdates, ...]]:
        self._token = token_of(self._orchestra)
        first = self._connection()
        try:
            powers = self._listed(first)
        finally:
            first.close()
        off = [
            self._unasked(uuid, WhyNotAsked.OFF if power is Power.HALTED else WhyNotAsked.LOST)
            for uuid, power in powers.items()
            if power in (Power.HALTED, Power.UNKNOWN)
        ]
        for begin in range(0, len(off), BATCH):
            yield tuple(off[begin : begin + BATCH])
        running = [uuid for uuid, power in powers.items() if power not in (Power.HALTED, Power.UNKNOWN)]
        left = iter(order(running))
        connections = [self._connection() for _ in range(AT_ONCE)]
        threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="updates")
        try:
            while batch := self._batch(threads, connections, left):
                yield batch
        finally:
            threads.shutdown()
            for connection in connections:
                connection.close()
        if self._ended:
            raise self._ended

    def dashboard(self) -> WhyNotAsked | None:
        """What the dashboard has against empty lists, asked alone."""
        self._token = token_of(self._orchestra)
        connection = self._connection()
        try:
            return self._read_dashboard(connection)
        finally:
            connection.close()

    def _connection(self) -> Connection:
        return Connection(self._connect, self._orchestra.endpoint, self._bounds)

    def _listed(self, connection: Connection) -> dict[str, Power | None]:
        found = {}
        deadline = self._ends.within(2 * self._bounds.login)
        fields = ("id", "power_state")
        for record in listed(connection, self._orchestra.path, self._token, deadline, "hosts", fields):
            uuid = record.get("id")
            if isinstance(uuid, str) and _ID.fullmatch(uuid):  # it becomes a part of an address
                found[uuid] = power_of(record, self._token)
        if not found:
            raise ProbeError(NO_HOST_LISTED)
        return found

    def _unasked(self, uuid: str, why: WhyNotAsked) -> MissingUpdates:
        return MissingUpdates(uuid, self._orchestra.name, self._now(), asked=False, why=why)

    def _batch(
        self, threads: ThreadPoolExecutor, connections: Sequence[Connection], left: Iterator[str]
    ) -> tuple[MissingUpdates, ...]:
        """What the next hosts answer; nothing once there are no more, or once the round has to end."""
        begun, count, shared = self._clock(), 0, _Shared()

        def next_host() -> str | None:
            nonlocal count
            with self._lock:
                late = count and self._clock() - begun > WINDOW
                if late or count >= BATCH or self._stop.is_set() or self._ended or not self._has_time():
                    return None
                count += 1
                return next(left, None)

        def ask(connection: Connection) -> list[MissingUpdates | _Empty]:
            found = []
            while (uuid := next_host()) and (answer := self._ask(connection, uuid, shared)):
                found.append(answer)
            return found

        answers = [answer for some in threads.map(ask, connections) for answer in some]
        empty = [answer for answer in answers if isinstance(answer, _Empty)]
        told = [answer for answer in answers if not isinstance(answer, _Empty)]
        if empty:
            why, at = self._dashboard(connections[0])
            told += (
                answer
                if why is None and at - came <= MINUTE
                else answer._replace(asked=False, why=why or WhyNotAsked.DASHBOARD)
                for came, answer in empty
            )
        return tuple(told)

    def _has_time(self) -> bool:
        try:
            return self._ends.left() > 0
        except TimeoutError:
            return False

    def _ask(self, connection: Connection, uuid: str, shared: "_Shared") -> MissingUpdates | _Empty | None:
        """What a host answers; None where that ends the round."""
        if not self._has_plan:
            return self._unasked(uuid, WhyNotAsked.PLAN)
        deadline = self._ends.within(self._bounds.login)
        try:
            connection.open(deadline)
        except (ProbeError, TimeoutError) as error:
            self._end(error)
            return None
        path = f"{self._orchestra.path}/rest/v0/hosts/{uuid}/missing_patches"
        try:
            reply = connection.get(path, cookie_of(self._token), deadline, frozenset({403}))
            match reply.status:
                case 200:
                    missing = shared.of(_updates(reply.pieces, self._token))
                case 403:
                    return self._unasked(uuid, self._refusal(reply.pieces))
                case 404:
                    return self._unasked(uuid, WhyNotAsked.NOT_THERE)
                case status:
                    raise error_of_status(status)
        except TimeoutError:
            connection.close()
            return self._unasked(uuid, WhyNotAsked.TIMEOUT) if self._has_time() else None
        except ProbeError as error:
            connection.close()
            if error.code in _ENDS or error.code.startswith("tls_"):
                self._end(error)
                return None
            is_large = error.code is FailureCode.REPLY_TOO_LARGE
            return self._unasked(uuid, WhyNotAsked.REPLY_TOO_LARGE if is_large else WhyNotAsked.BAD_REPLY)
        told = MissingUpdates(uuid, self._orchestra.name, self._now(), asked=True, missing=missing)
        return told if missing else _Empty(self._clock(), told)

    def _end(self, error: ProbeError | TimeoutError) -> None:
        """No more hosts are asked: the round has a failure, or no time."""
        if isinstance(error, ProbeError):
            with self._lock:
                self._ended = self._ended or error

    def _refusal(self, pieces: Iterator[bytes]) -> WhyNotAsked:
        """Whether the plan or the user's rights are too little."""
        body = b""
        for piece in pieces:
            body = (body + piece)[:_BODY]
        if _PLAN.search(body):
            self._has_plan = False
            return WhyNotAsked.PLAN
        return WhyNotAsked.RIGHTS

    def _dashboard(self, connection: Connection) -> tuple[WhyNotAsked | None, float]:
        """What keeps an empty list from being believed, if anything, and when that was said.

        One that may not be read, or takes too long, is not asked again in this round.
        """
        if self._no_dashboard is None:
            try:
                why = self._read_dashboard(connection)
            except TimeoutError:
                connection.close()
                why = self._no_dashboard = WhyNotAsked.DASHBOARD
            except ProbeError:
                connection.close()
                why = WhyNotAsked.DASHBOARD
            if why is WhyNotAsked.DASHBOARD_RIGHTS:
                self._no_dashboard = why
            return why, self._clock()
        return self._no_dashboard, self._clock()

    def _read_dashboard(self, connection: Connection) -> WhyNotAsked | None:
        deadline = self._ends.within(self._bounds.login)
        reply = connection.get(f"{self._orchestra.path}/rest/v0/dashboard", cookie_of(self._token), deadline)
        if reply.status == 403:
            return WhyNotAsked.DASHBOARD_RIGHTS
        if reply.status != OK:
            raise error_of_status(reply.status)
        return judged(part_of(reply.pieces, "missingPatches"))


def judged(part: Record | None) -> WhyNotAsked | None:
    """What the dashboard's part on missing updates has against an empty list; None where it bears it out."""
    failed = None if part is None else part.get("nHostsFailed")
    if part is not None and part.get("hasAuthorization") is False:
        return WhyNotAsked.PLAN
    if isinstance(failed, bool) or not isinstance(failed, int) or failed < 0:
        return WhyNotAsked.DASHBOARD
    return WhyNotAsked.HOSTS_FAILED if failed else None


class _Shared:
    """Equal updates, and equal lists of them, are one: the hosts of a pool mostly miss the same."""

    def __init__(self) -> None:
        self._updates: dict[MissingUpdate, MissingUpdate] = {}
        self._lists: dict[tuple[MissingUpdate, ...], tuple[MissingUpdate, ...]] = {}
        self._lock = Lock()

    def of(self, updates: Iterable[MissingUpdate]) -> tuple[MissingUpdate, ...]:
        found = tuple(updates)
        with self._lock:
            if known := self._lists.get(found):
                return known
            made = tuple(self._updates.setdefault(update, update) for update in found)
            return self._lists.setdefault(made, made)


def _updates(pieces: Iterable[bytes], token: Secret) -> list[MissingUpdate]:
    """The updates of a reply, by name, each once."""
    found, is_empty = set[MissingUpdate](), True

    def seen() -> Iterator[bytes]:
        nonlocal is_empty
        for piece in pieces:
            is_empty = is_empty and not piece.strip()
            yield piece

    for record in records(seen(), _LONGEST):
        if len(found) >= UPDATES:
            raise ProbeError(TOO_LARGE, say("more than {most} updates of a host", most=number(UPDATES)))
        found.add(update_of(record, token))
    if is_empty:  # lines of records may be none; this is to be a list
        raise ProbeError(BAD_REPLY, say("lists nothing, not even that nothing is missing"))
    return sorted(found, key=lambda update: (update.name, update.version, str(update)))


def update_of(record: Record, token: Secret) -> MissingUpdate:
    """An update of its record, or ProbeError. XCP-ng's have a version and a release, XenServer's guidances and terms.

    The documentation calls the guidances `guidances`, the code `guidance`.
    """
    name = text_of(record, "name", token, _TEXT) or text_of(record, "id", token, _TEXT)
    if name is None:
        raise ProbeError(BAD_REPLY, say("lists updates without a name"))
    version, release = text_of(record, "version", token, _TEXT), text_of(record, "release", token, _TEXT)
    texts = record.get("description"), mapping(record, "changelog").get("description")
    says = any(isinstance(each, str) and _SECURITY.search(each) for each in texts)
    return MissingUpdate(
        name=name,
        version="-".join(filter(None, (version, release))),
        security=True if says else None,
        guidances=_guidances(record.get("guidances") or record.get("guidance"), token),
        paid=record.get("paid") is True,
        upgrade=record.get("upgrade") is True,
    )


def _guidances(told: object, token: Secret) -> tuple[str, ...]:
    """A text, a list of them, or lists by how much they are wanted."""
    values = list(told.values()) if isinstance(told, dict) else [told]
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    texts = (text_of({"guidance": each}, "guidance", token, _TEXT) for each in flat[:16])
    return tuple(sorted({each for each in texts if each}))
